// The state of a run or of a day as a coloured word: the word says it, the colour helps.
import { Badge, type BadgeProps } from '@mantine/core';
import { useText } from '@/i18n/text';

/** Its word is never cut, however narrow the column. */
const Whole = (props: BadgeProps & { children: string }) => <Badge variant="light" miw="max-content" {...props} />;

const RUN_COLOURS: Record<string, string> = { running: 'blue', done: 'green', ok: 'green', failed: 'red', error: 'red', cancelled: 'orange', interrupted: 'orange', abandoned: 'orange' };
const DAY_COLOURS: Record<string, string> = { green: 'green', amber: 'yellow', red: 'red', unknown: 'gray' };

export function RunBadge({ state }: { state: unknown }) {
  const t = useText();
  return state ? (
    <Whole color={RUN_COLOURS[String(state)] ?? 'gray'}>{t.word('runState', state)}</Whole>
  ) : null;
}

export function DayBadge({ state }: { state: string }) {
  const t = useText();
  return (
    <Whole color={DAY_COLOURS[state] ?? 'gray'}>{t.word('dayState', state)}</Whole>
  );
}
