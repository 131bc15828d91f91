"""The server: sessions, forged requests, smuggled ones, paths, hosts, tokens, another company, and what a till sends in what is shown. (What loads it: server_load.py.)"""
import csv
import io
import json
import pathlib
import re
import socket
import sys
import urllib.parse

from common import PAYLOADS, attack
from harness import Program, Till
from inject import fill, hostile_shop
from web import PASSWORD, PEOPLE, Web

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'api'))
import description

POLICY = "script-src 'self'"
LISTS = ('documents', 'payments', 'stock', 'stock-moves', 'customers', 'articles', 'families', 'taxes', 'means', 'runs', 'grid/sales', 'journal')


def company(program, name='Épicerie du Canal'):
    program.ok('init', '--company', name)


def status(answer):
    return answer.status


# ---- sessions --------------------------------------------------------------------------------------------------------

def forged_cookies(cookie, stored):
    """Cookies that are not the one that was given, though close to it."""
    value = cookie.partition('=')[2]
    changed = ('0' if value[0] != '0' else '1') + value[1:]
    return {'zeros': f'liaison_session={"0" * 64}', 'one digit changed': f'liaison_session={changed}', 'cut': cookie[:-1], 'longer': cookie + '0', 'empty': 'liaison_session=',
            'what the database holds': f'liaison_session={stored}', 'another name': f'session={value}', 'in quotes': f'liaison_session="{value}"',
            'statement': "liaison_session=' OR '1'='1", 'a percent form': 'liaison_session=%' + value.encode().hex(), 'behind a forged one': f'liaison_session={"0" * 64}; {cookie}'}


