// A record of the till as it came, laid out: names and values, what is inside of what; long parts open at a press.
import { Text } from '@mantine/core';
import classes from './JsonTree.module.css';

const OPEN_DEPTH = 2;

function Leaf({ value }: { value: unknown }) {
  return <span className={typeof value === 'number' ? classes.number : undefined}>{value === null ? '–' : String(value)}</span>;
}

function nameOf(value: unknown, place: number): string {
  if (typeof value !== 'object' || value === null) return String(place + 1);
  const named = value as Record<string, unknown>;
  const word = [named.name, named.label, named.title, named.type].find((one) => typeof one === 'string' && one !== '');
  return word ? `${place + 1}. ${String(word)}` : String(place + 1);
}

export function JsonTree({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (typeof value !== 'object' || value === null) return <Leaf value={value} />;
  const members: [string, unknown][] = Array.isArray(value) ? value.map((one, place) => [nameOf(one, place), one]) : Object.entries(value);
  return (
    <ul className={classes.tree}>
      {members.map(([name, member], place) =>
        typeof member === 'object' && member !== null && Object.keys(member).length > 0 ? (
          <li key={place}>
            <details open={depth < OPEN_DEPTH}>
              <summary>
                <Text span size="sm" fw={600}>
                  {name}
                </Text>
              </summary>
              <JsonTree value={member} depth={depth + 1} />
            </details>
          </li>
        ) : (
          <li key={place} className={classes.pair}>
            <Text span size="sm" c="dimmed">
              {name}
            </Text>
            <Leaf value={typeof member === 'object' && member !== null ? '–' : member} />
          </li>
        ),
      )}
    </ul>
  );
}
