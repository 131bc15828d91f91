-- The SIREN of a customer that is a company: invoices name it (annexe II of the CGI, art. 242 nonies A).
ALTER TABLE customer ADD COLUMN siren @text@;
