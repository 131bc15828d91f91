// The journal: the chain of sales received and documents validated, and its verification.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { newIdempotencyKey, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Job } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { jobEnded, JobProgress, useJob, useRunningJob } from '@/components/JobProgress';
import { PageTitle } from '@/components/PageTitle';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';

function Verdict({ job }: { job: Job['id'] }) {
  const t = useText();
  const { data } = useJob(job);
  if (!data || !jobEnded(data) || data.state !== 'done') return null;
  const { ok, records, bad_record, reason } = (data.result ?? {}) as { ok?: boolean; records?: number; bad_record?: number; reason?: string | null };
  return (
    <Alert color={ok ? 'green' : 'red'} title={ok ? t('journal.good') : t('journal.bad')} role="status">
      {ok ? t('journal.goodHint', { count: records ?? 0 }) : [t('journal.badHint', { record: bad_record ?? 0 }), reason && sentence(reason)].filter(Boolean).join(' ')}
    </Alert>
  );
}

export default function Journal() {
  const t = useText();
  const mayWrite = useMayWrite();
  const running = useRunningJob(['journal_verification']);
  const [started, setStarted] = useState<Job['id'] | null>(null);
  const verify = useMutation({ mutationFn: () => write<Job>('POST', 'journal/verification', {}, { idempotencyKey: newIdempotencyKey() }), onSuccess: (job) => setStarted(job.id) });
  const job = started ?? running?.id ?? null;
  return (
    <>
      <PageTitle title={t('menu.journal')}>
        {mayWrite && (
          <Button onClick={() => verify.mutate()} loading={verify.isPending} disabled={Boolean(running)}>
            {t('journal.verify')}
          </Button>
        )}
      </PageTitle>
      <Stack>
        <Text>{t('journal.intro')}</Text>
        {verify.isError && <ErrorMessage error={verify.error} />}
        {job !== null && <JobProgress id={job} hideEnded />}
        {job !== null && <Verdict job={job} />}
        <DataTable list="journal" label={t('menu.journal')} columns={['at', 'seq', 'kind', 'document', 'subject', 'link', 'run']} widths={{ seq: 200 }} empty={<EmptyState title={t('journal.empty')} hint={t('journal.emptyHint')} />} />
      </Stack>
    </>
  );
}
