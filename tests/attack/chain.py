"""The journal against somebody who may write the whole database: each record altered, moved, taken out, put in, the tail cut, the chain computed anew. The rule of
the chain is written here a second time, from docs/security.md."""
import hashlib
import re
import shutil

from common import attack
from harness import ROOT, Program, Till

SALES = 8
SHOP = {'articles': [{'ref': 'VIN', 'price': 10}], 'orders': [{'number': str(n), 'lines': [f'VIN {n}x10 @20']} for n in range(1, SALES + 1)]}
COLUMNS = ('seq', 'kind', 'link_id', 'subject', 'at_utc', 'run_id', 'body', 'sha256', 'chain', 'seal')
BYTES = ('body', 'sha256', 'chain', 'seal')


def number(value):
    return int(value).to_bytes(8, 'big')


def chain_of(before, company, record, form=2):
    fixed = b'\2' + number(company) + number(record['seq']) + number(record['link_id']) + number(record['at_utc']) + number(record['run_id']) if form == 2 else number(record['seq'])
    return hashlib.sha256(before + fixed + record['kind'].encode() + b'\0' + record['subject'].encode() + b'\0' + record['sha256']).digest()


class Thief:
    """Writes what he likes, behind the program's back. What he spoils is put back between two attempts."""

    def __init__(self, program):
        self.database, self.program = program.database, program
        locks = ['document_frozen ON document', 'journal_frozen ON journal'] if self.database.engine == 'postgresql' else ['journal_update', 'journal_delete', 'document_update', 'document_delete']
        self.database.change(''.join(f'DROP TRIGGER {lock};' for lock in locks))
        self.keep()

    def keep(self):
        self.database.change('DROP TABLE IF EXISTS kept_journal; DROP TABLE IF EXISTS kept_head; CREATE TABLE kept_journal AS SELECT * FROM journal; CREATE TABLE kept_head AS SELECT * FROM journal_head;')

    def put_back(self):
        self.database.change('DELETE FROM journal; INSERT INTO journal SELECT * FROM kept_journal; DELETE FROM journal_head; INSERT INTO journal_head SELECT * FROM kept_head;')

    def literal(self, value):
        if value is None:
            return 'NULL'
        if isinstance(value, bytes):
            return f"X'{value.hex()}'" if self.database.engine == 'sqlite' else f"'\\x{value.hex()}'::bytea"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def records(self):
        """The journal of company 1, in order."""
        hexed = "hex({0})" if self.database.engine == 'sqlite' else "encode({0}, 'hex')"
        columns = ', '.join(hexed.format(name) if name in BYTES else name for name in COLUMNS)
        found = []
        for row in self.database.rows(f'SELECT {columns}, CASE WHEN body IS NULL THEN 1 ELSE 0 END FROM journal WHERE company_id = 1 ORDER BY seq'):
            *values, no_body = row.split('|')
            record = {name: (bytes.fromhex(value) if value != 'NULL' else None) if name in BYTES else int(value) if name not in ('kind', 'subject') else value
                      for name, value in zip(COLUMNS, values)}
            if no_body == '1':
                record['body'] = None
            found.append(record)
        return found

    def write(self, records, head=True, chain_from=None, form=2):
        """Replaces the journal. From `chain_from` on the chain is computed anew, as anybody can; `head` sets the end to fit, as far as that goes without the key."""
        before = b'\0' * 32
        for place, record in enumerate(records):
            if chain_from is not None and record['seq'] >= chain_from:
                record['chain'] = chain_of(before, 1, record, form)
            before = record['chain']
        rows = ''.join(f"INSERT INTO journal (company_id, {', '.join(COLUMNS)}) VALUES (1, {', '.join(self.literal(record[name]) for name in COLUMNS)});" for record in records)
        end = f'UPDATE journal_head SET seq = {records[-1]["seq"] if records else 0}, chain = {self.literal(before)} WHERE company_id = 1;' if head else ''
        self.database.change('DELETE FROM journal WHERE company_id = 1;' + rows + end)


def verdict(program, *options, **more):
    result = program.run('journal', 'verify', '--json', '--company', 'Épicerie du Canal', *options, **more)
    found = result.json()
    assert result.status == (0 if found['ok'] else 1), result.told()
    return found


def keyless(program):
    return {**program.environment, 'LIAISON_KEY_FILE': str(program.folder / 'nowhere.key')}


def bad(program, *options, **more):
    return verdict(program, *options, **more)['bad_record']


def filled(world, program, till):
    program.new_shop(till, '--auto-validate', 'yes')
    program.ok('sync', 'shop')
    first = verdict(program)
    world.equal('unbroken at first', (first['ok'], first['records'], first['seals_checked']), (True, 2 * SALES, True))
    return Thief(program)


