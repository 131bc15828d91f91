// One order, invoice or credit note: what it says, what was paid, what moved, and why it is so.
import { Anchor, Badge, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, Navigate, useLocation, useParams, useSearchParams } from 'react-router-dom';
import { apiPath, download } from '@/api/client';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { Facts } from '@/components/Facts';
import { Section } from '@/components/record/Section';
import { SmallTable } from '@/components/record/SmallTable';
import { useTagged } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import { articleHref, customerHref } from '../files/fields';
import { BlockReason } from './BlockReason';
import { StateBadge } from './DocumentList';
import { documentHref, isKind, KINDS, paymentHref } from './kinds';
import type { SalesDocument } from './types';
import { useDocumentValidation } from './Validation';
import { WhyDrawer } from './WhyDrawer';

export default function DocumentPage() {
  const { number = '' } = useParams();
  return <OneDocument key={number} number={number} />;
}

function DocumentFacts({ document }: { document: SalesDocument }) {
  const t = useText();
  const { format } = t;
  return (
    <Facts
      facts={[
        [t('word.date'), format.day(document.date)],
        [t('customer.one'), <Anchor key="customer" component={Link} to={customerHref(document.customer)}>{document.customer_name || document.customer}</Anchor>],
        [t('document.total'), <strong key="total" className="amount">{format.cents(document.total_cents)}</strong>],
        [t('document.ofWhichTax'), format.cents(document.tax_cents)],
        [t('document.tip'), document.tip_cents ? format.cents(document.tip_cents) : null],
        [t('document.sold'), document.sold && format.instant(document.sold)],
        [t('document.ticket'), document.till_number],
        [t('word.link'), document.link && <Anchor key="link" component={Link} to={`/traitements/synchronisations/${encodeURIComponent(document.link)}`}>{document.link}</Anchor>],
        [t('word.run'), document.run && <Anchor key="run" component={Link} to={`/traitements/executions/${document.run}`}>{document.run}</Anchor>],
        [t('document.salesperson'), document.salesperson],
        [t('document.validated'), document.validated && format.instant(document.validated)],
        [t('document.origin'), document.origin && <Anchor key="origin" component={Link} to={documentHref(document.origin)}>{document.origin}</Anchor>],
      ]}
    />
  );
}

function Lines({ document }: { document: SalesDocument }) {
  const t = useText();
  const { format } = t;
  const discounts = document.lines.some((line) => line.discount_cents !== 0);
  return (
    <Section title={t('document.lines')}>
      <SmallTable
        caption={t('document.lines')}
        columns={[
          { key: 'code', heading: t('article.code'), cell: (line) => (line.code ? <Anchor component={Link} to={articleHref(line.code)} fz="sm">{line.code}</Anchor> : '') },
          { key: 'label', heading: t('article.label') },
          { key: 'quantity_milli', heading: t('document.quantity'), type: 'milli', cell: (line) => `${format.milli(line.quantity_milli)} ${line.unit ?? ''}`.trim() },
          { key: 'unit_price_e4', heading: t('document.unitPrice'), type: 'e4' },
          ...(discounts ? [{ key: 'discount_cents', heading: t('document.discount'), type: 'cents' } as const] : []),
          { key: 'rate_bp', heading: t('document.rate'), type: 'rate' },
          { key: 'net_cents', heading: t('document.net'), type: 'cents' },
          { key: 'total_cents', heading: t('document.gross'), type: 'cents' },
        ]}
        rows={document.lines}
        total={{ label: t('document.sum'), net_cents: format.cents(document.total_cents - document.tax_cents), total_cents: format.cents(document.total_cents) }}
      />
    </Section>
  );
}

function Taxes({ document }: { document: SalesDocument }) {
  const t = useText();
  const { format } = t;
  return (
    <Section title={t('document.taxByRate')}>
      <SmallTable
        caption={t('document.taxByRate')}
        columns={[
          { key: 'tax', heading: t('tax.code') },
          { key: 'rate_bp', heading: t('document.rate'), type: 'rate' },
          { key: 'net_cents', heading: t('document.net'), type: 'cents' },
          { key: 'tax_cents', heading: t('document.taxAmount'), type: 'cents' },
          { key: 'total_cents', heading: t('document.gross'), type: 'cents' },
        ]}
        rows={document.tax}
        total={{ tax: t('document.sum'), net_cents: format.cents(document.total_cents - document.tax_cents), tax_cents: format.cents(document.tax_cents), total_cents: format.cents(document.total_cents) }}
      />
    </Section>
  );
}

