// The filters that a list has, in a panel; what is set shows as labels that can be taken away.
import { Button, CloseButton, Group, Pill, Popover, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ListColumn } from '@/api/types';
import { parseScaled } from '@/i18n/format';
import { useText, type Text } from '@/i18n/text';
import { formatCell } from './cell';
import type { ListAddress } from './useListAddress';

const DECIMALS: Partial<Record<ListColumn['type'], number>> = { int: 0, cents: 2, milli: 3, e4: 4, rate: 2 };
const TYPING_MS = 400;

/** As the address has it → as a person types it, and back; null: not a value of this type. */
function typedOf(t: Text, column: ListColumn, value: string): string {
  const decimals = DECIMALS[column.type];
  return decimals === undefined || value === '' ? value : t.format.plain(Number(value), decimals);
}
function valueOf(column: ListColumn, typed: string): string | null {
  const decimals = DECIMALS[column.type];
  if (decimals === undefined || typed.trim() === '') return typed;
  const parsed = parseScaled(typed, decimals);
  return parsed === null ? null : String(parsed);
}

/** One bound of a range, or a text: the address follows when the typing rests. */
function TypedFilter({ column, name, label, address }: { column: ListColumn; name: string; label: string; address: ListAddress }) {
  const t = useText();
  const stored = address.values[name] ?? '';
  const [typed, setTyped] = useState(() => typedOf(t, column, stored));
  const [told, setTold] = useState(stored);
  if (told !== stored) {
    setTold(stored);
    setTyped(typedOf(t, column, stored));
  }
  const value = valueOf(column, typed);
  const { set } = address;
  useEffect(() => {
    if (value === null || value === told) return;
    const timer = setTimeout(() => {
      setTold(value);
      set({ [name]: value });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [value, told, name, set]);
  const day = column.type === 'day' || column.type === 'instant';
  return <TextInput label={label} type={day ? 'date' : 'text'} inputMode={DECIMALS[column.type] === undefined ? undefined : 'decimal'} value={typed} error={value === null ? t('table.notANumber') : undefined}
    onChange={(event) => setTyped(event.currentTarget.value)} maxLength={200} />;
}

function ChoiceFilter({ column, address }: { column: ListColumn; address: ListAddress }) {
  const t = useText();
  const choices = column.filter === 'bool' ? [{ value: 'true', label: t('common.yes') }, { value: 'false', label: t('common.no') }] : (column.choices ?? []);
  return (
    <Select label={column.heading} data={choices} value={address.values[column.name] ?? null} onChange={(value) => address.set({ [column.name]: value })} placeholder={t('common.all')} clearable
      comboboxProps={{ withinPortal: false }} clearButtonProps={{ 'aria-label': t('table.removeFilter', { name: column.heading }) }} />
  );
}

function describe(t: Text, column: ListColumn, address: ListAddress): { text: string; names: string[] } | null {
  const shown = (value: string) => {
    if (column.filter === 'bool') return value === 'true' ? t('common.yes') : t('common.no');
    const choice = column.choices?.find((one) => one.value === value);
    return choice ? choice.label : formatCell(t, column, DECIMALS[column.type] === undefined ? value : Number(value));
  };
  const [exact, from, to] = [column.name, `${column.name}_from`, `${column.name}_to`].map((name) => address.values[name]);
  if (!exact && !from && !to) return null;
  const range = [from && `≥ ${shown(from)}`, to && `≤ ${shown(to)}`].filter(Boolean).join(' ');
  return { text: `${column.heading} : ${exact ? shown(exact) : range}`, names: [column.name, `${column.name}_from`, `${column.name}_to`] };
}

export function Filters({ columns, address }: { columns: ListColumn[]; address: ListAddress }) {
  const t = useText();
  const offered = columns.filter((column) => column.filter !== 'none');
  const active = offered.map((column) => describe(t, column, address)).filter((one) => one !== null);
  if (offered.length === 0) return null;
  return (
    <>
      <Popover position="bottom-start" withArrow trapFocus shadow="md" width="min(92vw, 560px)">
        <Popover.Target>
          <Button variant={active.length > 0 ? 'light' : 'default'}>{active.length > 0 ? t('table.filterCount', { count: active.length }) : t('table.filters')}</Button>
        </Popover.Target>
        <Popover.Dropdown mah="70vh" style={{ overflowY: 'auto' }} aria-label={t('table.filters')}>
          <SimpleGrid cols={2} spacing="sm">
            {offered.map((column) =>
              column.filter === 'range' ? (
                [
                  <TypedFilter key={`${column.name}_from`} column={column} name={`${column.name}_from`} label={t('table.from', { name: column.heading })} address={address} />,
                  <TypedFilter key={`${column.name}_to`} column={column} name={`${column.name}_to`} label={t('table.to', { name: column.heading })} address={address} />,
                ]
              ) : column.filter === 'text' ? (
                <TypedFilter key={column.name} column={column} name={column.name} label={column.heading} address={address} />
              ) : (
                <ChoiceFilter key={column.name} column={column} address={address} />
              ),
            )}
          </SimpleGrid>
          <Group justify="flex-end" mt="sm">
            <Button variant="default" size="xs" onClick={address.clear}>
              {t('table.clearFilters')}
            </Button>
          </Group>
        </Popover.Dropdown>
      </Popover>
      {active.map((one) => (
        <Group key={one.text} gap={2} component="span" wrap="nowrap">
          <Pill size="md">{one.text}</Pill>
          <CloseButton size="sm" aria-label={t('table.removeFilter', { name: one.text })} onClick={() => address.set(Object.fromEntries(one.names.map((name) => [name, null])))} />
        </Group>
      ))}
    </>
  );
}
