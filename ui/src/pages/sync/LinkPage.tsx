// One link: run or rehearse it, its schedule, its history.
import { Button, Card, Group, Stack, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link as RouterLink, useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { apiPath, write } from '@/api/client';
import { useForgetLinks, useLink } from '@/api/links';
import { useMayWrite } from '@/api/session';
import type { Link, LinkTest } from '@/api/types';
import { ConfirmButton } from '@/components/ConfirmButton';
import { CountsSummary } from '@/components/CountsSummary';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Facts } from '@/components/Facts';
import { jobEnded, JobProgress, useJob, useRunningJob } from '@/components/JobProgress';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { RunBadge } from '@/components/StateBadge';
import { useText } from '@/i18n/text';
import { flowsOf } from './LinkList';
import { linkPath, rehearsalPath, runPath } from './paths';
import { saySchedule } from './schedule';
import { ScheduleForm } from './ScheduleForm';
import { TestReport } from './TestReport';
import { useStartRun } from './useStartRun';

/** The run that goes on, or has just ended with its counts. */
function CurrentRun({ job }: { job: string | number }) {
  const t = useText();
  const forget = useForgetLinks();
  const { data } = useJob(job, forget);
  return (
    <JobProgress id={job}>
      {data && jobEnded(data) && (
        <Group justify="space-between" align="flex-end">
          <CountsSummary counts={data.result} />
          {data.run ? (
            <Button component={RouterLink} to={runPath(data.run)} variant="default" size="xs">
              {t('link.seeRecords')}
            </Button>
          ) : null}
        </Group>
      )}
    </JobProgress>
  );
}

function Actions({ link, onJob, busy, onTest, testing }: { link: Link; onJob: (job: string | number) => void; busy: boolean; onTest: () => void; testing: boolean }) {
  const t = useText();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const run = useStartRun(link.name, (job) => onJob(job.id));
  const rehearse = useStartRun(link.name, (job) => navigate(rehearsalPath(job.id)));
  const asked = useRef(false);
  // From a rehearsal: « Faire cette synchronisation ».
  useEffect(() => {
    if (params.get('lancer') !== '1' || asked.current) return;
    asked.current = true;
    setParams({}, { replace: true });
    run.mutate({ dryRun: false });
  });
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <Button onClick={() => run.mutate({ dryRun: false })} loading={run.isPending} disabled={busy}>
          {t('link.runNow')}
        </Button>
        <Button variant="default" title={t('link.rehearseHint')} onClick={() => rehearse.mutate({ dryRun: true })} loading={rehearse.isPending} disabled={busy}>
          {t('link.rehearse')}
        </Button>
        <Button variant="default" onClick={onTest} loading={testing}>
          {t('link.test')}
        </Button>
        <Button variant="default" component={RouterLink} to={`${linkPath(link.name)}/modifier`}>
          {t('common.edit')}
        </Button>
      </Group>
      {(run.isError || rehearse.isError) && <ErrorMessage error={run.error ?? rehearse.error} />}
    </Stack>
  );
}

export default function LinkPage() {
  const t = useText();
  const { format } = t;
  const navigate = useNavigate();
  const forget = useForgetLinks();
  const mayWrite = useMayWrite();
  const { link: name = '' } = useParams();
  const link = useLink(name);
  const running = useRunningJob(['sync'], name);
  const [job, setJob] = useState<string | number | null>(null);
  const test = useMutation({ mutationFn: () => write<LinkTest>('POST', apiPath`links/${name}/test`) });
  const remove = useMutation({
    mutationFn: (tag: string) => write('DELETE', apiPath`links/${name}`, undefined, { ifMatch: tag }),
    onSuccess: () => {
      navigate(linkPath());
      forget();
    },
  });
  const current = job ?? running?.id;
  useEffect(() => {
    if (job === null && running) setJob(running.id);
  }, [job, running]);
  if (link.isError) return <ErrorMessage error={link.error} onRetry={() => void link.refetch()} />;
  if (link.isPending) return <Loading />;
  const { value, tag } = link.data;
  return (
    <>
      <PageTitle title={value.name} mark={<RunBadge state={value.last_run?.state} />} back={{ label: t('menu.synchronisations'), to: linkPath() }}>
        {mayWrite && <Actions link={value} onJob={setJob} busy={Boolean(running)} onTest={() => test.mutate()} testing={test.isPending} />}
      </PageTitle>
      <Stack>
        {current !== undefined && <CurrentRun job={current} />}
        {test.isError && <ErrorMessage error={test.error} />}
        {test.data && <TestReport report={test.data} />}
        <Card withBorder>
          <Facts
            facts={[
              [t('link.flows'), flowsOf(value).map((flow) => t.word('flow', flow)).join(', ')],
              [t('link.lastRun'), value.last_run?.started ? format.instant(value.last_run.started) : t('link.neverRun')],
              [t('link.nextRun'), value.next_run ? `${format.instant(value.next_run)} (${saySchedule(t, value.schedule)})` : saySchedule(t, value.schedule)],
              [t('link.cursor'), value.cursor ? format.instant(value.cursor) : null],
              [t('link.url'), value.url],
              [t('link.document'), t.word('document', value.document)],
              [t('link.families'), value.families.join(', ')],
            ]}
          />
        </Card>
        {mayWrite && (
          <Card withBorder component="section" aria-labelledby="schedule">
            <Title order={2} id="schedule" mb="xs">
              {t('schedule.title')}
            </Title>
            <ScheduleForm key={tag} link={value} tag={tag} />
          </Card>
        )}
        <section aria-labelledby="history">
          <Title order={2} id="history" mb="xs">
            {t('link.history')}
          </Title>
          <DataTable list="runs" label={t('link.history')} fixed={{ link: value.name }} sort="-started" compact hrefOf={(run) => runPath(String(run.run ?? run.id))} keyOf={(run) => String(run.run ?? run.id)}
            columns={['run', 'started', 'ended', 'state', 'requests', 'retries']} hidden={['counts', 'error', 'from', 'to']} render={{ state: (run) => <RunBadge state={run.state} /> }}
            empty={<EmptyState title={t('link.historyEmpty')} hint={t('link.historyEmptyHint')} />} />
        </section>
        {mayWrite && (
          <Group justify="flex-end">
            {remove.isError && <ErrorMessage error={remove.error} w="100%" />}
            <ConfirmButton label={t('link.remove')} question={t('link.removeQuestion', { name: value.name })} color="red" variant="light" onConfirm={() => remove.mutate(tag)} />
          </Group>
        )}
      </Stack>
    </>
  );
}
