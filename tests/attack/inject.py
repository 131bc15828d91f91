"""Injection: every text that a till or a file can bring, loaded with every payload, then every command that shows it."""
import csv
import io
import json
import re
import subprocess

from common import PAYLOADS, acting, attack
from harness import Number, Program, Till, identity

PEOPLE = ('company_name', 'last_name', 'first_name', 'email', 'phone', 'address', 'zipcode', 'city', 'country', 'vat_number')


def line(text, place, **members):
    return {'_id': f'line {place} {text}', 'article_id': None, 'name': text, 'category_name': text, 'quantity': Number('1'), 'unit': text, 'unit_price': Number('5'),
            'discount': Number('0'), 'total': Number('5'), 'tax_rate': Number('20'), 'options': [{'name': text, 'price': Number('0')}], **members}


def hostile_shop():
    """For each payload: a good article and one whose reference is the payload; a sale that becomes a document, and one that stays in the grid."""
    articles, orders = [], []
    for place, text in enumerate(PAYLOADS.values()):
        articles.append({'id': f'good {place}', 'ref': f'P{place:02}', 'name': text, 'category': text, 'price': Number('5'), 'unit': text, 'barcode': text, 'stock': Number('9')})
        articles.append({'id': f'odd {place}', 'ref': text, 'name': text, 'price': Number('5'), 'color': text, 'icon_text': text})
        customer = {'_id': identity(f'customer {place}'), **{name: text for name in PEOPLE}}
        payment = {'_id': f'pay {place} {text}', 'type': 'card', 'label': text, 'amount': Number('5'), 'paid_at': '2026-01-15T10:00:00.000Z'}
        shared = {'customer': customer, 'total': Number('5'), 'salesperson': text, 'comment': text}
        orders.append({'id': f'document {place}', 'number': str(1000 + place), 'lines': [line(text, place, reference=f'P{place:02}')], 'pay': [payment], **shared})
        orders.append({'id': f'grid {place}', 'number': text, 'lines': [line(text, place, reference=text + ' unknown', tax_rate=Number('7.7'))],
                       'pay': [{**payment, '_id': f'other {place} {text}', 'type': text}], **shared})
        orders.append({'_id': f'id {place} {text}', 'number': str(5000 + place), 'lines': [line(text, place)], 'pay': [{**payment, '_id': f'third {place} {text}', 'paid_at': text}],
                       'closed_at': f'2026-01-16T10:{place:02}:00.000Z', 'state': text if place % 2 else 'paid', 'refund_of': None, **shared})
    every = '|'.join(PAYLOADS.values())
    account = {'nodes': [{'_id': identity('node'), 'name': every}], 'companies': [{'_id': identity('company'), 'name': every}],
               'shops': [{'_id': identity('shop'), 'name': every}], 'email': every}
    taxes = [{'rate': Number(rate), 'name': every} for rate in ('20', '10', '5.5')]
    return {'articles': articles, 'orders': orders, 'account': account, 'taxes': taxes}


LISTS = ['article', 'document', 'payment', 'stock', 'customer', 'family', 'tax', 'means', 'run', 'link', 'grid']


def showing(program):
    """Every command that shows what is stored, each record of each kind."""
    yield from ([word, 'list'] for word in LISTS)
    yield from (['grid', 'list', '--anomalies'], ['grid', 'print'], ['link', 'show', 'shop'], ['link', 'test', 'shop'], ['company', 'show'], ['db', 'check'],
                ['journal', 'verify'], ['run', 'show', '1'], ['sync', 'shop', '--dry-run'], ['grid', 'validate', '--dry-run'],
                ['proof', '--from', '2026-01-14', '--to', '2026-01-17'])
    for row in program.ok('article', 'list', '--json').json_lines()[::2]:
        yield ['article', 'show', row['code']] if not row['code'].startswith('-') else ['article', 'show', '--', row['code']]
    for row in program.ok('document', 'list', '--json').json_lines():
        yield ['document', 'show', row['number']] if row['number'] else ['document', 'show', 'draft-1']
    for row in program.ok('grid', 'list', '--json').json_lines()[::2]:
        yield ['grid', 'show', row['sale']] if not row['sale'].startswith('-') else ['grid', 'show', '--', row['sale']]


def run_bytes(program, command):
    result = program.run(*command)
    return result, result.stdout + result.stderr


