// Documents and payments as the API answers them.
import type { Day, Instant, Row, Run } from '@/api/types';
import type { DocumentKind } from './kinds';

export interface Block {
  code: string;
  args?: unknown[];
}
export interface DueLine {
  due_no?: number;
  date: Day;
  amount_cents: number;
  allocated_cents: number;
}
export interface DocumentPayment {
  id?: number;
  date: Day;
  means: string;
  means_label: string;
  amount_cents: number;
  allocated_cents: number;
  till_payment: string | null;
}
export interface SalesDocument {
  number: string;
  kind: DocumentKind;
  state: 'draft' | 'validated' | 'posted';
  date: Day;
  sold: Instant | null;
  customer: string;
  customer_name?: string | null;
  salesperson: string | null;
  total_cents: number;
  tax_cents: number;
  tip_cents: number | null;
  link: string | null;
  till_sale: string | null;
  till_number: string | null;
  revision: number | null;
  origin: string | null;
  run: number | null;
  journal: number | null;
  validated: Instant | null;
  block: Block | null;
  lines: {
    line: number;
    code: string | null;
    label: string;
    quantity_milli: number;
    unit: string | null;
    unit_price_e4: number;
    discount_cents: number;
    total_cents: number;
    net_cents: number;
    tax_cents: number;
    rate_bp: number;
  }[];
  tax: { tax: string; rate_bp: number; net_cents: number; tax_cents: number; total_cents: number }[];
  due: DueLine[];
  payments: DocumentPayment[];
  moves: { code: string; quantity_milli: number }[];
  credit_notes: { number: string; kind: string; date: Day; total_cents: number }[];
}

export interface Why {
  ticket: { seq: number; received: Instant; sha256: string; body: unknown } | null;
  run: Run | null;
  link: Record<string, unknown> | null;
  mappings: Record<string, unknown>[];
  rules: { rule: string; text: string }[];
}

export interface Allocation {
  document: string;
  due_no: number;
  date?: Day;
  amount_cents: number;
  by_hand?: boolean;
}
export interface Payment extends Row {
  id: number;
  date: Day;
  means: string;
  means_label?: string;
  amount_cents: number;
  allocated_cents: number;
  document: string;
  till_payment: string | null;
  customer?: string;
  allocations: Allocation[];
}
