// Validating drafts: a job, from its button to what came out.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Job } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { JobProgress, useNoteJob, useRunningJob } from '@/components/JobProgress';
import { useForget } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';

/** The button, and apart from it what is going on, so that a page places each. `numbers` null: every draft. */
export function useDocumentValidation(onDone?: () => void) {
  const forget = useForget();
  const note = useNoteJob();
  const [id, setId] = useState<Job['id'] | null>(null);
  const running = useRunningJob(['document_validation']);
  const start = useMutation({ mutationFn: (numbers: string[] | null) => write<Job>('POST', 'documents/validation', { numbers }), onSuccess: (job) => (note(job), setId(job.id)) });
  const shown = id ?? running?.id ?? null;
  const button = (label: string, numbers: string[] | null) => <ValidationButton label={label} busy={start.isPending || Boolean(running)} onClick={() => start.mutate(numbers)} />;
  const progress = (
    <>
      {start.isError && <ErrorMessage error={start.error} />}
      {shown !== null && (
        <JobProgress
          id={shown}
          onEnd={() => {
            forget();
            onDone?.();
          }}
        />
      )}
    </>
  );
  return { button, progress };
}

function ValidationButton({ label, busy, onClick }: { label: string; busy: boolean; onClick: () => void }) {
  const mayWrite = useMayWrite();
  const t = useText();
  if (!mayWrite) return null;
  return (
    <Button onClick={onClick} disabled={busy} title={busy ? t('job.document_validation') : undefined}>
      {label}
    </Button>
  );
}
