-- What the database itself refuses: to change a validated document, or a journal record.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION refuse_change_of_validated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row_company BIGINT;
    row_document BIGINT;
BEGIN
    IF TG_OP = 'INSERT' THEN
        row_company := NEW.company_id; row_document := NEW.document_id;
    ELSE
        row_company := OLD.company_id; row_document := OLD.document_id;
    END IF;
    IF (SELECT state FROM document WHERE company_id = row_company AND document_id = row_document) <> 'draft' THEN
        RAISE EXCEPTION 'a validated document is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON document FOR EACH ROW WHEN (OLD.state <> 'draft')
    EXECUTE FUNCTION refuse_change('a validated document is never changed');
CREATE TRIGGER document_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON document_line FOR EACH ROW EXECUTE FUNCTION refuse_change_of_validated();
CREATE TRIGGER document_tax_frozen BEFORE INSERT OR UPDATE OR DELETE ON document_tax FOR EACH ROW EXECUTE FUNCTION refuse_change_of_validated();
CREATE TRIGGER due_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON due_line FOR EACH ROW EXECUTE FUNCTION refuse_change_of_validated();
CREATE TRIGGER journal_frozen BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change('the journal is append-only');
