// Synchronisations: every link with its state, its last run and its next one.
import { Anchor, Button, Card, Group, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import { Link as RouterLink, useNavigate } from 'react-router-dom';
import { useLinks } from '@/api/links';
import { useMayWrite } from '@/api/session';
import type { Link } from '@/api/types';
import { CountsSummary } from '@/components/CountsSummary';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Facts } from '@/components/Facts';
import { JobProgress, useRunningJob } from '@/components/JobProgress';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { RunBadge } from '@/components/StateBadge';
import { useText } from '@/i18n/text';
import { linkPath, newLinkPath } from './paths';
import { saySchedule } from './schedule';
import { useStartRun } from './useStartRun';

export function flowsOf(link: Link): ('articles_in' | 'articles_out' | 'orders')[] {
  return [...(link.import_articles ? (['articles_in'] as const) : []), ...(link.export_articles ? (['articles_out'] as const) : []), ...(link.import_orders ? (['orders'] as const) : [])];
}

function LinkCard({ link }: { link: Link }) {
  const t = useText();
  const navigate = useNavigate();
  const mayWrite = useMayWrite();
  const running = useRunningJob(['sync', 'rehearsal'], link.name);
  const [started, setStarted] = useState<string | number | null>(null);
  const start = useStartRun(link.name, (job) => setStarted(job.id));
  const job = running?.id ?? started;
  return (
    <Card withBorder component="article" aria-labelledby={`link-${link.name}`}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="sm">
            <Title order={2} id={`link-${link.name}`}>
              <Anchor component={RouterLink} to={linkPath(link.name)} inherit>
                {link.name}
              </Anchor>
            </Title>
            <RunBadge state={link.last_run?.state} />
          </Group>
          {mayWrite && (
            <Group gap="xs">
              <Button onClick={() => start.mutate({ dryRun: false })} loading={start.isPending} disabled={Boolean(running)}>
                {t('link.runNow')}
              </Button>
              <Button variant="default" onClick={() => navigate(linkPath(link.name))}>
                {t('link.settings')}
              </Button>
            </Group>
          )}
        </Group>
        {start.isError && <ErrorMessage error={start.error} />}
        {job !== null && job !== undefined && <JobProgress id={job} />}
        <Facts
          facts={[
            [t('link.flows'), flowsOf(link).map((flow) => t.word('flow', flow)).join(', ')],
            [t('link.lastRun'), link.last_run?.started ? t.format.instant(link.last_run.started) : t('link.neverRun')],
            [t('link.nextRun'), link.next_run ? t.format.instant(link.next_run) : saySchedule(t, link.schedule)],
            [t('link.url'), link.url],
          ]}
        />
        <CountsSummary counts={link.last_run?.counts} />
      </Stack>
    </Card>
  );
}

export default function LinkList() {
  const t = useText();
  const mayWrite = useMayWrite();
  const links = useLinks();
  if (links.isError) return <ErrorMessage error={links.error} onRetry={() => void links.refetch()} />;
  if (links.isPending) return <Loading />;
  return (
    <>
      <PageTitle title={t('menu.synchronisations')}>
        {mayWrite && links.data.length > 0 && (
          <Button component={RouterLink} to={newLinkPath} variant="default">
            {t('link.create')}
          </Button>
        )}
      </PageTitle>
      {links.data.length === 0 ? (
        <EmptyState title={t('link.none')} hint={t('link.noneHint')} action={mayWrite ? { label: t('link.create'), to: newLinkPath } : undefined} />
      ) : (
        <Stack>
          {links.data.map((link) => (
            <LinkCard key={link.name} link={link} />
          ))}
        </Stack>
      )}
    </>
  );
}