def renumbered(records, first):
    for seq, record in enumerate(records, first):
        record['seq'] = seq
    return records


@attack(engines=True)
def journal_altered_columns(world):
    """Every column of a sale's and of a document's record, altered alone: that record is named."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        program.ok('init', '--company', 'Autre')
        thief.keep()
        records = thief.records()
        columns = program.database.rows("SELECT name FROM pragma_table_info('journal')" if world.engine == 'sqlite' else
                                        "SELECT column_name FROM information_schema.columns WHERE table_name = 'journal'")
        world.equal('these are all columns', sorted(columns), sorted(COLUMNS + ('company_id',)))
        for kind in ('sale', 'document'):
            record = next(record for record in records[3:] if record['kind'] == kind)
            seq = record['seq']
            other = {'seq': seq + 1000, 'kind': 'document' if kind == 'sale' else 'sale', 'link_id': record['link_id'] + 1, 'subject': records[0]['subject'], 'at_utc': record['at_utc'] - 1,
                     'run_id': record['run_id'] + 1, 'body': (record['body'] or b'') + b' ', 'sha256': records[0]['sha256'], 'chain': records[0]['chain'], 'seal': records[0]['seal'], 'company_id': 2}
            for column, value in other.items():
                thief.database.change(f'UPDATE journal SET {column} = {thief.literal(value)} WHERE company_id = 1 AND seq = {seq}')
                world.equal(f'{kind}: {column}', bad(program), seq)
                thief.put_back()
            for column in ('body', 'seal'):
                if record[column] is not None:
                    thief.database.change(f'UPDATE journal SET {column} = NULL WHERE company_id = 1 AND seq = {seq}')
                    world.equal(f'{kind}: {column} taken away', bad(program), seq)
                    thief.put_back()
        document = next(record for record in records if record['kind'] == 'document')
        thief.database.change(f"UPDATE document SET total_cents = total_cents + 100 WHERE company_id = 1 AND document_id = {document['subject']}")
        world.equal('a document behind its record', bad(program), document['seq'])


def rearrangements(records):
    """What is done, what stands then, and the first record that is wrong."""
    n = len(records)
    copies = lambda: [dict(record) for record in records]  # noqa: E731
    swapped = copies()
    swapped[4], swapped[5] = {**swapped[5], 'seq': 5}, {**swapped[4], 'seq': 6}
    yield 'two exchanged', swapped, 5
    yield 'the first removed', copies()[1:], 1
    yield 'the first removed, the others moved up', renumbered(copies()[1:], 1), 1
    yield 'one in the middle removed', copies()[:6] + copies()[7:], 7
    yield 'one in the middle removed, the others moved up', copies()[:6] + renumbered(copies()[7:], 7), 7
    yield 'the last removed', copies()[:-1], n
    yield 'the last three removed', copies()[:-3], n - 2
    yield 'all removed', [], 1
    yield 'the last one twice', copies() + [{**records[-1], 'seq': n + 1}], n + 1
    yield 'one in the middle twice', copies()[:6] + renumbered([dict(records[5])] + copies()[6:], 7), 7
    yield 'in the other order', renumbered(copies()[::-1], 1), 1
    forged = {**records[0], 'subject': 'forged', 'body': b'{"total":0}', 'sha256': hashlib.sha256(b'{"total":0}').digest(), 'seal': None}
    yield 'one added', copies() + [{**forged, 'seq': n + 1}], n + 1
    yield 'one added, with a seal of another', copies() + [{**forged, 'seq': n + 1, 'seal': records[-1]['seal']}], n + 1
    yield 'one put in the middle', copies()[:6] + renumbered([forged] + copies()[6:], 7), 7
    changed = copies()
    changed[2].update(body=b'{"total":0}', sha256=hashlib.sha256(b'{"total":0}').digest())
    yield 'one changed, its hash too', changed, 3


@attack(engines=True)
def journal_rearranged(world):
    """Records exchanged, removed, doubled, forged, with the end set to fit; then the same with the whole chain computed anew: the first bad record is named."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        records = thief.records()
        world.equal('the rule of the chain, written twice', [chain_of(records[at - 1]['chain'] if at else b'\0' * 32, 1, record) for at, record in enumerate(records)],
                    [record['chain'] for record in records])
        for what, changed, first in rearrangements(records):
            for how, options in {'as they were': {'head': False}, 'with the end set': {}, 'chained anew': {'chain_from': 1}, 'chained anew, no seals': {'chain_from': 1}}.items():
                copies = [dict(record, seal=None) if how == 'chained anew, no seals' else dict(record) for record in changed]
                if how in ('chained anew', 'chained anew, no seals'):
                    renumbered(copies, 1)
                expected = 1 if how == 'chained anew, no seals' or not copies else first
                thief.write(copies, **options)
                if how == 'chained anew, no seals':
                    thief.database.change('UPDATE journal_head SET seal = NULL, sealed_from = NULL')
                world.equal(f'{what}, {how}', bad(program), expected)
                thief.put_back()
        world.equal('put back, it is whole', bad(program), 0)


