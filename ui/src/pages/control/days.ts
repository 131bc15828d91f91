// Days and months as texts, "2026-01-30" and "2026-01"; no zone is involved.
const DAY_MS = 86_400_000;
const pad = (value: number) => String(value).padStart(2, '0');
const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const msOf = (day: string) => Date.parse(`${day}T00:00:00Z`);

export const isMonth = (text: string | null): text is string => text !== null && /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
export const addDays = (day: string, count: number) => textOf(msOf(day) + count * DAY_MS);

export function addMonths(month: string, count: number): string {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + count;
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${pad((months % 12) + 1)}`;
}

export const firstDay = (month: string) => `${month}-01`;
export const lastDay = (month: string) => addDays(firstDay(addMonths(month, 1)), -1);

/** The weeks of a month, Monday first; null where a day belongs to another month. */
export function weeksOf(month: string): (string | null)[][] {
  const first = firstDay(month);
  const before = (new Date(msOf(first)).getUTCDay() + 6) % 7;
  const count = Number(lastDay(month).slice(8));
  const cells = [...Array<null>(before).fill(null), ...Array.from({ length: count }, (_, place) => addDays(first, place))];
  while (cells.length % 7 !== 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** Today in this zone, and its month. */
export const today = (zone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date());
