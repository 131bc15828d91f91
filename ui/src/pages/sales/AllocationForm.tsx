// Ties a part of a payment to a due line: a document is searched, its open due lines shown, and never more given than both can take.
import { Alert, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError, apiPath, get, getTagged, newIdempotencyKey, write } from '@/api/client';
import type { Page, Row } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useForget } from '@/components/record/useEdit';
import { parseScaled } from '@/i18n/format';
import { useText } from '@/i18n/text';
import { allocationFits, largestAllocation, openDues, restOfPayment } from './allocation';
import type { Payment, SalesDocument } from './types';

const READ_MAX = 200;
const SHOWN_MAX = 20;
const TYPING_MS = 250;

interface Found {
  number: string;
  date: string;
  rest: number;
}

/** A number typed whole names its document, however many newer ones contain it. */
async function documentNumbered(number: string, signal: AbortSignal): Promise<Found | null> {
  try {
    const { kind, state, date, total_cents, due } = await get<SalesDocument>(apiPath`documents/${number}`, undefined, signal);
    return kind === 'order' || state === 'draft' ? null : { number, date, rest: total_cents - due.reduce((sum, line) => sum + line.allocated_cents, 0) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Documents that a search finds: the one with just that number, then those with something left to pay. */
function useDocumentsFound(search: string, enabled: boolean): Found[] {
  const [settled] = useDebouncedValue(search.trim(), TYPING_MS);
  const numbered = useQuery({ queryKey: ['list', 'documents', 'numbered', settled], queryFn: ({ signal }) => documentNumbered(settled, signal), enabled: enabled && settled !== '' });
  const found = useQuery({
    queryKey: ['list', 'documents', 'found', settled],
    queryFn: ({ signal }) => get<Page<Row>>('documents', { q: settled, state: 'validated', limit: READ_MAX, sort: '-date' }, signal),
    placeholderData: (before) => before,
    enabled,
  });
  const open = (found.data?.items ?? [])
    .filter((row) => row.kind !== 'order')
    .map((row) => ({ number: String(row.number), date: String(row.date), rest: Number(row.total_cents) - Number(row.paid_cents) }))
    .filter((row) => row.number !== settled && row.rest !== 0);
  return [...(numbered.data ? [numbered.data] : []), ...open].slice(0, SHOWN_MAX);
}

export function AllocationForm({ payment }: { payment: Payment }) {
  const t = useText();
  const { format } = t;
  const forget = useForget();
  const [search, setSearch] = useState('');
  // What it was paid for comes first.
  const [number, setNumber] = useState<string | null>(payment.document || null);
  const [dueNo, setDueNo] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const found = useDocumentsFound(search, number === null);
  const path = number === null ? '' : apiPath`documents/${number}`;
  const document = useQuery({ queryKey: ['record', path], queryFn: ({ signal }) => getTagged<SalesDocument>(path, signal), enabled: number !== null });
  const dues = number !== null && document.data ? openDues(document.data.value.due) : [];
  const due = dues.find((line) => String(line.due_no) === dueNo) ?? dues[0];
  const rest = restOfPayment(payment);
  const most = due ? largestAllocation(rest, due.rest_cents) : 0;
  const shown = typed ?? (most ? format.plain(most, 2) : '');
  const amount = parseScaled(shown, 2);
  const fits = due !== undefined && allocationFits(amount, rest, due.rest_cents);
  const allocate = useMutation({
    mutationFn: () => write('POST', apiPath`payments/${payment.id}/allocations`, { document: number, due_no: due?.due_no, amount_cents: amount }, { idempotencyKey: newIdempotencyKey() }),
    onSuccess: () => {
      setNumber(null);
      setTyped(null);
      setSearch('');
      forget();
    },
  });
  const choose = (chosen: string | null) => {
    setNumber(chosen);
    setDueNo(null);
    setTyped(null);
    allocate.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fits) allocate.mutate();
  };
  const options = found.map((row) => ({ value: row.number, label: t('payment.found', { number: row.number, day: format.day(row.date), rest: format.cents(row.rest) }) }));
  if (number !== null && !options.some((option) => option.value === number)) options.push({ value: number, label: number });
  return (
    <form onSubmit={submit}>
      <Stack maw={560}>
        <Text size="sm">{t('payment.allocateHint', { rest: format.cents(rest) })}</Text>
        {allocate.isError && <ErrorMessage error={allocate.error} />}
        {document.isError && <ErrorMessage error={document.error} />}
        <Select label={t('payment.document')} data={options} value={number} onChange={choose} searchable searchValue={search} onSearchChange={setSearch} filter={({ options: all }) => all}
          nothingFoundMessage={t('table.nothingFound')} placeholder={t('payment.documentSearch')} clearable clearButtonProps={{ 'aria-label': t('record.clear', { name: t('payment.document') }) }} maxDropdownHeight={300} />
        {number !== null && document.isSuccess && dues.length === 0 && <Alert color="orange">{t('payment.nothingDue')}</Alert>}
        {due && most === 0 && <Alert color="orange">{t('payment.wrongSign')}</Alert>}
        {due && most !== 0 && (
          <>
            {dues.length > 1 && (
              <Select label={t('payment.dueLine')} allowDeselect={false} value={String(due.due_no)} onChange={(value) => (setDueNo(value), setTyped(null))}
                data={dues.map((line) => ({ value: String(line.due_no), label: t('payment.dueOption', { day: format.day(line.date), rest: format.cents(line.rest_cents) }) }))} />
            )}
            <Group align="flex-end">
              <TextInput label={t('payment.amount')} description={t('payment.most', { amount: format.cents(most) })} value={shown} onChange={(event) => setTyped(event.currentTarget.value)} inputMode="decimal"
                error={shown && !fits ? t('payment.tooMuch') : undefined} />
              <Button type="submit" disabled={!fits} loading={allocate.isPending}>
                {t('payment.allocate')}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </form>
  );
}
