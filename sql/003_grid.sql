-- The partner sales import grid: sales staged until they are documents, and what is wrong with them.

CREATE TABLE grid_sale (
    company_id       @int@ NOT NULL REFERENCES company,
    grid_sale_id     @int@ NOT NULL,
    link_id          @int@ NOT NULL,             -- 0: from a file or the API
    till_sale_id     @text@ NOT NULL,
    number           @text@ NOT NULL,            -- '' when the till gave none
    kind             @text@ NOT NULL CHECK (kind IN ('sale', 'refund')),
    day              @int@,                      -- NULL: the date could not be read
    closed_utc       @int@,
    refund_of        @text@,                     -- till sale id of the origin
    customer_key     @text@,                     -- the till's customer id; NULL = anonymous
    customer_code    @text@,
    company_name     @text@,
    last_name        @text@,
    first_name       @text@,
    email            @text@,
    phone            @text@,
    address          @text@,
    postcode         @text@,
    town             @text@,
    country          @text@,
    vat_number       @text@,
    salesperson      @text@,
    total_cents      @int@ NOT NULL,
    tip_cents        @int@ NOT NULL,
    revision         @int@ NOT NULL DEFAULT 0,   -- above 0: the sale changed after it became a document
    accepted         @int@ NOT NULL DEFAULT 0,   -- a person accepted the correction
    edited           @int@ NOT NULL DEFAULT 0,
    blocked          @int@ NOT NULL DEFAULT 0,   -- 1 = has a blocking anomaly
    PRIMARY KEY (company_id, grid_sale_id),
    UNIQUE (company_id, link_id, till_sale_id)
) @table@;
CREATE INDEX grid_sale_by_number ON grid_sale (company_id, number, link_id, kind);

CREATE TABLE grid_line (
    company_id      @int@ NOT NULL,
    grid_sale_id    @int@ NOT NULL,
    line_no         @int@ NOT NULL,
    till_article_id @text@,                      -- NULL and no reference: a free-amount line
    declination_id  @text@,
    reference       @text@,
    label           @text@ NOT NULL,
    category        @text@,
    quantity_milli  @int@ NOT NULL,
    unit            @text@ NOT NULL,
    unit_price_e4   @int@ NOT NULL,
    discount_cents  @int@ NOT NULL,
    total_cents     @int@ NOT NULL,
    rate_bp         @int@,                       -- NULL: the till named no rate
    options         @text@,                      -- what was chosen with it, as text
    PRIMARY KEY (company_id, grid_sale_id, line_no),
    FOREIGN KEY (company_id, grid_sale_id) REFERENCES grid_sale
) @table@;

-- VAT by rate as the till states it; absent when it states none.
CREATE TABLE grid_tax (
    company_id   @int@ NOT NULL,
    grid_sale_id @int@ NOT NULL,
    rate_bp      @int@ NOT NULL,
    tax_cents    @int@ NOT NULL,
    PRIMARY KEY (company_id, grid_sale_id, rate_bp),
    FOREIGN KEY (company_id, grid_sale_id) REFERENCES grid_sale
) @table@;

CREATE TABLE grid_payment (
    company_id      @int@ NOT NULL,
    grid_sale_id    @int@ NOT NULL,
    payment_no      @int@ NOT NULL,
    till_payment_id @text@ NOT NULL,
    till_type       @text@ NOT NULL,
    label           @text@ NOT NULL,
    amount_cents    @int@ NOT NULL,              -- change is a negative payment
    paid_utc        @int@,
    PRIMARY KEY (company_id, grid_sale_id, payment_no),
    FOREIGN KEY (company_id, grid_sale_id) REFERENCES grid_sale
) @table@;

-- What is wrong, with sales of the grid, with till articles, and with a link's numbers as a whole.
CREATE TABLE anomaly (
    company_id   @int@ NOT NULL REFERENCES company,
    link_id      @int@ NOT NULL,
    subject_kind @text@ NOT NULL CHECK (subject_kind = 'sale' OR subject_kind = 'article' OR subject_kind = 'number'),
    subject      @text@ NOT NULL,                -- till sale id, till article id[/declination], or ticket number
    line_no      @int@ NOT NULL,                 -- line or payment it is about; 0 = the whole
    code         @text@ NOT NULL,
    cause_key    @text@ NOT NULL,                -- what one correction cures: the rate, the reference, the type …
    args         @text@ NOT NULL,                -- JSON array of texts for the message
    amount_cents @int@ NOT NULL,
    PRIMARY KEY (company_id, link_id, subject_kind, subject, line_no, code)
) @table@;
CREATE INDEX anomaly_by_cause ON anomaly (company_id, code, cause_key);
