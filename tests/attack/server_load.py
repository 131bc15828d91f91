"""What loads the server: more than it takes, and slower than it waits. It refuses or holds off, keeps its memory, and others are served meanwhile."""
import concurrent.futures
import contextlib
import re
import resource
import socket
import threading
import time

from common import attack
from harness import Program, wait_for
from server_attacks import company, talk
from web import Web

SLOW_CONNECTIONS = 10_000
TESTS_AT_ONCE = 12
MEMORY_MAX_KIB = 700 * 1024


def memory_kib(process):
    """The most that it ever held."""
    with open(f'/proc/{process.pid}/status', encoding='ascii') as file:
        return int(re.search(r'VmHWM:\s+(\d+)', file.read())[1])


def answers_others(web, patience_s):
    """Seconds until a new client was answered, None when it was not."""
    begin = time.monotonic()
    while time.monotonic() - begin < patience_s:
        with contextlib.suppress(OSError):
            if web.raw('GET', '/healthz', timeout=5).status == 200:
                return time.monotonic() - begin
        time.sleep(0.05)
    return None


def oversized():
    """Heads and bodies that no client of ours sends."""
    def get(target='/healthz', *headers):
        return f'GET {target} HTTP/1.1\r\nHost: localhost\r\n' + ''.join(f'{header}\r\n' for header in headers) + '\r\n'
    yield 'an address of a megabyte', get('/' + 'a' * (1 << 20))
    yield 'a query of a megabyte', get('/healthz?' + 'a=b&' * (1 << 18))
    yield 'a header of a megabyte', get('/healthz', 'X: ' + 'a' * (1 << 20))
    yield 'a hundred thousand headers', get('/healthz', *(f'X-{n}: y' for n in range(100_000)))
    yield 'a name of a megabyte', get('/healthz', 'a' * (1 << 20) + ': x')
    yield 'a method of a megabyte', 'G' * (1 << 20) + ' / HTTP/1.1\r\n\r\n'
    yield 'a cookie of a megabyte', get('/api/v1/session', 'Cookie: liaison_session=' + '0' * (1 << 20))


def deep(opening, closing, depth):
    return (b'{"name":' + opening * depth + closing * depth + b'}')


