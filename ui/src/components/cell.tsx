// A value of a list as it is read: by the type that the server gives its column.
import type { Cell, ColumnType, ListColumn } from '@/api/types';
import type { Text } from '@/i18n/text';

const NUMBERS: ColumnType[] = ['int', 'cents', 'milli', 'e4', 'rate'];
export const isNumber = (type: ColumnType) => NUMBERS.includes(type);

export function formatCell(t: Text, column: Pick<ListColumn, 'type' | 'choices'>, value: Cell): string {
  if (value === null || value === undefined || value === '') return '';
  const { format } = t;
  switch (column.type) {
    case 'int':
      return typeof value === 'number' ? format.int(value) : String(value);
    case 'cents':
    case 'milli':
    case 'e4':
    case 'rate':
      return typeof value === 'number' ? format[column.type](value) : String(value);
    case 'day':
      return format.day(String(value));
    case 'instant':
      return format.instant(String(value));
    case 'bool':
      return value ? t('common.yes') : t('common.no');
    case 'word':
      return column.choices?.find((choice) => choice.value === value)?.label ?? t.word('word', value);
    case 'json':
      return typeof value === 'string' ? value : JSON.stringify(value);
    default:
      return String(value);
  }
}
