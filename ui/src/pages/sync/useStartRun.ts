// Starts a run or a rehearsal of a link; the job that it becomes.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { apiPath, newIdempotencyKey, write } from '@/api/client';
import type { Job } from '@/api/types';
import { useNoteJob } from '@/components/JobProgress';

export function useStartRun(link: string, onStarted: (job: Job) => void) {
  const client = useQueryClient();
  const note = useNoteJob();
  return useMutation({
    mutationFn: ({ dryRun }: { dryRun: boolean }) => write<Job>('POST', apiPath`links/${link}/runs`, { dry_run: dryRun, only: null, since: null }, { idempotencyKey: newIdempotencyKey() }),
    onSuccess: (job) => {
      note(job);
      void client.invalidateQueries({ queryKey: ['jobs'] });
      onStarted(job);
    },
  });
}
