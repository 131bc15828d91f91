// What a record says of itself, as pairs of name and value.
import { Box, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Pairs whose value is empty are left out. */
export function Facts({ facts, cols = { base: 1, xs: 2, md: 4 } }: { facts: [string, ReactNode][]; cols?: Record<string, number> }) {
  return (
    <SimpleGrid component="dl" cols={cols} spacing="md" verticalSpacing="sm" m={0}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
        .map(([name, value]) => (
          <Box key={name} miw={0}>
            <Text component="dt" size="xs" c="dimmed">
              {name}
            </Text>
            <Text component="dd" m={0} style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </Box>
        ))}
    </SimpleGrid>
  );
}
