// The few rows that belong to a record: a plain table, which scrolls sideways by itself on a narrow screen.
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Cell, ColumnType } from '@/api/types';
import { formatCell, isNumber } from '@/components/cell';
import { useText } from '@/i18n/text';

export interface SmallColumn<R> {
  key: string;
  heading: string;
  type?: ColumnType;
  /** Instead of the member of that name. */
  cell?: (row: R, place: number) => ReactNode;
}

interface Props<R> {
  caption: string;
  columns: SmallColumn<R>[];
  rows: R[];
  /** A last row, by column key. */
  total?: Record<string, ReactNode>;
}

export function SmallTable<R extends object>({ caption, columns, rows, total }: Props<R>) {
  const t = useText();
  const numeric = (column: SmallColumn<R>) => (column.type && isNumber(column.type) ? 'amount' : undefined);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div style={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label={caption}>
      <Table withTableBorder verticalSpacing={5} fz="sm">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.key} scope="col" className={numeric(column)}>
                {column.heading}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, place) => (
            <Table.Tr key={place}>
              {columns.map((column) => (
                <Table.Td key={column.key} className={numeric(column)}>
                  {column.cell ? column.cell(row, place) : formatCell(t, { type: column.type ?? 'text' }, (row as Record<string, Cell>)[column.key])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
        {total && (
          <Table.Tfoot>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Td key={column.key} className={numeric(column)} fw={650}>
                  {total[column.key]}
                </Table.Td>
              ))}
            </Table.Tr>
          </Table.Tfoot>
        )}
      </Table>
    </div>
  );
}
