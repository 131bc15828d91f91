#!/usr/bin/env python3
"""The overview of `liaison serve`: nothing is seen without a login, passwords are throttled, what a till sends is shown as text, another site cannot act.

usage: serve.py BUILD_FOLDER [--engine sqlite|postgresql]
"""
import argparse
import http.client
import re
import signal
import sys
import urllib.parse

sys.dont_write_bytecode = True  # the source tree stays as it is
from harness import Program, Score, Till

# A till that tries to speak HTML: the article of the sale is unknown, so its name stands in an anomaly.
SHOP = {'articles': [], 'orders': [{'number': '1', 'lines': ['<script>alert(1)</script> 1x4.2 @20']}]}


def ask(port, method, path, body=None, **headers):
    """Status, headers and text of one exchange."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request(method, path, body, {name.replace('_', '-'): value for name, value in headers.items()})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.headers, text


def log_in(port, name, password, **headers):
    return ask(port, 'POST', '/login', urllib.parse.urlencode({'name': name, 'password': password}), **headers)


def check_pages(port, score):
    status, headers, page = ask(port, 'GET', '/')
    score.check('without a login there is only the form', status == 200 and 'name="password"' in page and 'Épicerie du Canal' not in page, page)
    score.check('no script can run in a page', "default-src 'none'" in headers['Content-Security-Policy'] and '<script' not in page)
    score.equal('health', ask(port, 'GET', '/healthz')[::2], (200, 'ok\n'))
    score.equal('an unknown path', ask(port, 'GET', '/api')[0], 404)
    score.equal('a wrong password', log_in(port, 'anne', 'wrong')[0], 401)
    score.equal('an unknown name', log_in(port, 'nobody', 'a long password')[0], 401)
    score.equal('a forged cookie', 'name="password"' in ask(port, 'GET', '/', Cookie='liaison_session=' + '0' * 64)[2], True)
    score.equal('a login from another site', log_in(port, 'anne', 'a long password', Sec_Fetch_Site='cross-site')[0], 403)

    status, headers, _ = log_in(port, 'anne', 'a long password')
    cookie = headers['Set-Cookie'] or ''
    score.check('the cookie is for this site and no script', status == 303 and 'HttpOnly' in cookie and 'SameSite=Strict' in cookie, cookie)
    session = cookie.split(';')[0]
    page = ask(port, 'GET', '/', Cookie=session)[2]
    score.check('the overview names the company', 'Épicerie du Canal' in page, page)
    score.check('what a till sends is text', '<script' not in page and '&lt;script&gt;' in page, page)
    score.equal('log out', ask(port, 'POST', '/logout', Cookie=session)[0], 303)
    score.check('the session has ended', 'name="password"' in ask(port, 'GET', '/', Cookie=session)[2])

    statuses = [log_in(port, 'anne', 'wrong')[0] for _ in range(6)]
    score.equal('wrong passwords are throttled', statuses, [401] * 5 + [429])
    score.equal('the right one waits too', log_in(port, 'anne', 'a long password')[0], 429)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', default='sqlite')
    arguments = parser.parse_args()
    score = Score()
    with Program(arguments.build, arguments.engine, 'liaison-serve-') as program, Till(SHOP) as till:
        program.new_shop(till)
        program.ok('sync', 'shop', status=(0, 1))
        password = program.folder / 'password'
        password.write_text('a long password\n')
        password.chmod(0o600)
        program.ok('user', 'add', 'anne', '--role', 'admin', '--password-file', str(password))
        refused = program.run('serve', '--listen', '0.0.0.0:0')
        score.equal('only this machine is listened to', refused.status, 2)
        server = program.start('serve', '--listen', '127.0.0.1:0')
        try:
            port = int(re.search(r'127\.0\.0\.1:(\d+)', server.stdout.readline().decode()).group(1))
            check_pages(port, score)
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate()
        score.equal('Ctrl-C ends it well', server.returncode, 0)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
