// The small dialog of a cure: which VAT code, which means, which article; or a new one made on the spot.
import { Button, Group, Modal, Select, Stack, Tabs, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { AnomalyAction, Row } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { NewRecordForm } from '@/components/record/NewRecord';
import type { Draft, Field } from '@/components/record/draft';
import { useForget } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import { MEANS_FIELDS, TAX_FIELDS, useArticleFields, useChoices } from '../files/fields';
import { ArticleSearch } from './ArticleSearch';
import { acceptSale, CURE_LABEL, mapMeans, mapTax, setReference, taxCodeOf } from './cures';

interface Props {
  action: AnomalyAction | null;
  /** What is wrong, in the server's words. */
  cause: string;
  onClose: () => void;
  onCured: () => void;
}

export function CureDialog({ action, cause, onClose, onCured }: Props) {
  const t = useText();
  const forget = useForget();
  const done = () => {
    forget();
    onCured();
    onClose();
  };
  return (
    <Modal opened={action !== null} onClose={onClose} title={action ? t(CURE_LABEL[action.kind]) : ''} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
      {action && (
        <Stack>
          <Text size="sm">{cause}</Text>
          <CureForm action={action} onClose={onClose} onDone={done} />
        </Stack>
      )}
    </Modal>
  );
}

function CureForm({ action, onClose, onDone }: { action: AnomalyAction; onClose: () => void; onDone: () => void }) {
  switch (action.kind) {
    case 'map_tax':
      return <TaxCure action={action} onClose={onClose} onDone={onDone} />;
    case 'map_means':
      return <MeansCure action={action} onClose={onClose} onDone={onDone} />;
    case 'create_article':
      return <ArticleCure action={action} onClose={onClose} onDone={onDone} />;
    case 'set_reference':
      return <ReferenceCure action={action} onClose={onClose} onDone={onDone} />;
    case 'accept':
      return <AcceptCure sale={action.sale} onClose={onClose} onDone={onDone} />;
    default:
      return null;
  }
}

interface CureProps<K extends AnomalyAction['kind']> {
  action: Extract<AnomalyAction, { kind: K }>;
  onClose: () => void;
  onDone: () => void;
}

/** An existing record is chosen, or a new one made, and then bound; where there is none to choose, a new one is made. */
function ChooseOrCreate({ choose, create, none = false }: { choose: ReactNode; create: ReactNode; none?: boolean }) {
  const t = useText();
  return (
    <Tabs key={String(none)} defaultValue={none ? 'create' : 'choose'} keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="choose" disabled={none}>
          {t('cure.choose')}
        </Tabs.Tab>
        <Tabs.Tab value="create">{t('cure.create')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="choose">{choose}</Tabs.Panel>
      <Tabs.Panel value="create">{create}</Tabs.Panel>
    </Tabs>
  );
}

function Buttons({ label, disabled, busy, onClose }: { label: string; disabled: boolean; busy: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t('common.cancel')}
      </Button>
      <Button type="submit" disabled={disabled} loading={busy}>
        {label}
      </Button>
    </Group>
  );
}

function Chooser({ label, hint, choices, preferred, bind, onClose, onDone }: { label: string; hint: string; choices: { value: string; label: string }[]; preferred?: string; bind: (value: string) => Promise<unknown>; onClose: () => void; onDone: () => void }) {
  const t = useText();
  const [chosen, setChosen] = useState<string | null>(null);
  const value = chosen ?? preferred ?? null;
  const save = useMutation({ mutationFn: () => bind(value ?? ''), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value) save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {save.isError && <ErrorMessage error={save.error} />}
        <Select label={label} description={hint} data={choices} value={value} onChange={setChosen} searchable nothingFoundMessage={t('table.nothingFound')} data-autofocus />
        <Buttons label={t('cure.bind')} disabled={!value} busy={save.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}

/** Creates the record, then binds it; when the binding is refused the record stands, and is offered among the others. */
function Creator({ path, fields, initial, bind, onClose, onDone }: { path: string; fields: Field[]; initial: Draft; bind: (code: string) => Promise<unknown>; onClose: () => void; onDone: () => void }) {
  const t = useText();
  const save = useMutation({ mutationFn: bind, onSuccess: onDone });
  return (
    <Stack>
      {save.isError && <ErrorMessage error={save.error} />}
      <NewRecordForm<Row> path={path} fields={fields} initial={initial} submit={t('cure.createAndBind')} onCreated={(created) => save.mutate(String(created.code))} onCancel={onClose} />
    </Stack>
  );
}

function TaxCure({ action, onClose, onDone }: CureProps<'map_tax'>) {
  const t = useText();
  // Only a code of that rate can stand for it: there may be several, or none yet.
  const choices = useChoices('taxes').filter((one) => one.row.rate_bp === action.rate_bp);
  const rate = t.format.rate(action.rate_bp);
  const bind = (tax: string) => mapTax(action, tax);
  const initial = { code: taxCodeOf(action.rate_bp), label: t('cure.taxLabel', { rate }), rate_bp: t.format.plain(action.rate_bp, 2) };
  return (
    <ChooseOrCreate
      none={choices.length === 0}
      choose={<Chooser label={t('cure.taxCode', { rate })} hint={t('cure.taxHint')} choices={choices.map(({ value, label }) => ({ value, label }))} preferred={choices.length === 1 ? choices[0]?.value : undefined} bind={bind} onClose={onClose} onDone={onDone} />}
      create={<Creator path="taxes" fields={TAX_FIELDS} initial={initial} bind={bind} onClose={onClose} onDone={onDone} />}
    />
  );
}

function MeansCure({ action, onClose, onDone }: CureProps<'map_means'>) {
  const t = useText();
  const choices = useChoices('means');
  const bind = (means: string) => mapMeans(action, means);
  const said = 'label' in action && typeof action.label === 'string' ? action.label : '';
  return (
    <ChooseOrCreate
      choose={<Chooser label={t('cure.means', { type: action.till_type })} hint={t('cure.meansHint')} choices={choices.map(({ value, label }) => ({ value, label }))} bind={bind} onClose={onClose} onDone={onDone} />}
      create={<Creator path="means" fields={MEANS_FIELDS} initial={{ code: action.till_type, label: said || action.till_type }} bind={bind} onClose={onClose} onDone={onDone} />}
    />
  );
}

function ArticleCure({ action, onClose, onDone }: CureProps<'create_article'>) {
  const t = useText();
  const fields = useArticleFields();
  return <NewRecordForm<Row> path="articles" fields={fields} initial={{ code: action.code, label: action.label }} submit={t('record.create')} onCreated={onDone} onCancel={onClose} />;
}

function ReferenceCure({ action, onClose, onDone }: CureProps<'set_reference'>) {
  const t = useText();
  const fields = useArticleFields();
  const [code, setCode] = useState('');
  const bind = (chosen: string) => setReference(action, chosen);
  const save = useMutation({ mutationFn: () => bind(code.trim()), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim()) save.mutate();
  };
  return (
    <ChooseOrCreate
      choose={
        <form onSubmit={submit}>
          <Stack>
            {save.isError && <ErrorMessage error={save.error} />}
            <ArticleSearch label={t('cure.reference', { name: action.name || action.till_article })} description={t('cure.referenceHint')} value={code} onChange={setCode} focused />
            <Buttons label={t('cure.bind')} disabled={!code.trim()} busy={save.isPending} onClose={onClose} />
          </Stack>
        </form>
      }
      create={<Creator path="articles" fields={fields} initial={{ label: action.name ?? '' }} bind={bind} onClose={onClose} onDone={onDone} />}
    />
  );
}

function AcceptCure({ sale, onClose, onDone }: { sale: number; onClose: () => void; onDone: () => void }) {
  const t = useText();
  const accept = useMutation({ mutationFn: () => acceptSale(sale), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {accept.isError && <ErrorMessage error={accept.error} />}
        <Text size="sm">{t('cure.acceptHint')}</Text>
        <Buttons label={t('cureAction.accept')} disabled={false} busy={accept.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}