@attack(engines=True)
def journal_cut_tail(world):
    """A cut tail whose end was set to fit: named at once; also when the program has gone on since, and without the key when documents were cut off."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        records = thief.records()
        mark = verdict(program)['end']
        for cut in (1, 3, SALES + 2):
            thief.write(records[:-cut])
            found = verdict(program)
            world.equal(f'{cut} cut off', found['bad_record'], len(records) - cut + 1)
            without = verdict(program, environment=keyless(program))
            world.equal(f'{cut} cut off, without the key: the documents miss them', (without['bad_record'], without['seals_checked']), (len(records) - cut + 1, False))
            world.equal(f'{cut} cut off, with what was noted', verdict(program, '--expect', mark, environment=keyless(program))['bad_record'], len(records) - cut + 1)
            thief.put_back()
        thief.write(records[:-3])
        till.change({'orders': [{'number': str(n), 'lines': ['VIN 1x10 @20'], 'closed_at': f'2026-01-16T10:{n:02}:00.000Z'} for n in range(SALES + 1, SALES + 4)]})
        program.ok('sync', 'shop')
        world.equal('the program went on: the first record after the cut', bad(program), len(records) - 2)
        world.equal('and it stays so', (program.ok('sync', 'shop').status, bad(program)), (0, len(records) - 2))
        world.equal('a sale whose record is gone is found by db check', program.run('db', 'check').status, 1)


@attack(engines=True)
def journal_rewritten_without_key(world):
    """The limits, as the threat model states them: without the key file a chain computed anew passes, and what was noted elsewhere finds it."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        records = thief.records()
        sale = next(record['seq'] for record in records[2:] if record['kind'] == 'sale')
        marks = {seq: f'{seq}:{records[seq - 1]["chain"].hex()}' for seq in (1, sale, len(records))}
        body = b'{"total":0}'
        changed = [dict(record, body=body, sha256=hashlib.sha256(body).digest()) if record['seq'] == sale else dict(record) for record in records]
        thief.write(changed, chain_from=1)
        world.equal('with the key', bad(program), sale)
        world.equal('without the key it passes', bad(program, environment=keyless(program)), 0)
        world.equal('a mark before it passes', bad(program, '--expect', marks[1], environment=keyless(program)), 0)
        world.equal('a mark at it, or after it, does not', [bad(program, '--expect', marks[seq], environment=keyless(program)) for seq in (sale, len(records))], [sale, len(records)])
        for wrong in ('', '1', '1:', ':' + '0' * 64, '1:' + '0' * 63, '1:' + '0' * 65, '-1:' + '0' * 64, 'x:' + '0' * 64, '1:' + 'g' * 64):
            world.equal(f'--expect {wrong[:8]!r} is no mark', program.run('journal', 'verify', '--expect', wrong).status, 2)
        world.equal('the beginning is a mark too', bad(program, '--expect', '0:' + '0' * 64, environment=keyless(program)), 0)
        refused = program.run('journal', 'seal', '--expect', marks[len(records)])
        world.check('what is not what was noted is not sealed', refused.status == 4, refused.told())


