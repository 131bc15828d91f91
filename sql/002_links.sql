-- Links to tills, what is known of each of their sales, and the runs.

CREATE TABLE link (
    company_id       @int@ NOT NULL REFERENCES company,
    link_id          @int@ NOT NULL,
    name             @text@ NOT NULL,
    url              @text@ NOT NULL,
    sealed_key       @blob@ NOT NULL,
    profile          @text@ NOT NULL,            -- a built-in name, or the text of a profile file
    since            @int@,                      -- first instant whose sales count; NULL = all
    import_articles  @int@ NOT NULL,
    export_articles  @int@ NOT NULL,
    import_orders    @int@ NOT NULL,
    document         @text@ NOT NULL CHECK (document IN ('invoice', 'order')),
    numbers          @text@ NOT NULL CHECK (numbers IN ('keep', 'renumber')),
    auto_validate    @int@ NOT NULL,
    code_pattern     @text@,
    changed_since    @int@,                      -- filter: only articles changed at or after this instant
    stock_filter     @text@ NOT NULL DEFAULT 'any' CHECK (stock_filter IN ('any', 'in_stock')),
    archived_filter  @text@ NOT NULL DEFAULT 'any' CHECK (archived_filter = 'any' OR archived_filter = 'no' OR archived_filter = 'only'),
    unknown_article  @text@ NOT NULL CHECK (unknown_article IN ('create', 'refuse')),
    unknown_customer @text@ NOT NULL CHECK (unknown_customer = 'create' OR unknown_customer = 'refuse' OR unknown_customer = 'drop'),
    no_reference     @text@ NOT NULL DEFAULT 'refuse' CHECK (no_reference IN ('refuse', 'barcode')),
    negative_stock   @text@ NOT NULL CHECK (negative_stock IN ('allow', 'refuse')),
    overlap_minutes  @int@ NOT NULL,
    cursor_utc       @int@,                      -- all sales closed before it are stored; NULL = none read yet
    changed_cursor_utc @int@,                    -- the same for the reading by last change
    lease_owner      @text@,
    lease_until_utc  @int@,
    removed          @int@ NOT NULL DEFAULT 0,   -- kept, because documents name it; its key is wiped
    PRIMARY KEY (company_id, link_id),
    UNIQUE (company_id, name)
) @table@;

CREATE TABLE link_family (
    company_id @int@ NOT NULL,
    link_id    @int@ NOT NULL,
    family     @text@ NOT NULL,
    PRIMARY KEY (company_id, link_id, family),
    FOREIGN KEY (company_id, link_id) REFERENCES link
) @table@;

-- Mappings that a person decided. A key absent here falls back on equality (rate to VAT code, type to means' code).
CREATE TABLE tax_mapping (
    company_id @int@ NOT NULL,
    link_id    @int@ NOT NULL,
    rate_bp    @int@ NOT NULL,
    tax_id     @int@ NOT NULL,
    PRIMARY KEY (company_id, link_id, rate_bp)
) @table@;

CREATE TABLE means_mapping (
    company_id @int@ NOT NULL,
    link_id    @int@ NOT NULL,
    till_type  @text@ NOT NULL,
    means_id   @int@ NOT NULL,
    PRIMARY KEY (company_id, link_id, till_type)
) @table@;

CREATE TABLE till_customer (
    company_id       @int@ NOT NULL,
    link_id          @int@ NOT NULL,
    till_customer_id @text@ NOT NULL,
    customer_id      @int@ NOT NULL,
    PRIMARY KEY (company_id, link_id, till_customer_id)
) @table@;

-- Which till article (or declination of it) is which article, and what it looked like when it was last synchronised.
CREATE TABLE till_article (
    company_id      @int@ NOT NULL,
    link_id         @int@ NOT NULL,
    till_article_id @text@ NOT NULL,
    declination_id  @text@ NOT NULL DEFAULT '',
    article_id      @int@,                       -- NULL: bound by hand to a code that is not created yet
    bound_code      @text@,                      -- a reference given by hand; NULL: the till's own
    fingerprint     @blob@,                      -- of the till's content at the last import; NULL = import again
    PRIMARY KEY (company_id, link_id, till_article_id, declination_id)
) @table@;

-- One row per till sale ever seen: where it is now.
CREATE TABLE sale (
    company_id   @int@ NOT NULL,
    link_id      @int@ NOT NULL,
    till_sale_id @text@ NOT NULL,
    state        @text@ NOT NULL CHECK (state = 'received' OR state = 'staged' OR state = 'document' OR state = 'skipped'),
    reason       @text@,                         -- why it was skipped
    number       @text@,
    day          @int@,                          -- business day; NULL when it could not be read
    closed_utc   @int@,
    fingerprint  @blob@ NOT NULL,                -- SHA-256 of the canonical content
    journal_seq  @int@ NOT NULL,                 -- the journal record it was last read from
    previous_seq @int@,                          -- the one before it changed, until the change is dealt with
    document_id  @int@,
    run_id       @int@ NOT NULL,
    PRIMARY KEY (company_id, link_id, till_sale_id)
) @table@;
CREATE INDEX sale_received ON sale (company_id, link_id, till_sale_id) WHERE state = 'received';
CREATE INDEX sale_by_number ON sale (company_id, link_id, number);
CREATE INDEX sale_by_day ON sale (company_id, link_id, day);

CREATE TABLE run (
    company_id  @int@ NOT NULL REFERENCES company,
    run_id      @int@ NOT NULL,
    link_id     @int@ NOT NULL,
    state       @text@ NOT NULL CHECK (state = 'running' OR state = 'done' OR state = 'failed' OR state = 'interrupted'),
    started_utc @int@ NOT NULL,
    ended_utc   @int@,
    from_utc    @int@,                           -- the window of sales, half-open
    to_utc      @int@,
    counts      @text@ NOT NULL,                 -- the JSON object of `sync --json`
    error       @text@,                          -- JSON {"message":…,"args":[…]}
    requests    @int@ NOT NULL DEFAULT 0,
    retries     @int@ NOT NULL DEFAULT 0,
    PRIMARY KEY (company_id, run_id)
) @table@;
CREATE INDEX run_by_link ON run (company_id, link_id, run_id);

-- The outcome of every record of a run: a row per page, a line of text per record: `outcome id detail`.
CREATE TABLE run_page (
    company_id @int@ NOT NULL,
    run_id     @int@ NOT NULL,
    flow       @text@ NOT NULL CHECK (flow = 'articles_in' OR flow = 'articles_out' OR flow = 'orders'),
    page_no    @int@ NOT NULL,
    records    @int@ NOT NULL,
    outcomes   @text@ NOT NULL,
    PRIMARY KEY (company_id, run_id, flow, page_no),
    FOREIGN KEY (company_id, run_id) REFERENCES run
) @table@;
