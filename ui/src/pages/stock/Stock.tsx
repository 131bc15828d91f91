// Stocks: what stands on the shelves, counted here, and every move.
import { Alert, Button, Group, Modal, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { apiPath, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { PageTitle } from '@/components/PageTitle';
import { typedOf } from '@/components/record/draft';
import { useForget } from '@/components/record/useEdit';
import { parseScaled } from '@/i18n/format';
import { useText } from '@/i18n/text';
import { articleHref } from '../files/fields';
import { documentHref } from '../sales/kinds';

function CountDialog({ row, onClose }: { row: Row | null; onClose: () => void }) {
  const t = useText();
  return (
    <Modal opened={row !== null} onClose={onClose} title={t('stock.count')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      {row && <CountForm row={row} onClose={onClose} />}
    </Modal>
  );
}

function CountForm({ row, onClose }: { row: Row; onClose: () => void }) {
  const t = useText();
  const forget = useForget();
  const [typed, setTyped] = useState('');
  const quantity = parseScaled(typed, 3);
  const now = typeof row.quantity_milli === 'number' ? row.quantity_milli : 0;
  const count = useMutation({
    mutationFn: () => write('PUT', apiPath`articles/${String(row.code)}/stock`, { quantity_milli: quantity }),
    onSuccess: () => {
      forget();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (quantity !== null) count.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>
          {String(row.label || row.code)} – {t('stock.onHand')} <strong>{typedOf(t, 'milli', now)}</strong> {String(row.unit ?? '')}
        </Text>
        {count.isError && <ErrorMessage error={count.error} />}
        <TextInput label={t('stock.quantity')} description={t('stock.countHint')} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} inputMode="decimal" data-autofocus
          error={typed && quantity === null ? t('record.notANumber') : undefined} />
        {quantity !== null && quantity !== now && (
          <Alert variant="light" role="status">
            {t('stock.difference', { quantity: (quantity > now ? '+' : '') + t.format.milli(quantity - now) })}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={quantity === null} loading={count.isPending}>
            {t('stock.saveCount')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export default function Stock() {
  const t = useText();
  const mayWrite = useMayWrite();
  const navigate = useNavigate();
  const { tab = 'articles' } = useParams();
  const [counted, setCounted] = useState<Row | null>(null);
  const hrefOf = (row: Row) => articleHref(String(row.code));
  return (
    <>
      <PageTitle title={t('menu.stock')} />
      <Tabs value={tab} onChange={(value) => navigate(value === 'mouvements' ? '/stocks/mouvements' : '/stocks')} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="articles">{t('stock.levels')}</Tabs.Tab>
          <Tabs.Tab value="mouvements">{t('stock.moves')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="articles">
          <DataTable
            list="stock"
            label={t('stock.levels')}
            columns={['code', 'label', 'family', 'quantity_milli', 'unit']}
            keyOf={(row) => String(row.code)}
            hrefOf={hrefOf}
            onOpen={mayWrite ? setCounted : undefined}
            render={{
              quantity_milli: (row, text) => (typeof row.quantity_milli === 'number' && row.quantity_milli < 0 ? <strong style={{ color: 'var(--mantine-color-error)' }}>{text}</strong> : text),
            }}
            empty={<EmptyState title={t('stock.none')} hint={t('stock.noneHint')} action={{ label: t('menu.articles'), to: '/fichiers/articles' }} />}
          />
          {mayWrite && (
            <Text size="sm" c="dimmed" mt="xs">
              {t('stock.openHint')}
            </Text>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="mouvements">
          <DataTable list="stock-moves" label={t('stock.moves')} sort="-at" hrefOf={(row) => (row.document ? documentHref(row.document) : hrefOf(row))} empty={<EmptyState title={t('stock.noMoves')} hint={t('stock.noMovesHint')} />} />
        </Tabs.Panel>
      </Tabs>
      <CountDialog row={counted} onClose={() => setCounted(null)} />
    </>
  );
}
