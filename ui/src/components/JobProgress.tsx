// A job as it goes on: its events as they come, so that a reload of the page or a second reader sees the same; the end is asked for once more, in the reader's language.
import { Badge, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { apiPath, get, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Job, JobKind, JobState } from '@/api/types';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';
import { ConfirmButton } from './ConfirmButton';

const STATE_COLOUR: Record<JobState, string> = { queued: 'gray', running: 'blue', done: 'green', failed: 'red', cancelled: 'orange' };
const POLL_MS = 2000;

export const jobEnded = (job: Job) => job.state !== 'queued' && job.state !== 'running';

/** The job as it stands, live until it ends. `onEnd` is called once: when it ends, or has ended when it is first seen. */
export function useJob(id: Job['id'] | null, onEnd?: (job: Job) => void) {
  const client = useQueryClient();
  const [streaming, setStreaming] = useState(true);
  const end = useRef(onEnd);
  end.current = onEnd;
  const key = ['job', String(id)];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Job>(apiPath`jobs/${id ?? ''}`, undefined, signal),
    enabled: id !== null,
    // Where events do not come through (a proxy that keeps them back), ask.
    refetchInterval: (state) => (state.state.data && jobEnded(state.state.data) ? false : streaming ? POLL_MS * 5 : POLL_MS),
  });
  const ended = query.data ? jobEnded(query.data) : false;
  const told = useRef<Job['id'] | null>(null);
  useEffect(() => {
    if (id === null || ended || typeof EventSource === 'undefined') return;
    const source = new EventSource(`/api/v1/${apiPath`jobs/${id}/events`}`);
    const take = (event: MessageEvent<string>) => client.setQueryData(['job', String(id)], JSON.parse(event.data) as Job);
    source.addEventListener('progress', take);
    source.addEventListener('done', () => {
      source.close();
      void client.invalidateQueries({ queryKey: ['job', String(id)] });
    });
    source.onopen = () => setStreaming(true);
    source.onerror = () => setStreaming(false);
    return () => source.close();
  }, [id, ended, client]);
  useEffect(() => {
    // A short job has ended before it is first looked at: that is an end too.
    if (!query.data || !ended || told.current === id) return;
    told.current = id;
    end.current?.(query.data);
  }, [ended, id, query.data]);
  return query;
}

/** To be told the job that a request has just started: its end counts then, even when it comes before the first look at it. */
export function useNoteJob() {
  const client = useQueryClient();
  return (job: Job) => void client.setQueryData(['job', String(job.id)], job);
}

/** The job of these kinds that is going on (of this link), so that a page finds it again after a reload. */
export function useRunningJob(kinds: JobKind[], link?: string): Job | undefined {
  const jobs = useQuery({
    queryKey: ['jobs'],
    queryFn: async ({ signal }) => {
      const answer = await get<Job[] | { items: Job[] }>('jobs', undefined, signal);
      return Array.isArray(answer) ? answer : answer.items;
    },
    refetchInterval: POLL_MS * 5,
  });
  return jobs.data?.find((job) => !jobEnded(job) && kinds.includes(job.kind) && (link === undefined || job.link === link));
}

interface Props {
  id: Job['id'];
  onEnd?: (job: Job) => void;
  /** Not shown when the page itself tells what came out. */
  hideEnded?: boolean;
  /** What came of it, below. */
  children?: ReactNode;
}

export function JobProgress({ id, onEnd, hideEnded, children }: Props) {
  const t = useText();
  const mayWrite = useMayWrite();
  const { data: job } = useJob(id, onEnd);
  if (!job) return null;
  if (hideEnded && job.state === 'done')
    return (
      <span className="read-aloud" role="status">
        {`${t.word('job', job.kind)} : ${t.word('jobState', job.state)}`}
      </span>
    );
  const { progress } = job;
  const known = progress?.total ? Math.min(100, Math.floor((progress.done * 100) / progress.total)) : null;
  const what = progress ? [t.word('flow', progress.flow), t.word('stage', progress.stage)].filter(Boolean).join(' – ') : '';
  const figures = !progress ? '' : progress.total ? t('job.steps', { done: progress.done, total: progress.total }) : progress.done ? t('job.count', { done: progress.done }) : '';
  const label = t.word('job', job.kind);
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="sm">
            <Text fw={600}>{label}</Text>
            <Badge variant="light" color={STATE_COLOUR[job.state]}>
              {t.word('jobState', job.state)}
            </Badge>
          </Group>
          {!jobEnded(job) && mayWrite && (
            <ConfirmButton label={t('job.cancel')} question={t('job.cancelQuestion')} size="xs" onConfirm={() => void write('DELETE', apiPath`jobs/${id}`)} />
          )}
        </Group>
        {!jobEnded(job) && <Progress.Root size="lg"><Progress.Section value={known ?? 100} animated={known === null} striped={known === null} aria-label={label} /></Progress.Root>}
        <Text size="sm" role="status" aria-live="polite">
          {jobEnded(job) ? <span className="read-aloud">{t.word('jobState', job.state)}</span> : [what, figures].filter(Boolean).join(' : ')}
        </Text>
        {job.problem && (
          <Text size="sm" c="var(--mantine-color-error)">
            {sentence(job.problem.detail || job.problem.title || '')}
          </Text>
        )}
        {children}
      </Stack>
    </Paper>
  );
}
