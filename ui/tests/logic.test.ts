// What the pages reckon by themselves: days of a month, hours as they are typed, causes gathered, counts read.
import { describe, expect, test } from 'vitest';
import { countsOf, tellingCounts } from '@/api/counts';
import { NEW_LINK, optionsOf } from '@/api/links';
import type { AnomalyGroup, Link } from '@/api/types';
import fr from '@/i18n/fr';
import { makeText } from '@/i18n/text';
import { addDays, addMonths, isMonth, lastDay, weeksOf } from '@/pages/control/days';
import { byCause } from '@/pages/control/ProofDay';
import { causesOf } from '@/pages/home/Attention';
import { parseHours, saySchedule } from '@/pages/sync/schedule';

const t = makeText('fr', fr);

describe('months', () => {
  test('go over the end of a year, both ways', () => {
    expect([addMonths('2026-12', 1), addMonths('2026-01', -1), addMonths('2026-05', 0)]).toEqual(['2027-01', '2025-12', '2026-05']);
  });
  test('end when they end', () => {
    expect(['2026-02', '2028-02', '2026-04', '2026-12'].map(lastDay)).toEqual(['2026-02-28', '2028-02-29', '2026-04-30', '2026-12-31']);
  });
  test('are weeks from Monday on', () => {
    const weeks = weeksOf('2026-10'); // the 1st is a Thursday, the 31st a Saturday
    expect(weeks).toHaveLength(5);
    expect(weeks[0]).toEqual([null, null, null, '2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04']);
    expect(weeks[4]).toEqual(['2026-10-26', '2026-10-27', '2026-10-28', '2026-10-29', '2026-10-30', '2026-10-31', null]);
    expect(weeksOf('2027-02')).toHaveLength(4); // Monday the 1st to Sunday the 28th
  });
  test('are told from what is none', () => {
    expect(['2026-10', '2026-13', '26-10', '', null].map(isMonth)).toEqual([true, false, false, false, false]);
  });
  test('days pass the change of hour', () => {
    expect([addDays('2026-10-25', 1), addDays('2026-03-29', -1), addDays('2026-03-01', -1)]).toEqual(['2026-10-26', '2026-03-28', '2026-02-28']);
  });
});

describe('a schedule', () => {
  test('takes hours as people type them, sorted, each once', () => {
    expect(parseHours('21:00 8h30, 12:30;8:30')).toEqual(['08:30', '12:30', '21:00']);
    expect(parseHours('')).toEqual([]);
    for (const wrong of ['24:00', '12:60', '12', 'midi']) expect(parseHours(wrong), wrong).toBeNull();
  });
  test('is said in words', () => {
    expect(saySchedule(t, null)).toBe('À la main');
    expect(saySchedule(t, { enabled: false, every_minutes: 30 })).toBe('À la main');
    expect(saySchedule(t, { enabled: true, every_minutes: 30, from: '08:00', to: '20:00' })).toBe('toutes les 30 min, de 08:00 à 20:00');
    expect(saySchedule(t, { enabled: true, at: ['12:30', '21:00'] })).toBe('à 12:30, 21:00');
  });
});

describe('texts', () => {
  test('count in each language', () => {
    expect([0, 1, 2, 1500].map((count) => t('table.rows', { count }))).toEqual(['0 ligne', '1 ligne', '2 lignes', '1\u202f500 lignes']);
  });
  test('name the words of the API, and show those that they do not know', () => {
    expect([t.word('word', 'invoice'), t.word('word', 'unheard_of'), t.word('word', null)]).toEqual(['Facture', 'unheard_of', '']);
  });
});

test('anomalies are gathered by cause, what keeps sales back first, then by number', () => {
  const group = (code: string, blocking: boolean, subjects: number): AnomalyGroup => ({ code, blocking, subjects, subject: 'sale', cause: `${code} ${subjects}`, cure: '', amount_cents: null, example: null, args: [], action: null });
  const causes = causesOf([group('a', false, 9), group('b', true, 1), group('c', true, 3), group('b', true, 4)]);
  expect(causes.map((cause) => [cause.code, cause.subjects, cause.example])).toEqual([
    ['b', 5, 'b 1'],
    ['c', 3, 'c 3'],
    ['a', 9, 'a 9'],
  ]);
});

test('gaps of one cause stand together, and it is told once', () => {
  const gap = (kind: 'total' | 'tax' | 'missing', cause: string) => ({ kind, cause, key: null, difference_cents: 1, href: null });
  expect(byCause([gap('total', 'a'), gap('tax', 'a'), gap('missing', 'b'), gap('missing', 'a')]).map((same) => same.map((one) => `${one.kind} ${one.cause}`))).toEqual([['total a', 'tax a'], ['missing b'], ['missing a']]);
  expect(byCause([])).toEqual([]);
});

test('counts are read from a result and from the text that the list of runs keeps', () => {
  const result = { run: 1, dry_run: false, ok: true, orders: { read: 3, staged: 0, documents: 2 } };
  expect(countsOf(result)).toEqual({ orders: result.orders });
  expect(countsOf(JSON.stringify(result))).toEqual({ orders: result.orders });
  expect([countsOf('not json'), countsOf(null)]).toEqual([{}, {}]);
  expect(tellingCounts(result.orders)).toEqual([
    ['read', 3],
    ['documents', 2],
  ]);
});

test('an edit sends the options of a link and nothing that is the server’s', () => {
  const link: Link = { ...NEW_LINK, name: 'Canal', schedule: null, next_run: null, last_run: null, cursor: '2026-01-01T00:00:00Z' };
  expect(Object.keys(optionsOf(link)).sort()).toEqual(Object.keys(NEW_LINK).sort());
});
