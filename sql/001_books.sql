-- The back office: what a company is, sells, invoices and is paid. Every key begins with the company.
-- Truth values are 0 or 1; days are days since 1970-01-01; instants are microseconds UTC; amounts are cents.
-- A check of three words and more is written with OR, in all migrations: for a longer IN, SQLite fills a small table anew for each row that is written.

CREATE TABLE id_counter (
    company_id @int@ NOT NULL,
    name       @text@ NOT NULL,
    next_id    @int@ NOT NULL,
    PRIMARY KEY (company_id, name)
) @table@;

CREATE TABLE company (
    company_id     @int@ NOT NULL,
    name           @text@ NOT NULL UNIQUE,
    siren          @text@,
    timezone       @text@ NOT NULL,
    cutoff_minutes @int@ NOT NULL DEFAULT 0 CHECK (cutoff_minutes BETWEEN 0 AND 1439),
    closed_until   @int@,                       -- no document may be dated on or before this day
    created_utc    @int@ NOT NULL,
    PRIMARY KEY (company_id)
) @table@;

CREATE TABLE app_user (
    company_id    @int@ NOT NULL REFERENCES company,
    name          @text@ NOT NULL,
    role          @text@ NOT NULL CHECK (role = 'admin' OR role = 'accountant' OR role = 'viewer'),
    password_hash @text@ NOT NULL,
    created_utc   @int@ NOT NULL,
    PRIMARY KEY (company_id, name)
) @table@;

-- Number sequences (compteurs): gapless, taken in blocks inside the transaction that validates.
CREATE TABLE number_sequence (
    company_id  @int@ NOT NULL REFERENCES company,
    kind        @text@ NOT NULL CHECK (kind = 'invoice' OR kind = 'order' OR kind = 'credit_note'),
    prefix      @text@ NOT NULL,
    digits      @int@ NOT NULL CHECK (digits BETWEEN 1 AND 12),
    next_number @int@ NOT NULL CHECK (next_number > 0),
    PRIMARY KEY (company_id, kind)
) @table@;

CREATE TABLE family (
    company_id @int@ NOT NULL REFERENCES company,
    family_id  @int@ NOT NULL,
    name       @text@ NOT NULL,
    PRIMARY KEY (company_id, family_id),
    UNIQUE (company_id, name)
) @table@;

CREATE TABLE tax (
    company_id @int@ NOT NULL REFERENCES company,
    tax_id     @int@ NOT NULL,
    code       @text@ NOT NULL,
    label      @text@ NOT NULL,
    rate_bp    @int@ NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    PRIMARY KEY (company_id, tax_id),
    UNIQUE (company_id, code)
) @table@;

CREATE TABLE means (
    company_id @int@ NOT NULL REFERENCES company,
    means_id   @int@ NOT NULL,
    code       @text@ NOT NULL,
    label      @text@ NOT NULL,
    PRIMARY KEY (company_id, means_id),
    UNIQUE (company_id, code)
) @table@;

CREATE TABLE customer (
    company_id   @int@ NOT NULL REFERENCES company,
    customer_id  @int@ NOT NULL,
    code         @text@ NOT NULL,
    is_counter   @int@ NOT NULL DEFAULT 0,      -- the one customer of anonymous sales
    company_name @text@,
    last_name    @text@,
    first_name   @text@,
    email        @text@,
    phone        @text@,
    address      @text@,
    postcode     @text@,
    town         @text@,
    country      @text@,
    vat_number   @text@,
    PRIMARY KEY (company_id, customer_id),
    UNIQUE (company_id, code)
) @table@;

