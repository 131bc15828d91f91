// Name and password.
import { Alert, Button, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { write } from '@/api/client';
import type { Session } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';

export function Login({ expired, onSession }: { expired: boolean; onSession: (session: Session) => void }) {
  const t = useText();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const login = useMutation({ mutationFn: () => write<Session>('POST', 'session', { name: name.trim(), password }), onSuccess: onSession });
  useEffect(() => {
    document.title = `${t('login.title')} – ${t('app.name')}`;
  }, [t]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{t('login.title')}</Title>
        {expired && !login.isError && <Alert role="status">{t('login.expired')}</Alert>}
        {login.isError && <ErrorMessage error={login.error} />}
        <TextInput label={t('login.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} data-autofocus />
        <PasswordInput label={t('login.password')} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t('login.showPassword') }} />
        <Button type="submit" loading={login.isPending}>
          {t('login.submit')}
        </Button>
      </Stack>
    </form>
  );
}
