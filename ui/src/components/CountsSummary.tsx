// What a run did, in a line a flow: « Import des ventes : Lus 214, Pièces créées 210 ».
import { Stack, Text } from '@mantine/core';
import { countsOf, FLOWS, tellingCounts } from '@/api/counts';
import { useText } from '@/i18n/text';

export function CountsSummary({ counts: value }: { counts: unknown }) {
  const t = useText();
  const counts = countsOf(value);
  const lines = FLOWS.flatMap((flow) => {
    const told = tellingCounts(counts[flow] ?? {});
    return told.length > 0 ? [{ flow, text: told.map(([name, count]) => `${t.word('count', name)} ${t.format.int(count)}`).join(', ') }] : [];
  });
  if (lines.length === 0) return null;
  return (
    <Stack gap={2}>
      {lines.map((line) => (
        <Text key={line.flow} size="sm">
          <Text span fw={600} inherit>
            {t.word('flow', line.flow)}
          </Text>
          {' – '}
          {line.text}
        </Text>
      ))}
    </Stack>
  );
}