function DueAndPayments({ document }: { document: SalesDocument }) {
  const t = useText();
  const { format } = t;
  return (
    <>
      {document.due.length > 0 && (
        <Section title={t('document.due')}>
          <SmallTable
            caption={t('document.due')}
            columns={[
              { key: 'date', heading: t('document.dueDate'), type: 'day' },
              { key: 'amount_cents', heading: t('payment.amount'), type: 'cents' },
              { key: 'allocated_cents', heading: t('payment.allocated'), type: 'cents' },
              { key: 'rest', heading: t('payment.rest'), type: 'cents', cell: (line) => format.cents(line.amount_cents - line.allocated_cents) },
            ]}
            rows={document.due}
          />
        </Section>
      )}
      <Section title={t('menu.payments')}>
        {document.payments.length === 0 ? (
          <Text c="dimmed">{t('document.noPayments')}</Text>
        ) : (
          <SmallTable
            caption={t('menu.payments')}
            columns={[
              { key: 'date', heading: t('word.date'), cell: (row) => (row.id ? <Anchor component={Link} to={paymentHref(row.id)} fz="sm">{format.day(row.date)}</Anchor> : format.day(row.date)) },
              { key: 'means_label', heading: t('payment.means') },
              { key: 'amount_cents', heading: t('payment.amount'), type: 'cents' },
              { key: 'allocated_cents', heading: t('payment.allocatedHere'), type: 'cents' },
              { key: 'till_payment', heading: t('payment.tillPayment') },
            ]}
            rows={document.payments}
          />
        )}
      </Section>
    </>
  );
}

function MovesAndCreditNotes({ document }: { document: SalesDocument }) {
  const t = useText();
  return (
    <>
      {document.moves.length > 0 && (
        <Section title={t('stock.moves')}>
          <SmallTable
            caption={t('stock.moves')}
            columns={[
              { key: 'code', heading: t('article.code'), cell: (row) => <Anchor component={Link} to={articleHref(row.code)} fz="sm">{row.code}</Anchor> },
              { key: 'quantity_milli', heading: t('document.quantity'), type: 'milli' },
            ]}
            rows={document.moves}
          />
        </Section>
      )}
      {document.credit_notes.length > 0 && (
        <Section title={t('document.followUps')}>
          <SmallTable
            caption={t('document.followUps')}
            columns={[
              { key: 'number', heading: t('document.number'), cell: (row) => <Anchor component={Link} to={documentHref(row.number, row.kind)} fz="sm">{row.number}</Anchor> },
              { key: 'kind', heading: t('document.kind'), cell: (row) => t.word('docKind', row.kind) },
              { key: 'date', heading: t('word.date'), type: 'day' },
              { key: 'total_cents', heading: t('document.total'), type: 'cents' },
            ]}
            rows={document.credit_notes}
          />
        </Section>
      )}
    </>
  );
}

function OneDocument({ number }: { number: string }) {
  const t = useText();
  const path = apiPath`documents/${number}`;
  const record = useTagged<SalesDocument>(path);
  const [params, setParams] = useSearchParams();
  const { button, progress } = useDocumentValidation();
  const { pathname } = useLocation();
  const pdf = useMutation({ mutationFn: () => download(`${path}/pdf`, {}, `${number}.pdf`) });
  if (record.isError)
    return (
      <>
        <PageTitle title={number} back={{ label: t('menu.invoices'), to: KINDS.invoice.path }} />
        <ErrorMessage error={record.error} onRetry={() => void record.refetch()} />
      </>
    );
  if (!record.data) return <Loading />;
  const document = record.data.value;
  if (isKind(document.kind) && !pathname.startsWith(KINDS[document.kind].path)) return <Navigate replace to={{ pathname: documentHref(number, document.kind), search: params.toString() }} />;
  const asked = params.has('pourquoi');
  return (
    <>
      <PageTitle title={t.word('docKind', document.kind) + ' ' + document.number} back={{ label: t(KINDS[document.kind].list), to: KINDS[document.kind].path }}
        mark={
          <>
            <StateBadge state={document.state} blocked={document.block !== null} />
            {document.revision ? <Badge variant="light">{t('document.revision', { revision: document.revision })}</Badge> : null}
          </>
        }>
        <Button variant="default" onClick={() => setParams({ pourquoi: '1' })}>
          {t('why.button')}
        </Button>
        <Button variant="default" onClick={() => pdf.mutate()} loading={pdf.isPending}>
          {t('document.pdf')}
        </Button>
        {document.state === 'draft' && button(t('document.validate'), [document.number])}
      </PageTitle>
      <Stack>
        {pdf.isError && <ErrorMessage error={pdf.error} />}
        {progress}
        {document.block && <BlockReason block={document.block} />}
        <Section title={t('document.summary')}>
          <DocumentFacts document={document} />
        </Section>
        <Lines document={document} />
        <Taxes document={document} />
        <DueAndPayments document={document} />
        <MovesAndCreditNotes document={document} />
      </Stack>
      <WhyDrawer number={document.number} opened={asked} onClose={() => setParams({}, { replace: true })} />
    </>
  );
}
