-- What the database itself refuses: to change a validated document, or a journal record.
CREATE TRIGGER document_update BEFORE UPDATE ON document WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER document_delete BEFORE DELETE ON document WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never deleted'); END;

CREATE TRIGGER document_line_insert BEFORE INSERT ON document_line
WHEN (SELECT state FROM document WHERE company_id = NEW.company_id AND document_id = NEW.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER document_line_update BEFORE UPDATE ON document_line
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER document_line_delete BEFORE DELETE ON document_line
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;

CREATE TRIGGER document_tax_insert BEFORE INSERT ON document_tax
WHEN (SELECT state FROM document WHERE company_id = NEW.company_id AND document_id = NEW.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER document_tax_update BEFORE UPDATE ON document_tax
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER document_tax_delete BEFORE DELETE ON document_tax
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;

CREATE TRIGGER due_line_insert BEFORE INSERT ON due_line
WHEN (SELECT state FROM document WHERE company_id = NEW.company_id AND document_id = NEW.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER due_line_update BEFORE UPDATE ON due_line
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;
CREATE TRIGGER due_line_delete BEFORE DELETE ON due_line
WHEN (SELECT state FROM document WHERE company_id = OLD.company_id AND document_id = OLD.document_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END;

CREATE TRIGGER journal_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
