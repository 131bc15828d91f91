// A schedule in words, and the hours as a person types them.
import type { Schedule } from '@/api/types';
import type { Text } from '@/i18n/text';

const HOUR = /^([01]?\d|2[0-3])[:h]([0-5]\d)$/;

/** "8:00 12h30" → ["08:00", "12:30"]; null when something is not an hour. */
export function parseHours(text: string): string[] | null {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const hours = words.map((word) => HOUR.exec(word)).map((match) => (match ? `${match[1]!.padStart(2, '0')}:${match[2]}` : null));
  return hours.some((hour) => hour === null) ? null : [...new Set(hours as string[])].sort();
}

export function saySchedule(t: Text, schedule: Schedule | null): string {
  if (!schedule?.enabled) return t('link.noSchedule');
  if (schedule.every_minutes) return t('schedule.sayEvery', { minutes: schedule.every_minutes, from: schedule.from ?? '00:00', to: schedule.to ?? '24:00' });
  return t('schedule.sayAt', { hours: (schedule.at ?? []).join(', ') });
}
