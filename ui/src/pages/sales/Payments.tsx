// Ventes / Règlements.
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';
import { paymentHref } from './kinds';

export default function Payments() {
  const t = useText();
  return (
    <>
      <PageTitle title={t('menu.payments')} />
      <DataTable list="payments" label={t('menu.payments')} columns={['date', 'means_label', 'amount_cents', 'allocated_cents', 'document', 'customer_name', 'link']} sort="-date"
        hrefOf={(row) => paymentHref(row.id)} empty={<EmptyState title={t('payment.none')} hint={t('payment.noneHint')} action={{ label: t('table.emptyAction'), to: '/traitements/synchronisations' }} />} />
    </>
  );
}
