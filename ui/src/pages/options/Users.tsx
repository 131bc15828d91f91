// Options › Utilisateurs: who may log in, and with which role.
import { Button, Card, Group, Modal, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, apiPath, get, newIdempotencyKey, write } from '@/api/client';
import { itemsOf } from '@/api/links';
import { useMayAdminister, useSession } from '@/api/session';
import type { Role, User } from '@/api/types';
import { ConfirmButton } from '@/components/ConfirmButton';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { WideTable } from '@/components/WideTable';
import { useText } from '@/i18n/text';
import { NewPassword, newPasswordGood } from '../entry/NewPassword';

const ROLES: Role[] = ['viewer', 'accountant', 'admin'];
const NOTHING = { password: '', repeat: '' };

function useRoles() {
  const t = useText();
  return ROLES.map((value) => ({ value, label: t.word('role', value) }));
}

function NewUser({ onDone }: { onDone: () => void }) {
  const t = useText();
  const roles = useRoles();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('accountant');
  const [chosen, setChosen] = useState(NOTHING);
  const [idempotencyKey, setKey] = useState(newIdempotencyKey);
  const add = useMutation({
    mutationFn: () => write('POST', 'users', { name: name.trim(), role, password: chosen.password }, { idempotencyKey }),
    onSuccess: () => {
      setName('');
      setChosen(NOTHING);
      setKey(newIdempotencyKey());
      onDone();
    },
    onError: () => setKey(newIdempotencyKey()),
  });
  return (
    <Card withBorder component="section" aria-labelledby="new-user">
      <Title order={2} id="new-user" mb="sm">
        {t('users.add')}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (newPasswordGood(chosen)) add.mutate();
        }}
      >
        <Stack maw={440}>
          <TextInput label={t('users.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} error={add.error instanceof ApiError ? add.error.at('/name') : undefined} required withAsterisk={false} autoComplete="off" />
          <Select label={t('users.role')} data={roles} value={role} onChange={(value) => setRole(value as Role)} allowDeselect={false} />
          <NewPassword value={chosen} onChange={setChosen} label={t('login.password')} />
          {add.isError && <ErrorMessage error={add.error} />}
          <Button type="submit" loading={add.isPending} disabled={!newPasswordGood(chosen) || !name.trim()} style={{ alignSelf: 'flex-start' }}>
            {t('common.add')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}

function PasswordModal({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useText();
  const [chosen, setChosen] = useState(NOTHING);
  const change = useMutation({ mutationFn: () => write('PATCH', apiPath`users/${name}`, { password: chosen.password }), onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={t('users.passwordOf', { name })} closeButtonProps={{ 'aria-label': t('common.close') }} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (newPasswordGood(chosen)) change.mutate();
        }}
      >
        <Stack>
          <NewPassword value={chosen} onChange={setChosen} label={t('password.new')} />
          {change.isError && <ErrorMessage error={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={change.isPending} disabled={!newPasswordGood(chosen)}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function UserRow({ user, onChanged, onError }: { user: User; onChanged: () => void; onError: (error: unknown) => void }) {
  const t = useText();
  const session = useSession();
  const roles = useRoles();
  const [asking, setAsking] = useState(false);
  const then = { onSuccess: onChanged, onError };
  const change = useMutation({ mutationFn: (role: string) => write('PATCH', apiPath`users/${user.name}`, { role }), ...then });
  const remove = useMutation({ mutationFn: () => write('DELETE', apiPath`users/${user.name}`), ...then });
  const me = user.name === session.user;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={600}>
        {user.name}
        {me && (
          <Text span c="dimmed" size="sm">
            {` (${t('users.you')})`}
          </Text>
        )}
      </Table.Th>
      <Table.Td>
        <Select aria-label={t('users.roleOf', { name: user.name })} data={roles} value={user.role} onChange={(value) => value && value !== user.role && change.mutate(value)} allowDeselect={false} disabled={me} w={180} />
      </Table.Td>
      <Table.Td>{user.seen ? t.format.instant(user.seen) : t('users.never')}</Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button variant="default" size="xs" onClick={() => setAsking(true)} aria-label={t('users.passwordOf', { name: user.name })}>
            {t('users.password')}
          </Button>
          {!me && <ConfirmButton size="xs" label={t('users.removeNamed', { name: user.name })} confirm={t('users.remove')} question={t('users.removeQuestion', { name: user.name })} color="red" variant="light" onConfirm={() => remove.mutate()} />}
        </Group>
        {asking && <PasswordModal name={user.name} onClose={() => setAsking(false)} />}
      </Table.Td>
    </Table.Tr>
  );
}

export default function Users() {
  const t = useText();
  const client = useQueryClient();
  const may = useMayAdminister();
  const [error, setError] = useState<unknown>(null);
  const users = useQuery({ queryKey: ['users'], queryFn: async ({ signal }) => itemsOf(await get<User[] | { items: User[] }>('users', undefined, signal)), enabled: may });
  const again = () => {
    setError(null);
    void client.invalidateQueries({ queryKey: ['users'] });
  };
  if (!may) return <ErrorMessage error={new ApiError(403, 'forbidden', t('menu.users'), t('error.forbidden'))} />;
  return (
    <>
      <PageTitle title={t('menu.users')} />
      <Stack maw={960}>
        <Text>{t('users.roles')}</Text>
        {error !== null && <ErrorMessage error={error} />}
        {users.isError ? (
          <ErrorMessage error={users.error} onRetry={() => void users.refetch()} />
        ) : users.isPending ? (
          <Loading />
        ) : (
          <WideTable label={t('menu.users')} minWidth={640}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('users.name')}</Table.Th>
                  <Table.Th scope="col">{t('users.role')}</Table.Th>
                  <Table.Th scope="col">{t('users.seen')}</Table.Th>
                  <Table.Th scope="col">
                    <span className="read-aloud">{t('common.edit')}</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {users.data.map((user) => (
                  <UserRow key={user.name} user={user} onChanged={again} onError={setError} />
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        )}
        <NewUser onDone={again} />
      </Stack>
    </>
  );
}
