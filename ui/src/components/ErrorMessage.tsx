// An error as a person needs it: what happened and what to do, in the server's words; the reference under which the log has it.
import { Alert, Button, List, Stack, Text, type AlertProps } from '@mantine/core';
import { ApiError } from '@/api/client';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';

interface Props extends Omit<AlertProps, 'title' | 'children'> {
  error: unknown;
  onRetry?: () => void;
}

export function ErrorMessage({ error, onRetry, ...alert }: Props) {
  const t = useText();
  const known = error instanceof ApiError ? error : null;
  const unreachable = known?.code === 'unreachable';
  const title = unreachable ? t('error.unreachable') : known?.title || t('error.generic');
  const detail = unreachable ? t('error.unreachableHint') : sentence(known?.detail ?? '') || t('error.genericHint');
  // A single fault is often all that the detail says.
  const faults = (known?.errors ?? []).filter((fault) => sentence(fault.detail) !== detail);
  return (
    <Alert color="red" variant="light" title={title} role="alert" {...alert}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{detail}</Text>
        {faults.length > 0 && (
          <List size="sm">
            {faults.map((fault) => (
              <List.Item key={fault.pointer + fault.detail}>{sentence(fault.detail)}</List.Item>
            ))}
          </List>
        )}
        {known?.request && known.status >= 500 && <Text size="xs">{t('error.request', { request: known.request })}</Text>}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t('error.retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
