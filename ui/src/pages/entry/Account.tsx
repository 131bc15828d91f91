// One's own password.
import { Alert, Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { write } from '@/api/client';
import { ErrorMessage } from '@/components/ErrorMessage';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';
import { NewPassword, newPasswordGood } from './NewPassword';

const EMPTY = { password: '', repeat: '' };

export default function Account() {
  const t = useText();
  const [old, setOld] = useState('');
  const [chosen, setChosen] = useState(EMPTY);
  const change = useMutation({
    mutationFn: () => write('PUT', 'session/password', { old, new: chosen.password }),
    onSuccess: () => {
      setOld('');
      setChosen(EMPTY);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (newPasswordGood(chosen)) change.mutate();
  };
  return (
    <>
      <PageTitle title={t('app.changePassword')} />
      <form onSubmit={submit}>
        <Stack maw={440}>
          {change.isSuccess && chosen === EMPTY && (
            <Alert color="green" role="status">
              {t('password.done')}
            </Alert>
          )}
          {change.isError && <ErrorMessage error={change.error} />}
          <PasswordInput label={t('password.old')} value={old} onChange={(event) => setOld(event.currentTarget.value)} autoComplete="current-password" required withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': t('login.showPassword') }} />
          <NewPassword value={chosen} onChange={setChosen} label={t('password.new')} />
          <Button type="submit" loading={change.isPending} disabled={!newPasswordGood(chosen)} style={{ alignSelf: 'flex-start' }}>
            {t('password.submit')}
          </Button>
        </Stack>
      </form>
    </>
  );
}
