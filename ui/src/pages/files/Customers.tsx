// Fichiers / Clients.
import { useNavigate } from 'react-router-dom';
import type { Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { NewRecordButton } from '@/components/record/NewRecord';
import { useText } from '@/i18n/text';
import { customerFields, customerHref } from './fields';

export default function Customers() {
  const t = useText();
  const navigate = useNavigate();
  return (
    <>
      <PageTitle title={t('menu.customers')}>
        <NewRecordButton<Row> label={t('customer.new')} path="customers" fields={customerFields(false)} onCreated={(customer) => navigate(customerHref(String(customer.code)))} />
      </PageTitle>
      <DataTable
        list="customers"
        label={t('menu.customers')}
        columns={['code', 'company_name', 'last_name', 'first_name', 'email', 'phone', 'postcode', 'town']}
        hrefOf={(row) => customerHref(String(row.code))}
        keyOf={(row) => String(row.code)}
        empty={<EmptyState title={t('customer.none')} hint={t('customer.noneHint')} />}
      />
    </>
  );
}
