// Accueil: what was sold, what awaits somebody, what ran last.
import { Card, Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { get } from '@/api/client';
import { useLinks } from '@/api/links';
import { useMayWrite } from '@/api/session';
import type { Home as HomeData } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { RunTable } from '@/components/RunTable';
import { useText } from '@/i18n/text';
import { Attention } from './Attention';

const Charts = lazy(() => import('./Charts'));
const PERIODS = [7, 30, 90];

export default function Home() {
  const t = useText();
  const [days, setDays] = useState(30);
  const home = useQuery({ queryKey: ['home', days], queryFn: ({ signal }) => get<HomeData>('home', { days }, signal), placeholderData: (before) => before });
  const links = useLinks();
  const mayWrite = useMayWrite();
  if (home.isError) return <ErrorMessage error={home.error} onRetry={() => void home.refetch()} />;
  if (home.isPending) return <Loading />;
  const { data } = home;
  if (links.data?.length === 0 && data.runs.length === 0)
    return (
      <>
        <PageTitle title={t('menu.home')} />
        <EmptyState title={t('home.noLink')} hint={t('home.noLinkHint')} action={mayWrite ? { label: t('home.createLink'), to: '/traitements/synchronisations/nouvelle' } : undefined} />
      </>
    );
  return (
    <>
      <PageTitle title={t('menu.home')}>
        <SegmentedControl aria-label={t('home.period')} data={PERIODS.map((count) => ({ value: String(count), label: t('home.lastDays', { count }) }))} value={String(days)} onChange={(value) => setDays(Number(value))} />
      </PageTitle>
      <Stack>
        <Attention attention={data.attention} />
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <Suspense fallback={<Loading />}>
            <Charts days={data.days} means={data.means} />
          </Suspense>
        </SimpleGrid>
        <Card withBorder component="section" aria-labelledby="last-runs">
          <Group justify="space-between" mb="xs">
            <Title order={2} id="last-runs">
              {t('home.lastRuns')}
            </Title>
          </Group>
          {data.runs.length > 0 ? <RunTable runs={data.runs} /> : <Text c="dimmed">{t('home.noRuns')}</Text>}
        </Card>
      </Stack>
    </>
  );
}
