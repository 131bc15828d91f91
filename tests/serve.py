#!/usr/bin/env python3
"""`liaison serve` from outside: nothing is seen without a login, the first administrator is made once, passwords are throttled, another site or host cannot act, and what
each answer bears.

usage: serve.py BUILD_FOLDER [--engine sqlite|postgresql]
"""
import argparse
import http.client
import json
import re
import signal
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
from harness import Program, Score

PASSWORD = 'a long password'


def exchange(port, method, path, body, headers):
    """Status, headers and bytes of one exchange."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request(method, path, body, {name.replace('_', '-'): value for name, value in headers.items()})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, response.headers, answer


def ask(port, method, path, body=None, **headers):
    """The same with the text; a body is sent as JSON."""
    if body is not None:
        body = json.dumps(body)
        headers.setdefault('Content_Type', 'application/json')
    status, told, answer = exchange(port, method, path, body, headers)
    return status, told, answer.decode()


def log_in(port, name, password, **headers):
    return ask(port, 'POST', '/api/v1/session', {'name': name, 'password': password}, **headers)


def cookie_of(headers):
    return (headers['Set-Cookie'] or '').split(';')[0]


def check_setup(port, code, score):
    """The code opens one door, once."""
    new = {'name': 'anne', 'password': PASSWORD}
    score.equal('a code is asked for', json.loads(ask(port, 'GET', '/api/v1/setup')[2]), {'needed': True})
    score.equal('a wrong code', ask(port, 'POST', '/api/v1/setup', {**new, 'code': 'AAAA-AAAA-AAAA'})[0], 403)
    score.equal('a short password', ask(port, 'POST', '/api/v1/setup', {**new, 'code': code, 'password': 'short'})[0], 400)
    status, headers, text = ask(port, 'POST', '/api/v1/setup', {**new, 'code': code})
    score.check('the first administrator', status == 201 and json.loads(text)['role'] == 'admin' and cookie_of(headers), text)
    score.equal('the same code again', ask(port, 'POST', '/api/v1/setup', {**new, 'name': 'eve', 'code': code})[0], 403)
    score.equal('no code is asked for any more', json.loads(ask(port, 'GET', '/api/v1/setup')[2]), {'needed': False})


def check_login(port, score):
    status, headers, text = ask(port, 'GET', '/api/v1/session')
    score.check('without a login there is a problem document', status == 401 and headers['Content-Type'] == 'application/problem+json' and json.loads(text)['code'] == 'not_logged_in', text)
    score.check('no script stands in a page', "script-src 'self'" in headers['Content-Security-Policy'] and headers['X-Content-Type-Options'] == 'nosniff')
    score.equal('health', ask(port, 'GET', '/healthz')[::2], (200, 'ok\n'))
    score.equal('ready', ask(port, 'GET', '/readyz')[::2], (200, 'ready\n'))
    score.equal('an unknown path', ask(port, 'GET', '/api/v1/nothing')[0], 404)
    score.equal('an unknown method', ask(port, 'PUT', '/api/v1/session')[0], 405)
    score.equal('an unknown name', log_in(port, 'nobody', PASSWORD)[0], 401)
    score.equal('a forged cookie', ask(port, 'GET', '/api/v1/users', Cookie='liaison_session=' + '0' * 64)[0], 401)
    score.equal('a login from another site', log_in(port, 'anne', PASSWORD, Sec_Fetch_Site='cross-site')[0], 403)
    score.equal('a login as a form', ask(port, 'POST', '/api/v1/session', {'name': 'anne', 'password': PASSWORD}, Content_Type='text/plain')[0], 415)
    score.equal('another host', ask(port, 'GET', '/api/v1/setup', Host='evil.example')[0], 421)


def check_session(port, score):
    status, headers, text = log_in(port, 'anne', PASSWORD)
    cookie = headers['Set-Cookie'] or ''
    score.check('the cookie is for this site and no script', status == 200 and 'HttpOnly' in cookie and 'SameSite=Strict' in cookie, cookie)
    session, csrf = cookie_of(headers), json.loads(text)['csrf']
    score.equal('a page of ours reads', ask(port, 'GET', '/api/v1/users', Cookie=session)[0], 200)
    for accepted, encoding in (('gzip', 'gzip'), ('br, gzip;q=0.5', 'gzip'), ('gzip;q=0', None), ('deflate', None)):
        answer = exchange(port, 'GET', '/api/v1/lists', None, {'Cookie': session, 'Accept-Encoding': accepted})
        score.equal(f'compressed for who takes {accepted}', (answer[0], answer[1]['Content-Encoding'], answer[2][:2] == b'\x1f\x8b'), (200, encoding, encoding == 'gzip'))
    token = {'name': 'checks', 'scope': 'read'}
    score.equal('an act without the session\'s word', json.loads(ask(port, 'POST', '/api/v1/tokens', token, Cookie=session)[2])['code'], 'csrf')
    status, _, text = ask(port, 'POST', '/api/v1/tokens', token, Cookie=session, X_CSRF_Token=csrf)
    secret = json.loads(text)['token']
    score.equal('a token', status, 201)
    score.equal('a token reads', ask(port, 'GET', '/metrics', Authorization='Bearer ' + secret)[0], 200)
    score.equal('beyond its scope', ask(port, 'GET', '/api/v1/users', Authorization='Bearer ' + secret)[0], 403)
    score.check('it is told once', secret not in ask(port, 'GET', '/api/v1/tokens', Cookie=session)[2])
    faults = json.loads(ask(port, 'POST', '/api/v1/tokens', {'scope': 7, 'colour': 'red'}, Cookie=session, X_CSRF_Token=csrf, Accept_Language='en')[2])['errors']
    score.equal('all that is wrong is told together', sorted(fault['pointer'] for fault in faults), ['/colour', '/name', '/scope'])
    score.equal('the last administrator stays', ask(port, 'DELETE', '/api/v1/users/anne', Cookie=session, X_CSRF_Token=csrf)[0], 422)
    score.equal('log out', ask(port, 'DELETE', '/api/v1/session', Cookie=session, X_CSRF_Token=csrf)[0], 204)
    score.equal('the session has ended', ask(port, 'GET', '/api/v1/users', Cookie=session)[0], 401)


def check_throttle(port, score):
    statuses = [log_in(port, 'anne', 'wrong')[0] for _ in range(6)]
    score.equal('wrong passwords are throttled', statuses, [401] * 5 + [429])
    status, headers, _ = log_in(port, 'anne', PASSWORD)
    score.check('the right one waits too', status == 429 and int(headers['Retry-After']) >= 1)


def check_proxy_option(program, score):
    for wrong in ('localhost', '127.0.0.1:80', '10.0.0.0/8', ''):
        score.equal(f'a proxy called {wrong!r}', program.run('serve', '--listen', '127.0.0.1:0', '--trusted-proxy', wrong).status, 2)


def served(program):
    """A server on a free port, its port, and what it has printed so far."""
    server = program.start('serve', '--listen', '127.0.0.1:0', '--quiet')
    first = server.stdout.readline().decode()
    return server, int(re.search(r'127\.0\.0\.1:(\d+)', first).group(1))


def end(server):
    """Ctrl-C; all that it printed after its first line."""
    server.send_signal(signal.SIGINT)
    return server.communicate()[0].decode()


def check_init(build, engine, score):
    """The administrator that `liaison init` makes needs no code."""
    with Program(build, engine, 'liaison-serve-') as program:
        password = program.folder / 'password'
        password.write_text('short\n')
        score.equal('a short password makes nothing', program.run('init', '--company', 'Halles', '--admin', 'anne', '--password-file', password).status, 4)
        password.write_text(PASSWORD + '\n')
        score.equal("nobody's password", program.run('init', '--company', 'Halles', '--password-file', password).status, 2)
        made = program.ok('init', '--company', 'Halles', '--admin', 'anne', '--password-file', password, '--json').json()
        score.equal('init names its administrator', (made['company'], made['admin']), (1, 'anne'))
        server, port = served(program)
        try:
            score.equal('no code is needed', json.loads(ask(port, 'GET', '/api/v1/setup')[2]), {'needed': False})
            score.equal('the administrator logs in', json.loads(log_in(port, 'anne', PASSWORD)[2])['role'], 'admin')
        finally:
            printed = end(server)
        score.check('no code was printed', not re.search(r'[A-Z2-9]{4}(-[A-Z2-9]{4}){2}', printed), printed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', default='sqlite')
    arguments = parser.parse_args()
    score = Score()
    with Program(arguments.build, arguments.engine, 'liaison-serve-') as program:
        program.ok('init', '--company', 'Épicerie du Canal')
        refused = program.run('serve', '--listen', '0.0.0.0:0')
        score.equal('beyond this machine only with TLS', refused.status, 2)
        check_proxy_option(program, score)
        server, port = served(program)
        try:
            code = re.search(r'[A-Z2-9]{4}(-[A-Z2-9]{4}){2}', server.stdout.readline().decode()).group(0)
            check_setup(port, code, score)
            check_login(port, score)
            check_session(port, score)
            check_throttle(port, score)
        finally:
            end(server)
        score.equal('Ctrl-C ends it well', server.returncode, 0)
    check_init(arguments.build, arguments.engine, score)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
