// Ventes / Commandes, Factures, Avoirs: one list, by kind.
import { Alert, Badge, Button, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { get } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Page, Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { useText, type TextKey } from '@/i18n/text';
import { blockOf, blockText } from './BlockReason';
import { documentHref, KINDS, type DocumentKind } from './kinds';
import { useDocumentValidation } from './Validation';

const NONE: Record<DocumentKind, { title: TextKey; hint: TextKey }> = {
  order: { title: 'document.noOrders', hint: 'document.noOrdersHint' },
  invoice: { title: 'document.noInvoices', hint: 'document.noInvoicesHint' },
  credit_note: { title: 'document.noCreditNotes', hint: 'document.noCreditNotesHint' },
};

export function StateBadge({ state, blocked }: { state: string; blocked: boolean }) {
  const t = useText();
  if (blocked) return <Badge color="orange" variant="light">{t('docState.blocked')}</Badge>;
  return (
    <Badge color={state === 'draft' ? 'gray' : 'green'} variant="light">
      {t.word('docState', state)}
    </Badge>
  );
}

/** How many drafts wait, with the way to them and the button for all. */
function DraftsNotice({ kind, button }: { kind: DocumentKind; button: (label: string, numbers: null) => React.ReactNode }) {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const drafts = useQuery({ queryKey: ['list', 'documents', 'drafts', kind], queryFn: ({ signal }) => get<Page<Row>>('documents', { kind, state: 'draft', limit: 1 }, signal) });
  const count = drafts.data?.total ?? 0;
  if (count === 0) return null;
  return (
    <Alert color="orange" variant="light" mb="md" title={t('document.drafts', { count })}>
      <Group gap="xs">
        {params.get('state') !== 'draft' && (
          <Button variant="default" onClick={() => setParams({ state: 'draft' })}>
            {t('document.showDrafts')}
          </Button>
        )}
        {button(t('document.validateAll'), null)}
      </Group>
    </Alert>
  );
}

export function DocumentList({ kind }: { kind: DocumentKind }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const [params] = useSearchParams();
  const [ticked, setTicked] = useState<Set<string | number>>(new Set());
  const { button, progress } = useDocumentValidation(() => setTicked(new Set()));
  const label = t(KINDS[kind].list);
  const picking = mayWrite && params.get('state') === 'draft';
  return (
    <>
      <PageTitle title={label} />
      <Stack gap={0}>
        <DraftsNotice kind={kind} button={button} />
        {progress}
      </Stack>
      <DataTable
        list="documents"
        fixed={{ kind }}
        label={label}
        columns={['number', 'date', 'customer_name', 'state', 'total_cents', 'tax_cents', 'paid_cents', 'till_number']}
        hidden={['blocked']}
        sort="-date"
        hrefOf={(row) => documentHref(row.number, kind)}
        keyOf={(row) => String(row.number)}
        selection={picking ? { keys: ticked, onChange: setTicked } : undefined}
        actions={picking && ticked.size > 0 ? button(t('document.validateTicked', { count: ticked.size }), [...ticked].map(String)) : undefined}
        render={{
          state: (row) => <StateBadge state={String(row.state)} blocked={blockOf(row.block) !== null} />,
          block: (row, text) => {
            const block = blockOf(row.block);
            return block ? blockText(t, block) : text;
          },
        }}
        empty={<EmptyState title={t(NONE[kind].title)} hint={t(NONE[kind].hint)} action={{ label: t('table.emptyAction'), to: '/traitements/synchronisations' }} />}
      />
    </>
  );
}
