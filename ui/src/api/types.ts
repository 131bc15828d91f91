// What the API answers (api/openapi.yaml). Amounts are integers: cents, thousandths, ten-thousandths, hundredths of a percent.
export type Role = 'viewer' | 'accountant' | 'admin';
export type Day = string; // "2026-01-30"
export type Instant = string; // ISO 8601, UTC

export interface Session {
  user: string;
  role: Role;
  csrf: string;
  company: string;
  language?: string;
  timezone: string;
  version?: string;
}

export interface Page<T> {
  items: T[];
  total: number;
  next: string | null;
}

// ---- lists ----
export type ColumnType = 'text' | 'word' | 'int' | 'cents' | 'milli' | 'e4' | 'rate' | 'day' | 'instant' | 'bool' | 'json';
export interface ListColumn {
  name: string;
  heading: string;
  type: ColumnType;
  sortable: boolean;
  filter: 'text' | 'choice' | 'range' | 'bool' | 'none';
  choices?: { value: string; label: string }[] | null;
}
export interface ListMeta {
  name: string;
  path: string;
  /** The order that the server takes when none is asked for. */
  sort?: string;
  columns: ListColumn[];
}
export type Cell = string | number | boolean | null | undefined | object;
export type Row = Record<string, Cell>;

// ---- links, runs, jobs ----
export type Flow = 'articles_in' | 'articles_out' | 'orders';

export interface ArticleFlowResult {
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  anomalies: number;
}
export interface OrderFlowResult {
  read: number;
  staged: number;
  already: number;
  changed: number;
  skipped: number;
  documents: number;
  validated: number;
  blocked: number;
  payments: number;
  reconciled: number;
  anomalies: number;
}
export interface SyncResult {
  run: number;
  dry_run: boolean;
  articles_in?: ArticleFlowResult;
  articles_out?: ArticleFlowResult;
  orders?: OrderFlowResult;
  ok: boolean;
}

export interface Run extends Row {
  id?: number;
  run?: number;
  link?: string;
  state?: string;
  started?: Instant;
  ended?: Instant | null;
  /** What ended it, in the reader's language; of a run that is asked for by itself. */
  error_text?: string | null;
}
export interface RunRecord {
  flow: string;
  id: string;
  outcome: string;
  detail: string | null;
  /** What the record is in the books now; null when they have nothing of it. */
  subject: { kind: 'article' | 'order' | 'invoice' | 'credit_note' | 'grid_sale' | 'ticket'; key: string; label: string } | null;
}

export interface Schedule {
  enabled: boolean;
  every_minutes?: number;
  from?: string;
  to?: string;
  at?: string[];
}
export interface LinkOptions {
  name: string;
  url: string;
  profile: string;
  since: Day | null;
  import_articles: boolean;
  export_articles: boolean;
  import_orders: boolean;
  document: 'invoice' | 'order';
  numbers: 'keep' | 'renumber';
  auto_validate: boolean;
  families: string[];
  code_pattern: string | null;
  changed_since: Day | null;
  only_in_stock: boolean;
  archived: 'any' | 'no' | 'only';
  unknown_article: 'create' | 'refuse';
  unknown_customer: 'create' | 'refuse' | 'drop';
  missing_reference: 'refuse' | 'barcode';
  negative_stock: 'allow' | 'refuse';
  overlap_minutes: number;
}
export interface Link extends LinkOptions {
  schedule: Schedule | null;
  next_run: Instant | null;
  last_run: Run | null;
  cursor: Instant | null;
}
export interface LinkTest {
  reachable: boolean;
  key_accepted: boolean;
  shop: string | null;
  company: string | null;
  articles: number | null;
  categories: number | null;
  profile: string;
  profile_confirmed: boolean;
  sale_number: string | null;
  sale_readable: boolean;
  sale_fault: string | null;
  problem: { code: string; detail: string } | null;
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export type JobKind = 'sync' | 'rehearsal' | 'grid_validation' | 'document_validation' | 'proof' | 'journal_verification';
export interface Problem {
  code: string;
  title?: string;
  detail: string;
  status?: number;
}
export interface Job<R = Record<string, unknown>> {
  id: number | string;
  kind: JobKind;
  link: string | null;
  state: JobState;
  user: string | null;
  started: Instant | null;
  ended: Instant | null;
  progress: { flow: string | null; stage: string | null; done: number; total: number | null } | null;
  run: number | null;
  result: R | null;
  problem: Problem | null;
}
export interface Change {
  flow: string;
  action: string;
  subject: string;
  field: string;
  old: string | null;
  new: string | null;
}

// ---- anomalies and their cures ----
export type AnomalyAction =
  | { kind: 'map_tax'; link: string; rate_bp: number }
  | { kind: 'map_means'; link: string; till_type: string }
  | { kind: 'create_article'; code: string; label: string }
  | { kind: 'set_reference'; link: string; till_article: string; declination: string; name: string }
  | { kind: 'accept'; sale: number }
  | { kind: 'edit'; sale: number };
export interface AnomalyGroup {
  code: string;
  subject: string;
  cause: string;
  cure: string;
  blocking: boolean;
  subjects: number;
  amount_cents: number | null;
  example: string | null;
  args: string[];
  action: AnomalyAction | null;
}

// ---- home ----
export interface Home {
  days: { day: Day; total_cents: number; tickets: number }[];
  means: { means: string; label: string; amount_cents: number }[];
  attention: {
    anomalies: AnomalyGroup[];
    blocked_documents: number;
    links_in_error: { link: string; run: number; error: string }[];
    days_not_green: { day: Day; state: DayState }[];
    days_unproven: number;
  };
  runs: Run[];
}

// ---- proof ----
export type DayState = 'green' | 'amber' | 'red' | 'unknown';
export interface ProofDaySummary {
  day: Day;
  state: DayState;
  checked: Instant | null;
  documents: number;
  total_cents: number;
}
export interface ProofGap {
  kind: 'tickets' | 'total' | 'tax' | 'means' | 'missing' | 'repeated';
  key: string | number | null;
  difference_cents: number | null;
  cause: string;
  href: string | null;
}
export interface ProofDay {
  day: Day;
  state: DayState;
  checked: Instant | null;
  tickets?: { till: number; documents: number };
  total_cents?: { till: number; documents: number };
  tax?: { rate_bp: number; till_cents: number; documents_cents: number }[];
  means?: { means: string; till_cents: number; payments_cents: number }[];
  missing_numbers?: string[];
  repeated_numbers?: string[];
  gaps?: ProofGap[];
}

// ---- options ----
export interface Company {
  name: string;
  siren: string | null;
  timezone: string;
  cutoff_minutes: number;
  closed_until: Day | null;
  legal_form: string | null;
  capital_cents: number | null;
  address: string | null;
  postcode: string | null;
  town: string | null;
  country: string | null;
  vat_number: string | null;
  rcs: string | null;
  phone: string | null;
  email: string | null;
  iban: string | null;
  payment_terms: string | null;
  penalty_text: string | null;
  operations: 'goods' | 'services' | 'both';
  vat_on_debits: boolean;
}
export interface Numbering {
  kind: string;
  prefix: string;
  digits: number;
  next_number: number;
}
export interface User {
  name: string;
  role: Role;
  created?: Instant;
  seen?: Instant | null;
}
export type Scope = 'read' | 'write' | 'feed';
export interface ApiToken {
  id: number;
  name: string;
  scope: Scope;
  created?: Instant;
  created_by?: string;
  expires: Day | Instant | null;
  used?: Instant | null;
  token?: string;
}
