// A few runs at a glance, each a link to what became of every record.
import { Anchor, Table } from '@mantine/core';
import { Link } from 'react-router-dom';
import type { Run } from '@/api/types';
import { useText } from '@/i18n/text';
import { CountsSummary } from './CountsSummary';
import { RunBadge } from './StateBadge';
import { WideTable } from './WideTable';

export const runId = (run: Run) => run.run ?? run.id ?? 0;

export function RunTable({ runs, withLink = true }: { runs: Run[]; withLink?: boolean }) {
  const t = useText();
  return (
    <WideTable label={t('home.lastRuns')} minWidth={480}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('run.started')}</Table.Th>
            {withLink && <Table.Th scope="col">{t('run.link')}</Table.Th>}
            <Table.Th scope="col">{t('run.state')}</Table.Th>
            <Table.Th scope="col">{t('run.counts')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={runId(run)}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <Anchor component={Link} to={`/traitements/executions/${runId(run)}`} size="sm">
                  {t.format.instant(run.started ?? '')}
                </Anchor>
              </Table.Td>
              {withLink && <Table.Td>{run.link}</Table.Td>}
              <Table.Td>
                <RunBadge state={run.state} />
              </Table.Td>
              <Table.Td>
                <CountsSummary counts={run.counts} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}
