// Somebody else saved the record first: both versions side by side, and a choice for each field.
import { Alert, Button, Group, Radio, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '@/i18n/text';
import type { Conflict } from './draft';

interface Props {
  conflicts: Conflict[];
  labelOf: (name: string) => string;
  /** The fields where the record as it is now is taken; the others keep what was typed. */
  onChoose: (theirs: string[]) => void;
}

export function StaleChoice({ conflicts, labelOf, onChoose }: Props) {
  const t = useText();
  const [theirs, setTheirs] = useState<string[]>([]);
  if (conflicts.length === 0)
    return (
      <Alert color="orange" title={t('stale.title')} role="alert">
        <Stack gap="xs" align="flex-start">
          <Text size="sm">{t('stale.same')}</Text>
          <Button size="xs" variant="default" onClick={() => onChoose([])}>
            {t('common.close')}
          </Button>
        </Stack>
      </Alert>
    );
  return (
    <Alert color="orange" title={t('stale.title')} role="alert">
      <Stack gap="sm">
        <Text size="sm">{t('stale.choose')}</Text>
        <Table withTableBorder>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('stale.field')}</Table.Th>
              <Table.Th scope="col">{t('stale.mine')}</Table.Th>
              <Table.Th scope="col">{t('stale.theirs')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {conflicts.map(({ name, mine, theirs: other }) => (
              <Table.Tr key={name} role="radiogroup" aria-label={labelOf(name)}>
                <Table.Th scope="row" fw={400}>
                  {labelOf(name)}
                </Table.Th>
                <Table.Td>
                  <Radio name={`stale-${name}`} label={mine || '–'} checked={!theirs.includes(name)} onChange={() => setTheirs(theirs.filter((one) => one !== name))} />
                </Table.Td>
                <Table.Td>
                  <Radio name={`stale-${name}`} label={other || '–'} checked={theirs.includes(name)} onChange={() => setTheirs([...theirs, name])} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Group gap="xs">
          <Button size="xs" onClick={() => onChoose(theirs)}>
            {t('stale.apply')}
          </Button>
          <Button size="xs" variant="default" onClick={() => onChoose(conflicts.map((one) => one.name))}>
            {t('stale.allTheirs')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
