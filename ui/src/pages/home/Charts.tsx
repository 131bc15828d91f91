// Sales per day and per means of payment: drawn, or as a table that says the same.
import { Card, Group, SegmentedControl, Table, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Home } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { WideTable } from '@/components/WideTable';
import { useText } from '@/i18n/text';

const HEIGHT = 260;
const COLOUR = 'var(--mantine-primary-color-filled)';
const AXIS = { fontSize: 12, fill: 'var(--mantine-color-text)' };
const total = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

function Panel({ id, title, summary, note, empty, chart, table }: { id: string; title: string; summary: string; note?: string; empty: boolean; chart: ReactNode; table: ReactNode }) {
  const t = useText();
  const [shown, setShown] = useState('chart');
  return (
    <Card withBorder component="section" aria-labelledby={id}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb="xs">
        <Title order={2} id={id}>
          {title}
        </Title>
        {!empty && (
          <SegmentedControl size="xs" aria-label={t('home.presentation', { title })} value={shown} onChange={setShown} data={[{ value: 'chart', label: t('home.chart') }, { value: 'table', label: t('home.table') }]} />
        )}
      </Group>
      {note && !empty && (
        <Text size="sm" mb="xs">
          {note}
        </Text>
      )}
      {empty ? (
        <EmptyState title={t('home.noSales')} hint={t('home.noSalesHint')} />
      ) : shown === 'chart' ? (
        <div role="img" aria-label={summary}>
          <ResponsiveContainer width="100%" height={HEIGHT}>{chart as React.ReactElement}</ResponsiveContainer>
        </div>
      ) : (
        <WideTable label={title} minWidth={280} mah={HEIGHT}>
          {table}
        </WideTable>
      )}
    </Card>
  );
}

function SalesByDay({ days }: { days: Home['days'] }) {
  const t = useText();
  const { format } = t;
  const sum = format.cents(total(days.map((one) => one.total_cents)));
  const title = t('home.salesByDay');
  return (
    <Panel
      id="sales-by-day"
      title={title}
      summary={t('home.chartSummary', { title, total: sum, days: days.length })}
      note={t('home.periodTotal', { total: sum, tickets: total(days.map((one) => one.tickets)) })}
      empty={days.every((one) => one.tickets === 0 && one.total_cents === 0)}
      chart={
        <BarChart data={days} margin={{ left: 8, right: 8, top: 8 }}>
          <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" />
          <XAxis dataKey="day" tickFormatter={format.shortDay} tick={AXIS} minTickGap={24} />
          <YAxis tickFormatter={(cents: number) => format.cents(cents)} tick={AXIS} width={96} />
          <Tooltip formatter={(cents: number) => [format.cents(cents), t('home.total')]} labelFormatter={(day: string) => format.longDay(day)} contentStyle={TOOLTIP} cursor={CURSOR} />
          <Bar dataKey="total_cents" fill={COLOUR} isAnimationActive={false} />
        </BarChart>
      }
      table={
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('home.day')}</Table.Th>
              <Table.Th scope="col" className="amount">
                {t('home.tickets')}
              </Table.Th>
              <Table.Th scope="col" className="amount">
                {t('home.total')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {days.map((one) => (
              <Table.Tr key={one.day}>
                <Table.Td>{format.day(one.day)}</Table.Td>
                <Table.Td className="amount">{format.int(one.tickets)}</Table.Td>
                <Table.Td className="amount">{format.cents(one.total_cents)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}

const TOOLTIP = { background: 'var(--mantine-color-body)', border: '1px solid var(--mantine-color-default-border)', color: 'var(--mantine-color-text)' };
const CURSOR = { fill: 'var(--mantine-color-default-hover)' };

function SalesByMeans({ means, days }: { means: Home['means']; days: number }) {
  const t = useText();
  const { format } = t;
  const title = t('home.salesByMeans');
  const sorted = [...means].sort((a, b) => b.amount_cents - a.amount_cents);
  return (
    <Panel
      id="sales-by-means"
      title={title}
      summary={t('home.chartSummary', { title, total: format.cents(total(means.map((one) => one.amount_cents))), days })}
      empty={means.length === 0}
      chart={
        <BarChart data={sorted} layout="vertical" margin={{ left: 8, right: 8 }}>
          <CartesianGrid horizontal={false} stroke="var(--mantine-color-default-border)" />
          <XAxis type="number" tickFormatter={(cents: number) => format.cents(cents)} tick={AXIS} minTickGap={16} />
          <YAxis type="category" dataKey="label" tick={AXIS} width={120} />
          <Tooltip formatter={(cents: number) => [format.cents(cents), t('home.amount')]} contentStyle={TOOLTIP} cursor={CURSOR} />
          <Bar dataKey="amount_cents" fill={COLOUR} isAnimationActive={false} maxBarSize={36} />
        </BarChart>
      }
      table={
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('home.means')}</Table.Th>
              <Table.Th scope="col" className="amount">
                {t('home.amount')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((one) => (
              <Table.Tr key={one.means}>
                <Table.Td>{one.label || one.means}</Table.Td>
                <Table.Td className="amount">{format.cents(one.amount_cents)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}

export default function Charts({ days, means }: { days: Home['days']; means: Home['means'] }) {
  return (
    <>
      <SalesByDay days={days} />
      <SalesByMeans means={means} days={days.length} />
    </>
  );
}