def check_tables(world, program):
    """A record is a line of its table, whatever it holds."""
    for word in LISTS:
        rows = len(program.ok(word, 'list', '--json').json_lines())
        lines = program.ok(word, 'list').stdout.split('\n')
        world.equal(f'{word} list has a line a record', len(lines) - 3, rows)


def check_cures(world, program):
    """A cure is copied into a shell: what a till named in it must stay one word there."""
    cures = '\n'.join(row['cure'] for row in program.ok('grid', 'list', '--anomalies', '--json').json_lines())
    commands = re.findall(r'liaison article set .*? --label|liaison means map .*? MEANS', cures)
    world.check('cures with hostile words', sum('touch pwned' in command for command in commands) >= 2, '\n'.join(commands))
    for command in commands:
        # The number of words that the shell makes of it, and what it runs on the way.
        words = subprocess.run(['sh', '-c', 'liaison() { echo "$#"; }; ' + command], cwd=program.folder, capture_output=True, text=True)
        world.equal(f'words of {command!r}', (words.stdout, words.stderr), ('4\n', ''))
    world.check('no cure runs a command', not (program.folder / 'pwned').exists())


def fill(world, program, till):
    program.new_shop(till, '--unknown-customer', 'create', '--auto-validate', 'yes')
    first = program.run('sync', 'shop')
    world.check('the sync goes through', first.status in (0, 1), first.told())
    world.check('sync tells it harmlessly', not acting(first.stdout + first.stderr), acting(first.stdout + first.stderr))
    documents = program.ok('document', 'list', '--json').json_lines()
    world.check('most of it became documents', len(documents) >= len(PAYLOADS), f'{len(documents)} documents')


@attack(engines=True)
def inject_terminal_and_json(world):
    """Nothing that a till sends acts on a terminal, tears a table or breaks JSON; pipes are treated as terminals."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, Till(hostile_shop()) as till:
        fill(world, program, till)
        bad_text, bad_json = [], []
        commands = list(showing(program))
        for command in commands:
            result, output = run_bytes(program, command)
            if result.status not in (0, 1) or acting(output):
                bad_text.append(f'{command!r} [{result.status}] {acting(output)} {result.stderr[:200]!r}')
            separator = ['--json'] if '--' not in command else []
            result, output = run_bytes(program, command[:1] + separator + command[1:]) if separator else run_bytes(program, command[:2] + ['--json'] + command[2:])
            try:
                for text in filter(None, result.stdout.split('\n')):
                    json.loads(text)
            except ValueError as error:
                bad_json.append(f'{command!r} {error} {result.stdout[:300]!r}')
            if re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f]', output):
                bad_json.append(f'{command!r} {acting(output)}')
        world.check(f'{len(commands)} commands write nothing that acts', not bad_text, '\n'.join(bad_text[:8]))
        world.check(f'{len(commands)} commands write whole JSON', not bad_json, '\n'.join(bad_json[:8]))
        check_tables(world, program)
        check_cures(world, program)
        stored = {row['label'] for row in program.ok('article', 'list', '--json').json_lines()}
        kept = [text for text in PAYLOADS.values() if text.replace('\x00', '\ufffd').strip() not in {label.strip() for label in stored}]
        world.check('what is stored is what came, marks and all', not kept, repr(kept))


@attack(engines=True)
def inject_sql(world):
    """No text ends a statement: all tables and rows are there, the books agree, and a second run changes nothing."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, Till(hostile_shop()) as till:
        fill(world, program, till)
        before = program.database.rows('SELECT (SELECT COUNT(*) FROM sale), (SELECT COUNT(*) FROM document), (SELECT COUNT(*) FROM grid_sale), (SELECT COUNT(*) FROM journal)')
        program.ok('sync', 'shop', status=(0, 1))
        for text in PAYLOADS.values():
            if '\x00' in text:
                continue
            for command in (['article', 'show', text], ['document', 'show', text], ['grid', 'show', text], ['grid', 'purge', text, '--link', text], ['link', 'show', text],
                            ['run', 'show', text], ['tax', 'map', '5.5', text], ['means', 'map', text, text], ['grid', 'edit', text, '--set', f'line.1.label={text}'],
                            ['grid', 'edit', text, '--set', text], ['grid', 'list', '--link', text], ['link', 'edit', 'shop', '--code', text], ['article', 'list', '--company', text]):
                if command[:2] == ['grid', 'purge'] and text in ('', '-'):
                    continue
                safe = command[:2] + (['--'] + command[2:] if text.startswith('-') and len(command) == 3 else command[2:])
                result = program.run(*safe)
                if result.status not in (0, 1, 2, 4) or acting(result.stdout + result.stderr):
                    world.check(f'{safe!r}', False, result.told() + acting(result.stdout + result.stderr))
        program.ok('link', 'edit', 'shop', '--code', '')
        after = program.database.rows('SELECT (SELECT COUNT(*) FROM sale), (SELECT COUNT(*) FROM document), (SELECT COUNT(*) FROM grid_sale), (SELECT COUNT(*) FROM journal)')
        world.equal('no row came or went', after, before)
        world.equal('the books agree', program.run('db', 'check').status, 0)


