// The values of a staged sale in their fields: the sale, its lines and payments as tables to type in, the customer, the VAT that the till states.
import { Accordion, SimpleGrid, Table, TextInput } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import { ApiError } from '@/api/client';
import { Section } from '@/components/record/Section';
import type { Draft } from '@/components/record/draft';
import { useText } from '@/i18n/text';
import { ArticleSearch } from './ArticleSearch';
import { placeOf, rowsOf, shownValue } from './editing';
import classes from './SaleFields.module.css';
import type { EditableField, GridSale } from './types';

const LINE_COLUMNS = ['reference', 'label', 'quantity', 'unit', 'unit_price', 'discount', 'total', 'rate', 'category'];
const PAYMENT_COLUMNS = ['type', 'label', 'amount', 'id'];
const NUMBERS = ['cents', 'milli', 'e4', 'rate'];

interface Props {
  sale: GridSale;
  draft: Draft;
  onType: (field: string, typed: string) => void;
  unreadable: string[];
  readOnly: boolean;
  /** What the server refused, by field. */
  problem: unknown;
}

interface InputProps extends Omit<Props, 'sale'> {
  field: EditableField;
  label: string;
  /** In a table the heading says what it is. */
  bare?: boolean;
}

function ValueInput({ field, label, bare, draft, onType, unreadable, readOnly, problem }: InputProps) {
  const t = useText();
  const shown = shownValue(t, field);
  const typed = draft[field.field] ?? shown;
  const refused = problem instanceof ApiError ? (problem.at(`/set/${field.field}`) ?? problem.at(`/${field.field}`)) : undefined;
  const error = unreadable.includes(field.field) ? (field.type === 'date' ? t('sale.notADate') : t('record.notANumber')) : refused;
  const numeric = NUMBERS.includes(field.type);
  const common = {
    label: bare ? undefined : label,
    'aria-label': bare ? label : undefined,
    'data-field': field.field,
    error,
    readOnly,
    size: 'xs' as const,
    className: typed === shown ? undefined : classes.changed,
  };
  if (placeOf(field.field).name === 'reference' && !readOnly) return <ArticleSearch {...common} value={typed} onChange={(value) => onType(field.field, value)} />;
  return (
    <TextInput {...common} type={field.type === 'date' ? 'date' : 'text'} inputMode={numeric ? 'decimal' : undefined} value={typed} onChange={(event) => onType(field.field, event.currentTarget.value)} autoComplete="off"
      styles={numeric ? { input: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' } } : undefined} />
  );
}

/** Arrow up and down go to the same column of the neighbouring row, as in a spreadsheet. */
function moveInColumn(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  const input = event.target as HTMLInputElement;
  // A list of suggestions has the arrows to itself while it is open.
  if (input.tagName !== 'INPUT' || input.getAttribute('aria-expanded') === 'true') return;
  const cell = input.closest('td');
  const row = cell?.parentElement;
  const other = event.key === 'ArrowUp' ? row?.previousElementSibling : row?.nextElementSibling;
  const next = cell && other?.children[cell.cellIndex]?.querySelector('input');
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
  next.select();
}

function RowsTable({ part, columns, caption, ...props }: Props & { part: 'line' | 'payment'; columns: string[]; caption: string }) {
  const t = useText();
  const rows = rowsOf(props.sale.editable, part);
  const shown = columns.filter((column) => rows.some((row) => row.fields[column]));
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div style={{ overflowX: 'auto' }} role="group" tabIndex={0} aria-label={caption}>
      <Table withTableBorder verticalSpacing={4} horizontalSpacing={6} className={classes.table} onKeyDownCapture={moveInColumn}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('sale.place')}</Table.Th>
            {shown.map((column) => (
              <Table.Th key={column} scope="col" className={classes[column]}>
                {t.word('saleField', column)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.place}>
              <Table.Th scope="row">{row.place}</Table.Th>
              {shown.map((column) => {
                const field = row.fields[column];
                const label = t(part === 'line' ? 'sale.lineField' : 'sale.paymentField', { place: row.place, field: t.word('saleField', column) });
                return <Table.Td key={column}>{field && <ValueInput {...props} field={field} label={label} bare />}</Table.Td>;
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

export function SaleFields(props: Props) {
  const t = useText();
  const { sale } = props;
  const of = (part: string) => sale.editable.filter((field) => placeOf(field.field).part === part);
  const grid = (fields: EditableField[], label: (field: EditableField) => string) => (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
      {fields.map((field) => (
        <ValueInput key={field.field} {...props} field={field} label={label(field)} />
      ))}
    </SimpleGrid>
  );
  const named = (field: EditableField) => t.word('saleField', field.field);
  return (
    <>
      <Section title={t('sale.one')}>{grid(of('sale'), named)}</Section>
      <Section title={t('document.lines')}>
        <RowsTable {...props} part="line" columns={LINE_COLUMNS} caption={t('document.lines')} />
      </Section>
      <Section title={t('menu.payments')}>
        <RowsTable {...props} part="payment" columns={PAYMENT_COLUMNS} caption={t('menu.payments')} />
      </Section>
      {of('tax').length > 0 && <Section title={t('sale.statedTax')}>{grid(of('tax'), (field) => t('sale.taxField', { rate: placeOf(field.field).name }))}</Section>}
      <Accordion variant="contained" defaultValue={sale.anomalies.some((anomaly) => anomaly.code === 'unknown_customer') ? 'customer' : null}>
        <Accordion.Item value="customer">
          <Accordion.Control>{t('customer.one')}</Accordion.Control>
          <Accordion.Panel>{grid(of('customer'), named)}</Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </>
  );
}
