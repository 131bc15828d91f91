// What is wrong in the grid, by cause, the costliest first; each with what to do and a button that does it.
import { Badge, Box, Button, Collapse, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { AnomalyAction } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';
import { CureDialog } from './CureDialog';
import { cureOfGroup, needsSynchronisation } from './cures';
import type { Group as Cause } from './types';

/** The grid itself shall begin on the first screen. */
const SHOWN_FIRST = 3;

interface Props {
  onShowSales: (code: string) => void;
  onOpenSale: (id: number) => void;
  onCured: (synchronise: boolean) => void;
  /** Counts the validations: what was cured before one is judged anew by it. */
  round: number;
}

const keyOf = (group: Cause) => [group.code, group.link, ...group.args].join('\u0001');

function OneCause({ group, cured, onCure, onShowSales, onOpenSale }: { group: Cause; cured: boolean; onCure: () => void } & Pick<Props, 'onShowSales' | 'onOpenSale'>) {
  const t = useText();
  const mayWrite = useMayWrite();
  const [opened, { toggle }] = useDisclosure(false);
  const cure = cureOfGroup(group);
  const steps = t.word('cureText', group.code);
  const sales = group.subject === 'sale';
  const figures = [t(sales ? 'anomalies.sales' : group.subject === 'article' ? 'anomalies.articles' : 'anomalies.numbers', { count: group.subjects }), group.amount_cents ? t.format.cents(group.amount_cents) : '']
    .filter(Boolean)
    .join(' – ');
  const act = () => {
    if (cure?.how === 'dialog') onCure();
    else if (cure?.how === 'sale' && cure.sale !== undefined) onOpenSale(cure.sale);
    else onShowSales(group.code);
  };
  return (
    <Box component="li" py="xs" style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}>
      <Group justify="space-between" gap="sm" align="flex-start">
        <Box flex="1 1 22rem" miw={0}>
          <Group gap="xs" mb={2}>
            <Badge color={group.blocking ? 'orange' : 'gray'} variant="light">
              {t.word('anomaly', group.code)}
            </Badge>
            <Text size="sm" c="dimmed">
              {figures}
            </Text>
            {cured && (
              <Badge color="green" variant="light">
                {t(sales ? 'anomalies.curedSales' : 'anomalies.curedArticles')}
              </Badge>
            )}
          </Group>
          <Text size="sm">{group.cause}</Text>
        </Box>
        <Group gap="xs">
          {mayWrite && cure && cure.how !== 'sales' && (
            <Button size="compact-sm" onClick={act}>
              {t(cure.label)}
            </Button>
          )}
          {sales && (
            <Button size="compact-sm" variant="default" onClick={() => onShowSales(group.code)}>
              {t('cureAction.showSales')}
            </Button>
          )}
          <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={opened}>
            {t('anomalies.whatToDo')}
          </Button>
        </Group>
      </Group>
      <Collapse in={opened}>
        <Text size="sm" style={{ whiteSpace: 'pre-line' }} pt={4}>
          {steps === group.code ? group.cure : steps}
        </Text>
      </Collapse>
    </Box>
  );
}

export function useAnomalies() {
  const { language } = useText();
  return useQuery({
    queryKey: ['anomalies', language],
    queryFn: async ({ signal }) => (await get<{ items: Cause[] }>('anomalies', undefined, signal)).items,
  });
}

export function Anomalies({ onShowSales, onOpenSale, onCured, round }: Props) {
  const t = useText();
  const groups = useAnomalies();
  const [chosen, setChosen] = useState<Cause | null>(null);
  const [cured, setCured] = useState<{ round: number; keys: string[] }>({ round, keys: [] });
  const [all, { toggle }] = useDisclosure(false);
  if (groups.isError) return <ErrorMessage error={groups.error} onRetry={() => void groups.refetch()} />;
  const items = groups.data ?? [];
  if (items.length === 0) return null;
  const action: AnomalyAction | null = chosen?.action ?? null;
  const curedNow = cured.round === round ? cured.keys : [];
  const noteCured = (group: Cause) => {
    setCured({ round, keys: [...curedNow, keyOf(group)] });
    onCured(needsSynchronisation(group));
  };
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="anomalies-title" className="no-print">
      <Stack gap="xs">
        <Title order={2} id="anomalies-title">
          {t('anomalies.title', { count: items.length })}
        </Title>
        <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
          {(all ? items : items.slice(0, SHOWN_FIRST)).map((group) => (
            <OneCause key={keyOf(group)} group={group} cured={curedNow.includes(keyOf(group))} onCure={() => setChosen(group)} onShowSales={onShowSales} onOpenSale={onOpenSale} />
          ))}
        </ul>
        {items.length > SHOWN_FIRST && (
          <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={all} style={{ alignSelf: 'flex-start' }}>
            {all ? t('anomalies.less') : t('anomalies.more', { count: items.length - SHOWN_FIRST })}
          </Button>
        )}
      </Stack>
      <CureDialog action={action} cause={chosen?.cause ?? ''} onClose={() => setChosen(null)} onCured={() => chosen && noteCured(chosen)} />
    </Paper>
  );
}
