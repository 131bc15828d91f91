-- Seals of the journal, made with the key file (src/books/journal.c): what was written by somebody who does not have it shows.

ALTER TABLE journal ADD COLUMN seal @blob@;             -- keyed digest of the chain at this record; NULL: written without the key, or before version 4
ALTER TABLE journal_head ADD COLUMN sealed_from @int@;  -- records from this one on bear a seal; NULL: never sealed
ALTER TABLE journal_head ADD COLUMN seal @blob@;        -- keyed digest of the end of the chain
