// Two people edited the same record: what happened, and the way to go on.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { ApiError } from '@/api/client';
import { useText } from '@/i18n/text';
import { ErrorMessage } from './ErrorMessage';

export const isStale = (error: unknown) => error instanceof ApiError && error.status === 412;

/** The error of an edit: a record that changed meanwhile is offered afresh. */
export function EditError({ error, onReload }: { error: unknown; onReload: () => void }) {
  const t = useText();
  if (!isStale(error)) return <ErrorMessage error={error} />;
  return (
    <Alert color="yellow" title={t('stale.title')} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('stale.hint')}</Text>
        <Button size="xs" variant="default" onClick={onReload}>
          {t('stale.reload')}
        </Button>
      </Stack>
    </Alert>
  );
}