@attack
def journal_set_back(world):
    """An older copy of the whole database, put in its place: everything in it was true once, so that only what was noted elsewhere tells."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        program.new_shop(till, '--auto-validate', 'yes')
        program.ok('sync', 'shop')
        program.ok('db', 'backup', 'older.db')
        till.change({'orders': [{'number': '9', 'lines': ['VIN 1x10 @20'], 'closed_at': '2026-01-16T10:00:00.000Z'}]})
        program.ok('sync', 'shop')
        mark, records = verdict(program)['end'], verdict(program)['records']
        for ending in ('', '-wal', '-shm'):
            (program.folder / f'shop.db{ending}').unlink(missing_ok=True)
        shutil.copyfile(program.folder / 'older.db', program.folder / 'shop.db')
        world.equal('it is whole in itself', bad(program), 0)
        world.equal('the mark says what is missing', bad(program, '--expect', mark), records - 1)


@attack(engines=True)
def journal_new_key(world):
    """Another key file, or none at all: nothing is taken for sealed; a person seals again, and from there on everything is found as before."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        count = len(thief.records())
        (program.folder / 'seal.key').unlink()
        without = verdict(program)
        world.equal('no key: unbroken, and it is said that seals were not looked at', (without['ok'], without['seals_checked']), (True, False))
        world.check('also in words', program.run('journal', 'verify', '--lang', 'en').stderr.startswith('The seals were not looked at'))
        program.ok('link', 'edit', 'shop', '--key-file', program.key_file(till.key))  # makes a key file
        world.equal('a new key: the seals are not its own', bad(program), 1)
        till.change({'orders': [{'number': '9', 'lines': ['VIN 1x10 @20'], 'closed_at': '2026-01-16T10:00:00.000Z'}]})
        program.ok('sync', 'shop')
        world.equal('the program goes on, and does not accept by itself', bad(program), 1)
        program.ok('journal', 'seal')
        world.equal('sealed by a person', bad(program), 0)
        till.change({'orders': [{'number': '10', 'lines': ['VIN 1x10 @20'], 'closed_at': '2026-01-16T11:00:00.000Z'}]})
        program.ok('sync', 'shop')
        world.equal('records after that', (verdict(program)['ok'], verdict(program)['records']), (True, count + 4))
        thief.keep()
        records = thief.records()
        thief.write([dict(record) for record in records[:-1]])
        world.equal('a cut tail', bad(program), count + 4)
        thief.put_back()
        changed = [dict(record) for record in records]
        changed[count + 2]['subject'] = 'other'
        thief.write(changed, chain_from=count + 3)
        world.equal('a record after the sealing, chained anew', bad(program), count + 3)
        thief.put_back()
        changed = [dict(record) for record in records]
        changed[2]['at_utc'] -= 1
        thief.write(changed, chain_from=1)
        world.equal('a record before the sealing, chained anew: found at the first seal', bad(program), count + 3)
        thief.put_back()
        thief.database.change('UPDATE journal_head SET sealed_from = 1000')
        world.check('seals that are said to begin later', bad(program) != 0)


MIGRATIONS = [line.split()[1] for line in (ROOT / 'sql' / 'list').read_text(encoding='utf-8').splitlines() if line.strip()]


def undoing(migration):
    """What takes back a migration that only adds."""
    sql = (ROOT / 'sql' / migration).read_text(encoding='utf-8')
    added = [f'DROP INDEX {name};' for name in re.findall(r'CREATE INDEX (\w+)', sql)]
    added += [f'DROP TABLE {name};' for name in reversed(re.findall(r'CREATE TABLE (\w+)', sql))]
    return ''.join(added + [f'ALTER TABLE {table} DROP COLUMN {column};' for table, column in re.findall(r'ALTER TABLE (\w+) ADD COLUMN (\w+)', sql)])


@attack(engines=True)
def journal_of_version_3(world):
    """A database of the schema before seals: its records verify as they did, a person seals them, new ones follow in the new form, and none of the old form may follow those."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        thief = filled(world, program, till)
        records = [dict(record, seal=None) for record in thief.records()]
        count = len(records)
        thief.write(records, chain_from=1, form=1)
        thief.database.change(''.join(undoing(migration) for migration in reversed(MIGRATIONS[3:])) + 'DELETE FROM schema_version WHERE version > 3;')
        refused = program.run('journal', 'verify')
        world.check('it is brought forward first', refused.status == 4 and 'db migrate' in refused.stderr, refused.told())
        program.ok('db', 'migrate')
        old = verdict(program, environment=keyless(program))
        world.equal('the old records verify as they did', (old['ok'], old['records']), (True, count))
        world.equal('nothing seals them by itself', bad(program), 1)
        program.ok('journal', 'seal')
        world.equal('sealed', bad(program), 0)
        till.change({'orders': [{'number': '9', 'lines': ['VIN 1x10 @20'], 'closed_at': '2026-01-16T10:00:00.000Z'}]})
        program.ok('sync', 'shop')
        world.equal('new records follow', (verdict(program)['ok'], verdict(program)['records']), (True, count + 2))
        thief.keep()
        mixed = thief.records()
        changed = [dict(record) for record in mixed]
        changed[3]['body'] = b'{}' if changed[3]['body'] is not None else changed[3]['body']
        changed[3]['subject'] += '1'
        thief.write(changed)
        world.equal('an old record altered', bad(program), 4)
        thief.put_back()
        last = dict(mixed[-1])
        last['chain'] = chain_of(mixed[-2]['chain'], 1, last, form=1)
        thief.write([dict(record) for record in mixed[:-1]] + [last])
        world.equal('the old form after the new one', bad(program, environment=keyless(program)), count + 2)
