// What awaits somebody, each with the way to the page where it is dealt with.
import { Anchor, Badge, Card, Group, List, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { AnomalyGroup, Home } from '@/api/types';
import { DayBadge } from '@/components/StateBadge';
import { sentence } from '@/i18n/sentence';
import { useText } from '@/i18n/text';

const DAYS_NAMED = 5;

/** One thing to do: where, beside it how much, and below an example. */
function Item({ to, label, mark, children }: { to: string; label: string; mark?: ReactNode; children?: ReactNode }) {
  return (
    <List.Item>
      <Group gap="xs">
        <Anchor component={Link} to={to} fw={500}>
          {label}
        </Anchor>
        {mark}
      </Group>
      {children}
    </List.Item>
  );
}

const Example = ({ children }: { children: string }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
);

interface Cause {
  code: string;
  subject: string;
  blocking: boolean;
  subjects: number;
  example: string;
}

/** The groups of anomalies as one line a cause, what keeps sales back first. */
export function causesOf(groups: AnomalyGroup[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const { code, subject, blocking, subjects, cause: example } of groups) {
    const known = causes.get(code);
    if (!known) causes.set(code, { code, subject, blocking, subjects, example });
    else causes.set(code, { ...known, blocking: known.blocking || blocking, subjects: known.subjects + subjects });
  }
  return [...causes.values()].sort((a, b) => Number(b.blocking) - Number(a.blocking) || b.subjects - a.subjects);
}

/** The sales that wait for it; what is no sale's stands above the grid, with its cure. */
const pathOf = ({ code, subject }: Cause) => (subject === 'sale' ? `/traitements/imports?anomaly=${encodeURIComponent(code)}` : '/traitements/imports');

export function Attention({ attention }: { attention: Home['attention'] }) {
  const t = useText();
  const { anomalies, blocked_documents, links_in_error, days_not_green, days_unproven } = attention;
  const nothing = anomalies.length + blocked_documents + links_in_error.length + days_not_green.length + days_unproven === 0;
  return (
    <Card withBorder component="section" aria-labelledby="attention">
      <Title order={2} id="attention" mb="xs">
        {t('home.attention')}
      </Title>
      {nothing ? (
        <Text>{t('home.nothing')}</Text>
      ) : (
        <Stack gap="xs">
          <List listStyleType="none" spacing="sm">
            {links_in_error.map((one) => (
              <Item key={one.link} to={`/traitements/executions/${one.run}`} label={t('home.linkInError', { link: one.link })}>
                <Example>{sentence(one.error ?? '')}</Example>
              </Item>
            ))}
            {causesOf(anomalies).map((cause) => (
              <Item
                key={cause.code}
                to={pathOf(cause)}
                label={t.word('anomaly', cause.code)}
                mark={
                  <Badge variant="light" color={cause.blocking ? 'red' : 'yellow'}>
                    {t(cause.blocking && cause.subject === 'sale' ? 'home.salesHeld' : 'home.toLookAt', { count: cause.subjects })}
                  </Badge>
                }
              >
                <Example>{sentence(cause.example)}</Example>
              </Item>
            ))}
            {blocked_documents > 0 && <Item to="/ventes/factures?state=draft" label={t('home.blockedDocuments', { count: blocked_documents })} />}
            {days_not_green.length > 0 && (
              <Item to={`/controle/preuve?mois=${days_not_green[0]?.day.slice(0, 7)}`} label={t('home.daysNotGreen', { count: days_not_green.length })}>
                <Group gap="sm">
                  {days_not_green.slice(0, DAYS_NAMED).map((one) => (
                    <Group key={one.day} gap={4}>
                      <Anchor component={Link} to={`/controle/preuve/${one.day}`} size="sm" display="inline-block" lh="24px">
                        {t.format.shortDay(one.day)}
                      </Anchor>
                      <DayBadge state={one.state} />
                    </Group>
                  ))}
                </Group>
              </Item>
            )}
            {days_unproven > 0 && <Item to="/controle/preuve" label={t('home.daysUnproven', { count: days_unproven })} />}
          </List>
        </Stack>
      )}
    </Card>
  );
}
