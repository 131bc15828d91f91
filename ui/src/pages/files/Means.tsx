// Fichiers / Modes de règlement: the means, and how the tills' words are understood.
import { Stack, Text } from '@mantine/core';
import { DataTable } from '@/components/DataTable';
import { PageTitle } from '@/components/PageTitle';
import { NewRecordButton } from '@/components/record/NewRecord';
import { Section } from '@/components/record/Section';
import { SmallTable } from '@/components/record/SmallTable';
import { useText } from '@/i18n/text';
import { MEANS_FIELDS } from './fields';
import { useMappings } from './mappings';

export default function Means() {
  const t = useText();
  const mappings = useMappings();
  return (
    <>
      <PageTitle title={t('menu.means')}>
        <NewRecordButton label={t('means.new')} path="means" fields={MEANS_FIELDS} />
      </PageTitle>
      <Stack>
        <DataTable list="means" label={t('menu.means')} keyOf={(row) => String(row.code)} compact />
        <Section title={t('mapping.title')}>
          <Text size="sm" c="dimmed">
            {t('mapping.meansHint')}
          </Text>
          {mappings.data && mappings.data.means.length > 0 ? (
            <SmallTable
              caption={t('mapping.title')}
              columns={[
                { key: 'link', heading: t('word.link'), cell: (row) => row.link ?? t('mapping.everyLink') },
                { key: 'till_type', heading: t('mapping.tillType') },
                { key: 'means', heading: t('means.code') },
              ]}
              rows={mappings.data.means}
            />
          ) : (
            <Text size="sm">{t('mapping.none')}</Text>
          )}
        </Section>
      </Stack>
    </>
  );
}
