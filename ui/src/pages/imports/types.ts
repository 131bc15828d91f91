// The import grid as the API answers it.
import type { AnomalyAction, AnomalyGroup, Day, Problem, Row } from '@/api/types';

export type EditType = 'text' | 'date' | 'cents' | 'milli' | 'e4' | 'rate';
export interface EditableField {
  field: string;
  type: EditType;
  value: string | null;
}
export interface SaleAnomaly {
  code: string;
  /** A line from 1, a payment from -1 downwards, 0 for the whole. */
  line: number;
  cause: string;
  cure: string;
  amount_cents: number;
  action: AnomalyAction | null;
}
export interface GridSale extends Row {
  id: number;
  sale: string;
  number: string | null;
  kind: 'sale' | 'refund';
  date: Day | null;
  customer: string | null;
  refund_of: string | null;
  total_cents: number;
  link: string | null;
  revision: number;
  blocked: boolean;
  edited: boolean;
  lines: { line: number; till_article: string | null; reference: string | null; label: string | null; options: string | null }[];
  payments: { till_payment: string | null; type: string; label: string | null; amount_cents: number }[];
  tax: { rate_bp: number; tax_cents: number }[];
  anomalies: SaleAnomaly[];
  editable: EditableField[];
}
export type Group = AnomalyGroup & { link?: string | null };

export interface FileReport {
  separator: string;
  encoding: string;
  byte_order_mark: boolean;
  line_end: string;
  lines: number;
  sales: number;
  staged: number;
  already: number;
  rows: string[][];
  /** Of a preview: why the file would be refused. */
  problem?: Problem | null;
}
export type FileFormat = 'liaison' | 'dailybiz';
