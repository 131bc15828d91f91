// A long list read from both ends. The API pages by cursor, so that a row in the middle is reached only through those before it; but the same list in the opposite
// order begins at the end. Who drags the scroll bar to the bottom sees the last rows at once, and no row is further away than half of the list.

export interface Ends<R> {
  /** Rows read from the beginning, in order. */
  head: R[];
  /** Rows read from the end: the last row first. */
  tail: R[];
  total: number;
}

export type End = 'head' | 'tail';

/** "-date" → "date" and back; the server orders rows of the same value by their number, in the same direction. */
export const oppositeSort = (sort: string) => (sort.startsWith('-') ? sort.slice(1) : `-${sort}`);

/** The row at a place of the list; undefined while it is not read. */
export function rowAt<R>({ head, tail, total }: Ends<R>, place: number): R | undefined {
  if (place < head.length) return head[place];
  return place < total ? tail[total - 1 - place] : undefined;
}

/** Rows that are read; where both ends have met, none counts twice. */
export const loadedCount = <R>({ head, tail, total }: Ends<R>) => Math.min(total, head.length + tail.length);

/** From which end to read next so that the rows from `first` to `last` are there; null when they are. */
export function endToRead<R>(ends: Ends<R>, first: number, last: number, canReadTail: boolean): End | null {
  const { head, tail, total } = ends;
  const to = Math.min(last, total - 1);
  const gap = { from: head.length, to: total - tail.length - 1 };
  if (gap.from > gap.to || to < gap.from || first > gap.to) return null;
  const fromHead = to - gap.from + 1;
  const fromTail = gap.to - Math.max(first, 0) + 1;
  return canReadTail && fromTail < fromHead ? 'tail' : 'head';
}

/** Rows to ask for: a screenful at first, more when a way has to be gone. */
export const pageRows = (pagesRead: number) => (pagesRead < 2 ? 200 : 500);
