// One staged sale: what is wrong with it, and every value that can be corrected, at the keyboard.
import { Alert, Badge, Box, Button, Collapse, Drawer, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';
import { apiPath } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { AnomalyAction } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { conflictsOf, type Draft } from '@/components/record/draft';
import { Facts } from '@/components/Facts';
import { StaleChoice } from '@/components/record/StaleChoice';
import { useEdit } from '@/components/record/useEdit';
import { useText, type Text as Words } from '@/i18n/text';
import { CureDialog } from './CureDialog';
import { CURE_LABEL } from './cures';
import { fieldOfAnomaly, isReadable, placeOf, setOf, shownValue } from './editing';
import { SaleFields } from './SaleFields';
import type { GridSale, SaleAnomaly } from './types';

interface Props {
  id: number | null;
  onClose: () => void;
  onValidate: (id: number) => void;
}

export function SaleDrawer({ id, onClose, onValidate }: Props) {
  const t = useText();
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size="min(100vw, 74rem)" title={t('sale.title')} closeButtonProps={{ 'aria-label': t('common.close') }} className="no-print">
      {id !== null && <OneSale key={id} id={id} onValidate={onValidate} onClose={onClose} />}
    </Drawer>
  );
}

export function labelOfField(t: Words, field: string): string {
  const { part, place, name } = placeOf(field);
  if (part === 'line') return t('sale.lineField', { place, field: t.word('saleField', name) });
  if (part === 'payment') return t('sale.paymentField', { place, field: t.word('saleField', name) });
  return part === 'tax' ? t('sale.taxField', { rate: name }) : t.word('saleField', name);
}

