// « Pourquoi ? »: from a document back to the ticket as it was received, the run that brought it, the options, mappings and rules that made it what it is.
import { Anchor, Box, Code, Drawer, List, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router-dom';
import { apiPath, get } from '@/api/client';
import { ErrorMessage } from '@/components/ErrorMessage';
import { JsonTree } from '@/components/record/JsonTree';
import { Facts } from '@/components/Facts';
import { Loading } from '@/components/Loading';
import { Section } from '@/components/record/Section';
import { useText, type Text as Words } from '@/i18n/text';
import type { Why } from './types';

interface Props {
  number: string;
  opened: boolean;
  onClose: () => void;
}

export function WhyDrawer({ number, opened, onClose }: Props) {
  const t = useText();
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="xl" title={t('why.title', { number })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Explanation number={number} />
    </Drawer>
  );
}

const shownValue = (t: Words, value: unknown): string => {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'boolean') return value ? t('common.yes') : t('common.no');
  if (Array.isArray(value)) return value.map((one) => shownValue(t, one)).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : t.word('why.value', value);
};

/** A mapping as a sentence: « TVA 5,5 % → 5.5 ». */
function mappingText(t: Words, mapping: Record<string, unknown>): string {
  if (typeof mapping.rate_bp === 'number') return t('why.mapTax', { rate: t.format.rate(mapping.rate_bp), tax: String(mapping.tax ?? mapping.code ?? '') });
  if (typeof mapping.till_type === 'string') return t('why.mapMeans', { type: mapping.till_type, means: String(mapping.means ?? '') });
  if (typeof mapping.till_article === 'string') return t('why.mapArticle', { article: [mapping.till_article, mapping.declination].filter(Boolean).join('/'), code: String(mapping.code ?? '') });
  return Object.entries(mapping).map(([name, value]) => `${name} : ${shownValue(t, value)}`).join(', ');
}

function Ticket({ ticket }: { ticket: NonNullable<Why['ticket']> }) {
  const t = useText();
  return (
    <Section title={t('why.ticket')}>
      <Facts cols={{ base: 1, xs: 2 }} facts={[[t('why.received'), t.format.instant(ticket.received)], [t('why.journal'), t.format.int(ticket.seq)]]} />
      <Box>
        <Text size="xs" c="dimmed">
          {t('why.sha256')}
        </Text>
        <Code style={{ overflowWrap: 'anywhere' }}>{ticket.sha256}</Code>
      </Box>
      <Tabs defaultValue="pretty">
        <Tabs.List mb="sm">
          <Tabs.Tab value="pretty">{t('why.pretty')}</Tabs.Tab>
          <Tabs.Tab value="raw">{t('why.raw')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="pretty">
          <JsonTree value={ticket.body} />
        </Tabs.Panel>
        <Tabs.Panel value="raw">
          <Code block tabIndex={0} mah={480} style={{ overflow: 'auto' }}>
            {typeof ticket.body === 'string' ? ticket.body : JSON.stringify(ticket.body, null, 2)}
          </Code>
        </Tabs.Panel>
      </Tabs>
    </Section>
  );
}

function Explanation({ number }: { number: string }) {
  const t = useText();
  const why = useQuery({ queryKey: ['why', number, t.language], queryFn: ({ signal }) => get<Why>(apiPath`documents/${number}/why`, undefined, signal) });
  if (why.isError) return <ErrorMessage error={why.error} onRetry={() => void why.refetch()} />;
  if (!why.data) return <Loading />;
  const { ticket, run, link, mappings, rules } = why.data;
  return (
    <Stack>
      {rules.length > 0 && (
        <Section title={t('why.rules')}>
          <List size="sm" spacing="xs">
            {rules.map((rule) => (
              <List.Item key={rule.rule}>{rule.text}</List.Item>
            ))}
          </List>
        </Section>
      )}
      {ticket ? <Ticket ticket={ticket} /> : <Text c="dimmed">{t('why.noTicket')}</Text>}
      {run && (
        <Section title={t('word.run')}>
          <Facts
            cols={{ base: 1, xs: 2 }}
            facts={[
              [t('word.run'), <Anchor key="run" component={Link} to={`/traitements/executions/${run.run ?? run.id}`}>{run.run ?? run.id}</Anchor>],
              [t('word.link'), run.link],
              [t('why.started'), run.started && t.format.instant(run.started)],
              [t('why.ended'), run.ended && t.format.instant(run.ended)],
            ]}
          />
        </Section>
      )}
      {mappings.length > 0 && (
        <Section title={t('mapping.title')}>
          <List size="sm">
            {mappings.map((mapping) => {
              const text = mappingText(t, mapping);
              return <List.Item key={text}>{text}</List.Item>;
            })}
          </List>
        </Section>
      )}
      {link && (
        <Section title={t('why.options')}>
          <Facts cols={{ base: 1, xs: 2 }} facts={Object.entries(link).map(([name, value]) => [t.word('why.option', name), shownValue(t, value)])} />
        </Section>
      )}
    </Stack>
  );
}
