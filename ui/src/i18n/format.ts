// Numbers, days and instants as each language writes them. Amounts are integers from end to end: their digits are cut, never divided.
import type { Language } from './text';

export interface Formatters {
  int: (value: number) => string;
  /** 123456 → « 1 234,56 € » */
  cents: (value: number) => string;
  /** 1500 → « 1,5 »; the decimals that are not zero */
  milli: (value: number) => string;
  /** Unit price in 1/10 000 euro, at least two decimals: 71000 → « 7,10 € » */
  e4: (value: number) => string;
  /** 550 → « 5,5 % » */
  rate: (value: number) => string;
  /** "2026-01-30" → « 30/01/2026 » */
  day: (value: string) => string;
  /** "2026-01-30" → « vendredi 30 janvier 2026 » */
  longDay: (value: string) => string;
  /** "2026-01-30" → « 30 janv. » */
  shortDay: (value: string) => string;
  /** "2026-01" → « janvier 2026 » */
  month: (value: string) => string;
  /** In the shop's zone: « 30/01/2026 14:05 » */
  instant: (value: string) => string;
  /** The weekdays, Monday first, short. */
  weekdays: string[];
  /** How a value is typed into a field: « 1234,56 »; the inverse of parseScaled. */
  plain: (value: number, decimals: number) => string;
}

let shopZone = 'Europe/Paris';
/** Instants are shown as the shop's clock shows them; the session names its zone. */
export const setShopZone = (zone: string) => void (shopZone = zone);
const LOCALES: Record<Language, string> = { fr: 'fr-FR', en: 'en-GB' };

/** The digits of |value| as whole and decimal part: (1234, 2) → ["12", "34"]. */
function cut(value: number, decimals: number): [string, string] {
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0');
  return [digits.slice(0, digits.length - decimals), digits.slice(digits.length - decimals)];
}

/** Whole part grouped by three. */
const grouped = (whole: string, separator: string) => whole.replace(/\B(?=(\d{3})+$)/g, separator);

/**
 * A number typed by a person, as an integer of `decimals` decimals: ("1 234,5", 2) → 123450. Comma or point, spaces anywhere; null when it is not a number, has
 * more decimals, or does not fit.
 */
export function parseScaled(text: string, decimals: number): number | null {
  const match = /^([+-]?)(\d*)(?:[.,](\d*))?$/.exec(text.replace(/[\s\u00a0\u202f€%]/g, '').replace('−', '-'));
  if (!match) return null;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole + fraction === '' || fraction.replace(/0+$/, '').length > decimals) return null;
  const value = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  if (!Number.isSafeInteger(value)) return null;
  return sign === '-' && value !== 0 ? -value : value;
}

export function formattersOf(language: Language): Formatters {
  const locale = LOCALES[language];
  const parts = new Intl.NumberFormat(locale).formatToParts(1234567.5);
  const group = parts.find((part) => part.type === 'group')?.value ?? ' ';
  const point = parts.find((part) => part.type === 'decimal')?.value ?? '.';
  const euro = (text: string) => (language === 'fr' ? `${text}\u00a0€` : `€${text}`);
  const signed = (value: number, text: string) => (value < 0 ? `−${text}` : text);
  const scaled = (value: number, decimals: number, atLeast: number) => {
    const [whole, fraction] = cut(value, decimals);
    const kept = fraction.replace(/0+$/, '').padEnd(atLeast, '0');
    return grouped(whole, group) + (kept ? point + kept : '');
  };
  const days = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
    return (value: string) => (/^\d{4}-\d{2}(-\d{2})?$/.test(value) ? format.format(new Date(`${value.length === 7 ? `${value}-01` : value}T00:00:00Z`)) : value);
  };
  const byZone = new Map<string, Intl.DateTimeFormat>();
  const instants = () => {
    const known = byZone.get(shopZone) ?? new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: shopZone });
    byZone.set(shopZone, known);
    return known;
  };
  const weekday = days({ weekday: 'short' });
  return {
    int: (value) => signed(value, grouped(cut(value, 0)[0], group)),
    cents: (value) => signed(value, euro(scaled(value, 2, 2))),
    milli: (value) => signed(value, scaled(value, 3, 0)),
    e4: (value) => signed(value, euro(scaled(value, 4, 2))),
    rate: (value) => signed(value, scaled(value, 2, 0) + (language === 'fr' ? '\u00a0%' : '%')),
    day: days({ day: '2-digit', month: '2-digit', year: 'numeric' }),
    longDay: days({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    shortDay: days({ day: 'numeric', month: 'short' }),
    month: days({ month: 'long', year: 'numeric' }),
    instant: (value) => (Number.isNaN(Date.parse(value)) ? value : instants().format(new Date(value)).replace(/, | à /, ' ')),
    weekdays: ['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-06', '2024-01-07'].map(weekday),
    plain: (value, decimals) => {
      const [whole, fraction] = cut(value, decimals);
      return (value < 0 ? '-' : '') + whole + (decimals ? point + fraction : '');
    },
  };
}
