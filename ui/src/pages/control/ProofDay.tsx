// One day: the till against the documents, by rate and by means, and every gap with its cause.
import { Alert, Anchor, Button, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { ApiError, apiPath, get } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Page, ProofDay as Day, ProofGap, Row } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { JobProgress } from '@/components/JobProgress';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { DayBadge } from '@/components/StateBadge';
import { WideTable } from '@/components/WideTable';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';
import { addDays } from './days';
import { useProve } from './ProofMonth';

interface Side {
  name: string;
  till: number;
  books: number;
  format: (value: number) => string;
}

function Comparison({ id, title, heading, sides }: { id: string; title: string; heading: string; sides: Side[] }) {
  const t = useText();
  return (
    <Card withBorder component="section" aria-labelledby={id}>
      <Title order={2} id={id} mb="xs">
        {title}
      </Title>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{heading}</Table.Th>
            <Table.Th scope="col" className="amount">
              {t('proof.till')}
            </Table.Th>
            <Table.Th scope="col" className="amount">
              {t('proof.books')}
            </Table.Th>
            <Table.Th scope="col" className="amount">
              {t('proof.difference')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sides.map((side) => {
            const difference = side.books - side.till;
            return (
              <Table.Tr key={side.name}>
                <Table.Th scope="row" fw={400}>
                  {side.name}
                </Table.Th>
                <Table.Td className="amount">{side.format(side.till)}</Table.Td>
                <Table.Td className="amount">{side.format(side.books)}</Table.Td>
                <Table.Td className="amount" fw={difference ? 700 : 400} c={difference ? 'var(--mantine-color-error)' : undefined}>
                  {side.format(difference)}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** How the shop calls its means of payment, by code. */
function useMeansNames(): (code: string) => string {
  const means = useQuery({ queryKey: ['list', 'means', 'names'], queryFn: ({ signal }) => get<Page<Row>>('means', { limit: 500 }, signal), staleTime: 60_000 });
  const names = new Map(means.data?.items.map((one) => [one.code, one.label]));
  return (code) => String(names.get(code) || code);
}

/** What stands in a gap's `key`: a rate, a means, a ticket. */
function gapName(t: ReturnType<typeof useText>, gap: ProofGap, meansName: (code: string) => string): string {
  const text = String(gap.key ?? '');
  const key = gap.kind === 'tax' && /^\d+$/.test(text) ? t.format.rate(Number(text)) : gap.kind === 'means' ? meansName(text) : text;
  return [t.word('gapKind', gap.kind), key].filter((part) => part !== '').join(' ');
}

const TOP = { verticalAlign: 'top' };

/** Neighbours that have the same cause, together: it is told once. */
export function byCause(gaps: ProofGap[]): ProofGap[][] {
  const groups: ProofGap[][] = [];
  for (const gap of gaps) {
    const last = groups.at(-1);
    if (last?.[0]?.cause === gap.cause) last.push(gap);
    else groups.push([gap]);
  }
  return groups;
}

function Gaps({ day }: { day: Day }) {
  const t = useText();
  const meansName = useMeansNames();
  const gaps = day.gaps ?? [];
  const difference = (gap: ProofGap) =>
    gap.kind === 'tickets' && day.tickets ? t.format.int(day.tickets.documents - day.tickets.till) : gap.difference_cents === null || gap.difference_cents === undefined ? '' : t.format.cents(gap.difference_cents);
  if (gaps.length === 0)
    return (
      <Alert color="green" role="status">
        {t('proof.noGap')}
      </Alert>
    );
  return (
    <Card withBorder component="section" aria-labelledby="gaps">
      <Title order={2} id="gaps" mb="xs">
        {t('proof.gaps')}
      </Title>
      <WideTable label={t('proof.gaps')} minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('proof.where')}</Table.Th>
              <Table.Th scope="col" className="amount">
                {t('proof.difference')}
              </Table.Th>
              <Table.Th scope="col">{t('proof.cause')}</Table.Th>
              <Table.Th scope="col">
                <span className="read-aloud">{t('proof.open')}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {byCause(gaps).flatMap((same) =>
              same.map((gap, place) => (
                <Table.Tr key={`${gap.kind} ${gap.key ?? ''}`}>
                  <Table.Th scope="row" fw={600}>
                    {gapName(t, gap, meansName)}
                  </Table.Th>
                  <Table.Td className="amount">{difference(gap)}</Table.Td>
                  {place === 0 && (
                    <>
                      <Table.Td rowSpan={same.length} style={TOP}>{sentence(gap.cause)}</Table.Td>
                      <Table.Td rowSpan={same.length} style={TOP}>
                        {gap.href?.startsWith('/') && !gap.href.startsWith('//') && (
                          <Anchor component={Link} to={gap.href} aria-label={`${t('proof.open')} : ${gapName(t, gap, meansName)}`}>
                            {t('proof.open')}
                          </Anchor>
                        )}
                      </Table.Td>
                    </>
                  )}
                </Table.Tr>
              )),
            )}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Card>
  );
}

function Comparisons({ day }: { day: Day }) {
  const t = useText();
  const meansName = useMeansNames();
  const { format } = t;
  const totals: Side[] = [
    ...(day.tickets ? [{ name: t('proof.tickets'), till: day.tickets.till, books: day.tickets.documents, format: format.int }] : []),
    ...(day.total_cents ? [{ name: t('proof.total'), till: day.total_cents.till, books: day.total_cents.documents, format: format.cents }] : []),
  ];
  const tax = (day.tax ?? []).map((one) => ({ name: format.rate(one.rate_bp), till: one.till_cents, books: one.documents_cents, format: format.cents }));
  const means = (day.means ?? []).map((one) => ({ name: meansName(one.means), till: one.till_cents, books: one.payments_cents, format: format.cents }));
  return (
    <SimpleGrid cols={{ base: 1, xl: 3 }}>
      <Comparison id="totals" title={t('proof.totalsTitle')} heading={t('proof.what')} sides={totals} />
      <Comparison id="tax" title={t('proof.taxTitle')} heading={t('proof.rate')} sides={tax} />
      <Comparison id="means" title={t('proof.meansTitle')} heading={t('proof.means')} sides={means} />
    </SimpleGrid>
  );
}

export default function ProofDay() {
  const t = useText();
  const navigate = useNavigate();
  const mayWrite = useMayWrite();
  const { day = '' } = useParams();
  const query = useQuery({ queryKey: ['proof', 'day', day], queryFn: ({ signal }) => get<Day>(apiPath`proof/${day}`, undefined, signal) });
  const prove = useProve(day, day);
  const missing = query.error instanceof ApiError && query.error.status === 404;
  const data = query.data;
  return (
    <>
      <PageTitle title={t.format.longDay(day)} mark={data && <DayBadge state={data.state} />} back={{ label: t('menu.proof'), to: `/controle/preuve?mois=${day.slice(0, 7)}` }}>
        <Button variant="default" onClick={() => navigate(`/controle/preuve/${addDays(day, -1)}`)} aria-label={t('proof.previousDay')}>
          ‹
        </Button>
        <Button variant="default" onClick={() => navigate(`/controle/preuve/${addDays(day, 1)}`)} aria-label={t('proof.nextDay')}>
          ›
        </Button>
        {mayWrite && (
          <Button onClick={() => prove.start.mutate()} loading={prove.start.isPending} disabled={prove.busy}>
            {t('proof.startDay')}
          </Button>
        )}
      </PageTitle>
      <Stack>
        {prove.start.isError && <ErrorMessage error={prove.start.error} />}
        {prove.job !== null && <JobProgress id={prove.job} onEnd={prove.onEnd} hideEnded />}
        {query.isError && !missing ? (
          <ErrorMessage error={query.error} onRetry={() => void query.refetch()} />
        ) : query.isPending ? (
          <Loading />
        ) : !data?.checked ? (
          <EmptyState title={t('proof.notChecked')} hint={t('proof.notCheckedHint')} />
        ) : (
          <>
            <Text size="sm" c="dimmed">
              {t('proof.checked', { instant: t.format.instant(data.checked) })}
            </Text>
            <Gaps day={data} />
            <Comparisons day={data} />
            {(data.missing_numbers?.length ?? 0) > 0 && <Text>{`${t('proof.missing')} : ${data.missing_numbers?.join(', ')}`}</Text>}
            {(data.repeated_numbers?.length ?? 0) > 0 && <Text>{`${t('proof.repeated')} : ${data.repeated_numbers?.join(', ')}`}</Text>}
          </>
        )}
      </Stack>
    </>
  );
}