function OneAnomaly({ anomaly, onCure, onGoTo }: { anomaly: SaleAnomaly; onCure: (action: AnomalyAction) => void; onGoTo: (field: string) => void }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const [opened, { toggle }] = useDisclosure(false);
  const field = fieldOfAnomaly(anomaly.code, anomaly.line);
  const steps = t.word('cureText', anomaly.code);
  return (
    <Box component="li">
      <Group justify="space-between" gap="xs">
        <Text size="sm" flex="1 1 20rem">
          <strong>{t.word('anomaly', anomaly.code)}</strong> – {anomaly.line > 0 ? t('sale.onLine', { line: anomaly.line, cause: anomaly.cause }) : anomaly.cause}
        </Text>
        <Group gap="xs">
          {mayWrite && anomaly.action && anomaly.action.kind !== 'edit' && (
            <Button size="compact-sm" onClick={() => anomaly.action && onCure(anomaly.action)}>
              {t(CURE_LABEL[anomaly.action.kind])}
            </Button>
          )}
          {mayWrite && field && (
            <Button size="compact-sm" variant="default" onClick={() => onGoTo(field)}>
              {t('sale.goTo', { field: labelOfField(t, field) })}
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
            {t('anomalies.whatToDo')}
          </Button>
        </Group>
      </Group>
      <Collapse in={opened}>
        <Text size="sm" style={{ whiteSpace: 'pre-line' }} pt={4}>
          {steps === anomaly.code ? anomaly.cure : steps}
        </Text>
      </Collapse>
    </Box>
  );
}

const bodyOf = (t: Words) => (sale: GridSale, draft: Draft) => ({ set: setOf(t, sale.editable, draft) });

function OneSale({ id, onValidate, onClose }: { id: number; onValidate: (id: number) => void; onClose: () => void }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const form = useRef<HTMLFormElement>(null);
  const [cured, setCured] = useState<{ action: AnomalyAction; cause: string } | null>(null);
  const [saved, setSaved] = useState(false);
  const edit = useEdit<GridSale>(apiPath`grid/sales/${id}`, bodyOf(t), () => setSaved(true));
  useHotkeys([['mod+s', () => form.current?.requestSubmit()]], []);
  const validate = useMutation({ mutationFn: async () => onValidate(id), onSuccess: onClose });
  const { record, draft, save } = edit;
  if (record.isError) return <ErrorMessage error={record.error} onRetry={() => void record.refetch()} />;
  if (!record.data) return <Loading />;
  const sale = record.data.value;
  const fields = new Map(sale.editable.map((field) => [field.field, field]));
  const theirs = (name: string) => {
    const field = fields.get(name);
    return field ? shownValue(t, field) : '';
  };
  const changes = setOf(t, sale.editable, draft);
  const dirty = Object.keys(changes).length > 0;
  const unreadable = Object.entries(changes).filter(([name, typed]) => !isReadable(fields.get(name)?.type ?? 'text', typed)).map(([name]) => name);
  const goTo = (field: string) => {
    const input = form.current?.querySelector<HTMLInputElement>(`[data-field="${CSS.escape(field)}"] input, input[data-field="${CSS.escape(field)}"]`);
    input?.scrollIntoView({ block: 'center' });
    input?.focus();
    input?.select();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (dirty && unreadable.length === 0 && !edit.stale) save.mutate();
  };
  return (
    <Stack>
      <Group gap="sm">
        <Text fw={650} fz="lg">
          {t(sale.kind === 'refund' ? 'sale.refundNumber' : 'sale.number', { number: sale.number ?? sale.sale })}
        </Text>
        {sale.edited && <Badge variant="light">{t('sale.edited')}</Badge>}
        {sale.revision > 0 && <Badge variant="light">{t('sale.revision', { revision: sale.revision })}</Badge>}
      </Group>
      <Facts
        facts={[
          [t('word.date'), sale.date && t.format.day(sale.date)],
          [t('document.total'), <strong key="total">{t.format.cents(sale.total_cents)}</strong>],
          [t('word.link'), sale.link ?? t('sale.noLink')],
          [t('sale.identity'), sale.sale],
          [t('customer.one'), sale.customer],
        ]}
      />
      {sale.anomalies.length > 0 && (
        <Alert color="orange" variant="light" title={t('sale.anomalies', { count: sale.anomalies.length })}>
          <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
            {sale.anomalies.map((anomaly, place) => (
              <OneAnomaly key={place} anomaly={anomaly} onCure={(action) => setCured({ action, cause: anomaly.cause })} onGoTo={goTo} />
            ))}
          </Stack>
        </Alert>
      )}
      {saved && !dirty && (
        <Alert color="green" role="status" title={t('common.saved')}>
          {t('sale.savedHint')}
        </Alert>
      )}
      {edit.stale ? (
        <StaleChoice conflicts={conflictsOf(draft, theirs)} labelOf={(name) => labelOfField(t, name)} onChoose={(names) => edit.drop([...names, ...Object.keys(draft).filter((name) => draft[name] === theirs(name))])} />
      ) : (
        save.isError && <ErrorMessage error={save.error} />
      )}
      <form ref={form} onSubmit={submit} noValidate aria-label={t('sale.title')}>
        <Stack>
          <SaleFields sale={sale} draft={draft} onType={edit.set} unreadable={unreadable} readOnly={!mayWrite} problem={save.error} />
          {mayWrite && (
            <Group style={{ position: 'sticky', bottom: 0, background: 'var(--mantine-color-body)', padding: '0.75rem 0', zIndex: 1, borderTop: '1px solid var(--mantine-color-default-border)' }}>
              <Button type="submit" disabled={!dirty || unreadable.length > 0 || edit.stale} loading={save.isPending}>
                {t('common.save')}
              </Button>
              {dirty ? (
                <Button variant="default" onClick={() => edit.drop()}>
                  {t('common.cancel')}
                </Button>
              ) : (
                <Button variant="default" onClick={() => validate.mutate()}>
                  {t('sale.validate')}
                </Button>
              )}
              <Text size="sm" c="dimmed" visibleFrom="sm">
                {t('sale.keys')}
              </Text>
            </Group>
          )}
        </Stack>
      </form>
      <CureDialog action={cured?.action ?? null} cause={cured?.cause ?? ''} onClose={() => setCured(null)} onCured={() => setSaved(true)} />
    </Stack>
  );
}
