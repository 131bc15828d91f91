// Amounts by their digits: expected texts written by hand.
import { describe, expect, test } from 'vitest';
import { formattersOf, parseScaled } from '@/i18n/format';

const fr = formattersOf('fr');
const en = formattersOf('en');
const NARROW = '\u202f';

describe('amounts', () => {
  test.each([
    [0, '0,00\u00a0€', '€0.00'],
    [5, '0,05\u00a0€', '€0.05'],
    [-5, '−0,05\u00a0€', '−€0.05'],
    [123456, `1${NARROW}234,56\u00a0€`, '€1,234.56'],
    [-100000000, `−1${NARROW}000${NARROW}000,00\u00a0€`, '−€1,000,000.00'],
    [9007199254740991, `90${NARROW}071${NARROW}992${NARROW}547${NARROW}409,91\u00a0€`, '€90,071,992,547,409.91'],
  ])('%d cents', (cents, french, english) => {
    expect(fr.cents(cents)).toBe(french);
    expect(en.cents(cents)).toBe(english);
  });
  test('quantities keep the decimals that are not zero', () => {
    expect([1000, 1500, 1, -250, 0].map(fr.milli)).toEqual(['1', '1,5', '0,001', '−0,25', '0']);
  });
  test('unit prices have two decimals at least, four at most', () => {
    expect([71000, 71250, 71234, 1].map(fr.e4)).toEqual(['7,10\u00a0€', '7,125\u00a0€', '7,1234\u00a0€', '0,0001\u00a0€']);
  });
  test('rates', () => {
    expect([550, 2000, 210, 0].map(fr.rate)).toEqual(['5,5\u00a0%', '20\u00a0%', '2,1\u00a0%', '0\u00a0%']);
    expect(en.rate(550)).toBe('5.5%');
  });
});

describe('days and instants', () => {
  test('days', () => {
    expect(fr.day('2026-01-30')).toBe('30/01/2026');
    expect(fr.longDay('2026-01-30')).toBe('vendredi 30 janvier 2026');
    expect(en.month('2026-02')).toBe('February 2026');
    expect(fr.day('')).toBe('');
  });
  test('instants in the shop’s zone, across the change of hour', () => {
    expect(fr.instant('2026-01-30T13:05:00Z')).toBe('30/01/2026 14:05');
    expect(fr.instant('2026-07-30T22:05:00Z')).toBe('31/07/2026 00:05');
  });
});

describe('typed numbers', () => {
  test.each([
    ['1 234,56', 2, 123456],
    ['1234.5', 2, 123450],
    [`1${NARROW}234,5 €`, 2, 123450],
    ['-0,05', 2, -5],
    ['−3', 0, -3],
    [',5', 3, 500],
    ['12,340', 2, 1234],
    ['12,345', 2, null],
    ['1,2,3', 2, null],
    ['abc', 2, null],
    ['', 2, null],
    ['-', 2, null],
    ['99999999999999999', 2, null],
    ['0,1', 0, null],
  ])('%s with %d decimals', (text, decimals, value) => {
    expect(parseScaled(text, decimals)).toBe(value);
  });
  test('what is shown in a field is read back', () => {
    for (const value of [0, 5, -5, 123456, -1]) expect(parseScaled(fr.plain(value, 2), 2)).toBe(value);
  });
});
