// Fichiers / Familles.
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { NewRecordButton } from '@/components/record/NewRecord';
import { useText } from '@/i18n/text';
import { FAMILY_FIELDS } from './fields';

export default function Families() {
  const t = useText();
  return (
    <>
      <PageTitle title={t('menu.families')}>
        <NewRecordButton label={t('family.new')} path="families" fields={FAMILY_FIELDS} />
      </PageTitle>
      <DataTable list="families" label={t('menu.families')} hrefOf={(row) => `/fichiers/articles?family=${encodeURIComponent(String(row.name))}`} keyOf={(row) => String(row.name)}
        empty={<EmptyState title={t('family.none')} hint={t('family.noneHint')} />} />
    </>
  );
}
