// Options › Numérotation: how the numbers of validated documents look and go on.
import { NumberInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMayAdminister } from '@/api/session';
import type { Numbering as Sequence } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { SaveBar } from '@/components/SaveBar';
import { useRecord } from '@/components/useRecord';
import { WideTable } from '@/components/WideTable';
import { useText } from '@/i18n/text';

type Answer = { items: Sequence[] };
const exampleOf = (one: Sequence) => one.prefix + String(one.next_number).padStart(one.digits, '0');

function Form({ sequences, save, startAfresh }: { sequences: Sequence[]; save: ReturnType<typeof useRecord<Answer>>['save']; startAfresh: () => void }) {
  const t = useText();
  const may = useMayAdminister();
  const [draft, setDraft] = useState(sequences);
  const change = (kind: string, changes: Partial<Sequence>) => setDraft((before) => before.map((one) => (one.kind === kind ? { ...one, ...changes } : one)));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ items: draft.filter((one) => JSON.stringify(one) !== JSON.stringify(sequences.find((other) => other.kind === one.kind))) });
      }}
    >
      <Stack maw={860}>
        <WideTable label={t('menu.numbering')} minWidth={560}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('numbering.kind')}</Table.Th>
                <Table.Th scope="col">{t('numbering.prefix')}</Table.Th>
                <Table.Th scope="col">{t('numbering.digits')}</Table.Th>
                <Table.Th scope="col">{t('numbering.next')}</Table.Th>
                <Table.Th scope="col">{t('numbering.example')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {draft.map((one) => {
                const kind = t.word('word', one.kind);
                return (
                  <Table.Tr key={one.kind}>
                    <Table.Th scope="row" fw={600}>
                      {kind}
                    </Table.Th>
                    <Table.Td>
                      <TextInput aria-label={t('numbering.prefixOf', { kind })} value={one.prefix} onChange={(event) => change(one.kind, { prefix: event.currentTarget.value })} maxLength={20} readOnly={!may} />
                    </Table.Td>
                    <Table.Td>
                      <NumberInput aria-label={t('numbering.digitsOf', { kind })} value={one.digits} onChange={(value) => change(one.kind, { digits: Number(value) })} min={1} max={12} allowDecimal={false} w={90} readOnly={!may} />
                    </Table.Td>
                    <Table.Td>
                      <NumberInput aria-label={t('numbering.nextOf', { kind })} value={one.next_number} onChange={(value) => change(one.kind, { next_number: Number(value) })} min={1} allowDecimal={false} w={140} readOnly={!may} />
                    </Table.Td>
                    <Table.Td>
                      <Text span ff="monospace">
                        {exampleOf(one)}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </WideTable>
        {may && <SaveBar save={save} onReload={startAfresh} />}
      </Stack>
    </form>
  );
}

export default function Numbering() {
  const t = useText();
  const { record, save, version, startAfresh } = useRecord<Answer>('numbering');
  return (
    <>
      <PageTitle title={t('menu.numbering')} />
      <Text mb="md">{t('numbering.intro')}</Text>
      {record.isError ? <ErrorMessage error={record.error} onRetry={() => void record.refetch()} /> : record.isPending ? <Loading /> : <Form key={version} sequences={record.data.value.items} save={save} startAfresh={startAfresh} />}
    </>
  );
}
