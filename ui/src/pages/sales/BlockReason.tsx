// Why a draft is not validated, in words, and what to do.
import { Alert, List, Text } from '@mantine/core';
import { Link } from 'react-router-dom';
import type { Cell } from '@/api/types';
import { useText, type Text as Words } from '@/i18n/text';
import { articleHref } from '../files/fields';
import type { Block } from './types';

interface Shortage {
  code: string;
  missing_milli: number;
}

export function blockOf(cell: Cell): Block | null {
  if (typeof cell !== 'object' || cell === null || !('code' in cell)) return null;
  return cell as Block;
}

const shortages = (block: Block) => (block.args ?? []).filter((one): one is Shortage => typeof one === 'object' && one !== null && 'missing_milli' in one);

/** In a line, for a list. */
export function blockText(t: Words, block: Block): string {
  if (block.code === 'stock') return t('block.stockShort', { articles: shortages(block).map((one) => one.code).join(', ') });
  if (block.code === 'closed') return t('block.closedShort', { day: t.format.day(String(block.args?.[0] ?? '')) });
  return t.word('block', block.code);
}

export function BlockReason({ block }: { block: Block }) {
  const t = useText();
  if (block.code === 'stock')
    return (
      <Alert color="orange" title={t('block.stock')}>
        <List size="sm" mb="xs">
          {shortages(block).map((one) => (
            <List.Item key={one.code}>
              <Link to={articleHref(one.code)}>{one.code}</Link> {t('block.missing', { quantity: t.format.milli(one.missing_milli) })}
            </List.Item>
          ))}
        </List>
        <Text size="sm">{t('block.stockCure')}</Text>
      </Alert>
    );
  if (block.code === 'closed')
    return (
      <Alert color="orange" title={t('block.closed', { day: t.format.day(String(block.args?.[0] ?? '')) })}>
        <Text size="sm">{t('block.closedCure')}</Text>
      </Alert>
    );
  return (
    <Alert color="orange" title={t('block.other')}>
      <Text size="sm">{t.word('block', block.code)}</Text>
    </Alert>
  );
}