@attack(engines=True)
def server_sessions(world):
    """A cookie opens what it was given for, until it ends: not when it is forged, given beforehand, or used after the end."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            cookie, word = web.session('viewer')
            stored = program.database.rows("SELECT token_hash FROM app_session")[0].replace('\\x', '')
            for name, forged in forged_cookies(cookie, stored).items():
                world.equal(f'a forged cookie ({name})', status(web.raw('GET', '/metrics', headers={'Cookie': forged})), 401)
            fixed = 'liaison_session=' + '5' * 64
            answer = web.ask('nobody', 'POST', '/api/v1/session', {'name': PEOPLE['viewer'], 'password': PASSWORD}, Cookie=fixed)
            given = answer.headers['Set-Cookie'].partition(';')[0]
            world.check('a login gives a cookie of its own', given not in (fixed, cookie), given)
            world.equal('a cookie fixed beforehand opens nothing', status(web.raw('GET', '/metrics', headers={'Cookie': fixed})), 401)
            again = web.log_in(PEOPLE['viewer'], PASSWORD)
            world.check('two sessions share neither cookie nor word', again[0] != cookie and again[1] != word)
            world.equal('the word of another session of the same user', web.raw('DELETE', '/api/v1/session', headers={'Cookie': cookie, 'X-CSRF-Token': again[1]}).json()['code'], 'csrf')
            web.post('/api/v1/session', who='viewer', method='DELETE')
            world.equal('replayed after logging out', status(web.raw('GET', '/metrics', headers={'Cookie': cookie})), 401)
            world.equal('the other session goes on', status(web.raw('GET', '/metrics', headers={'Cookie': again[0]})), 200)
            web.post('/api/v1/users/' + PEOPLE['viewer'], {'password': PASSWORD + '!'}, method='PATCH')
            world.equal('replayed after the password was changed', status(web.raw('GET', '/metrics', headers={'Cookie': again[0]})), 401)
            cookie, word = web.session('accountant')
            web.post('/api/v1/users/' + PEOPLE['accountant'], {'role': 'viewer'}, method='PATCH')
            answer = web.raw('GET', '/api/v1/session', headers={'Cookie': cookie})
            world.check('a right that was taken away is gone at once', answer.status == 401 or answer.json()['role'] == 'viewer', answer.told())
            web.post('/api/v1/users/' + PEOPLE['accountant'], method='DELETE')
            world.equal('replayed after the user was removed', status(web.raw('GET', '/metrics', headers={'Cookie': cookie})), 401)
            check_age(world, program, web)


def check_age(world, program, web):
    """Twelve hours without a request, or a week."""
    for column, days, alive in (('seen_utc', 0.4, True), ('seen_utc', 0.6, False), ('created_utc', 6.9, True), ('created_utc', 7.1, False)):
        cookie, _ = web.log_in(PEOPLE['admin'], PASSWORD)
        program.database.change(f'UPDATE app_session SET {column} = {column} - {int(days * 86_400_000_000)}')
        world.equal(f'a session whose {column} lies {days} days back', status(web.raw('GET', '/metrics', headers={'Cookie': cookie})), 200 if alive else 401)
        program.database.change('DELETE FROM app_session')


# ---- requests that others make ------------------------------------------------------------------------------------------

@attack
def server_forged_requests(world):
    """Another site makes a browser send the cookie: forms of every kind, another method, a page that reads the answer. Nothing is changed and nothing can be read."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            cookie, word = web.session('admin')
            new = '{"name":"mallory","role":"admin","password":"une longue phrase de passe"}'
            forms = {'text/plain': new, 'application/x-www-form-urlencoded': urllib.parse.urlencode(json.loads(new)), 'multipart/form-data; boundary=x': new, '': new}
            for kind, body in forms.items():
                for more in ({}, {'Sec-Fetch-Site': 'cross-site'}, {'Origin': 'http://evil.example'}, {'Origin': 'null'}, {'Referer': 'http://evil.example/'}):
                    answer = web.raw('POST', '/api/v1/users', body.encode(), {'Cookie': cookie, **({'Content-Type': kind} if kind else {}), **more})
                    world.check(f'a form as {kind or "nothing"} with {more}', answer.status in (403, 415), answer.told())
            for kind in ('text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'application/json-patch+json', 'text/json'):
                world.equal(f'{kind} with the right word', status(web.raw('POST', '/api/v1/users', new.encode(), {'Cookie': cookie, 'X-CSRF-Token': word, 'Content-Type': kind})), 415)
            for site in ('cross-site', 'same-site', 'other'):
                answer = web.raw('POST', '/api/v1/users', new.encode(), {'Cookie': cookie, 'X-CSRF-Token': word, 'Content-Type': 'application/json', 'Sec-Fetch-Site': site})
                world.equal(f'a browser that says {site}', status(answer), 403)
            for header in ('X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'):
                web.raw('GET', '/api/v1/users/anne', headers={'Cookie': cookie, header: 'DELETE'})
            web.raw('GET', '/api/v1/users?_method=POST&name=mallory&role=admin&password=une+longue+phrase', headers={'Cookie': cookie})
            world.equal('nobody was made, nobody removed', program.database.rows('SELECT name FROM app_user'), ['anne'])
            for method, path in (('OPTIONS', '/api/v1/users'), ('GET', '/api/v1/session'), ('GET', '/'), ('TRACE', '/'), ('GET', '/metrics')):
                answer = web.raw(method, path, headers={'Cookie': cookie, 'Origin': 'http://evil.example', 'Access-Control-Request-Method': 'POST', 'X-Secret': 'repeated'})
                shared = [name for name in answer.headers if name.lower().startswith('access-control-')]
                world.equal(f'{method} {path} is shared with no other site', shared, [])
                world.check(f'{method} {path} cannot be framed, and repeats no header', "frame-ancestors 'none'" in (answer.headers['Content-Security-Policy'] or '')
                            and 'repeated' not in answer.text, answer.told())


# ---- requests within requests --------------------------------------------------------------------------------------------

INNER = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'


def smuggled():
    """Requests whose end two readers may see in two places; what one takes for a body is a request to the other."""
    def post(*headers, body=''):
        return 'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' + ''.join(f'{header}\r\n' for header in headers) + '\r\n' + body
    zero = '0\r\n\r\n' + INNER
    size, n = len(zero), len(INNER)
    yield 'length, then chunked', post(f'Content-Length: {size}', 'Transfer-Encoding: chunked', body=zero)
    yield 'chunked, then length', post('Transfer-Encoding: chunked', f'Content-Length: {size}', body=zero)
    yield 'chunked with a short length', post('Transfer-Encoding: chunked', 'Content-Length: 4', body=f'{n:x}\r\n{INNER}\r\n0\r\n\r\n')
    yield 'two lengths', post('Content-Length: 0', f'Content-Length: {n}', body=INNER)
    yield 'two lengths, the other way', post(f'Content-Length: {n}', 'Content-Length: 0', body=INNER)
    yield 'two lengths in one', post(f'Content-Length: 0, {n}', body=INNER)
    for length in ('-1', '+0', '0x0', '0 0', '', '18446744073709551616', '1e1', 'none'):
        yield f'a length of {length!r}', post(f'Content-Length: {length}', body=INNER)
    for encoding in ('xchunked', 'chunked, identity', 'identity', 'chunked, chunked', ' chunked', '\x0bchunked', 'chunkéd', 'cow', 'gzip, chunked', '"chunked"', 'chunked;x=1'):
        yield f'an encoding of {encoding!r}', post(f'Transfer-Encoding: {encoding}', f'Content-Length: {size}', body=zero)
    yield 'a blank before the colon', post('Transfer-Encoding : chunked', f'Content-Length: {size}', body=zero)
    yield 'a length with a blank before the colon', post(f'Content-Length : {n}', body=INNER)
    yield 'a folded line', post('X: y\r\n Transfer-Encoding: chunked', f'Content-Length: {size}', body=zero)
    yield 'a lone line feed', post(f'X: y\nContent-Length: {n}', body=INNER)
    yield 'a lone return', post(f'X: y\rContent-Length: {n}', body=INNER)
    yield 'a zero byte', post(f'X: y\x00\r\nContent-Length: {n}', body=INNER)
    yield 'a chunk that is longer than it says', post('Transfer-Encoding: chunked', body='1\r\nxx\r\n' + zero)
    yield 'a chunk size that overflows', post('Transfer-Encoding: chunked', body='10000000000000000\r\n' + zero)
    yield 'a chunk size with a sign', post('Transfer-Encoding: chunked', body='-0\r\n\r\n' + INNER)
    yield 'a chunk with an odd end', post('Transfer-Encoding: chunked', body='0\n\n' + INNER)
    yield 'a body with GET', f'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {n}\r\n\r\n{INNER}'
    yield 'two hosts', f'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'
    yield 'no host', 'GET /api/v1/setup HTTP/1.1\r\n\r\n'


def talk(port, data, patience_s=1.5):
    """All that comes back for these bytes, until the server closes or says nothing more."""
    received = b''
    with socket.create_connection(('127.0.0.1', port), timeout=patience_s) as connection:
        try:
            connection.sendall(data.encode('latin-1') if isinstance(data, str) else data)
            while True:
                piece = connection.recv(65536)
                if not piece:
                    return received, True
                received += piece
        except ConnectionError:
            return received, True
        except TimeoutError:
            return received, False


@attack
def server_smuggling(world):
    """Of two readings of where a request ends, none may make one request into two."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            for name, data in smuggled():
                received, closed = talk(web.port, data)
                answers = re.findall(rb'HTTP/1\.[01] (\d{3})', received)
                inner = b'\r\n\r\nok\n' in received
                if name == 'a body with GET':
                    world.check(f'{name}: one answer', len(answers) == 1, received.decode('latin-1'))
                elif name == 'two hosts' or name == 'no host':
                    world.check(f'{name}: refused', answers and answers[0] in (b'400', b'421'), received.decode('latin-1'))
                else:
                    # The HTTP library tells some refusals twice, and closes.
                    refused = len(answers) <= 1 or closed and all(answer.startswith(b'4') for answer in answers)
                    world.check(f'{name}: nothing within was answered', not inner and refused and b'200' not in answers, received.decode('latin-1'))
            received, _ = talk(web.port, INNER + INNER)
            world.equal('two requests one after the other are two', received.count(b'\r\n\r\nok\n'), 2)
            for line in ('GET  /healthz HTTP/1.1', 'GET /healthz  HTTP/1.1', 'GET /healthz HTTP/1.1 x', 'GET\t/healthz HTTP/1.1', 'GET /he\x01althz HTTP/1.1', 'GET /healthz HTTP/9.9', 'GET',
                         'G\x00T /healthz HTTP/1.1', '\x16\x03\x01\x02\x00\x01'):
                received, _ = talk(web.port, line + '\r\nHost: localhost\r\n\r\n')
                world.check(f'a first line {line!r} is no request', b'\r\n\r\nok\n' not in received, received.decode('latin-1'))
            answer = web.raw('GET', '/api/v1/nothing%0d%0aSet-Cookie:%20liaison_session=x%0d%0a')
            world.check('a line end in the path ends no header', 'Set-Cookie' not in answer.headers and answer.status in (400, 404), answer.told())


# ---- paths ------------------------------------------------------------------------------------------------------------

CLIMBING = ['/../../../../etc/passwd', '/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd', '/..%252f..%252fetc/passwd', '/....//....//etc/passwd', '/..\\..\\etc\\passwd',
            '/..%5c..%5cetc%5cpasswd', '//etc/passwd', '/assets/../../../../etc/passwd', '/assets/..%2f..%2fsecret.txt', '/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd', '/etc/passwd%00.html', '/./secret.txt',
            '/%2fetc%2fpasswd', '/file:///etc/passwd', '/assets/.hidden', '/.git/config', '/link.txt', '/folder/inside.txt', '/api/docs/../../../../etc/passwd', '/api/v1/../../../etc/passwd',
            '/api/v1/links/..%2f..%2f..%2fetc%2fpasswd', '/api/v1/documents/..%2f..%2fetc%2fpasswd/pdf', 'file:///etc/passwd', 'http://localhost/../../etc/passwd', '*', 'etc/passwd', '']


@attack
def server_paths(world):
    """What the server gives out is what was built, whatever path is asked: no file beside it, behind a link, hidden, or above."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        pages = program.folder / 'pages'
        (pages / 'assets').mkdir(parents=True)
        (program.folder / 'secret.txt').write_text('top secret')
        (program.folder / 'outside').mkdir()
        (program.folder / 'outside' / 'inside.txt').write_text('top secret')
        (pages / 'index.html').write_text('<!doctype html><title>page</title>')
        (pages / 'assets' / '.hidden').write_text('top secret')
        (pages / 'link.txt').symlink_to('../secret.txt')
        (pages / 'folder').symlink_to('../outside')
        with Web(program, '--ui', pages) as web:
            cookie = web.session('admin')[0]
            for path in CLIMBING:
                received, _ = talk(web.port, f'GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n', 10)
                world.check(f'{path!r} leads nowhere', received[:12] in (b'HTTP/1.1 200', b'HTTP/1.1 400', b'HTTP/1.1 404', b'HTTP/1.1 405', b'HTTP/1.1 421')
                            and b'root:' not in received and b'top secret' not in received, received.decode('latin-1'))
            (pages / 'index.html').unlink()
            (pages / 'index.html').symlink_to('../secret.txt')
            world.check('a file exchanged while it runs is not read', 'top secret' not in web.raw('GET', '/').text)
            for profile in ('/etc/passwd', '../secret.txt', str(program.folder / 'secret.txt'), 'file:///etc/passwd'):
                answer = web.ask('admin', 'POST', '/api/v1/links', {'name': 'x', 'url': 'https://api4.tactill.com', 'key': 'abcdef0123456789abcdef01', 'profile': profile})
                world.check(f'a profile called {profile} is no file of the server', 400 <= answer.status < 500 and 'root:' not in answer.text and 'top secret' not in answer.text, answer.told())


# ---- hosts ------------------------------------------------------------------------------------------------------------

@attack
def server_hosts(world):
    """A name that is not the server's gets nothing; no answer leads elsewhere."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program, '--public-url', 'https://gestion.example.fr') as web:
            for host in ('evil.example', 'localhost.evil.example', 'gestion.example.fr.evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'gestion.example.fr@evil.example', '169.254.169.254',
                         '[::ffff:1.2.3.4]', 'evil.example#gestion.example.fr', ''):
                answer = web.raw('GET', '/api/v1/setup', headers={'Host': host})
                world.check(f'asked as {host!r}', answer.status in (400, 421), answer.told())
                world.check(f'pages asked as {host!r}', web.raw('GET', '/', headers={'Host': host}).status in (400, 421))
            for host in ('gestion.example.fr', 'GESTION.example.fr:443', 'localhost:1', f'127.0.0.1:{web.port}', '[::1]:8080'):
                world.equal(f'asked as {host!r}', status(web.raw('GET', '/api/v1/setup', headers={'Host': host})), 200)
            leading = {'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http', 'Forwarded': 'host=evil.example', 'X-Original-URL': '/api/v1/users', 'X-Rewrite-URL': '/api/v1/users',
                       'X-Forwarded-Prefix': '//evil.example', 'Origin': 'http://evil.example', 'Referer': 'http://evil.example/'}
            for path in ('/', '//evil.example/', '///evil.example', '/\\evil.example', '/%2fevil.example', '/?next=//evil.example', '/login?redirect=https://evil.example', '/api/docs', '/api', '/api/v1'):
                answer = web.raw('GET', path, headers=leading)
                world.check(f'{path!r} leads nowhere else', answer.status not in range(300, 400) and 'evil' not in str(answer.headers) and 'evil.example' not in answer.text.replace(path, ''),
                            answer.told())
            answer = web.ask('admin', 'POST', '/api/v1/users', {'name': 'paul', 'role': 'viewer', 'password': PASSWORD}, **{name.replace('-', '_'): value for name, value in leading.items()
                                                                                                                             if name != 'Origin'})
            world.check('what is created is named without a host', not (answer.headers['Location'] or '/').startswith(('http', '//')), answer.told())
            received, _ = talk(web.port, 'GET http://evil.example/api/v1/setup HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 10)
            world.check('a whole address of another host is not told in an answer', b'evil' not in received, received.decode('latin-1'))
            login = web.ask('nobody', 'POST', '/api/v1/session', {'name': PEOPLE['admin'], 'password': PASSWORD})
            world.check('behind TLS the cookie keeps to it', 'Secure' in login.headers['Set-Cookie'] and login.headers['Strict-Transport-Security'], str(login.headers))
        refused = program.run('serve', '--listen', '0.0.0.0:0')
        world.equal('beyond this machine only with TLS', refused.status, 2)


# ---- tokens -----------------------------------------------------------------------------------------------------------

@attack
def server_tokens(world):
    """A token opens what its scope says, in its own header, as long as it is there. (Every route with every scope: tests/api/every_route.py.)"""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            token = web.token('read')
            world.equal('it reads', status(web.raw('GET', '/metrics', headers={'Authorization': f'Bearer {token}'})), 200)
            stored = program.database.rows('SELECT token_hash FROM api_token')[0].replace('\\x', '')
            wrong = [token[:-1], token + '0', token.upper(), token[3:], f'lt_{stored}', 'lt_' + '0' * 64, 'lt_', '', "lt_' OR '1'='1"]
            for text in wrong:
                world.equal(f'a token that is none: {text[:12]}…', status(web.raw('GET', '/metrics', headers={'Authorization': f'Bearer {text}'})), 401)
            for headers in ({'Authorization': f'Basic {token}'}, {'Authorization': token}, {'X-Api-Key': token}, {'Cookie': f'liaison_session={token}'}, {'Cookie': f'liaison_session={token[3:]}'}):
                world.equal(f'elsewhere: {list(headers)}', status(web.raw('GET', '/metrics', headers=headers)), 401)
            for query in ('access_token', 'token', 'api_key', 'authorization'):
                world.equal(f'in the address as {query}', status(web.raw('GET', f'/metrics?{query}={token}')), 401)
            cookie, word = web.session('admin')
            both = web.raw('GET', '/api/v1/users', headers={'Cookie': cookie, 'Authorization': f'Bearer {token}'})
            world.equal('beside an administrator’s cookie it opens no more', both.status, 403)
            world.equal('a token makes no token', web.ask('token:write', 'POST', '/api/v1/tokens', {'name': 'x', 'scope': 'write'}).status, 403)
            world.equal('it cannot do away with itself', web.ask('token:write', 'DELETE', '/api/v1/tokens/1').status, 403)
            for text in (token, cookie.partition('=')[2], word, PASSWORD):
                world.check('the log holds no secret', text not in web.log.read_text())
            raw = program.database.raw_bytes()
            for text in (token, token[3:], cookie.partition('=')[2], PASSWORD):
                world.check('the database holds no secret', text.encode() not in raw and bytes.fromhex(text[-64:]) not in raw if re.fullmatch('(lt_)?[0-9a-f]{64}', text) else text.encode() not in raw)


# ---- another company --------------------------------------------------------------------------------------------------

OTHER = {'articles': [{'ref': 'AUTRE', 'name': 'Article de l’autre', 'price': 9, 'category': 'Autres', 'stock': 5}],
         'orders': [{'number': '9001', 'lines': ['AUTRE 1x9 @20']}, {'number': '9002', 'lines': ['INCONNU 1x9 @20']}]}


@attack(engines=True)
def server_other_company(world):
    """Two companies in one database: the server of one shows nothing of the other, opens for none of its people, and changes nothing there."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, Till(OTHER) as till:
        company(program, 'Autre société')
        program.ok('link', 'add', '--name', 'autre', '--url', till.url, '--key-file', program.key_file(till.key), '--auto-validate', 'yes', '--company', 'Autre société')
        program.ok('sync', 'autre', '--company', 'Autre société', status=(0, 1))
        with Web(program, '--company', 'Autre société') as other:
            program.environment['LIAISON_COMPANY'] = 'Autre société'
            other_people = other_identities(program, other)
            ids = {name: other.get(f'/api/v1/{name}?limit=1')['items'] for name in LISTS}
        company(program)
        before = company_rows(program)
        with Web(program, '--company', 'Épicerie du Canal', '--allow-local-tills') as web:
            for name, headers in other_people.items():
                world.equal(f'{name} of the other company', status(web.raw('GET', '/metrics', headers=headers)), 401)
            admin = own_admin(program, web)
            for name in LISTS:
                shown = web.raw('GET', f'/api/v1/{name}?limit=500', headers=admin).json()
                # What every company begins with is the same in both.
                foreign = [] if name in ('customers', 'taxes', 'means') else [item for item in ids[name] if item in shown['items']]
                world.check(f'{name}: nothing of the other', shown['total'] == len(shown['items']) and not foreign and 'AUTRE' not in json.dumps(shown), json.dumps(shown)[:500])
            whole = description.operations(description.load())
            for operation in whole:
                if operation.method != 'GET' or '{' not in operation.path or operation.path.endswith('/events'):
                    continue
                for path in paths_of(operation, ids):
                    answer = web.raw('GET', path, headers=admin)
                    world.check(f'{path} is not there', answer.status == 404 or 'AUTRE' not in answer.text and 'autre' not in answer.text.replace('autre', '', path.count('autre')), answer.told())
        world.equal('nothing of the other company was changed', company_rows(program), before)


def other_identities(program, web):
    """People of the other company: a session and a token."""
    password = program.folder / 'password'
    password.write_text(PASSWORD + '\n')
    password.chmod(0o600)
    program.ok('user', 'add', 'olga', '--role', 'admin', '--password-file', password, '--company', 'Autre société')
    web.sessions['admin'] = web.log_in('olga', PASSWORD)
    return {'a cookie': {'Cookie': web.sessions['admin'][0]}, 'a token': {'Authorization': f'Bearer {web.token("write")}'}}


def own_admin(program, web):
    program.ok('user', 'add', 'anne', '--role', 'admin', '--password-file', program.folder / 'password', '--company', 'Épicerie du Canal')
    return {'Cookie': web.log_in('anne', PASSWORD)[0]}


def company_rows(program):
    """What the other company owns, counted and summed."""
    return program.database.rows("SELECT (SELECT COUNT(*) FROM document WHERE company_id = 1), (SELECT COALESCE(SUM(total_cents), 0) FROM document WHERE company_id = 1),"
                                 ' (SELECT COUNT(*) FROM grid_sale WHERE company_id = 1), (SELECT COUNT(*) FROM journal WHERE company_id = 1),'
                                 ' (SELECT COUNT(*) FROM article WHERE company_id = 1), (SELECT COUNT(*) FROM app_user WHERE company_id = 1)')


def paths_of(operation, ids):
    """The operation's path with what names the other company's records."""
    values = {'code': 'AUTRE', 'number': '9001', 'name': 'autre', 'day': '2026-01-15', 'due_no': '1', 'document': '9001'}
    for number in ('1', '2'):
        yield re.sub(r'\{(\w+)\}', lambda match: values.get(match[1], number), operation.path)


# ---- what a till sends --------------------------------------------------------------------------------------------------

def formula_cells(text):
    return [cell for row in csv.reader(io.StringIO(text), delimiter=';') for cell in row if re.match(r'[=+@\t\r]|-(?![\d ]*[.,]?\d*$)', cell)]


def every_page(web, headers):
    """Each address that shows what is stored: lists, exports, single records."""
    yield from (f'/api/v1/{name}' for name in ('home?days=366', 'lists', 'links', 'anomalies', 'mappings', 'jobs', 'company', 'numbering', 'links/shop', 'runs/1', 'runs/1/records',
                                               'grid/file?format=liaison', 'grid/file?format=dailybiz', 'proof?from=2026-01-01&to=2026-01-31'))
    for name in LISTS:
        yield f'/api/v1/{name}?limit=500'
        yield f'/api/v1/export/{name}?format=csv'
    for name, member, rest in (('documents', 'number', ('', '/why')), ('articles', 'code', ('',)), ('customers', 'code', ('',)), ('grid/sales', 'id', ('',))):
        for item in web.raw('GET', f'/api/v1/{name}?limit=60', headers=headers).json()['items']:
            yield from (f'/api/v1/{name}/{urllib.parse.quote(str(item[member]), safe="")}{tail}' for tail in rest)


@attack(engines=True)
def server_texts(world):
    """What a till sends comes out as data: JSON that says so and is not guessed at, files that are saved; the pages hold none of it."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, Till(hostile_shop()) as till:
        pages = program.folder / 'pages'
        pages.mkdir()
        (pages / 'index.html').write_text('<!doctype html><title>page</title>')
        company(program)
        with Web(program, '--ui', pages) as web:
            empty = web.raw('GET', '/').body
        fill_again(world, program, till)
        with Web(program, '--ui', pages) as web:
            headers = {'Cookie': web.session('viewer')[0]}
            wrong, count = [], 0
            for path in every_page(web, headers):
                answer, count = web.raw('GET', path, headers=headers), count + 1
                wrong += faults_of(path, answer)
            world.check(f'{count} answers are data and say so', not wrong, '\n'.join(wrong[:10]))
            world.check('the texts are in them', any('alert(1)' in web.raw('GET', f'/api/v1/{name}?limit=500', headers=headers).text for name in ('articles', 'grid/sales')))
            world.equal('a page holds nothing of it', web.raw('GET', '/', headers=headers).body, empty)
            for payload in PAYLOADS.values():
                path = '/api/v1/' + urllib.parse.quote(payload, safe='')
                answer = web.raw('GET', path, headers=headers)
                wrong += faults_of(path, answer)
                answer = web.ask('nobody', 'POST', '/api/v1/setup', {payload: payload, 'code': payload, 'name': payload, 'password': payload})
                wrong += faults_of(path, answer)
            world.check('what was typed comes back as data', not wrong, '\n'.join(wrong[:10]))
            said = web.log.read_text(encoding='utf-8', errors='replace')
            world.check('the log keeps its lines', all(re.match(r'\d{4}-\d\d-\d\dT', line) for line in said.split('\n') if line) and '\x1b' not in said, said[-2000:])


def fill_again(world, program, till):
    """As inject.fill, where the company is there already."""
    program.ok('link', 'add', '--name', 'shop', '--url', till.url, '--key-file', program.key_file(till.key), '--unknown-customer', 'create', '--auto-validate', 'yes')
    first = program.run('sync', 'shop')
    world.check('the sync goes through', first.status in (0, 1), first.told())


def faults_of(path, answer):
    """What is wrong with an answer that should be data."""
    found = []
    # What is refused before it can be read is told by the HTTP server itself, in constant texts.
    own = answer.status == 400 and 'X-Request-Id' not in answer.headers
    if answer.headers['X-Content-Type-Options'] != 'nosniff' or POLICY not in (answer.headers['Content-Security-Policy'] or '') and not own:
        found.append(f'{path}: a browser may guess, or run a script')
    if answer.kind in ('application/json', 'application/problem+json'):
        try:
            json.loads(answer.body)
        except ValueError as error:
            found.append(f'{path}: {error}')
    elif answer.kind == 'text/csv':
        if 'attachment' not in (answer.headers['Content-Disposition'] or ''):
            found.append(f'{path}: is shown, not saved')
        found += [f'{path}: a formula {cell!r}' for cell in formula_cells(answer.text)][:2]
    elif answer.kind not in ('application/pdf', 'text/plain'):
        found.append(f'{path}: comes as {answer.kind}')
    if answer.status >= 500:
        found.append(f'{path}: {answer.status} {answer.text[:200]}')
    return found
