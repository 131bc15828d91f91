// Fichiers / TVA: the codes, and how each till's rates are understood.
import { Stack, Text } from '@mantine/core';
import { DataTable } from '@/components/DataTable';
import { PageTitle } from '@/components/PageTitle';
import { NewRecordButton } from '@/components/record/NewRecord';
import { Section } from '@/components/record/Section';
import { SmallTable } from '@/components/record/SmallTable';
import { useText } from '@/i18n/text';
import { TAX_FIELDS } from './fields';
import { useMappings } from './mappings';

export default function Taxes() {
  const t = useText();
  const mappings = useMappings();
  return (
    <>
      <PageTitle title={t('menu.taxes')}>
        <NewRecordButton label={t('tax.new')} path="taxes" fields={TAX_FIELDS} />
      </PageTitle>
      <Stack>
        <DataTable list="taxes" label={t('menu.taxes')} keyOf={(row) => String(row.code)} compact />
        <Section title={t('mapping.title')}>
          <Text size="sm" c="dimmed">
            {t('mapping.taxHint')}
          </Text>
          {mappings.data && mappings.data.tax.length > 0 ? (
            <SmallTable
              caption={t('mapping.title')}
              columns={[
                { key: 'link', heading: t('word.link'), cell: (row) => row.link ?? t('mapping.everyLink') },
                { key: 'rate_bp', heading: t('mapping.tillRate'), type: 'rate' },
                { key: 'tax', heading: t('tax.code') },
              ]}
              rows={mappings.data.tax}
            />
          ) : (
            <Text size="sm">{t('mapping.none')}</Text>
          )}
        </Section>
      </Stack>
    </>
  );
}
