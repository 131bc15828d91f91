// The import grid: fields of a sale as a French reader types them, and what the buttons of anomalies do.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import fr from '@/i18n/fr';
import en from '@/i18n/en';
import { makeText } from '@/i18n/text';
import { acceptSale, cureOfGroup, mapMeans, mapTax, setReference, taxCodeOf } from '@/pages/imports/cures';
import { fieldOfAnomaly, isReadable, placeOf, rowsOf, setOf, shownValue } from '@/pages/imports/editing';
import type { EditableField } from '@/pages/imports/types';

const french = makeText('fr', fr);
const english = makeText('en', en);
const FIELDS: EditableField[] = [
  { field: 'number', type: 'text', value: 'W.20' },
  { field: 'customer_code', type: 'text', value: null },
  { field: 'total', type: 'cents', value: '16.00' },
  { field: 'line.1.reference', type: 'text', value: 'FRU-0001' },
  { field: 'line.1.rate', type: 'rate', value: null },
  { field: 'line.12.total', type: 'cents', value: '-5.00' },
  { field: 'payment.1.amount', type: 'cents', value: '15.00' },
  { field: 'tax.5.5', type: 'cents', value: '0.26' },
];

describe('fields of a sale', () => {
  test('where each stands', () => {
    expect(placeOf('line.12.unit_price')).toEqual({ part: 'line', place: 12, name: 'unit_price' });
    expect(placeOf('payment.1.id')).toEqual({ part: 'payment', place: 1, name: 'id' });
    expect(placeOf('tax.5.5')).toEqual({ part: 'tax', place: 0, name: '5.5' });
    expect([placeOf('total').part, placeOf('customer_code').part]).toEqual(['sale', 'customer']);
  });
  test('rows of lines keep the sale’s counting', () => {
    expect(rowsOf(FIELDS, 'line').map((row) => [row.place, Object.keys(row.fields)])).toEqual([
      [1, ['reference', 'rate']],
      [12, ['total']],
    ]);
  });
  test('figures in the reader’s writing, texts untouched', () => {
    expect(FIELDS.map((field) => shownValue(french, field))).toEqual(['W.20', '', '16,00', 'FRU-0001', '', '-5,00', '15,00', '0,26']);
    expect(FIELDS.map((field) => shownValue(english, field))).toEqual(['W.20', '', '16.00', 'FRU-0001', '', '-5.00', '15.00', '0.26']);
  });
  test('only what was changed is sent, as typed', () => {
    expect(setOf(french, FIELDS, { total: '15,00', 'payment.1.amount': '15,00', 'line.1.rate': ' 20 ', unknown: 'x' })).toEqual({ total: '15,00', 'line.1.rate': '20' });
  });
  test('what cannot be such a value', () => {
    expect(isReadable('cents', '15,005')).toBe(false);
    expect(isReadable('cents', '')).toBe(false);
    expect(isReadable('e4', '1,2345')).toBe(true);
    expect(isReadable('milli', '1,2345')).toBe(false);
    expect(isReadable('text', '')).toBe(true);
    expect([isReadable('date', '2026-01-31'), isReadable('date', '31/01/2026'), isReadable('date', '')]).toEqual([true, true, false]);
  });
  test('the field that an anomaly is about', () => {
    expect(fieldOfAnomaly('no_reference', 4)).toBe('line.4.reference');
    expect(fieldOfAnomaly('unmapped_tax', 2)).toBe('line.2.rate');
    expect(fieldOfAnomaly('lines_total', 0)).toBe('total');
    expect(fieldOfAnomaly('unreadable_value', -3)).toBe('payment.3.amount');
    expect(fieldOfAnomaly('not_posted', 0)).toBeNull();
  });
});

describe('cures', () => {
  const requests: [string, string, unknown][] = [];
  beforeEach(() => {
    requests.length = 0;
    vi.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
      requests.push([init?.method ?? 'GET', String(url), init?.body ? JSON.parse(init.body as string) : null]);
      return Promise.resolve(new Response(null, { status: 204 }));
    });
  });
  afterEach(() => vi.restoreAllMocks());

  test('what each asks of the API', async () => {
    await mapTax({ kind: 'map_tax', link: 'Canal', rate_bp: 850 }, 'T85');
    await mapMeans({ kind: 'map_means', link: 'Canal', till_type: 'kitty' }, 'gift_card');
    await setReference({ kind: 'set_reference', link: 'Canal', till_article: '69bb', declination: '', name: 'Café' }, 'CAF-1');
    await acceptSale(12);
    expect(requests).toEqual([
      ['POST', '/api/v1/mappings/tax', { link: 'Canal', rate_bp: 850, tax: 'T85' }],
      ['POST', '/api/v1/mappings/means', { link: 'Canal', till_type: 'kitty', means: 'gift_card' }],
      ['POST', '/api/v1/mappings/reference', { link: 'Canal', till_article: '69bb', declination: null, code: 'CAF-1' }],
      ['POST', '/api/v1/grid/sales/12/accept', null],
    ]);
  });
  test('a group’s button: for all at once, for the one sale, or the sales to look at', () => {
    const group = (action: Parameters<typeof cureOfGroup>[0]['action'], subjects: number) => cureOfGroup({ action, subjects, subject: 'sale' })?.how ?? null;
    expect(group({ kind: 'map_tax', link: 'Canal', rate_bp: 850 }, 7)).toBe('dialog');
    expect(group({ kind: 'create_article', code: 'A', label: 'B' }, 1)).toBe('dialog');
    expect(group({ kind: 'edit', sale: 3 }, 1)).toBe('sale');
    expect(group({ kind: 'edit', sale: 3 }, 2)).toBe('sales');
    expect(group({ kind: 'accept', sale: 3 }, 1)).toBe('dialog');
    expect(group({ kind: 'accept', sale: 3 }, 2)).toBe('sales');
    expect(group(null, 2)).toBeNull();
  });
  test('codes of VAT rates as the shop’s own are made', () => {
    expect([2000, 1000, 550, 210, 0, 85, 875].map(taxCodeOf)).toEqual(['20', '10', '5.5', '2.1', '0', '0.85', '8.75']);
  });
  test('every anomaly of the catalogue has its short words and its steps, in both languages', () => {
    const codes = Object.keys(fr).filter((key) => key.startsWith('anomaly.'));
    expect(codes.length).toBeGreaterThanOrEqual(31);
    for (const key of codes) for (const catalogue of [fr, en]) expect(catalogue).toHaveProperty([key.replace('anomaly.', 'cureText.')]);
  });
});
