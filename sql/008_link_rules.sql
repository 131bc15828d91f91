-- The options of a link by which documents were made, noted when a run or a person uses them for the first time: a document says why it is so by those of its moment.
CREATE TABLE link_rules (
    company_id       @int@ NOT NULL,
    link_id          @int@ NOT NULL,
    from_utc         @int@ NOT NULL,             -- until the next ones of the link
    name             @text@ NOT NULL,
    profile          @text@ NOT NULL,            -- its name
    document         @text@ NOT NULL,
    numbers          @text@ NOT NULL,
    auto_validate    @int@ NOT NULL,
    unknown_article  @text@ NOT NULL,
    unknown_customer @text@ NOT NULL,
    no_reference     @text@ NOT NULL,
    negative_stock   @text@ NOT NULL,
    since            @int@,
    PRIMARY KEY (company_id, link_id, from_utc),
    FOREIGN KEY (company_id, link_id) REFERENCES link
) @table@;
