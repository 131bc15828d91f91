// The end of a form: save, and what came of it.
import { Alert, Button, Group, Stack } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { useText } from '@/i18n/text';
import { EditError } from './EditError';

interface Props {
  save: Pick<UseMutationResult<unknown, unknown, never>, 'isPending' | 'isError' | 'isSuccess' | 'error'>;
  onReload: () => void;
  disabled?: boolean;
}

export function SaveBar({ save, onReload, disabled }: Props) {
  const t = useText();
  return (
    <Stack gap="sm">
      {save.isError && <EditError error={save.error} onReload={onReload} />}
      <Group>
        <Button type="submit" loading={save.isPending} disabled={disabled}>
          {t('common.save')}
        </Button>
        {save.isSuccess && (
          <Alert color="green" py={6} role="status">
            {t('common.saved')}
          </Alert>
        )}
      </Group>
    </Stack>
  );
}
