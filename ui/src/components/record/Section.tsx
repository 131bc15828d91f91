// A part of a record's page under its own heading.
import { Paper, Stack, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

export function Section({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  const id = useId();
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id}>
      <Stack gap="sm">
        <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center', gap: '0.5rem', flexWrap: 'wrap' }}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {aside}
        </div>
        {children}
      </Stack>
    </Paper>
  );
}