def formula_cells(data, separator=';'):
    """Cells that a spreadsheet would compute. A plain number may begin with a sign."""
    cells = [cell for row in csv.reader(io.StringIO(data, newline=''), delimiter=separator) for cell in row]
    return [cell for cell in cells if re.match(r'''[=+\-@\t\r]''', cell) and not re.fullmatch(r'[+-]?[\d ]+([.,]\d+)?', cell)]


def stripped(rows):
    return [{name: value.strip() if isinstance(value, str) else value for name, value in row.items()} for row in rows]


@attack(engines=True)
def inject_csv_formula(world):
    """No exported cell begins as a formula does, rows and columns are whole, and what goes out comes in again unchanged."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, Till(hostile_shop()) as till:
        fill(world, program, till)
        exports = {}
        for name, command in {'articles': ['article', 'export', 'articles.csv'], 'grid': ['grid', 'export', 'grid.csv'],
                              'partner': ['grid', 'export', 'partner.csv', '--format', 'dailybiz']}.items():
            program.ok(*command)
            exports[name] = (program.folder / command[2]).read_bytes().decode()
            world.equal(f'{name}: no formula', formula_cells(exports[name]), [])
            widths = {len(row) for row in csv.reader(io.StringIO(exports[name], newline=''), delimiter=';')}
            world.equal(f'{name}: every row has the same columns', len(widths), 1)
        shown = program.ok('article', 'list', '--json').json_lines()
        program.ok('article', 'import', 'articles.csv')
        again = program.ok('article', 'list', '--json').json_lines()
        world.equal('articles: in again, nothing changed but blanks at the ends', stripped(again), stripped(shown))
        grid = program.ok('grid', 'print', '--json').json_lines()
        program.ok('grid', 'purge')
        back = program.run('grid', 'import', 'grid.csv')
        if world.check('grid: comes in again', back.status == 0, back.told()):
            program.ok('grid', 'export', 'again.csv')
            world.equal('grid: out again the same', sorted((program.folder / 'again.csv').read_text().splitlines()), sorted(exports['grid'].splitlines()))
            world.equal('grid: as many sales', len(program.ok('grid', 'print', '--json').json_lines()), len(grid))


def hostile_files():
    """Both formats, a sale for each payload; texts quoted as RFC 4180 says."""
    columns = ['row', 'sale_id', 'number', 'date', 'total', 'customer_id', 'company_name', 'last_name', 'first_name', 'email', 'address', 'town', 'salesperson', 'reference', 'label',
               'category', 'unit', 'quantity', 'unit_price', 'line_total', 'rate', 'payment_type', 'payment_label', 'amount']
    liaison, partner = io.StringIO(), io.StringIO()
    ours = csv.DictWriter(liaison, columns, delimiter=';', lineterminator='\n', quoting=csv.QUOTE_ALL)
    theirs = csv.writer(partner, delimiter=';', lineterminator='\n')
    ours.writeheader()
    theirs.writerow([f'c{n}' for n in range(1, 44)])
    for place, text in enumerate(PAYLOADS.values()):
        text = text.replace('\x00', '')
        people = {name: text for name in ('company_name', 'last_name', 'first_name', 'email', 'address', 'town', 'salesperson')}
        ours.writerow({'row': 'line', 'sale_id': f'F{place} {text}', 'number': text, 'date': '2026-01-15', 'total': '5.00', 'customer_id': f'C{place}', **people, 'reference': text,
                       'label': text, 'category': text, 'unit': text, 'quantity': '1', 'unit_price': '5', 'line_total': '5.00', 'rate': '20'})
        ours.writerow({'row': 'payment', 'sale_id': f'F{place} {text}', 'payment_type': text, 'payment_label': text, 'amount': '5.00'})
        flat = re.sub(r'[\r\n]', ' ', text)
        cells = [''] * 43
        for column, value in {1: f'D{place} {flat}', 2: '15/01/2026', 3: flat, 4: flat, 5: flat, 6: flat, 8: flat, 9: flat, 10: flat, 11: flat, 12: flat, 22: flat, 24: flat, 26: flat, 27: flat,
                              28: '1', 29: '5', 33: '20', 42: flat, 43: flat}.items():
            cells[column - 1] = value
        theirs.writerow(cells)
    return liaison.getvalue(), partner.getvalue()


@attack(engines=True)
def inject_files(world):
    """The same through files of both formats: harmless on the terminal, in JSON and in the next export; the files are refused whole or taken whole."""
    liaison, partner = hostile_files()
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        program.ok('init', '--company', 'Épicerie')
        program.ok('tax', 'list')
        for name, text, options in (('ours.csv', liaison, []), ('partner.csv', partner, ['--format', 'dailybiz'])):
            (program.folder / name).write_bytes(text.encode())
            taken = program.run('grid', 'import', name, *options)
            world.check(f'{name} is taken', taken.status == 0, taken.told())
            world.check(f'{name}: told harmlessly', not acting(taken.stdout + taken.stderr), acting(taken.stdout + taken.stderr))
        world.equal('a sale a row', program.database.rows('SELECT COUNT(*) FROM grid_sale'), [str(2 * len(PAYLOADS))])
        validated = program.run('grid', 'validate')
        world.check('validation', validated.status in (0, 1), validated.told())
        bad = []
        for command in (['grid', 'list'], ['grid', 'print'], ['grid', 'list', '--anomalies'], ['customer', 'list'], ['document', 'list'], ['article', 'list']):
            result, output = run_bytes(program, command)
            if result.status not in (0, 1) or acting(output):
                bad.append(f'{command!r} {acting(output)}')
            program.ok(*command, '--json', status=(0, 1)).json_lines()
        world.check('shown harmlessly', not bad, '\n'.join(bad))
        program.ok('grid', 'export', 'out.csv')
        world.equal('exported without a formula', formula_cells((program.folder / 'out.csv').read_bytes().decode()), [])


MALFORMED = {
    'a zero byte': b'row;sale_id;total;quantity;unit_price;line_total;label\nline;A\x001;5;1;5;5;x\n',
    'no UTF-8 beside UTF-8': 'row;sale_id;total;quantity;unit_price;line_total;label\nline;A1;5;1;5;5;é'.encode() + b'\xff\xfe\xc0\x80\n',
    'an overlong slash': b'row;sale_id;total;quantity;unit_price;line_total;label\nline;A1;5;1;5;5;\xc0\xaf\xe0\x80\xaf\n',
    'an open quote': b'row;sale_id;total;quantity;unit_price;line_total;label\nline;A1;5;1;5;5;"x\n' + b'y' * 70000,
    'escapes in a column name': b'row;sale_id;total;quantity;unit_price;line_total;\x1b[2J\xc2\x9b31m\nline;A1;5;1;5;5;x\n',
    'escapes in a figure': b'row;sale_id;total;quantity;unit_price;line_total;label\nline;A1;\x1b[2J;1;5;5;x\n',
    'a huge figure': b'row;sale_id;total;quantity;unit_price;line_total;label\nline;A1;9999999999999999999999;1;5;5;x\n',
    'a thousand columns': b';'.join([b'row', b'sale_id'] + [b'x%d' % n for n in range(1000)]) + b'\n',
    'nothing': b'',
    'a mark alone': b'\xef\xbb\xbf',
    'a program': b'\x7fELF' + bytes(range(256)) * 64,
}


@attack(engines=True)
def inject_malformed_files(world):
    """Bytes that are no file of sales: a plain refusal that acts on no terminal, and nothing written."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        program.ok('init', '--company', 'Épicerie')
        for what, data in MALFORMED.items():
            (program.folder / 'bad.csv').write_bytes(data)
            for options in ([], ['--format', 'dailybiz']):
                result = program.run('grid', 'import', 'bad.csv', *options)
                harmless = result.status in (0, 4) and not acting(result.stdout + result.stderr)
                world.check(f'{what} {options}', harmless, result.told() + acting(result.stdout + result.stderr))
            result = program.run('article', 'import', 'bad.csv')
            world.check(f'{what} as articles', result.status == 4 and not acting(result.stderr), result.told())
        shown = program.run('grid', 'print')
        world.check('what was taken is harmless', shown.status == 0 and not acting(shown.stdout), shown.told())
