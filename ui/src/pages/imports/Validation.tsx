// Validating the grid: a job, rehearsed first when asked for, with what came out of it.
import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { write } from '@/api/client';
import type { Job } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { JobProgress, useJob, useNoteJob, useRunningJob } from '@/components/JobProgress';
import { Facts } from '@/components/Facts';
import { useForget } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';

/** What the job counted, as names and figures. */
function Outcome({ job }: { job: Job }) {
  const t = useText();
  const result = job.result ?? {};
  const dry = result.dry_run === true;
  const figures = Object.entries(result).filter(([, value]) => typeof value === 'number' && value !== 0) as [string, number][];
  const left = typeof result.anomalies === 'number' ? result.anomalies : 0;
  return (
    <Alert color={left > 0 ? 'orange' : 'green'} variant="light" title={t(dry ? 'grid.rehearsed' : 'grid.validated')} role="status">
      <Stack gap="sm">
        {figures.length > 0 ? <Facts facts={figures.map(([name, value]) => [t.word('gridOutcome', name), t.format.int(value)])} /> : <Text size="sm">{t('grid.nothingDone')}</Text>}
        {dry && (
          <Anchor component={Link} to={`/traitements/simulations/${job.id}`} size="sm">
            {t('grid.rehearsalDetail')}
          </Anchor>
        )}
        {left > 0 && <Text size="sm">{t('grid.anomaliesLeft', { count: left })}</Text>}
      </Stack>
    </Alert>
  );
}

function Progress({ id, onEnd }: { id: Job['id']; onEnd: () => void }) {
  const { data: job } = useJob(id);
  return (
    <>
      <JobProgress id={id} onEnd={onEnd} hideEnded />
      {job?.state === 'done' && <Outcome job={job} />}
    </>
  );
}

export function useGridValidation(onDone: () => void) {
  const forget = useForget();
  const note = useNoteJob();
  const [id, setId] = useState<Job['id'] | null>(null);
  const running = useRunningJob(['grid_validation']);
  const start = useMutation({
    mutationFn: ({ sales, dry }: { sales: number[]; dry: boolean }) => write<Job>('POST', 'grid/validation', { sales: sales.length > 0 ? sales : null, dry_run: dry }),
    onSuccess: (job) => (note(job), setId(job.id)),
  });
  const shown = running?.id ?? id;
  return {
    start: (sales: number[], dry: boolean) => start.mutate({ sales, dry }),
    busy: start.isPending || running !== undefined,
    progress: (
      <>
        {start.isError && <ErrorMessage error={start.error} />}
        {shown !== null && (
          <Progress
            id={shown}
            onEnd={() => {
              forget();
              onDone();
            }}
          />
        )}
      </>
    ),
  };
}
