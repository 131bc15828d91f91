// What the test of a link found, in plain words.
import { Alert, List, Stack, Text } from '@mantine/core';
import type { LinkTest } from '@/api/types';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';

function Check({ good, children }: { good: boolean; children: string }) {
  const t = useText();
  return (
    <List.Item icon={<Text span c={good ? 'green' : 'red'} fw={700} aria-hidden>{good ? '✓' : '✗'}</Text>}>
      <span className="read-aloud">{good ? t('test.passed') : t('test.notPassed')}: </span>
      {children}
    </List.Item>
  );
}

export function TestReport({ report }: { report: LinkTest }) {
  const t = useText();
  const { format } = t;
  const good = report.reachable && report.key_accepted && !report.problem;
  const facts: [string, string | null | undefined][] = [
    [t('test.shop'), report.shop],
    [t('test.company'), report.company],
    [t('test.articles'), report.key_accepted && report.articles !== null ? format.int(report.articles) : null],
    [t('test.categories'), report.key_accepted && report.categories !== null ? format.int(report.categories) : null],
  ];
  return (
    <Alert color={good ? 'green' : 'red'} title={good ? t('test.good') : t('test.bad')} role="status">
      <Stack gap="xs">
        {report.problem && <Text size="sm">{sentence(report.problem.detail)}</Text>}
        <List size="sm">
          <Check good={report.reachable}>{t('test.reachable')}</Check>
          {report.reachable && <Check good={report.key_accepted}>{t('test.key')}</Check>}
          {good &&
            (report.sale_readable ? (
              <Check good>{report.sale_number ? t('test.sale', { number: report.sale_number }) : t('test.noSale')}</Check>
            ) : (
              <Check good={!report.sale_fault && !report.sale_number}>{report.sale_fault ? t('test.saleFault', { number: report.sale_number ?? '', fault: report.sale_fault }) : t('test.noSale')}</Check>
            ))}
        </List>
        {good && (
          <Text size="sm">
            {facts
              .filter(([, value]) => value)
              .map(([name, value]) => `${name} : ${value}`)
              .join(' · ')}
          </Text>
        )}
        {good && !report.profile_confirmed && <Text size="sm">{t('test.unconfirmed', { profile: report.profile })}</Text>}
      </Stack>
    </Alert>
  );
}
