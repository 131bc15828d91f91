// Options › Jetons: tokens for programs; each shown once, when it is made.
import { Alert, Button, Card, Code, CopyButton, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, apiPath, get, write } from '@/api/client';
import { itemsOf } from '@/api/links';
import { useMayAdminister } from '@/api/session';
import type { ApiToken, Scope } from '@/api/types';
import { ConfirmButton } from '@/components/ConfirmButton';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { WideTable } from '@/components/WideTable';
import { useText } from '@/i18n/text';

const SCOPES: Scope[] = ['read', 'write', 'feed'];

function Once({ token, onDone }: { token: string; onDone: () => void }) {
  const t = useText();
  return (
    <Alert color="green" title={t('tokens.once')} role="status">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('tokens.onceHint')}</Text>
        <Code fz="md" style={{ overflowWrap: 'anywhere' }}>
          {token}
        </Code>
        <Group gap="xs">
          <CopyButton value={token}>{({ copied, copy }) => <Button size="xs" onClick={copy}>{copied ? t('tokens.copied') : t('tokens.copy')}</Button>}</CopyButton>
          <Button size="xs" variant="default" onClick={onDone}>
            {t('tokens.done')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function NewToken({ onMade }: { onMade: (token: ApiToken) => void }) {
  const t = useText();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('read');
  const [expires, setExpires] = useState('');
  const add = useMutation({
    mutationFn: () => write<ApiToken>('POST', 'tokens', { name: name.trim(), scope, expires: expires || null }),
    onSuccess: (token) => {
      setName('');
      onMade(token);
    },
  });
  return (
    <Card withBorder component="section" aria-labelledby="new-token">
      <Title order={2} id="new-token" mb="sm">
        {t('tokens.add')}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Stack maw={440}>
          <TextInput label={t('tokens.name')} description={t('tokens.nameHint')} value={name} onChange={(event) => setName(event.currentTarget.value)} required withAsterisk={false} maxLength={100} error={add.error instanceof ApiError ? add.error.at('/name') : undefined} />
          <Select label={t('tokens.scope')} data={SCOPES.map((value) => ({ value, label: t.word('scope', value) }))} value={scope} onChange={(value) => setScope(value as Scope)} allowDeselect={false} />
          <TextInput type="date" label={t('tokens.expires')} value={expires} onChange={(event) => setExpires(event.currentTarget.value)} error={add.error instanceof ApiError ? add.error.at('/expires') : undefined} />
          {add.isError && <ErrorMessage error={add.error} />}
          <Button type="submit" loading={add.isPending} disabled={!name.trim()} style={{ alignSelf: 'flex-start' }}>
            {t('tokens.add')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}

function TokenTable({ tokens, onRevoke }: { tokens: ApiToken[]; onRevoke: (id: number) => void }) {
  const t = useText();
  const { format } = t;
  return (
    <WideTable label={t('menu.tokens')} minWidth={640}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('tokens.name')}</Table.Th>
            <Table.Th scope="col">{t('tokens.scope')}</Table.Th>
            <Table.Th scope="col">{t('tokens.createdBy')}</Table.Th>
            <Table.Th scope="col">{t('tokens.expires')}</Table.Th>
            <Table.Th scope="col">{t('tokens.used')}</Table.Th>
            <Table.Th scope="col">
              <span className="read-aloud">{t('tokens.revoke')}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Table.Tr key={token.id}>
              <Table.Th scope="row" fw={600}>
                {token.name}
              </Table.Th>
              <Table.Td>{t.word('scope', token.scope)}</Table.Td>
              <Table.Td>{[token.created_by, token.created && format.instant(token.created)].filter(Boolean).join(', ')}</Table.Td>
              <Table.Td>{token.expires ? (token.expires.length > 10 ? format.instant(token.expires) : format.day(token.expires)) : t('tokens.never')}</Table.Td>
              <Table.Td>{token.used ? format.instant(token.used) : t('tokens.unused')}</Table.Td>
              <Table.Td>
                <Group justify="flex-end">
                  <ConfirmButton size="xs" label={t('tokens.revokeNamed', { name: token.name })} confirm={t('tokens.revoke')} question={t('tokens.revokeQuestion', { name: token.name })} color="red" variant="light" onConfirm={() => onRevoke(token.id)} />
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

export default function Tokens() {
  const t = useText();
  const client = useQueryClient();
  const may = useMayAdminister();
  const [made, setMade] = useState<string | null>(null);
  const again = () => void client.invalidateQueries({ queryKey: ['tokens'] });
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: async ({ signal }) => itemsOf(await get<ApiToken[] | { items: ApiToken[] }>('tokens', undefined, signal)), enabled: may });
  const revoke = useMutation({ mutationFn: (id: number) => write('DELETE', apiPath`tokens/${id}`), onSuccess: again });
  if (!may) return <ErrorMessage error={new ApiError(403, 'forbidden', t('menu.tokens'), t('error.forbidden'))} />;
  return (
    <>
      <PageTitle title={t('menu.tokens')} />
      <Stack maw={960}>
        <Text>{t('tokens.intro')}</Text>
        {made && <Once token={made} onDone={() => setMade(null)} />}
        {revoke.isError && <ErrorMessage error={revoke.error} />}
        {tokens.isError ? (
          <ErrorMessage error={tokens.error} onRetry={() => void tokens.refetch()} />
        ) : tokens.isPending ? (
          <Loading />
        ) : tokens.data.length === 0 ? (
          <EmptyState title={t('tokens.none')} hint={t('tokens.noneHint')} />
        ) : (
          <TokenTable tokens={tokens.data} onRevoke={(id) => revoke.mutate(id)} />
        )}
        <NewToken
          onMade={(token) => {
            setMade(token.token ?? null);
            again();
          }}
        />
      </Stack>
    </>
  );
}