CREATE TABLE article (
    company_id    @int@ NOT NULL REFERENCES company,
    article_id    @int@ NOT NULL,
    code          @text@ NOT NULL CHECK (code <> ''),
    label         @text@ NOT NULL,
    family_id     @int@,
    tax_id        @int@ NOT NULL,
    price_e4      @int@,                        -- tax included, 1/10 000 euro; NULL = free price
    net_price_e4  @int@,                        -- tax excluded
    buy_price_e4  @int@,
    barcode       @text@,
    unit          @text@ NOT NULL DEFAULT '',
    weight_milli  @int@,
    stock_managed @int@ NOT NULL DEFAULT 0 CHECK (stock_managed IN (0, 1)),
    archived      @int@ NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
    updated_utc   @int@ NOT NULL,
    PRIMARY KEY (company_id, article_id),
    UNIQUE (company_id, code),
    FOREIGN KEY (company_id, family_id) REFERENCES family,
    FOREIGN KEY (company_id, tax_id) REFERENCES tax
) @table@;

CREATE TABLE document (
    company_id    @int@ NOT NULL REFERENCES company,
    document_id   @int@ NOT NULL,
    kind          @text@ NOT NULL CHECK (kind = 'invoice' OR kind = 'order' OR kind = 'credit_note'),
    state         @text@ NOT NULL CHECK (state = 'draft' OR state = 'validated' OR state = 'posted'),
    number        @text@,                       -- NULL: a draft that will be numbered when it is validated
    day           @int@ NOT NULL,
    at_utc        @int@ NOT NULL,
    customer_id   @int@ NOT NULL,
    salesperson   @text@,
    total_cents   @int@ NOT NULL,               -- tax included; negative on a credit note
    tax_cents     @int@ NOT NULL,
    tip_cents     @int@ NOT NULL DEFAULT 0,     -- paid above the total, kept for the staff; never revenue
    link_id       @int@ NOT NULL DEFAULT 0,     -- 0: by hand or from a file
    till_sale_id  @text@,
    till_number   @text@,
    revision      @int@ NOT NULL DEFAULT 0,     -- above 0: corrects an earlier document of the same sale
    origin_id     @int@,                        -- the invoice that a credit note is tied to
    block         @text@,                       -- JSON {"code":…,"args":[…]}: why a draft is not validated
    run_id        @int@ NOT NULL DEFAULT 0,
    validated_utc @int@,
    PRIMARY KEY (company_id, document_id),
    UNIQUE (company_id, kind, number),
    UNIQUE (company_id, link_id, till_sale_id, revision),
    FOREIGN KEY (company_id, customer_id) REFERENCES customer,
    CHECK (state = 'draft' OR number IS NOT NULL)
) @table@;
CREATE INDEX document_by_day ON document (company_id, day, document_id);
CREATE INDEX document_draft ON document (company_id, link_id, document_id) WHERE state = 'draft';

CREATE TABLE document_line (
    company_id     @int@ NOT NULL,
    document_id    @int@ NOT NULL,
    line_no        @int@ NOT NULL,
    article_id     @int@,                       -- NULL: a free-amount line
    code           @text@ NOT NULL,
    label          @text@ NOT NULL,
    quantity_milli @int@ NOT NULL,
    unit           @text@ NOT NULL,
    unit_price_e4  @int@ NOT NULL,              -- tax included, before discount
    discount_cents @int@ NOT NULL,
    total_cents    @int@ NOT NULL,              -- tax included, after discount
    net_cents      @int@ NOT NULL,
    tax_cents      @int@ NOT NULL,
    tax_id         @int@ NOT NULL,
    rate_bp        @int@ NOT NULL,
    PRIMARY KEY (company_id, document_id, line_no),
    FOREIGN KEY (company_id, document_id) REFERENCES document,
    CHECK (net_cents + tax_cents = total_cents)
) @table@;

CREATE TABLE document_tax (
    company_id  @int@ NOT NULL,
    document_id @int@ NOT NULL,
    tax_id      @int@ NOT NULL,
    rate_bp     @int@ NOT NULL,
    total_cents @int@ NOT NULL,
    net_cents   @int@ NOT NULL,
    tax_cents   @int@ NOT NULL,
    PRIMARY KEY (company_id, document_id, tax_id),
    FOREIGN KEY (company_id, document_id) REFERENCES document,
    CHECK (net_cents + tax_cents = total_cents)
) @table@;

