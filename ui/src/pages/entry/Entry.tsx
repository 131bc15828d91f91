// Before there is a session: the login, or on the first start the first administrator's account.
import { Box, Container, Group, Paper } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '@/api/client';
import type { Session } from '@/api/types';
import { LanguageButton, SchemeButton } from '@/app/Layout';
import { Loading } from '@/components/Loading';
import { useText } from '@/i18n/text';
import { Login } from './Login';
import { Setup } from './Setup';

export default function Entry({ expired, onSession }: { expired: boolean; onSession: (session: Session) => void }) {
  const t = useText();
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => get<{ needed: boolean }>('setup'), retry: false });
  return (
    <Container size={440} pt="10vh">
      <Group justify="space-between" component="header" mb="md">
        <Group gap="sm">
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <Box fw={700} fz="lg">
            {t('app.name')}
          </Box>
        </Group>
        <Group gap="xs">
          <LanguageButton />
          <SchemeButton />
        </Group>
      </Group>
      <Paper component="main" withBorder p="xl">
        {setup.isPending ? <Loading /> : setup.data?.needed ? <Setup onSession={onSession} /> : <Login expired={expired} onSession={onSession} />}
      </Paper>
    </Container>
  );
}
