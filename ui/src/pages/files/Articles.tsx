// Fichiers / Articles.
import { useNavigate } from 'react-router-dom';
import type { Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { NewRecordButton } from '@/components/record/NewRecord';
import { useText } from '@/i18n/text';
import { articleHref, useArticleFields } from './fields';

export default function Articles() {
  const t = useText();
  const navigate = useNavigate();
  const fields = useArticleFields();
  return (
    <>
      <PageTitle title={t('menu.articles')}>
        <NewRecordButton<Row> label={t('article.new')} path="articles" fields={fields} onCreated={(article) => navigate(articleHref(String(article.code)))} />
      </PageTitle>
      <DataTable
        list="articles"
        label={t('menu.articles')}
        columns={['code', 'label', 'family', 'price_e4', 'rate_bp', 'stock_milli', 'barcode', 'archived']}
        hrefOf={(row) => articleHref(String(row.code))}
        keyOf={(row) => String(row.code)}
        empty={<EmptyState title={t('article.none')} hint={t('article.noneHint')} action={{ label: t('table.emptyAction'), to: '/traitements/synchronisations' }} />}
      />
    </>
  );
}
