// Names and values of a record, side by side; what is empty is left out.
import { SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Facts({ facts, cols = { base: 1, xs: 2, lg: 4 } }: { facts: [string, ReactNode][]; cols?: React.ComponentProps<typeof SimpleGrid>['cols'] }) {
  return (
    <SimpleGrid component="dl" m={0} cols={cols} spacing="sm">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <Text component="dt" size="xs" c="dimmed">
              {name}
            </Text>
            <Text component="dd" m={0} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </div>
        ))}
    </SimpleGrid>
  );
}
