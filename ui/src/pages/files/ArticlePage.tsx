// One article: its fields, its stock, what it is called at the tills, its moves.
import { Alert, Badge, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useParams } from 'react-router-dom';
import { apiPath } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Row } from '@/api/types';
import { DataTable } from '@/components/DataTable';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { typedOf } from '@/components/record/draft';
import { bodyOfFields, RecordForm } from '@/components/record/RecordForm';
import { Section } from '@/components/record/Section';
import { SmallTable } from '@/components/record/SmallTable';
import { sendTagged, useEdit, useForget } from '@/components/record/useEdit';
import { parseScaled } from '@/i18n/format';
import { useText } from '@/i18n/text';
import { useArticleFields } from './fields';

interface Article extends Row {
  code: string;
  label: string;
  unit: string | null;
  stock_managed: boolean;
  archived: boolean;
  stock_milli: number | null;
  till_articles?: { link: string; till_article: string; declination: string | null; bound_by_hand: boolean }[];
}

/** What was counted on the shelf; the difference becomes a stock move. */
function StockCount({ article }: { article: Article }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const forget = useForget();
  const [typed, setTyped] = useState('');
  const quantity = parseScaled(typed, 3);
  const count = useMutation({
    mutationFn: () => sendTagged<Article>('PUT', apiPath`articles/${article.code}/stock`, { quantity_milli: quantity }),
    onSuccess: () => {
      setTyped('');
      forget();
    },
  });
  if (!article.stock_managed) return <Text c="dimmed">{t('stock.notManaged')}</Text>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (quantity !== null) count.mutate();
  };
  return (
    <Stack gap="sm">
      <Text>
        {t('stock.onHand')} <strong className="amount">{typedOf(t, 'milli', article.stock_milli ?? 0)}</strong> {article.unit}
      </Text>
      {count.isError && <ErrorMessage error={count.error} />}
      {count.isSuccess && typed === '' && (
        <Alert color="green" role="status">
          {t('stock.counted')}
        </Alert>
      )}
      {mayWrite && (
        <form onSubmit={submit}>
          <Group align="flex-end" gap="sm">
            <TextInput label={t('stock.count')} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} inputMode="decimal" w={160}
              error={typed && quantity === null ? t('record.notANumber') : undefined} />
            <Button type="submit" variant="default" disabled={quantity === null} loading={count.isPending}>
              {t('stock.saveCount')}
            </Button>
          </Group>
        </form>
      )}
    </Stack>
  );
}

export default function ArticlePage() {
  const { code = '' } = useParams();
  return <OneArticle key={code} code={code} />;
}

function OneArticle({ code }: { code: string }) {
  const t = useText();
  const [fieldsOf, setFieldsOf] = useState<Article>();
  const fields = useArticleFields(fieldsOf ?? {});
  const edit = useEdit<Article>(apiPath`articles/${code}`, bodyOfFields(t, fields));
  const article = edit.record.data?.value;
  if (article && article !== fieldsOf) setFieldsOf(article);
  const back = { label: t('menu.articles'), to: '/fichiers/articles' };
  if (edit.record.isError)
    return (
      <>
        <PageTitle title={code} back={back} />
        <ErrorMessage error={edit.record.error} onRetry={() => void edit.record.refetch()} />
      </>
    );
  if (!article) return <Loading />;
  return (
    <>
      <PageTitle title={article.label || article.code} back={back} mark={article.archived && <Badge color="gray">{t('article.archived')}</Badge>} />
      <Stack>
        <Section title={t('article.one')}>
          <RecordForm<Article> fields={fields} edit={edit} label={t('article.one')} />
        </Section>
        <Section title={t('menu.stock')}>
          <StockCount article={article} />
        </Section>
        {article.till_articles && article.till_articles.length > 0 && (
          <Section title={t('article.atTills')}>
            <SmallTable
              caption={t('article.atTills')}
              columns={[
                { key: 'link', heading: t('word.link') },
                { key: 'till_article', heading: t('article.tillArticle') },
                { key: 'declination', heading: t('article.declination') },
                { key: 'bound_by_hand', heading: t('article.boundByHand'), type: 'bool' },
              ]}
              rows={article.till_articles}
            />
          </Section>
        )}
        {article.stock_managed && (
          <Section title={t('stock.moves')}>
            <DataTable list="stock-moves" fixed={{ code_is: article.code }} columns={['at', 'quantity_milli', 'source', 'document']} sort="-at" compact prefix="m." label={t('stock.moves')}
              empty={<Text c="dimmed">{t('stock.noMoves')}</Text>} />
          </Section>
        )}
      </Stack>
    </>
  );
}
