// A record in its fields: read by everybody, changed by who may; only what was changed is sent.
import { Alert, Button, Group, SimpleGrid, Stack } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { ApiError } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Row } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';
import { changesOf, conflictsOf, fieldFault, typedOf, type Draft, type Field } from './draft';
import { FieldInput } from './FieldInput';
import { StaleChoice } from './StaleChoice';
import type { useEdit } from './useEdit';

interface Props<R extends Row> {
  fields: Field[];
  edit: ReturnType<typeof useEdit<R>>;
  label: string;
}

export const bodyOfFields = (t: Parameters<typeof changesOf>[0], fields: Field[]) => (record: Row, draft: Draft) => changesOf(t, fields, record, draft);

export function RecordForm<R extends Row>({ fields, edit, label }: Props<R>) {
  const t = useText();
  const mayWrite = useMayWrite();
  const [saved, setSaved] = useState(false);
  const { record, draft, save, stale } = edit;
  const value = record.data?.value;
  const dirty = value ? Object.keys(changesOf(t, fields, value, draft)).length > 0 || fields.some((field) => fieldFault(field, draft[field.name] ?? ' ') === 'record.notANumber') : false;
  useEffect(() => {
    if (dirty) setSaved(false);
  }, [dirty]);
  if (!value) return null;
  const typed = (field: Field) => draft[field.name] ?? typedOf(t, field.type, value[field.name]);
  const theirs = (name: string) => typedOf(t, fields.find((field) => field.name === name)?.type ?? 'text', value[name]);
  const fault = (field: Field) => {
    const own = field.name in draft ? fieldFault(field, typed(field)) : null;
    return own ? t(own) : save.error instanceof ApiError ? save.error.at(`/${field.name}`) : undefined;
  };
  const faulty = fields.some((field) => field.name in draft && fieldFault(field, typed(field)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (dirty && !faulty) save.mutate(undefined, { onSuccess: () => setSaved(true) });
  };
  const choose = (names: string[]) => {
    edit.drop([...names, ...Object.keys(draft).filter((name) => draft[name] === theirs(name))]);
  };
  return (
    <form onSubmit={submit} aria-label={label} noValidate>
      <Stack>
        {saved && !dirty && (
          <Alert color="green" role="status">
            {t('common.saved')}
          </Alert>
        )}
        {stale ? (
          <StaleChoice conflicts={conflictsOf(draft, theirs)} labelOf={(name) => t(fields.find((field) => field.name === name)?.label ?? 'record.field')} onChoose={choose} />
        ) : (
          save.isError && <ErrorMessage error={save.error} />
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" maw={880}>
          {fields.map((field) => (
            <FieldInput key={field.name} field={field} typed={typed(field)} onType={(text) => edit.set(field.name, text)} error={fault(field)} disabled={!mayWrite || field.fixed} />
          ))}
        </SimpleGrid>
        {mayWrite && (
          <Group>
            <Button type="submit" disabled={!dirty || faulty || stale} loading={save.isPending}>
              {t('common.save')}
            </Button>
            {dirty && (
              <Button variant="default" onClick={() => edit.drop()}>
                {t('common.cancel')}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </form>
  );
}
