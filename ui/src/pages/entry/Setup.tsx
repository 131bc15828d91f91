// The first administrator, with the code that the server printed where only its owner reads.
import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { write } from '@/api/client';
import type { Session } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';
import { NewPassword, newPasswordGood } from './NewPassword';

export function Setup({ onSession }: { onSession: (session: Session) => void }) {
  const t = useText();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState({ password: '', repeat: '' });
  const setup = useMutation({ mutationFn: () => write<Session>('POST', 'setup', { code: code.trim(), name: name.trim(), password: chosen.password }), onSuccess: onSession });
  useEffect(() => {
    document.title = `${t('setup.title')} – ${t('app.name')}`;
  }, [t]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (newPasswordGood(chosen)) setup.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{t('setup.title')}</Title>
        <Text>{t('setup.intro')}</Text>
        {setup.isError && <ErrorMessage error={setup.error} />}
        <TextInput label={t('setup.code')} value={code} onChange={(event) => setCode(event.currentTarget.value)} autoComplete="one-time-code" spellCheck={false} required withAsterisk={false} />
        <TextInput label={t('login.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
        <NewPassword value={chosen} onChange={setChosen} label={t('login.password')} />
        <Button type="submit" loading={setup.isPending} disabled={!newPasswordGood(chosen)}>
          {t('setup.submit')}
        </Button>
      </Stack>
    </form>
  );
}
