-- What the web back office keeps: who is logged in, tokens, schedules, answers that may be asked for again, what the last proof of a day said, and what an invoice must mention.

CREATE TABLE app_session (
    company_id  @int@ NOT NULL REFERENCES company,
    token_hash  @blob@ NOT NULL,                 -- SHA-256 of the cookie: the database alone opens no session
    user_name   @text@ NOT NULL,
    csrf        @text@ NOT NULL,
    created_utc @int@ NOT NULL,
    seen_utc    @int@ NOT NULL,
    PRIMARY KEY (company_id, token_hash),
    FOREIGN KEY (company_id, user_name) REFERENCES app_user ON DELETE CASCADE
) @table@;

CREATE TABLE api_token (
    company_id  @int@ NOT NULL REFERENCES company,
    token_id    @int@ NOT NULL,
    name        @text@ NOT NULL,
    scope       @text@ NOT NULL CHECK (scope = 'read' OR scope = 'write' OR scope = 'feed'),
    token_hash  @blob@ NOT NULL,                 -- SHA-256; the token itself is shown once and kept nowhere
    created_by  @text@ NOT NULL,
    created_utc @int@ NOT NULL,
    expires_utc @int@,                           -- NULL: never
    used_utc    @int@,
    PRIMARY KEY (company_id, token_id),
    UNIQUE (company_id, name),
    UNIQUE (company_id, token_hash)
) @table@;

-- An answer to a request with an Idempotency-Key, for a day.
CREATE TABLE idempotent_reply (
    company_id   @int@ NOT NULL REFERENCES company,
    key_hash     @blob@ NOT NULL,                -- SHA-256 of who asked and the key
    request_hash @blob@ NOT NULL,                -- SHA-256 of method, path and body
    status       @int@ NOT NULL,
    location     @text@,
    body         @text@ NOT NULL,
    created_utc  @int@ NOT NULL,
    PRIMARY KEY (company_id, key_hash)
) @table@;
CREATE INDEX idempotent_reply_by_age ON idempotent_reply (company_id, created_utc);

CREATE TABLE link_schedule (
    company_id    @int@ NOT NULL,
    link_id       @int@ NOT NULL,
    enabled       @int@ NOT NULL CHECK (enabled IN (0, 1)),
    every_minutes @int@,                         -- between the two minutes of the day; NULL: at given times
    from_minute   @int@,
    to_minute     @int@,
    at_minutes    @text@ NOT NULL DEFAULT '',    -- minutes of the local day, "750 1260"; '' with every_minutes
    fired_utc     @int@,                         -- the last moment that was due and dealt with
    PRIMARY KEY (company_id, link_id),
    FOREIGN KEY (company_id, link_id) REFERENCES link
) @table@;

-- What the proof of a day said when the till was last asked.
CREATE TABLE proof_day (
    company_id  @int@ NOT NULL REFERENCES company,
    day         @int@ NOT NULL,
    ok          @int@ NOT NULL CHECK (ok IN (0, 1)),
    checked_utc @int@ NOT NULL,
    report      @text@ NOT NULL,                 -- the day's object of `proof --json`
    PRIMARY KEY (company_id, day)
) @table@;

-- What stands at the head and the foot of an invoice besides the name and the SIREN.
CREATE TABLE company_detail (
    company_id @int@ NOT NULL REFERENCES company,
    name       @text@ NOT NULL,                  -- "address", "vat_number", "legal_form" …
    value      @text@ NOT NULL,
    PRIMARY KEY (company_id, name)
) @table@;

-- Where a person allocated a payment, or took an allocation away: there the reconciliation is what the person made of it, not what came with the payments.
CREATE TABLE reconciliation_by_hand (
    company_id  @int@ NOT NULL,
    payment_id  @int@ NOT NULL,
    document_id @int@ NOT NULL,
    user_name   @text@ NOT NULL,                 -- who did it last
    at_utc      @int@ NOT NULL,
    PRIMARY KEY (company_id, payment_id, document_id),
    FOREIGN KEY (company_id, payment_id) REFERENCES payment,
    FOREIGN KEY (company_id, document_id) REFERENCES document
) @table@;
CREATE INDEX reconciliation_by_hand_of_document ON reconciliation_by_hand (company_id, document_id);

-- Where a series begins: 1, or what a company that came from another program went on with. Its numbers from there to the next one have no hole.
ALTER TABLE number_sequence ADD COLUMN first_number @int@ NOT NULL DEFAULT 1;

-- Days of payments, of what waits in the grid and of stock moves: for lists in their order and the colour of a day.
CREATE INDEX payment_by_day ON payment (company_id, day, payment_id);
CREATE INDEX grid_sale_by_day ON grid_sale (company_id, day, grid_sale_id);
CREATE INDEX stock_move_by_time ON stock_move (company_id, at_utc);