CREATE TABLE due_line (
    company_id   @int@ NOT NULL,
    document_id  @int@ NOT NULL,
    due_no       @int@ NOT NULL,
    day          @int@ NOT NULL,
    amount_cents @int@ NOT NULL,
    PRIMARY KEY (company_id, document_id, due_no),
    FOREIGN KEY (company_id, document_id) REFERENCES document
) @table@;

CREATE TABLE payment (
    company_id      @int@ NOT NULL REFERENCES company,
    payment_id      @int@ NOT NULL,
    document_id     @int@ NOT NULL,             -- the document it came with; a deposit when that is an order
    customer_id     @int@ NOT NULL,
    day             @int@ NOT NULL,
    at_utc          @int@ NOT NULL,
    means_id        @int@ NOT NULL,
    amount_cents    @int@ NOT NULL,             -- change deducted; negative when money went back
    link_id         @int@ NOT NULL,
    till_payment_id @text@ NOT NULL,            -- the first of the till's payments that it sums
    PRIMARY KEY (company_id, payment_id),
    UNIQUE (company_id, link_id, till_payment_id),
    FOREIGN KEY (company_id, document_id) REFERENCES document,
    FOREIGN KEY (company_id, means_id) REFERENCES means
) @table@;
CREATE INDEX payment_by_document ON payment (company_id, document_id);

-- Reconciliation: a part of a payment on a due line.
CREATE TABLE allocation (
    company_id   @int@ NOT NULL,
    document_id  @int@ NOT NULL,
    due_no       @int@ NOT NULL,
    payment_id   @int@ NOT NULL,
    amount_cents @int@ NOT NULL CHECK (amount_cents <> 0),
    PRIMARY KEY (company_id, document_id, due_no, payment_id),
    FOREIGN KEY (company_id, document_id, due_no) REFERENCES due_line,
    FOREIGN KEY (company_id, payment_id) REFERENCES payment
) @table@;

CREATE TABLE stock_level (
    company_id     @int@ NOT NULL,
    article_id     @int@ NOT NULL,
    quantity_milli @int@ NOT NULL,
    PRIMARY KEY (company_id, article_id),
    FOREIGN KEY (company_id, article_id) REFERENCES article
) @table@;

-- A move is keyed by its document line, or by its count, so that it can never be made twice.
CREATE TABLE stock_move (
    company_id     @int@ NOT NULL,
    source         @text@ NOT NULL CHECK (source IN ('document', 'count')),
    source_id      @int@ NOT NULL,
    line_no        @int@ NOT NULL,
    article_id     @int@ NOT NULL,
    quantity_milli @int@ NOT NULL,
    at_utc         @int@ NOT NULL,
    PRIMARY KEY (company_id, source, source_id, line_no),
    FOREIGN KEY (company_id, article_id) REFERENCES article
) @table@;

-- The append-only chain: till records as received, and the hash of each document when it is validated.
CREATE TABLE journal (
    company_id  @int@ NOT NULL REFERENCES company,
    seq         @int@ NOT NULL,
    kind        @text@ NOT NULL CHECK (kind IN ('sale', 'document')),
    link_id     @int@ NOT NULL,
    subject     @text@ NOT NULL,                -- the till's sale id, or the document id
    at_utc      @int@ NOT NULL,
    run_id      @int@ NOT NULL,
    body        @blob@,                         -- the bytes as received; NULL for documents, whose rows are the body
    sha256      @blob@ NOT NULL,
    chain       @blob@ NOT NULL,                -- SHA-256 over the chain before, seq, kind, subject and sha256
    PRIMARY KEY (company_id, seq)
) @table@;

CREATE TABLE journal_head (
    company_id @int@ NOT NULL REFERENCES company,
    seq        @int@ NOT NULL,
    chain      @blob@ NOT NULL,
    PRIMARY KEY (company_id)
) @table@;
