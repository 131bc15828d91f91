// One payment: what it covers, and by hand what it shall cover.
import { Anchor, Badge, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useParams } from 'react-router-dom';
import { apiPath, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import { ConfirmButton } from '@/components/ConfirmButton';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { Facts } from '@/components/Facts';
import { Section } from '@/components/record/Section';
import { SmallTable } from '@/components/record/SmallTable';
import { useForget, useTagged } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import { customerHref } from '../files/fields';
import { restOfPayment } from './allocation';
import { AllocationForm } from './AllocationForm';
import { documentHref } from './kinds';
import type { Allocation, Payment } from './types';

export default function PaymentPage() {
  const { id = '' } = useParams();
  return <OnePayment key={id} id={id} />;
}

function Allocations({ payment }: { payment: Payment }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const forget = useForget();
  const undo = useMutation({
    mutationFn: (one: Allocation) => write('DELETE', apiPath`payments/${payment.id}/allocations/${one.document}/${one.due_no}`),
    onSuccess: forget,
  });
  if (payment.allocations.length === 0) return <Text c="dimmed">{t('payment.noAllocations')}</Text>;
  return (
    <>
      {undo.isError && <ErrorMessage error={undo.error} />}
      <SmallTable
        caption={t('payment.allocations')}
        columns={[
          { key: 'document', heading: t('payment.document'), cell: (one) => <Anchor component={Link} to={documentHref(one.document)} fz="sm">{one.document}</Anchor> },
          { key: 'due_no', heading: t('payment.dueNo'), type: 'int' },
          { key: 'date', heading: t('document.dueDate'), type: 'day' },
          { key: 'amount_cents', heading: t('payment.amount'), type: 'cents' },
          { key: 'by_hand', heading: t('payment.byHand'), type: 'bool' },
          ...(mayWrite
            ? [
                {
                  key: 'undo',
                  heading: t('payment.action'),
                  cell: (one: Allocation) => (
                    <ConfirmButton label={t('payment.unallocate')} size="compact-sm"
                      question={t('payment.unallocateQuestion', { amount: t.format.cents(one.amount_cents), document: one.document })} onConfirm={() => undo.mutate(one)} />
                  ),
                },
              ]
            : []),
        ]}
        rows={payment.allocations}
      />
    </>
  );
}

function OnePayment({ id }: { id: string }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const record = useTagged<Payment>(apiPath`payments/${id}`);
  const back = { label: t('menu.payments'), to: '/ventes/reglements' };
  if (record.isError)
    return (
      <>
        <PageTitle title={t('payment.one', { id })} back={back} />
        <ErrorMessage error={record.error} onRetry={() => void record.refetch()} />
      </>
    );
  if (!record.data) return <Loading />;
  const payment = record.data.value;
  const rest = restOfPayment(payment);
  const { format } = t;
  return (
    <>
      <PageTitle title={t('payment.one', { id })} back={back} mark={<Badge variant="light" color={rest === 0 ? 'green' : 'orange'}>{rest === 0 ? t('payment.whole') : t('payment.partly')}</Badge>} />
      <Stack>
        <Section title={t('document.summary')}>
          <Facts
            facts={[
              [t('word.date'), format.day(payment.date)],
              [t('payment.means'), payment.means_label ?? payment.means],
              [t('payment.amount'), <strong key="amount">{format.cents(payment.amount_cents)}</strong>],
              [t('payment.rest'), format.cents(rest)],
              [t('payment.madeFor'), payment.document && <Anchor key="document" component={Link} to={documentHref(payment.document)}>{payment.document}</Anchor>],
              [t('customer.one'), payment.customer && <Anchor key="customer" component={Link} to={customerHref(payment.customer)}>{payment.customer}</Anchor>],
              [t('payment.tillPayment'), payment.till_payment],
            ]}
          />
        </Section>
        <Section title={t('payment.allocations')}>
          <Allocations payment={payment} />
        </Section>
        {mayWrite && rest !== 0 && (
          <Section title={t('payment.allocate')}>
            <AllocationForm payment={payment} />
          </Section>
        )}
      </Stack>
    </>
  );
}
