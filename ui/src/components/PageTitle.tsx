// The heading of a page, its way back, and what can be done on it; names the browser's tab too.
import { Anchor, Group, Stack, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { useText } from '@/i18n/text';

interface Props {
  title: string;
  /** Stands beside the title: a state, a count. */
  mark?: ReactNode;
  back?: { label: string; to: string };
  /** Buttons. */
  children?: ReactNode;
}

export function PageTitle({ title, mark, back, children }: Props) {
  const t = useText();
  useEffect(() => {
    document.title = `${title} – ${t('app.name')}`;
  }, [title, t]);
  return (
    <Stack gap={4} mb="md">
      {back && (
        <Anchor component={Link} to={back.to} size="sm">
          ← {back.label}
        </Anchor>
      )}
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={1}>{title}</Title>
          {mark}
        </Group>
        {children && <Group gap="xs">{children}</Group>}
      </Group>
    </Stack>
  );
}
