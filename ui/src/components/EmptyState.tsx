// Says why there is nothing, and what to do about it.
import { Button, Center, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

interface Props {
  title: string;
  hint?: ReactNode;
  action?: { label: string; to?: string; onClick?: () => void };
}

export function EmptyState({ title, hint, action }: Props) {
  return (
    <Center py={48} px="md">
      <Stack gap="xs" align="center" maw={520}>
        <Text fw={600} ta="center">
          {title}
        </Text>
        {hint && (
          <Text c="dimmed" ta="center">
            {hint}
          </Text>
        )}
        {action?.to && (
          <Button component={Link} to={action.to} mt="sm">
            {action.label}
          </Button>
        )}
        {action?.onClick && (
          <Button onClick={action.onClick} mt="sm">
            {action.label}
          </Button>
        )}
      </Stack>
    </Center>
  );
}