@attack
def server_oversized(world):
    """What is too long, too deep or too much is refused; the memory stays bounded and the server goes on."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            for name, data in oversized():
                received, closed = talk(web.port, data, 20)
                status = received[9:12]
                world.check(f'{name} is refused', closed and status in (b'', b'400', b'413', b'414', b'431', b'404'), received[:300].decode('latin-1'))
                world.check(f'{name}: the next is served', answers_others(web, 10) is not None)
            bodies = {'40 MiB': b'x' * (40 << 20), 'a text of 30 MiB': b'{"name":"' + b'x' * (30 << 20) + b'"}', 'lists in lists': deep(b'[', b']', 200_000), 'objects in objects': deep(b'{"a":', b'}', 200_000),
                      'a million members': b'{' + b','.join(b'"a%d":1' % n for n in range(1_000_000)) + b'}', 'a million numbers': b'{"name":[' + b'1,' * 1_000_000 + b'1]}',
                      'a number of a megabyte': b'{"name":' + b'9' * (1 << 20) + b'}', 'one name a million times': b'{' + b'"name":1,' * 1_000_000 + b'"name":1}'}
            for name, body in bodies.items():
                for who, path in (('nobody', '/api/v1/session'), ('admin', '/api/v1/users'), ('admin', '/api/v1/grid/sales')):
                    world.check(f'{name} from {who} at {path} is refused', refused_with(web, who, path, body) in (400, 413, 422, 'closed'))
            received, _ = talk(web.port, b'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n', 10)
            world.check('a length of a terabyte is not waited for', received[9:12] in (b'', b'400', b'413'), received[:300].decode('latin-1'))
            world.check('the server goes on', answers_others(web, 10) is not None)
            world.check('its memory is bounded', memory_kib(web.process) < MEMORY_MAX_KIB or 'asan' in str(world.build), f'{memory_kib(web.process)} KiB')


def refused_with(web, who, path, body):
    """The status; or `closed`, when the server hangs up on what is still being sent."""
    try:
        return web.ask(who, 'POST', path, body, Content_Type='application/json').status
    except ConnectionError:
        return 'closed'


def slow_connection(port, kind):
    """One that has begun to ask and does not end."""
    connection = socket.socket()
    connection.setblocking(True)
    connection.settimeout(1)
    connection.connect(('127.0.0.1', port))
    if kind == 'head':
        connection.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ')
    elif kind == 'body':
        connection.sendall(b'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    return connection


@attack
def server_slow(world):
    """Ten thousand connections that say nothing, half a head or half a body: others are answered while they stand."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(SLOW_CONNECTIONS, hard - 500)
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web, contextlib.ExitStack() as held:
            opened, worst, unanswered = 0, 0.0, 0
            for n in range(wanted):
                with contextlib.suppress(OSError):  # one that is turned away is held off too
                    held.callback(slow_connection(web.port, ('head', 'body', 'silent')[n % 3]).close)
                    opened += 1
                if n % 1000 == 999:
                    took = answers_others(web, 30)
                    unanswered += took is None
                    worst = max(worst, took or 0.0)
            world.check(f'{wanted} slow connections were tried', opened > wanted // 2 or unanswered == 0, f'{opened} were taken')
            world.equal('others are answered while they stand', unanswered, 0)
            world.check('within the time that a slow one is given', worst < 25, f'{worst:.1f} s')
            world.check('its memory is bounded', memory_kib(web.process) < MEMORY_MAX_KIB or 'asan' in str(world.build), f'{memory_kib(web.process)} KiB')


@attack
def server_drip(world):
    """A head that comes a byte at a time ends when the server's patience does, and not when the sender wants."""
    with Program(world.build, world.engine, 'liaison-attack-') as program:
        company(program)
        with Web(program) as web:
            begin, ended = time.monotonic(), None
            with socket.create_connection(('127.0.0.1', web.port), timeout=5) as connection:
                connection.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ')
                connection.setblocking(False)
                while time.monotonic() - begin < 90 and ended is None:
                    try:
                        connection.sendall(b'a')
                        if connection.recv(1000) is not None:
                            ended = time.monotonic() - begin
                    except BlockingIOError:
                        time.sleep(0.5)
                    except OSError:
                        ended = time.monotonic() - begin
            world.check('a drip is ended', ended is not None, 'after 90 s it was still taken')


class SilentTill:
    """Takes connections, reads what is asked, and answers nothing until it is closed."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self.listener.getsockname()[1]}'
        self.taken = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.listener.accept()[0])

    def close(self):
        with contextlib.suppress(OSError):  # closed already
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.taken:
            connection.close()


@attack
def server_hanging_tills(world):
    """Many tests of links at once, whose till never answers: most are told to come back, and others are served while the rest wait."""
    with Program(world.build, world.engine, 'liaison-attack-') as program, contextlib.closing(SilentTill()) as till:
        company(program)
        with Web(program, '--allow-local-tills') as web, concurrent.futures.ThreadPoolExecutor(TESTS_AT_ONCE) as pool:
            web.session('admin')
            link = {'name': 'slow', 'url': till.url, 'key': 'abcdef0123456789abcdef01'}
            tests = [pool.submit(web.ask, 'admin', 'POST', '/api/v1/links/test', link) for _ in range(TESTS_AT_ONCE)]
            wait_for(lambda: sum(test.done() for test in tests) >= TESTS_AT_ONCE - 2, 'the answers of those that are not begun')
            refused = [test.result() for test in tests if test.done()]
            world.check('those that are too many are told to come back', len(refused) == TESTS_AT_ONCE - 2 and all(answer.status == 503 and int(answer.headers['Retry-After']) > 0
                        and answer.json()['code'] == 'busy' for answer in refused), [answer.told() for answer in refused][:3])
            world.equal('others are served', [web.ask(who, 'GET', path).status for who, path in (('viewer', '/api/v1/links'), ('nobody', '/healthz'), ('admin', '/api/v1/documents'))], [200] * 3)
            world.check('while the rest wait', len(till.taken) == 2 and sum(test.done() for test in tests) == len(refused))
            till.close()
            ended = [test.result() for test in tests if test.result() not in refused]
            world.check('whose end is an answer', [(answer.status, answer.json()['problem']['code']) for answer in ended] == [(200, 'unreachable')] * 2, [answer.told() for answer in ended])
            again = web.ask('admin', 'POST', '/api/v1/links/test', link)
            world.equal('then the next is begun', again.status, 200)
