// « Nouveau »: a button, and the fields of a record that does not exist yet. Sent twice by accident it is created once.
import { Button, Group, Modal, SimpleGrid, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';
import { ApiError, newIdempotencyKey, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';
import { fieldFault, valueOf, type Draft, type Field } from './draft';
import { FieldInput } from './FieldInput';
import { useForget } from './useEdit';

const TWO_COLUMNS_FROM = 4;

interface FormProps<T> {
  path: string;
  fields: Field[];
  initial?: Draft;
  submit: string;
  onCreated: (created: T) => void;
  onCancel: () => void;
}

/** The fields alone, for a dialog that says more. */
export function NewRecordForm<T>({ path, fields, initial, submit, onCreated, onCancel }: FormProps<T>) {
  const t = useText();
  const forget = useForget();
  const [draft, setDraft] = useState<Draft>(() => ({ ...Object.fromEntries(fields.map((field) => [field.name, field.initial ?? ''])), ...initial }));
  const [tried, setTried] = useState(false);
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () => {
      const body = Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, draft[field.name] ?? '')]).filter(([, value]) => value !== null && value !== undefined));
      return write<T>('POST', path, body, { idempotencyKey: key.current });
    },
    onSuccess: (created) => {
      forget();
      onCreated(created);
    },
    // Another try with other values is another request.
    onError: () => (key.current = newIdempotencyKey()),
  });
  const faultOf = (field: Field) => {
    const own = fieldFault(field, draft[field.name] ?? '');
    if (own && (tried || own === 'record.notANumber')) return t(own);
    return create.error instanceof ApiError ? create.error.at(`/${field.name}`) : undefined;
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setTried(true);
    if (!fields.some((field) => fieldFault(field, draft[field.name] ?? ''))) create.mutate();
  };
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        {create.isError && <ErrorMessage error={create.error} />}
        <SimpleGrid cols={{ base: 1, sm: fields.length > TWO_COLUMNS_FROM ? 2 : 1 }} spacing="md">
          {fields.map((field, place) => (
            <FieldInput key={field.name} field={field} typed={draft[field.name] ?? ''} onType={(typed) => setDraft({ ...draft, [field.name]: typed })} error={faultOf(field)} focused={place === 0} />
          ))}
        </SimpleGrid>
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface Props<T> {
  label: string;
  path: string;
  fields: Field[];
  onCreated?: (created: T) => void;
}

export function NewRecordButton<T>({ label, path, fields, onCreated }: Props<T>) {
  const t = useText();
  const mayWrite = useMayWrite();
  const [opened, { open, close }] = useDisclosure(false);
  if (!mayWrite) return null;
  return (
    <>
      <Button onClick={open}>{label}</Button>
      <Modal opened={opened} onClose={close} title={label} size={fields.length > TWO_COLUMNS_FROM ? 'lg' : 'md'} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <NewRecordForm<T>
          path={path}
          fields={fields}
          submit={t('record.create')}
          onCancel={close}
          onCreated={(created) => {
            close();
            onCreated?.(created);
          }}
        />
      </Modal>
    </>
  );
}
