#!/usr/bin/env python3
"""Both programs and the unit tests of the server under ThreadSanitizer: many clients at once, answers that wait in the timer's thread, names resolved in
curl's thread, signals that arrive while requests are served. What ThreadSanitizer finds is a failure; nothing is suppressed.

usage: threads.py BUILD_FOLDER          (made with -Db_sanitize=thread and gcc)
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import Failure, Program, Sandbox, Score

CLIENTS = 4
UNIT_TESTS = ('net/test_net_loopback', 'net/test_net_hostile', 'net/test_net_server', 'net/test_net_server_hostile', 'sandbox/test_sandbox_server',
              'server/test_server_jobs')
# Every 5th answer of the till comes late, so that the timer's thread has work while others are answered.
TILL = ('--articles', '60', '--sales', '120', '--faults', 'delay=20:every=5')


def side_by_side(work):
    """Runs work(n) in CLIENTS threads and waits for all of them."""
    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads


def ask(port, method, path, body=None, headers=None, keep=None):
    """The status, or 0 when the server has gone; the answer's headers into `keep`."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=300)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        response.read()
        if keep is not None:
            keep.update(response.headers.items())
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def sync_among_others(program, till, score):
    """The till is read by `liaison` and by others at the same time."""
    counts = [0] * CLIENTS

    def read(n):
        counts[n] = len(till.orders())
    readers = side_by_side(read)
    program.ok('sync', 'shop', status=(0, 1))
    for reader in readers:
        reader.join()
    score.equal('everybody read all sales', counts, [counts[0]] * CLIENTS)
    score.check('there were sales', counts[0] > 0)


def serve_until_stopped(program, score):
    """Logins, lists and errors at once, then Ctrl-C in the middle of more."""
    password = program.folder / 'password'
    password.write_text('a long password\n')
    password.chmod(0o600)
    program.ok('user', 'add', 'anne', '--role', 'admin', '--password-file', password)
    server = program.start('serve', '--listen', '127.0.0.1:0', '--quiet')
    port = int(re.search(r'127\.0\.0\.1:(\d+)', server.stdout.readline().decode()).group(1))
    statuses, stopping = [[] for _ in range(CLIENTS)], threading.Event()

    def visit(n):
        told = {}
        statuses[n].append(ask(port, 'POST', '/api/v1/session', json.dumps({'name': 'anne', 'password': 'a long password'}), {'Content-Type': 'application/json'}, told))
        session = {'Cookie': told.get('Set-Cookie', '').partition(';')[0]}
        for path in ('/api/v1/documents', '/healthz', '/metrics', '/nowhere.txt'):
            statuses[n].append(ask(port, 'GET', path, headers=session))
        while not stopping.is_set() and ask(port, 'GET', '/api/v1/home', headers=session):
            pass
    visitors = side_by_side(visit)
    while not all(len(some) == 5 for some in statuses):
        visitors[0].join(0.05)
    server.send_signal(signal.SIGINT)
    _, told = server.communicate()
    stopping.set()
    for visitor in visitors:
        visitor.join()
    score.equal('all were answered', statuses, [[200, 200, 200, 200, 404]] * CLIENTS)
    score.equal('Ctrl-C ends it well', (server.returncode, told.decode()), (0, ''))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build, score = pathlib.Path(sys.argv[1]), Score()
    score.check('the build has ThreadSanitizer in it', b'__tsan_init' in (build / 'liaison').read_bytes())
    with tempfile.TemporaryDirectory(prefix='liaison-threads-') as folder:
        os.environ['TSAN_OPTIONS'] = f'log_path={folder}/report:exitcode=66:second_deadlock_stack=1'
        for name in UNIT_TESTS:
            done = subprocess.run([str(build / 'tests/unit' / name)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            score.equal(name, done.returncode, 0)
        try:
            with Program(build, 'sqlite', 'liaison-threads-') as program, Sandbox(build, *TILL) as till:
                till.url = till.url.replace('127.0.0.1', 'localhost')  # a name, so that curl starts a thread to resolve it
                program.new_shop(till)
                sync_among_others(program, till, score)
                serve_until_stopped(program, score)
        except Failure as failure:  # a program that has found something ends with 66
            score.check('both programs end as they should', False, str(failure))
        reports = '\n'.join(path.read_text(encoding='utf-8', errors='replace') for path in sorted(pathlib.Path(folder).glob('report*')))
        score.check('no thread takes another by surprise', not reports, reports)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
