// Options › Stocks: whether an invoice may bring a stock below zero, link by link.
import { Card, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { apiPath, getTagged, write } from '@/api/client';
import { useForgetLinks, useLinks } from '@/api/links';
import { useMayWrite } from '@/api/session';
import type { Link } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { EditError } from '@/components/EditError';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

function Rule({ link }: { link: Link }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const forget = useForgetLinks();
  const change = useMutation({
    mutationFn: async (rule: string) => {
      const path = apiPath`links/${link.name}`;
      const { tag } = await getTagged<Link>(path);
      await write('PATCH', path, { negative_stock: rule }, { ifMatch: tag });
    },
    onSettled: forget,
  });
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Title order={2}>{link.name}</Title>
        {mayWrite ? (
          <SegmentedControl aria-label={t('stockRule.of', { link: link.name })} value={change.isPending ? change.variables : link.negative_stock} onChange={(rule) => change.mutate(rule)}
            data={['allow', 'refuse'].map((value) => ({ value, label: t.word('negativeStock', value) }))} />
        ) : (
          <Text>{`${t('stockRule.rule')} : ${t.word('negativeStock', link.negative_stock)}`}</Text>
        )}
      </Group>
      {change.isError && <EditError error={change.error} onReload={() => change.reset()} />}
    </Card>
  );
}

export default function StockRule() {
  const t = useText();
  const links = useLinks();
  return (
    <>
      <PageTitle title={t('menu.stockOption')} />
      <Stack maw={860}>
        <Text>{t('stockRule.intro')}</Text>
        {links.isError ? (
          <ErrorMessage error={links.error} onRetry={() => void links.refetch()} />
        ) : links.isPending ? (
          <Loading />
        ) : links.data.length === 0 ? (
          <EmptyState title={t('link.none')} hint={t('link.noneHint')} />
        ) : (
          links.data.map((link) => <Rule key={link.name} link={link} />)
        )}
      </Stack>
    </>
  );
}
