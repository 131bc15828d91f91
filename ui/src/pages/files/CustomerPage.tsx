// One customer: the fields, and what was sold to them.
import { Stack, Text } from '@mantine/core';
import { useParams } from 'react-router-dom';
import { apiPath } from '@/api/client';
import type { Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { bodyOfFields, RecordForm } from '@/components/record/RecordForm';
import { Section } from '@/components/record/Section';
import { useEdit } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import { documentHref } from '../sales/kinds';
import { customerFields, useCustomerName } from './fields';

const FIELDS = customerFields(true);

export default function CustomerPage() {
  const { code = '' } = useParams();
  return <OneCustomer key={code} code={code} />;
}

function OneCustomer({ code }: { code: string }) {
  const t = useText();
  const nameOf = useCustomerName();
  const edit = useEdit<Row>(apiPath`customers/${code}`, bodyOfFields(t, FIELDS));
  const customer = edit.record.data?.value;
  const back = { label: t('menu.customers'), to: '/fichiers/clients' };
  if (edit.record.isError)
    return (
      <>
        <PageTitle title={code} back={back} />
        <ErrorMessage error={edit.record.error} onRetry={() => void edit.record.refetch()} />
      </>
    );
  if (!customer) return <Loading />;
  return (
    <>
      <PageTitle title={nameOf(customer)} back={back} />
      <Stack>
        <Section title={t('customer.one')}>
          <RecordForm<Row> fields={FIELDS} edit={edit} label={t('customer.one')} />
        </Section>
        <Section title={t('customer.documents')}>
          <DataTable list="documents" fixed={{ customer_is: code }} columns={['number', 'kind', 'state', 'date', 'total_cents', 'paid_cents']} sort="-date" compact prefix="d." label={t('customer.documents')}
            hrefOf={(row) => documentHref(row.number, row.kind)} keyOf={(row) => String(row.number)} empty={<Text c="dimmed">{t('customer.noDocuments')}</Text>} />
        </Section>
      </Stack>
    </>
  );
}
