// A long list read from both ends: which end is asked, and that each place shows its own row. Lists are of whole numbers, so that a place and its row are equal.
import { describe, expect, test } from 'vitest';
import { endToRead, loadedCount, oppositeSort, rowAt, type Ends } from '@/api/window';

/** The first `head` and the last `tail` of a list 0, 1, 2 … */
const read = (total: number, head: number, tail: number): Ends<number> => ({
  total,
  head: Array.from({ length: head }, (_, i) => i),
  tail: Array.from({ length: tail }, (_, i) => total - 1 - i),
});

describe('rows by place', () => {
  test('from the beginning, from the end, and the hole between', () => {
    const ends = read(1000, 200, 300);
    expect([0, 199, 200, 699, 700, 999, 1000].map((place) => rowAt(ends, place))).toEqual([0, 199, undefined, undefined, 700, 999, undefined]);
    expect(loadedCount(ends)).toBe(500);
  });
  test('where both ends overlap, each place still shows its row', () => {
    const ends = read(10, 7, 6);
    expect(Array.from({ length: 10 }, (_, place) => rowAt(ends, place))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(loadedCount(ends)).toBe(10);
  });
});

describe('the end to read from', () => {
  test('nothing while what is in view is there', () => {
    expect(endToRead(read(1000, 200, 0), 0, 150, true)).toBeNull();
    expect(endToRead(read(1000, 200, 200), 850, 1012, true)).toBeNull();
    expect(endToRead(read(100, 100, 0), 50, 120, true)).toBeNull();
    expect(endToRead(read(0, 0, 0), 0, 20, true)).toBeNull();
  });
  test('the nearer one', () => {
    expect(endToRead(read(1000, 200, 0), 190, 230, true)).toBe('head');
    expect(endToRead(read(100_000, 200, 0), 99_970, 99_999, true)).toBe('tail');
    expect(endToRead(read(100_000, 200, 0), 40_000, 40_030, true)).toBe('head');
    expect(endToRead(read(100_000, 200, 200), 60_000, 60_030, true)).toBe('tail');
  });
  test('a beginning that was read far makes the way from there the shorter one', () => {
    expect(endToRead(read(100_000, 59_900, 200), 60_000, 60_030, true)).toBe('head');
  });
  test('only the beginning where the order is not known', () => {
    expect(endToRead(read(100_000, 200, 0), 99_970, 99_999, false)).toBe('head');
  });
  test('any view is reached, with no row asked for twice', () => {
    for (const [first, last] of [[0, 30], [480, 520], [700, 730], [970, 999]] as const) {
      let ends = read(1000, 0, 0);
      for (let steps = 0, end = endToRead(ends, first, last, true); end; end = endToRead(ends, first, last, true)) {
        expect(++steps).toBeLessThan(12);
        ends = end === 'head' ? read(1000, ends.head.length + 50, ends.tail.length) : read(1000, ends.head.length, ends.tail.length + 50);
        expect(ends.head.length + ends.tail.length).toBeLessThan(1000 + 50);
      }
      for (let place = first; place <= last; place++) expect(rowAt(ends, place)).toBe(place);
    }
  });
});

test('the opposite order', () => {
  expect([oppositeSort('date'), oppositeSort('-date')]).toEqual(['-date', 'date']);
});
