// What a rehearsal announces: articles field by field, old and new, and the documents that would be made.
import { Badge, Button, Group, Stack, Table, Tabs, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { FLOWS } from '@/api/counts';
import { apiPath, get } from '@/api/client';
import type { Change, Flow, Job, Page } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { jobEnded, JobProgress, useJob } from '@/components/JobProgress';
import { Loading } from '@/components/Loading';
import { WideTable } from '@/components/WideTable';
import { parseScaled } from '@/i18n/format';
import { useText, type Text as Texts } from '@/i18n/text';

const PAGE_CHANGES = 200;
/** Decimals of the fields that are numbers, and how each is written. */
const NUMBERS: Record<string, { decimals: number; as: 'e4' | 'milli' | 'rate' | 'cents' }> = {
  full_price: { decimals: 4, as: 'e4' },
  price: { decimals: 4, as: 'e4' },
  buy_price: { decimals: 4, as: 'e4' },
  weight: { decimals: 3, as: 'milli' },
  vat: { decimals: 2, as: 'rate' },
  taxes: { decimals: 2, as: 'rate' },
  total: { decimals: 2, as: 'cents' },
};

function shown(t: Texts, field: string, value: string | null): string {
  const number = NUMBERS[field];
  if (!value || !number) return value ?? '';
  const parsed = parseScaled(value, number.decimals);
  return parsed === null ? value : t.format[number.as](parsed);
}

function useChanges(job: Job['id'], flow: Flow) {
  return useInfiniteQuery({
    queryKey: ['changes', String(job), flow],
    queryFn: ({ pageParam, signal }) => get<Page<Change>>(apiPath`jobs/${job}/changes`, { flow, limit: PAGE_CHANGES, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

function DocumentRows({ changes }: { changes: Change[] }) {
  const t = useText();
  return (
    <Table striped>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('rehearsal.number')}</Table.Th>
          <Table.Th scope="col">{t('rehearsal.action')}</Table.Th>
          <Table.Th scope="col" className="amount">
            {t('rehearsal.amount')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((change, place) => (
          <Table.Tr key={place}>
            <Table.Td>{change.subject}</Table.Td>
            <Table.Td>{t.word('action', change.action)}</Table.Td>
            <Table.Td className="amount">{shown(t, change.field, change.new)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ArticleRows({ changes }: { changes: Change[] }) {
  const t = useText();
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('rehearsal.subject')}</Table.Th>
          <Table.Th scope="col">{t('rehearsal.action')}</Table.Th>
          <Table.Th scope="col">{t('rehearsal.field')}</Table.Th>
          <Table.Th scope="col">{t('rehearsal.old')}</Table.Th>
          <Table.Th scope="col">{t('rehearsal.new')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((change, place) => {
          const again = place > 0 && changes[place - 1]?.subject === change.subject;
          return (
            <Table.Tr key={place}>
              <Table.Th scope="row" fw={600}>
                {again ? <span className="read-aloud">{change.subject}</span> : change.subject}
              </Table.Th>
              <Table.Td>{again ? '' : t.word('action', change.action)}</Table.Td>
              <Table.Td>{change.field ? t.word('field', change.field) : ''}</Table.Td>
              <Table.Td>{change.old ? <Text span size="sm" td="line-through" c="dimmed">{shown(t, change.field, change.old)}</Text> : '–'}</Table.Td>
              <Table.Td fw={600}>{shown(t, change.field, change.new) || '–'}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function FlowChanges({ query, flow }: { query: ReturnType<typeof useChanges>; flow: Flow }) {
  const t = useText();
  if (query.isError) return <ErrorMessage error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Loading />;
  const changes = query.data.pages.flatMap((page) => page.items);
  if (changes.length === 0) return <Text p="md">{t('rehearsal.empty')}</Text>;
  return (
    <Stack align="flex-start">
      <WideTable label={t.word('flow', flow)} minWidth={520} w="100%">
        {flow === 'orders' ? <DocumentRows changes={changes} /> : <ArticleRows changes={changes} />}
      </WideTable>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('run.more')}
        </Button>
      )}
    </Stack>
  );
}

function Announced({ job }: { job: Job['id'] }) {
  const t = useText();
  const queries = { articles_in: useChanges(job, 'articles_in'), articles_out: useChanges(job, 'articles_out'), orders: useChanges(job, 'orders') };
  const totals = FLOWS.map((flow) => queries[flow].data?.pages[0]?.total ?? 0);
  const first = FLOWS.find((_, place) => totals[place]);
  if (FLOWS.some((flow) => queries[flow].isPending)) return <Loading />;
  if (!first && FLOWS.every((flow) => queries[flow].isSuccess)) return <EmptyState title={t('rehearsal.nothing')} hint={t('rehearsal.nothingHint')} />;
  return (
    <>
      <Text>{t('rehearsal.written')}</Text>
      <Tabs defaultValue={first ?? 'articles_in'} keepMounted={false}>
        <Tabs.List>
          {FLOWS.map((flow, place) => (
            <Tabs.Tab key={flow} value={flow}>
              <Group gap={6}>
                {t.word('flow', flow)}
                <Badge variant="light" color={totals[place] ? 'blue' : 'gray'} aria-label={t('rehearsal.count', { count: totals[place] ?? 0 })}>
                  {t.format.int(totals[place] ?? 0)}
                </Badge>
              </Group>
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {FLOWS.map((flow) => (
          <Tabs.Panel key={flow} value={flow} pt="sm">
            <FlowChanges query={queries[flow]} flow={flow} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

/** A rehearsal from its start to what it announces. */
export function Rehearsal({ job }: { job: Job['id'] }) {
  const { data, error } = useJob(job);
  if (error && !data) return <ErrorMessage error={error} />;
  return (
    <Stack>
      <JobProgress id={job} hideEnded />
      {data && jobEnded(data) && data.state === 'done' && <Announced job={job} />}
    </Stack>
  );
}
