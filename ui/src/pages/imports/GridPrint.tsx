// The grid on paper: what the filter leaves, all of it, as a plain table; the browser prints it.
import { Alert, Button, Group, Progress, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { get } from '@/api/client';
import { useListMeta } from '@/api/lists';
import { useSession } from '@/api/session';
import type { Page, Row } from '@/api/types';
import { formatCell, isNumber } from '@/components/cell';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';
import classes from './GridPrint.module.css';

const COLUMNS = ['number', 'date', 'kind', 'customer', 'total_cents', 'lines', 'anomaly', 'link'];
const PAGE_ROWS = 500;
/** Two hundred sheets; more than that is for a file. */
const PRINTED_MAX = 10_000;

async function readAll(query: Record<string, string>, signal: AbortSignal, onProgress: (done: number, total: number) => void) {
  const rows: Row[] = [];
  let total = 0;
  for (let cursor: string | null | undefined; cursor !== null && rows.length < PRINTED_MAX; ) {
    const page: Page<Row> = await get<Page<Row>>('grid/sales', { ...query, limit: PAGE_ROWS, cursor }, signal);
    rows.push(...page.items);
    total = page.total;
    cursor = page.next;
    onProgress(rows.length, total);
  }
  return { rows, total };
}

export default function GridPrint() {
  const t = useText();
  const session = useSession();
  const [params] = useSearchParams();
  const query = Object.fromEntries(params);
  const [progress, setProgress] = useState<[number, number]>([0, 0]);
  const meta = useListMeta('grid/sales');
  const all = useQuery({ queryKey: ['grid-print', query], queryFn: ({ signal }) => readAll(query, signal, (done, total) => setProgress([done, total])), gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false });
  const columns = COLUMNS.map((name) => meta.data?.columns.find((column) => column.name === name)).filter((column) => column !== undefined);
  if (all.isError) return <ErrorMessage error={all.error} onRetry={() => void all.refetch()} />;
  if (!meta.data) return <Loading />;
  const [done, total] = progress;
  return (
    <>
      <PageTitle title={t('grid.title')} back={{ label: t('menu.imports'), to: `/traitements/imports${params.toString() ? `?${params.toString()}` : ''}` }}>
        <Button onClick={() => window.print()} disabled={!all.data} className="no-print">
          {t('grid.print')}
        </Button>
      </PageTitle>
      {!all.data && (
        <div role="status">
          <Text size="sm">{t('job.steps', { done, total: Math.min(total, PRINTED_MAX) })}</Text>
          <Progress value={total ? (done * 100) / Math.min(total, PRINTED_MAX) : 0} aria-label={t('app.loading')} />
        </div>
      )}
      {all.data && (
        <>
          {all.data.total > all.data.rows.length && (
            <Alert color="orange" mb="md">
              {t('grid.printCut', { shown: all.data.rows.length, total: all.data.total })}
            </Alert>
          )}
          <Group justify="space-between" mb="xs">
            <Text size="sm">{session.company}</Text>
            <Text size="sm">{t('grid.printed', { count: all.data.rows.length, at: t.format.instant(new Date().toISOString()) })}</Text>
          </Group>
          <table className={classes.table}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.name} scope="col" className={isNumber(column.type) ? 'amount' : undefined}>
                    {column.heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {all.data.rows.map((row, place) => (
                <tr key={place}>
                  {columns.map((column) => (
                    <td key={column.name} className={isNumber(column.type) ? 'amount' : undefined}>
                      {column.name === 'anomaly' ? t.word('anomaly', row.anomaly) : formatCell(t, column, row[column.name])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}
