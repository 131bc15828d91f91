// All settings of a link on one page.
import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { apiPath, write, type Tagged } from '@/api/client';
import { optionsOf, useForgetLinks, useLink } from '@/api/links';
import type { Link } from '@/api/types';
import { EditError } from '@/components/EditError';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';
import { linkPath } from './paths';
import { AllSections, faultsOf, type LinkDraft } from './sections';

function Form({ record, onReload }: { record: Tagged<Link>; onReload: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const forget = useForgetLinks();
  const { value, tag } = record;
  const [draft, setDraft] = useState<LinkDraft>({ ...optionsOf(value), key: '' });
  const save = useMutation({
    mutationFn: () => {
      const { key, ...options } = draft;
      return write('PATCH', apiPath`links/${value.name}`, key.trim() ? { ...options, key: key.trim() } : options, { ifMatch: tag });
    },
    onSuccess: () => {
      forget();
      navigate(linkPath(draft.name.trim()));
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <AllSections draft={draft} onChange={(changes) => setDraft((before) => ({ ...before, ...changes }))} faults={faultsOf(save.error)} />
        {save.isError && <EditError error={save.error} onReload={onReload} />}
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
          <Button variant="default" onClick={() => navigate(linkPath(value.name))}>
            {t('common.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export default function LinkEdit() {
  const t = useText();
  const { link: name = '' } = useParams();
  const link = useLink(name);
  const [fresh, setFresh] = useState(0);
  if (link.isError) return <ErrorMessage error={link.error} onRetry={() => void link.refetch()} />;
  if (link.isPending) return <Loading />;
  return (
    <>
      <PageTitle title={t('link.editTitle', { name })} back={{ label: name, to: linkPath(name) }} />
      <Form key={fresh} record={link.data} onReload={() => void link.refetch().then(() => setFresh((count) => count + 1))} />
    </>
  );
}
