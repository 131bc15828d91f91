// One run: what it counted, and what became of every record that it read.
import { Anchor, Button, Card, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router-dom';
import { countsOf, FLOWS, tellingCounts } from '@/api/counts';
import { apiPath, get } from '@/api/client';
import type { Page, Run, RunRecord } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Facts } from '@/components/Facts';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { RunBadge } from '@/components/StateBadge';
import { WideTable } from '@/components/WideTable';
import { sentence } from '@/i18n/sentence';
import { useText, type Text as Texts } from '@/i18n/text';
import { articleHref } from '../files/fields';
import { documentHref, isKind } from '../sales/kinds';
import { linkPath, salePath } from './paths';

const OUTCOMES = ['created', 'updated', 'unchanged', 'staged', 'already', 'changed', 'skipped', 'anomaly'];

function windowOf(t: Texts, run: Run): string | null {
  const { from, to } = run;
  return typeof from === 'string' && typeof to === 'string' ? t('run.windowFromTo', { from: t.format.instant(from), to: t.format.instant(to) }) : null;
}

function CountsTable({ counts: value }: { counts: unknown }) {
  const t = useText();
  const counts = countsOf(value);
  const flows = FLOWS.filter((flow) => tellingCounts(counts[flow] ?? {}).length > 0);
  const names = [...new Set(flows.flatMap((flow) => Object.keys(counts[flow] ?? {})))];
  if (flows.length === 0) return null;
  return (
    <WideTable label={t('run.counts')} minWidth={400}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('run.counts')}</Table.Th>
            {flows.map((flow) => (
              <Table.Th key={flow} scope="col" className="amount">
                {t.word('flow', flow)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400}>
                {t.word('count', name)}
              </Table.Th>
              {flows.map((flow) => {
                const count = counts[flow]?.[name];
                return (
                  <Table.Td key={flow} className="amount">
                    {count === undefined ? '' : t.format.int(count)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** What a person calls the record, with the page that shows it where there is one, and its id at the till. */
function Subject({ record: { id, subject } }: { record: RunRecord }) {
  const t = useText();
  if (!subject) return <Text span size="sm" ff="monospace">{id}</Text>;
  const { kind, key, label } = subject;
  const name = kind === 'article' ? `${key} – ${label}` : t('run.ticket', { number: label });
  const to = kind === 'article' ? articleHref(key) : kind === 'grid_sale' ? salePath(key) : isKind(kind) ? documentHref(key, kind) : null;
  return (
    <>
      {to ? <Anchor component={Link} to={to} size="sm" display="inline-block">{name}</Anchor> : <Text size="sm">{name}</Text>}
      {id !== key && <Text size="xs" c="dimmed" ff="monospace">{id}</Text>}
    </>
  );
}

/** Why: the name of an anomaly, or of a reason to leave it; else the words that were noted. */
const detailOf = (t: Texts, { outcome, detail }: RunRecord) => (outcome === 'anomaly' ? t.word('anomaly', detail) : t.word('reason', detail));

function Records({ run }: { run: string }) {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const flow = params.get('flux');
  const outcome = params.get('resultat');
  const set = (name: string) => (value: string | null) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (value) after.set(name, value);
        else after.delete(name);
        return after;
      },
      { replace: true },
    );
  const records = useInfiniteQuery({
    queryKey: ['records', run, flow, outcome],
    queryFn: ({ pageParam, signal }) => get<Page<RunRecord>>(apiPath`runs/${run}/records`, { flow, outcome, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  const items = records.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <Group>
        <Select aria-label={t('run.flow')} placeholder={t('run.allFlows')} data={FLOWS.map((value) => ({ value, label: t.word('flow', value) }))} value={flow} onChange={set('flux')} clearable />
        <Select aria-label={t('run.outcome')} placeholder={t('run.allOutcomes')} data={OUTCOMES.map((value) => ({ value, label: t.word('outcome', value) }))} value={outcome} onChange={set('resultat')} clearable />
      </Group>
      {records.isError ? (
        <ErrorMessage error={records.error} onRetry={() => void records.refetch()} />
      ) : records.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <EmptyState title={t('run.noRecords')} hint={t('run.noRecordsHint')} />
      ) : (
        <>
          <WideTable label={t('run.records')} minWidth={560}>
            <Table striped>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('run.flow')}</Table.Th>
                  <Table.Th scope="col">{t('run.record')}</Table.Th>
                  <Table.Th scope="col">{t('run.outcome')}</Table.Th>
                  <Table.Th scope="col">{t('run.detail')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((record, place) => (
                  <Table.Tr key={place}>
                    <Table.Td style={{ whiteSpace: 'nowrap' }}>{t.word('flow', record.flow)}</Table.Td>
                    <Table.Td>
                      <Subject record={record} />
                    </Table.Td>
                    <Table.Td style={{ whiteSpace: 'nowrap' }}>{t.word('outcome', record.outcome)}</Table.Td>
                    <Table.Td>{detailOf(t, record)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
          {records.hasNextPage && (
            <Group>
              <Button variant="default" loading={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
                {t('run.more')}
              </Button>
            </Group>
          )}
        </>
      )}
    </Stack>
  );
}

export default function RunPage() {
  const t = useText();
  const { format } = t;
  const { run: id = '' } = useParams();
  const query = useQuery({ queryKey: ['run', id], queryFn: ({ signal }) => get<Run>(apiPath`runs/${id}`, undefined, signal) });
  if (query.isError) return <ErrorMessage error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Loading />;
  const run = query.data;
  const { requests, retries } = run;
  return (
    <>
      <PageTitle title={t('run.title', { run: id })} mark={<RunBadge state={run.state} />} back={run.link ? { label: run.link, to: linkPath(run.link) } : { label: t('menu.synchronisations'), to: linkPath() }} />
      <Stack>
        <Card withBorder>
          <Stack>
            <Facts
              facts={[
                [t('run.started'), run.started ? format.instant(run.started) : null],
                [t('run.ended'), run.ended ? format.instant(run.ended) : null],
                [t('run.window'), windowOf(t, run)],
                [t('run.requests'), typeof requests === 'number' && typeof retries === 'number' ? t('run.requestsValue', { requests, retries }) : null],
                [t('run.error'), run.error_text && sentence(run.error_text)],
              ]}
            />
            <CountsTable counts={run.counts} />
          </Stack>
        </Card>
        <section aria-labelledby="records">
          <Title order={2} id="records" mb="xs">
            {t('run.records')}
          </Title>
          <Records run={id} />
        </section>
      </Stack>
    </>
  );
}
