// The editable fields of a staged sale, as a person sees them: put in order, in the reader's figures, and back to what the API takes.
import type { Text } from '@/i18n/text';
import { parseScaled } from '@/i18n/format';
import type { Draft } from '@/components/record/draft';
import type { EditableField, EditType } from './types';

const DECIMALS: Partial<Record<EditType, number>> = { cents: 2, milli: 3, e4: 4, rate: 2 };

export interface FieldPlace {
  /** "sale", "customer", "line", "payment", "tax" */
  part: 'sale' | 'customer' | 'line' | 'payment' | 'tax';
  /** Of lines and payments, from 1. */
  place: number;
  /** "reference"; of a tax its rate, "5.5". */
  name: string;
}

const OF_SALE = ['number', 'date', 'total', 'tip', 'refund_of', 'salesperson'];

/** "line.2.reference" → line, 2, reference */
export function placeOf(field: string): FieldPlace {
  const numbered = /^(line|payment)\.(\d+)\.(.+)$/.exec(field);
  if (numbered) return { part: numbered[1] as 'line' | 'payment', place: Number(numbered[2]), name: numbered[3] ?? '' };
  if (field.startsWith('tax.')) return { part: 'tax', place: 0, name: field.slice('tax.'.length) };
  return { part: OF_SALE.includes(field) ? 'sale' : 'customer', place: 0, name: field };
}

/** The API writes numbers with a point; a French reader has a comma. */
export function shownValue(t: Text, field: EditableField): string {
  const value = field.value ?? '';
  return DECIMALS[field.type] !== undefined && t.language === 'fr' ? value.replace('.', ',') : value;
}

/** Whether what is typed can be such a value. An empty number cannot; an empty text can. */
export function isReadable(type: EditType, typed: string): boolean {
  const decimals = DECIMALS[type];
  if (type === 'date') return /^\d{4}-\d{2}-\d{2}$/.test(typed) || /^\d{2}\/\d{2}\/\d{4}$/.test(typed);
  return decimals === undefined || parseScaled(typed, decimals) !== null;
}

/** What a PATCH sets: the fields that differ from the sale, as typed. */
export function setOf(t: Text, fields: EditableField[], draft: Draft): Record<string, string> {
  const set: Record<string, string> = {};
  for (const field of fields) {
    const typed = draft[field.field];
    if (typed !== undefined && typed !== shownValue(t, field)) set[field.field] = typed.trim();
  }
  return set;
}

/** Rows of a part: [{place: 1, fields: {reference: …, label: …}}, …] */
export function rowsOf(fields: EditableField[], part: 'line' | 'payment'): { place: number; fields: Record<string, EditableField> }[] {
  const rows = new Map<number, Record<string, EditableField>>();
  for (const field of fields) {
    const at = placeOf(field.field);
    if (at.part === part) rows.set(at.place, { ...rows.get(at.place), [at.name]: field });
  }
  return [...rows].map(([place, members]) => ({ place, fields: members }));
}

/** The field that an anomaly is about, where one can be named: so that the cursor stands there. */
export function fieldOfAnomaly(code: string, line: number): string | null {
  if (line < 0) return `payment.${-line}.amount`;
  switch (code) {
    case 'unknown_article':
    case 'no_reference':
    case 'ambiguous_reference':
      return line > 0 ? `line.${line}.reference` : null;
    case 'unknown_tax':
    case 'unmapped_tax':
      return line > 0 ? `line.${line}.rate` : null;
    case 'lines_total':
      return 'total';
    case 'payments_total':
      return 'payment.1.amount';
    case 'unknown_customer':
      return 'customer_code';
    case 'impossible_date':
    case 'future_date':
    case 'closed_period':
      return 'date';
    case 'number_taken':
    case 'missing_ticket_number':
    case 'repeated_ticket_number':
      return 'number';
    case 'orphan_refund':
      return 'refund_of';
    default:
      return line > 0 ? `line.${line}.total` : null;
  }
}
