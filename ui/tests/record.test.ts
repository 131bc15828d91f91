// Records that are edited, and payments that are allocated: what is sent, what two people differ in, and the most that both sides can take.
import { describe, expect, test } from 'vitest';
import en from '@/i18n/en';
import fr from '@/i18n/fr';
import { makeText } from '@/i18n/text';
import { changesOf, conflictsOf, fieldFault, typedOf, valueOf, type Field } from '@/components/record/draft';
import { allocationFits, largestAllocation, openDues } from '@/pages/sales/allocation';
import { documentHref } from '@/pages/sales/kinds';

const french = makeText('fr', fr);
const english = makeText('en', en);
const FIELDS: Field[] = [
  { name: 'label', label: 'article.label', type: 'text', required: true },
  { name: 'price_e4', label: 'article.price', type: 'e4' },
  { name: 'weight_milli', label: 'article.weight', type: 'milli' },
  { name: 'stock_managed', label: 'article.stockManaged', type: 'bool' },
];
const ARTICLE = { code: 'A', label: 'Pomme', price_e4: 34000, weight_milli: null, stock_managed: false };

describe('a record in its fields', () => {
  test('values as typed', () => {
    expect(FIELDS.map((field) => typedOf(french, field.type, ARTICLE[field.name as keyof typeof ARTICLE]))).toEqual(['Pomme', '3,40', '', 'false']);
    expect([typedOf(french, 'e4', 12345), typedOf(english, 'e4', 12345), typedOf(french, 'milli', 1500), typedOf(french, 'rate', 550), typedOf(french, 'cents', -5), typedOf(french, 'rate', 2000)]).toEqual(
      ['1,2345', '1.2345', '1,5', '5,5', '-0,05', '20'],
    );
  });
  test('typed values as the API takes them', () => {
    expect([valueOf('e4', '3,4'), valueOf('e4', ''), valueOf('e4', 'x'), valueOf('bool', 'true'), valueOf('text', '  a '), valueOf('text', ' ')]).toEqual([34000, null, undefined, true, 'a', null]);
  });
  test('only changes are sent; an emptied field is null', () => {
    expect(changesOf(french, FIELDS, ARTICLE, { label: 'Pomme', price_e4: '3,50', weight_milli: '' })).toEqual({ price_e4: 35000 });
    expect(changesOf(french, FIELDS, ARTICLE, { price_e4: '', stock_managed: 'true' })).toEqual({ price_e4: null, stock_managed: true });
  });
  test('faults', () => {
    expect(FIELDS.map((field) => fieldFault(field, ''))).toEqual(['record.required', null, null, null]);
    expect(fieldFault(FIELDS[1] as Field, '1,23456')).toBe('record.notANumber');
  });
  test('two people: only the fields that differ are asked about', () => {
    const theirs: Record<string, string> = { label: 'Poire', price_e4: '3,50' };
    expect(conflictsOf({ label: 'Pomme rouge', price_e4: '3,50' }, (name) => theirs[name] ?? '')).toEqual([{ name: 'label', mine: 'Pomme rouge', theirs: 'Poire' }]);
  });
});

describe('allocation by hand', () => {
  test('open due lines keep their number', () => {
    expect(
      openDues([
        { date: '2026-01-01', amount_cents: 1000, allocated_cents: 1000 },
        { date: '2026-02-01', amount_cents: 1000, allocated_cents: 400 },
      ]),
    ).toEqual([{ due_no: 2, date: '2026-02-01', rest_cents: 600 }]);
  });
  test('the most that both can take', () => {
    expect([largestAllocation(500, 600), largestAllocation(700, 600), largestAllocation(-500, -300), largestAllocation(500, -300), largestAllocation(0, 300)]).toEqual([500, 600, -300, 0, 0]);
  });
  test('what fits', () => {
    expect([1, 500, 501, 0, -1, null].map((amount) => allocationFits(amount, 500, 600))).toEqual([true, true, false, false, false, false]);
    expect([-1, -300, -301, 1].map((amount) => allocationFits(amount, -500, -300))).toEqual([true, true, false, false]);
  });
});

test('the page of a document, its number percent-encoded', () => {
  expect([documentHref('F 1/2', 'invoice'), documentHref('draft-12', 'order'), documentHref('7-1', 'credit_note'), documentHref('7')]).toEqual([
    '/ventes/factures/F%201%2F2',
    '/ventes/commandes/draft-12',
    '/ventes/avoirs/7-1',
    '/ventes/pieces/7',
  ]);
});
