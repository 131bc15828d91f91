// What a person types over a record: each field as a text, only what differs is sent, and when somebody else saved meanwhile, where the two differ.
import type { Cell } from '@/api/types';
import { parseScaled } from '@/i18n/format';
import type { Text, TextKey } from '@/i18n/text';

export type FieldType = 'text' | 'area' | 'day' | 'int' | 'cents' | 'milli' | 'e4' | 'rate' | 'bool' | 'choice';

export interface Field {
  name: string;
  label: TextKey;
  type: FieldType;
  hint?: TextKey;
  required?: boolean;
  max?: number;
  choices?: { value: string; label: string }[];
  /** Cannot be changed on a record that exists. */
  fixed?: boolean;
  /** What a new record begins with, as typed. */
  initial?: string;
}

export type Draft = Readonly<Record<string, string>>;

export const DECIMALS: Partial<Record<FieldType, number>> = { int: 0, cents: 2, milli: 3, e4: 4, rate: 2 };

/** Decimals that say nothing are not shown in a field: « 7,1000 » is « 7,10 », « 1,000 » is « 1 ». */
function trimmed(text: string, keep: number): string {
  const [, whole = text, point = '', fraction = ''] = /^(-?\d+)([.,]?)(\d*)$/.exec(text) ?? [];
  const kept = fraction.replace(/0+$/, '').padEnd(keep, '0');
  return kept ? whole + point + kept : whole;
}

/** A value of the API as it stands in its field. */
export function typedOf(t: Text, type: FieldType, value: Cell): string {
  if (value === null || value === undefined) return '';
  const decimals = DECIMALS[type];
  if (decimals !== undefined && typeof value === 'number') return trimmed(t.format.plain(value, decimals), type === 'cents' || type === 'e4' ? 2 : 0);
  return typeof value === 'boolean' ? String(value) : String(value as string | number);
}

/** What is typed, as the API takes it; undefined when it cannot be read. */
export function valueOf(type: FieldType, typed: string): string | number | boolean | null | undefined {
  if (type === 'bool') return typed === 'true';
  if (typed.trim() === '') return null;
  const decimals = DECIMALS[type];
  if (decimals === undefined) return type === 'area' ? typed : typed.trim();
  return parseScaled(typed, decimals) ?? undefined;
}

export function fieldFault(field: Field, typed: string): TextKey | null {
  if (field.required && typed.trim() === '') return 'record.required';
  if (valueOf(field.type, typed) === undefined) return 'record.notANumber';
  return null;
}

/** The members that differ from the record. */
export function changesOf(t: Text, fields: Field[], record: Record<string, Cell>, draft: Draft): Record<string, string | number | boolean | null> {
  const changes: Record<string, string | number | boolean | null> = {};
  for (const field of fields) {
    const typed = draft[field.name];
    if (typed === undefined || typed === typedOf(t, field.type, record[field.name])) continue;
    const value = valueOf(field.type, typed);
    if (value !== undefined) changes[field.name] = value;
  }
  return changes;
}

export interface Conflict {
  name: string;
  mine: string;
  theirs: string;
}

/** Where what I typed differs from the record as somebody else saved it. */
export function conflictsOf(draft: Draft, theirs: (name: string) => string): Conflict[] {
  return Object.entries(draft)
    .filter(([name, mine]) => mine !== theirs(name))
    .map(([name, mine]) => ({ name, mine, theirs: theirs(name) }));
}
