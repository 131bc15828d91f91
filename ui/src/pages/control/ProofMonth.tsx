// Preuve: the days of a month, each green, amber, red or not proven yet; a day opens to its comparison.
import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { get, newIdempotencyKey, write } from '@/api/client';
import { useMayWrite, useSession } from '@/api/session';
import type { DayState, Job, ProofDaySummary } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { JobProgress, useNoteJob, useRunningJob } from '@/components/JobProgress';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { DayBadge } from '@/components/StateBadge';
import { useText } from '@/i18n/text';
import { addMonths, firstDay, isMonth, lastDay, today, weeksOf } from './days';
import classes from './ProofMonth.module.css';

const STATES: DayState[] = ['green', 'amber', 'red', 'unknown'];
const MARKS: Record<DayState, string> = { green: '✓', amber: '…', red: '✗', unknown: '?' };

/** Starts the proof of these days; the job goes on when the page is left. */
export function useProve(from: string, to: string) {
  const client = useQueryClient();
  const note = useNoteJob();
  const [job, setJob] = useState<Job['id'] | null>(null);
  const start = useMutation({
    mutationFn: () => write<Job>('POST', 'proof', { from, to }, { idempotencyKey: newIdempotencyKey() }),
    onSuccess: (started) => (note(started), setJob(started.id)),
  });
  const running = useRunningJob(['proof']);
  const onEnd = () => {
    void client.invalidateQueries({ queryKey: ['proof'] });
    void client.invalidateQueries({ queryKey: ['home'] });
    void client.invalidateQueries({ queryKey: ['jobs'] });
  };
  return { start, job: job ?? running?.id ?? null, busy: Boolean(running), onEnd };
}

function Day({ day, proof }: { day: string; proof: ProofDaySummary | undefined }) {
  const t = useText();
  const { format } = t;
  const number = Number(day.slice(8));
  if (!proof || (proof.documents === 0 && !proof.checked))
    return (
      <div className={`${classes.day} ${classes.empty}`}>
        <span className={classes.number}>{number}</span>
      </div>
    );
  const documents = t('proof.documents', { count: proof.documents });
  return (
    <Link to={`/controle/preuve/${day}`} className={`${classes.day} ${classes[proof.state]}`}>
      <span className="read-aloud">{format.longDay(day)}</span>
      <span className={classes.number} aria-hidden>
        {number} {MARKS[proof.state]}
      </span>
      <span className={classes.state}>{t.word('dayState', proof.state)}</span>
      <span className={classes.figures}>{format.cents(proof.total_cents)}</span>
      <span className={classes.figures}>{documents}</span>
    </Link>
  );
}

export default function ProofMonth() {
  const t = useText();
  const mayWrite = useMayWrite();
  const { timezone } = useSession();
  const now = today(timezone);
  const [params, setParams] = useSearchParams();
  const asked = params.get('mois');
  const month = isMonth(asked) ? asked : now.slice(0, 7);
  const to = lastDay(month) < now ? lastDay(month) : now;
  const go = (count: number) => setParams({ mois: addMonths(month, count) });
  const proof = useQuery({ queryKey: ['proof', month], queryFn: ({ signal }) => get<{ days: ProofDaySummary[] }>('proof', { from: firstDay(month), to: lastDay(month) }, signal), placeholderData: (before) => before });
  const prove = useProve(firstDay(month), to);
  const days = proof.data?.days ?? [];
  const byDay = new Map(days.map((one) => [one.day, one]));
  return (
    <>
      <PageTitle title={t('menu.proof')}>
        {mayWrite && (
          <Button onClick={() => prove.start.mutate()} loading={prove.start.isPending} disabled={prove.busy || firstDay(month) > now}>
            {t('proof.start')}
          </Button>
        )}
      </PageTitle>
      <Stack>
        <Text>{t('proof.intro')}</Text>
        {prove.start.isError && <ErrorMessage error={prove.start.error} />}
        {prove.job !== null && <JobProgress id={prove.job} onEnd={prove.onEnd} hideEnded />}
        <Group justify="space-between">
          <Group gap="xs">
            <Button variant="default" onClick={() => go(-1)} aria-label={t('proof.previousMonth')}>
              ‹
            </Button>
            <Title order={2} miw={190} ta="center" aria-live="polite">
              {t.format.month(month)}
            </Title>
            <Button variant="default" onClick={() => go(1)} aria-label={t('proof.nextMonth')} disabled={month >= now.slice(0, 7)}>
              ›
            </Button>
          </Group>
          <Group gap="sm" aria-label={t('proof.legend')} role="group">
            {STATES.map((state) => (
              <Group key={state} gap={6}>
                <DayBadge state={state} />
                <Text size="sm">{t('proof.count', { count: days.filter((one) => one.state === state && (one.documents > 0 || one.checked)).length })}</Text>
              </Group>
            ))}
          </Group>
        </Group>
        {proof.isError ? (
          <ErrorMessage error={proof.error} onRetry={() => void proof.refetch()} />
        ) : proof.isPending ? (
          <Loading />
        ) : (
          <table className={classes.calendar}>
            <caption className="read-aloud">{t('proof.calendar', { month: t.format.month(month) })}</caption>
            <thead>
              <tr>
                {t.format.weekdays.map((weekday) => (
                  <th key={weekday} scope="col">
                    {weekday}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {weeksOf(month).map((week, place) => (
                <tr key={place}>
                  {week.map((day, weekday) => (
                    <td key={weekday}>{day && <Day day={day} proof={byDay.get(day)} />}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Stack>
    </>
  );
}
