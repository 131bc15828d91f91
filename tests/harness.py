"""What the whole-program tests share: a database of either engine, a till (the training till, or one that this file plays), and the
program run against them. Python 3 standard library only; everything on loopback, every file in a folder that goes away."""
import copy
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINES = ('sqlite', 'postgresql')
KEY = 'abcdef0123456789abcdef01'
# Debian's psql is a wrapper that looks for a cluster first; the program itself is ten times as fast to start.
PG_BIN = pathlib.Path(os.environ.get('LIAISON_PG_BIN', '/usr/lib/postgresql/15/bin'))
PSQL, PG_DUMP = (str(PG_BIN / name) if (PG_BIN / name).exists() else name for name in ('psql', 'pg_dump'))
# Long enough for a machine that is busy with something else; no test measures time.
PATIENCE_S = 300


class Failure(Exception):
    """A check that did not hold; the text says which."""


def engines_here():
    """SQLite always; PostgreSQL when scripts/with-postgresql.sh has started one."""
    return ENGINES if os.environ.get('LIAISON_TEST_PG') else ENGINES[:1]


# ---- databases -------------------------------------------------------------------------------------------------------

class Database:
    """An empty database of its own."""

    def __init__(self, engine, folder):
        self.engine = engine
        if engine == 'sqlite':
            self.path = pathlib.Path(folder) / 'shop.db'
            self.url = f'sqlite:{self.path}'
        else:
            self.server = os.environ['LIAISON_TEST_PG']
            self.name = 'case_' + secrets.token_hex(8)
            self._psql(self.server, f'CREATE DATABASE {self.name}')
            self.url = self.server.rsplit('/', 1)[0] + '/' + self.name

    @staticmethod
    def _psql(url, sql):
        done = subprocess.run([PSQL, '-X', '-q', '-A', '-t', '-F', '|', '-P', 'null=NULL', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', sql],
                              capture_output=True, text=True, env=dict(os.environ, PGOPTIONS='-c client_min_messages=warning'), timeout=PATIENCE_S)
        if done.returncode:
            raise Failure(f'psql: {done.stderr.strip()}')
        return [line for line in done.stdout.split('\n') if line]

    def rows(self, sql):
        """Rows as texts, columns joined by `|`, NULL for nothing."""
        if self.engine == 'postgresql':
            return self._psql(self.url, sql)
        with sqlite3.connect(self.path, timeout=30) as connection:
            cursor = connection.execute(sql)
            found = ['|'.join('NULL' if value is None else value.hex() if isinstance(value, bytes) else str(value) for value in row)
                     for row in cursor.fetchall()]
        connection.close()
        return found

    def change(self, sql):
        """Damages or prepares the database behind the program's back."""
        if self.engine == 'postgresql':
            self._psql(self.url, sql)
            return
        connection = sqlite3.connect(self.path, timeout=30)
        connection.executescript(sql)
        connection.commit()
        connection.close()

    def content(self):
        """All rows of all tables, and for SQLite the bytes of the file too: equal means that nothing was written."""
        if self.engine == 'postgresql':
            tables = self._psql(self.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            return sorted(self._psql(self.url, ' UNION ALL '.join(f"SELECT '{table}', md5(COALESCE(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {table} t"
                                                                  for table in tables))) if tables else []
        return {'bytes': hashlib.sha256(self.path.read_bytes()).hexdigest()} if self.path.exists() else {}

    def raw_bytes(self):
        """What a thief of the disk would read."""
        if self.engine == 'sqlite':
            return b''.join(path.read_bytes() for path in self.path.parent.glob(self.path.name + '*') if not path.name.endswith('.key'))
        return subprocess.run([PG_DUMP, '-d', self.url], capture_output=True, timeout=PATIENCE_S, check=True).stdout

    def copy(self, folder):
        """The files as they lie there now, a journal of a dead process included, in another folder: looking at them changes nothing here."""
        for path in self.path.parent.glob(self.path.name + '*'):
            shutil.copyfile(path, pathlib.Path(folder) / path.name)
        return pathlib.Path(folder) / self.path.name

    def drop(self):
        if self.engine == 'postgresql':
            self._psql(self.server, f'DROP DATABASE {self.name} WITH (FORCE)')


# ---- the program -----------------------------------------------------------------------------------------------------

class Result:
    def __init__(self, command, status, stdout, stderr):
        self.command, self.status, self.stdout, self.stderr = command, status, stdout, stderr

    def told(self):
        """All that came out, for the report of a failure."""
        def cut(text):
            return text if len(text) < 3000 else text[:1500] + '\n[…]\n' + text[-1500:]
        return f'$ {self.command}\n[status {self.status}]\n{cut(self.stdout)}{cut(self.stderr)}'

    def json_lines(self):
        lines = [line for line in self.stdout.split('\n') if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise Failure(f'not JSON lines: {error}\n{self.told()}') from None

    def json(self):
        lines = self.json_lines()
        if len(lines) != 1:
            raise Failure(f'one JSON object was expected, {len(lines)} lines came\n{self.told()}')
        return lines[0]


class Program:
    """`liaison` of a build, on one database, in a folder of its own."""
    wrapper = ()  # a command that `run` puts before it: a tool that watches it
    start_wrapper = ()  # the same for `start`

    def __init__(self, build, engine, prefix='liaison-test-'):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.folder.chmod(0o755)
        self.database = Database(engine, self.folder)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(('LIAISON_', 'LC_', 'LANG'))}
        self.environment.update(HOME=str(self.folder), LIAISON_DB=self.database.url, LIAISON_KEY_FILE=str(self.folder / 'seal.key'), LC_ALL='C.UTF-8',
                                NO_PROXY='127.0.0.1', no_proxy='127.0.0.1')

    def start(self, *arguments, program=None, **options):
        return subprocess.Popen([*self.start_wrapper, str(program or self.build / 'liaison'), *map(str, arguments)], cwd=self.folder, env=self.environment,
                                **{'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **options})

    def run(self, *arguments, environment=None, before=None, stdin=None):
        """Runs `liaison` with these arguments to its end."""
        done = subprocess.run([*self.wrapper, str(self.build / 'liaison'), *map(str, arguments)], cwd=self.folder, env=environment or self.environment,
                              input=stdin if stdin is not None else b'', capture_output=True, preexec_fn=before,
                              timeout=PATIENCE_S * (10 if self.wrapper else 1))
        return Result('liaison ' + ' '.join(map(str, arguments)), done.returncode, done.stdout.decode('utf-8', 'replace'), done.stderr.decode('utf-8', 'replace'))

    def ok(self, *arguments, status=0):
        """Runs and insists on the exit status (one, or one of several)."""
        result = self.run(*arguments)
        wanted = status if isinstance(status, tuple) else (status,)
        if result.status not in wanted:
            raise Failure(f'exit status {wanted} was expected\n{result.told()}')
        return result

    def key_file(self, key):
        path = self.folder / 'api.key'
        path.write_text(key)
        path.chmod(0o600)
        return path

    def new_shop(self, till, *options, name='shop'):
        """A company with a link to the till."""
        self.ok('init', '--company', 'Épicerie du Canal')
        self.ok('link', 'add', '--name', name, '--url', till.url, '--key-file', self.key_file(till.key), *options)

    def close(self):
        self.database.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


BOOKS = ('article', 'family', 'tax', 'means', 'customer', 'document', 'payment', 'stock')


def books(program):
    """All that was made, as sorted texts, without what may differ between two histories: customers' codes are given in the order of arrival, and what a
    blocked draft misses is told as it was at the last try."""
    lists = {name: program.ok(name, 'list', '--json').json_lines() for name in BOOKS}
    people = {row['code']: str(sorted((name, str(value)) for name, value in row.items() if name != 'code')) for row in lists['customer']}
    for row in lists['document']:
        row.update(customer=people.get(row['customer'], row['customer']), block=row['block'] and row['block']['code'])
    lists['customer'] = [{'person': person} for person in people.values()]
    lists['grid'] = [{name: row.get(name) for name in ('number', 'kind', 'date', 'sale', 'anomaly', 'total_cents', 'lines', 'edited')}
                     for row in program.ok('grid', 'list', '--json').json_lines()]
    lists['anomaly'] = program.ok('grid', 'list', '--anomalies', '--json').json_lines()
    return {name: sorted(str(sorted(row.items(), key=str)) for row in rows) for name, rows in lists.items()}


# ---- the training till -----------------------------------------------------------------------------------------------

class Sandbox:
    """`tactill-sandbox` on a free port."""

    def __init__(self, build, *arguments, log=subprocess.DEVNULL):
        self.process = subprocess.Popen([str(pathlib.Path(build).resolve() / 'tactill-sandbox'), '--listen', '127.0.0.1:0', *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=log, text=True)
        words = self.process.stdout.readline().split()
        if len(words) != 6:
            raise Failure(f'tactill-sandbox {" ".join(map(str, arguments))} did not start')
        self.url, self.key = words[3], words[5]

    def get(self, path, **query):
        """One answer, as the till's other clients would see it; decimals stay digits (class Number)."""
        address = self.url + path + ('?' + urllib.parse.urlencode(query) if query else '')
        with urllib.request.urlopen(urllib.request.Request(address, headers={'x-api-key': self.key}), timeout=PATIENCE_S) as answer:
            return read_json(answer.read())

    def account(self):
        return self.get('/v1/account/account')

    def everything(self, path, scope, scope_id, page=1000):
        records = []
        while True:
            some = self.get(path, **{scope: scope_id, 'limit': page, 'skip': len(records), 'order': '_id=ASC'})
            records += some
            if len(some) < page:
                return records

    def orders(self):
        return self.everything('/v1/shop/orders', 'shop_id', self.account()['shops'][0]['_id'])

    def articles(self):
        return self.everything('/v1/catalog/articles', 'node_id', self.account()['nodes'][0]['_id'])

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()
        if self.process.returncode not in (0, -15):
            raise Failure(f'tactill-sandbox ended with {self.process.returncode}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- JSON whose numbers stay as they were written ----------------------------------------------------------------------

class Number(str):
    """The digits of a JSON number."""


def read_json(data):
    return json.loads(data, parse_float=Number, parse_int=Number, parse_constant=Number)


def write_json(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return '{' + ','.join(json.dumps(key, ensure_ascii=False) + ':' + write_json(item) for key, item in value.items()) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ','.join(map(write_json, value)) + ']'
    return json.dumps(value, ensure_ascii=False)


def scaled(number, places):
    """A decimal in digits as a whole number of 10^-places; never through a float."""
    text = str(number)
    sign = -1 if text.startswith('-') else 1
    whole, _, fraction = text.lstrip('-').partition('.')
    if len(fraction.rstrip('0')) > places:
        raise Failure(f'{text} has more than {places} decimals')
    return sign * (int(whole or 0) * 10 ** places + int((fraction + '0' * places)[:places] or 0))


def digits(value, places):
    """The reverse, as the till writes it: whole numbers without a point."""
    sign = '-' if value < 0 else ''
    whole, fraction = divmod(abs(value), 10 ** places)
    text = str(fraction).rjust(places, '0').rstrip('0')
    return Number(sign + str(whole) + ('.' + text if text else ''))


# ---- records from a short form -----------------------------------------------------------------------------------------

def identity(name):
    """24 hexadecimal digits that stand for a name; digits of that form stand for themselves."""
    return name if re.fullmatch('[0-9a-f]{24}', name) else hashlib.sha256(name.encode()).hexdigest()[:24]


NODE, COMPANY, SHOP = identity('node'), identity('company'), identity('shop')
INSTANT = '2026-01-10T09:00:00.000Z'


def stamped(extra):
    return {'__v': Number('0'), 'deprecated': False, 'created_at': INSTANT, 'updated_at': INSTANT, **extra}


def full_record(short, defaults, known):
    """Defaults, then the members of the short form that are the till's own, then those of `without` taken away."""
    record = dict(defaults)
    record.update({name: value for name, value in short.items() if name not in known and name != 'without'})
    for name in short.get('without', ()):
        record.pop(name, None)
    return record


def full_tax(short):
    rate = str(short['rate'])
    return full_record(short, stamped({'_id': identity('tax ' + rate), 'company_id': COMPANY, 'name': f'TVA {rate}', 'rate': short['rate'], 'in_price': True,
                                       'is_default': False, 'test': False}), ())


def full_category(short):
    return full_record(short, stamped({'_id': identity('category ' + short['name']), 'company_id': COMPANY, 'name': short['name'], 'color': '#57DB47',
                                       'icon_text': short['name'][:4], 'image': '', 'is_default': False, 'test': False}), ())


def full_article(short):
    reference = short.get('ref', '')
    name = short.get('name', reference or 'Sans nom')
    record = stamped({'_id': identity(short.get('id', 'article ' + (reference or name))), 'test': False, 'node_id': NODE,
                      'category_id': identity('category ' + short.get('category', 'Divers')), 'discounts': [],
                      'taxes': [identity('tax ' + str(short.get('rate', '20')))], 'is_default': False, 'name': name, 'icon_text': name[:4], 'image': '', 'color': '#57DB47',
                      'unit': '', 'in_stock': False, 'ignore_stock': True, 'options': [], 'variations': [], 'declinations': []})
    if reference:
        record['reference'] = reference
    if 'price' in short:
        record['full_price'] = short['price']
    if 'stock' in short:
        record.update(in_stock=True, ignore_stock=False, stock_quantity=short['stock'])
    return full_record(short, record, ('id', 'ref', 'price', 'rate', 'category', 'stock'))


LINE = re.compile(r'(?P<ref>\S+) (?P<quantity>-?[\d.]+)x(?P<price>-?[\d.]+) @(?P<rate>[\d.]+|none)(?: -(?P<discount>[\d.]+))?(?: =(?P<total>-?[\d.]+))?')


def full_line(text, sale, place):
    """`REFERENCE QUANTITYxPRICE @RATE [-DISCOUNT] [=TOTAL]`; `-` stands for a free amount, `?NAME` for an article without a reference."""
    match = LINE.fullmatch(text)
    if not match:
        raise Failure(f'a line is written REFERENCE QUANTITYxPRICE @RATE, not {text}')
    price, quantity = scaled(match['price'], 4), scaled(match['quantity'], 3)
    discount = scaled(match['discount'] or '0', 2)
    product = abs(price * quantity)
    total = (product + 50000) // 100000 * (1 if price * quantity >= 0 else -1) - discount
    if match['total']:
        total = scaled(match['total'], 2)
    line = {'_id': identity(f'line {sale} {place}'), 'article_id': None, 'name': 'Divers', 'category_name': 'Divers', 'quantity': digits(quantity, 3), 'unit': '',
            'unit_price': digits(price, 4), 'discount': digits(discount, 2), 'total': digits(total, 2), 'options': []}
    reference = match['ref']
    if reference.startswith('?'):
        line.update(article_id=identity('article ' + reference[1:]), name=reference[1:])
    elif reference != '-':
        line.update(article_id=identity('article ' + reference), reference=reference, name=reference)
    if match['rate'] != 'none':
        line.update(tax_id=identity('tax ' + match['rate']), tax_rate=Number(match['rate']))
    return line, total


def full_order(short, place=0):
    """A sale from its short form: `lines` and `pay` may be texts; totals, VAT (truncated per rate, as the till says it does) and one card payment follow."""
    number = str(short.get('number', place + 1))
    name = short.get('id', 'sale ' + number)
    closed = short.get('closed_at', f'2026-01-15T10:{place % 60:02}:00.000Z')
    lines, total, by_rate = [], 0, {}
    for at, line in enumerate(short.get('lines', [])):
        if isinstance(line, str):
            line, cents = full_line(line, name, at)
            total += cents
            if 'tax_rate' in line:
                by_rate[line['tax_rate']] = by_rate.get(line['tax_rate'], 0) + cents
        lines.append(line)
    taxes = []
    for rate, cents in by_rate.items():
        rate_bp = scaled(rate, 2)
        tax = abs(cents) * rate_bp // (10000 + rate_bp) * (1 if cents >= 0 else -1)
        taxes.append({'tax_id': identity('tax ' + rate), 'rate': rate, 'base': digits(cents - tax, 2), 'amount': digits(tax, 2)})
    payments = []
    for at, payment in enumerate(short.get('pay', [f'card {digits(total, 2)}'] if total else [])):
        if isinstance(payment, str):
            kind, amount = payment.split()
            payment = {'_id': identity(f'payment {name} {at}'), 'type': kind, 'label': kind, 'amount': Number(amount), 'paid_at': closed}
        payments.append(payment)
    order = {'_id': identity(name), '__v': Number('0'), 'shop_id': SHOP, 'node_id': NODE, 'number': number, 'state': 'paid', 'opened_at': closed, 'closed_at': closed,
             'created_at': closed, 'updated_at': closed, 'test': False, 'deprecated': False, 'customer': None, 'lines': lines, 'discount': Number('0'),
             'total': digits(total, 2), 'total_tax': digits(sum(scaled(tax['amount'], 2) for tax in taxes), 2), 'tip': Number('0'), 'taxes': taxes,
             'payments': payments, 'refund_of': identity(short['refund_of']) if short.get('refund_of') else None}
    return full_record(short, order, ('id', 'number', 'lines', 'pay', 'refund_of'))


ACCOUNT = {'_id': identity('account'), '__v': Number('0'), 'account_id': 'auth0|' + identity('owner'), 'api_key': KEY, 'permissions': [], 'deprecated': False,
           'nodes': [{'_id': NODE, 'name': 'Épicerie'}], 'companies': [{'_id': COMPANY, 'name': 'Épicerie SARL'}], 'shops': [{'_id': SHOP, 'name': 'Boutique'}],
           'email': 'shop@example.org', 'created_at': INSTANT, 'updated_at': INSTANT}
RATES = ('20', '10', '5.5', '2.1', '0')


def full_shop(short):
    """The tables of a till from the short form of a case."""
    orders = [full_order(order, place) for place, order in enumerate(short.get('orders', []))]
    articles = [full_article(article) for article in short.get('articles', [])]
    categories = [full_category({'name': 'Divers'})]
    for name in dict.fromkeys(article.get('category', 'Divers') for article in short.get('articles', [])):
        if name != 'Divers':
            categories.append(full_category({'name': name}))
    taxes = short.get('taxes', [{'rate': Number(rate)} for rate in RATES])
    return {'account': {**copy.deepcopy(ACCOUNT), **short.get('account', {})}, 'articles': articles, 'categories': categories,
            'taxes': [full_tax(tax) for tax in taxes], 'orders': orders}


# ---- a till that this file plays ---------------------------------------------------------------------------------------

LISTS = {'/v1/catalog/articles': ('articles', 'node_id', NODE), '/v1/catalog/categories': ('categories', 'company_id', COMPANY),
         '/v1/catalog/taxes': ('taxes', 'company_id', COMPANY), '/v1/shop/orders': ('orders', 'shop_id', SHOP)}


def member(record, path):
    for name in path.split('.'):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def passes(record, term):
    match = re.fullmatch(r'([\w.]+)(?:\[(\w+)\])?=(.*)', term, re.S)
    name, operator, wanted = match.groups()
    value = member(record, name)
    value = {True: 'true', False: 'false', None: ''}.get(value, value) if not isinstance(value, (str, dict, list)) else value
    value, wanted = str(value), re.sub(r'(\.\d{3})\d*Z$', r'\1Z', wanted)
    return {None: value == wanted, 'ne': value != wanted, 'gte': value >= wanted, 'gt': value > wanted, 'lte': value <= wanted, 'lt': value < wanted}[operator]


class Reply:
    """What a case says shall be answered instead: for the given request, `times` times after having let `after` pass."""

    def __init__(self, method, target, status, headers, body, times=None, after=0):
        self.method, self.status, self.headers, self.body, self.times, self.after = method, status, headers, body, times, after
        self.pattern = re.compile('.*'.join(map(re.escape, target.split('*'))))
        self.cut = self.hang = False

    def takes(self, method, target):
        plain = urllib.parse.unquote(target)
        # A pattern without a query means every query of that path.
        subject = plain if '?' in self.pattern.pattern.replace('\\', '') else plain.split('?')[0]
        if method != self.method or not self.pattern.fullmatch(subject) or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Till(http.server.ThreadingHTTPServer):
    """Tables served with limit, skip, filter and order as the page tactill-v4.md says, and scripted replies before them."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, shop, page_max=None, list_paths=LISTS):
        super().__init__(('127.0.0.1', 0), TillHandler)
        self.tables, self.replies, self.requests, self.page_max, self.list_paths = full_shop(shop), [], [], page_max, list_paths
        self.lock, self.key = threading.Lock(), KEY
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        self.thread = threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True)
        self.thread.start()

    def change(self, shop):
        """Records of the short form are added, or replace those with the same `_id`; `remove` lists ids of sales that are gone."""
        new = full_shop(shop)
        with self.lock:
            for table in ('articles', 'categories', 'orders'):
                for record in new[table]:
                    self.tables[table] = [old for old in self.tables[table] if old['_id'] != record['_id']] + [record]
            gone = [identity(name) for name in shop.get('remove', [])]
            self.tables['orders'] = [old for old in self.tables['orders'] if old['_id'] not in gone]

    def list(self, path, query):
        table, scope, scope_id = self.list_paths[path]
        if query.get(scope) != scope_id:
            return 400, {'statusCode': Number('400'), 'error': 'Bad Request', 'message': f'"{scope}" is required'}
        records = [record for record in self.tables[table] if all(passes(record, term) for term in query.get('filter', '').split('&') if term)]
        if 'order' in query:
            field, _, direction = query['order'].partition('=')
            records.sort(key=lambda record: str(member(record, field) or ''), reverse=direction == 'DESC')
        skip, limit = int(query.get('skip', '0')), int(query.get('limit', '100'))
        return 200, records[skip:skip + min(limit, self.page_max or limit)]

    def answer(self, method, target, key):
        path, _, query_text = target.partition('?')
        query = dict(urllib.parse.parse_qsl(query_text, keep_blank_values=True))
        if key != self.key:
            return 401, {'statusCode': Number('401'), 'error': 'Unauthorized', 'message': 'Missing authentication'}
        if method == 'GET' and path == '/v1/account/account':
            return 200, self.tables['account']
        if method == 'GET' and path in self.list_paths:
            return self.list(path, query)
        return 404, {'statusCode': Number('404'), 'error': 'Not Found', 'message': 'Not Found'}

    def handle_error(self, request, client_address):
        """A client that went away is no fault of the test."""

    def close(self):
        self.shutdown()
        self.server_close()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class TillHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Silent."""

    def serve(self):
        till, target = self.server, self.path
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        with till.lock:
            till.requests.append(f'{self.command} {urllib.parse.unquote(target)}' + (f' {body.decode()}' if body else ''))
            scripted = next((reply for reply in till.replies if reply.takes(self.command, target)), None)
            status, value = till.answer(self.command, target, self.headers.get('x-api-key'))
        if scripted is None:
            self.send(status, {'Content-Type': 'application/json; charset=utf-8'}, write_json(value).encode())
        else:
            plain = write_json(value).encode()
            self.send(scripted.status, scripted.headers, plain if scripted.body is None else scripted.body, scripted.cut)

    do_GET = do_POST = do_PUT = do_DELETE = serve

    def send(self, status, headers, body, cut=False):
        self.send_response(status)
        for name, value in {'cache-control': 'no-cache', **headers}.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True


SIZES = {'full': [], 'medium': ['--sales', '600', '--days', '10'], 'small': ['--articles', '120', '--sales', '300', '--days', '10']}


def demo_options(size):
    """The demo shop in its own month, once that has passed; until then the same days a year earlier: sales of the future would rightly wait."""
    return SIZES[size] + (['--from', '2025-10-05'] if datetime.date.today() < datetime.date(2026, 11, 5) else [])


# ---- counting ----------------------------------------------------------------------------------------------------------

class Score:
    """Counts checks; the last line of every suite is `N passed, N failed`."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, condition, told=''):
        if condition:
            self.passed += 1
        else:
            self.failed += 1
            print(f'FAILED {name}\n{told}'.rstrip(), flush=True)
        return condition

    def equal(self, name, got, expected):
        return self.check(name, got == expected, f'  expected {short(expected)}\n  got      {short(got)}')

    def end(self):
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        return 1 if self.failed or not self.passed else 0


def short(value):
    text = repr(value)
    return text if len(text) <= 1500 else text[:1500] + ' …'


def first_differences(got, expected, count=5):
    """Two dictionaries or sorted lists, told by what only one of them has."""
    if isinstance(got, dict):
        keys = [key for key in {**got, **expected} if got.get(key) != expected.get(key)]
        return '\n'.join(f'  {key}: expected {short(expected.get(key))}, got {short(got.get(key))}' for key in keys[:count])
    got, expected = list(got), list(expected)
    only_got, only_expected = list(got), []
    for item in expected:
        if item in only_got:
            only_got.remove(item)
        else:
            only_expected.append(item)
    return '\n'.join([f'  missing: {short(item)}' for item in only_expected[:count]] + [f'  too many: {short(item)}' for item in only_got[:count]])


def wait_for(condition, what):
    """Waits for a state, never for a time; gives up only when something is broken."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise Failure(f'never came: {what}')
        time.sleep(0.005)
