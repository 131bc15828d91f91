#!/usr/bin/env python3
"""What packaging/ says to put around `liaison serve`, put around it: nginx and Caddy with the sample files, of which only ports, the certificate and the place of their own files are
changed, in the foreground, on loopback, as whoever runs the tests; and the systemd unit, read by systemd-analyze.

usage: packaging.py BUILD_FOLDER

Another address of loopback (127.0.0.2 …) stands for each other person, since all of them belong to the machine.
"""
import grp
import http.client
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
from harness import PATIENCE_S, ROOT, Failure, Program, Score, wait_for
from web import PASSWORD, PEOPLE, Answer, Web

NAME = 'gestion.example.fr'
PACKAGING = ROOT / 'packaging'
BODY_MAX = 32 << 20
EXPOSURE_MAX = 13  # tenths, of systemd-analyze's scale: 1.3 is what remains, since it speaks to the network
EVENT_PATIENCE_S = 30  # an event that is held back comes with the end of the job, which is later
INSIDE, OUTSIDE, GUESSER, FORGER, OTHER = '127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'


def free_ports(count):
    """Ports that nobody listens on at this moment."""
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [bound.getsockname()[1] for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


def make_certificate(folder):
    """For NAME, signed by itself."""
    certificate, key = folder / 'chain.pem', folder / 'key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', f'/CN={NAME}', '-addext', f'subjectAltName=DNS:{NAME}',
                    '-keyout', str(key), '-out', str(certificate)], check=True, capture_output=True, timeout=PATIENCE_S)
    return certificate, key


def replaced(text, changes):
    """The sample with each of these exchanged; one that is not there any more has to be told."""
    for old, new in changes.items():
        if old not in text:
            raise Failure(f'the sample has no {old!r}')
        text = text.replace(old, new)
    return text


# ---- the proxies -------------------------------------------------------------------------------------------------------

class Proxy:
    """A proxy with its sample file in front of a server; people ask it by TLS, each from an address of loopback."""
    program = None

    def __init__(self, folder, server_port):
        self.folder = folder / self.program
        self.folder.mkdir()
        self.certificate, key = make_certificate(self.folder)
        self.plain_port, self.port = free_ports(2)
        environment = {**os.environ, 'HOME': str(self.folder), 'XDG_DATA_HOME': str(self.folder), 'XDG_CONFIG_HOME': str(self.folder)}
        self.log = self.folder / 'log'
        with self.log.open('wb') as log:
            self.process = subprocess.Popen(self.command(server_port, key), cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(self.listens, f'{self.program} on its port')
        except BaseException:
            self.close()
            raise

    def command(self, server_port, key):
        raise NotImplementedError

    def listens(self):
        if self.process.poll() is not None:
            raise Failure(f'{self.program} ended with {self.process.returncode}\n{self.log.read_text()}')
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def connect(self, source, timeout=PATIENCE_S):
        """A connection of HTTP/1.1 over TLS, whose certificate is checked for NAME."""
        context = ssl.create_default_context(cafile=self.certificate)
        connection = http.client.HTTPSConnection(NAME, context=context)
        plain = socket.create_connection(('127.0.0.1', self.port), timeout=timeout, source_address=(source, 0))
        connection.sock = context.wrap_socket(plain, server_hostname=NAME)
        return connection

    def ask(self, method, path, body=None, source=OTHER, **headers):
        """One exchange; a dict goes as JSON."""
        sent = {name.replace('_', '-'): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            sent['Content-Type'] = 'application/json'
        connection = self.connect(source)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(f'{self.program}: {method} {path}', response.status, response.headers, response.read())
        finally:
            connection.close()

    def log_in(self, name=PEOPLE['admin'], password=PASSWORD, **options):
        return self.ask('POST', '/api/v1/session', {'name': name, 'password': password}, **options)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Nginx(Proxy):
    program = 'nginx'

    def command(self, server_port, key):
        sample = replaced((PACKAGING / 'nginx.conf').read_text(encoding='utf-8'), {
            'listen 80;': f'listen 127.0.0.1:{self.plain_port};', 'listen [::]:80;': '', 'listen 443 ssl': f'listen 127.0.0.1:{self.port} ssl', 'listen [::]:443 ssl http2;': '',
            f'/etc/letsencrypt/live/{NAME}/fullchain.pem': str(self.certificate), f'/etc/letsencrypt/live/{NAME}/privkey.pem': str(key), '127.0.0.1:8080': f'127.0.0.1:{server_port}'})
        (self.folder / 'site.conf').write_text(sample, encoding='utf-8')
        places = ''.join(f'{kind}_temp_path {self.folder / kind};\n' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        (self.folder / 'nginx.conf').write_text(f'daemon off; pid {self.folder}/pid; error_log stderr;\nworker_processes 1;\nevents {{}}\n'
                                                f'{who_runs_it()}http {{ access_log off;\n{places}include {self.folder}/site.conf; }}\n')
        return [where_is('nginx'), '-p', str(self.folder), '-c', str(self.folder / 'nginx.conf'), '-e', 'stderr']


def who_runs_it():
    """nginx, started by root, would change to another user."""
    return f'user {pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name};\n' if os.geteuid() == 0 else ''


class Caddy(Proxy):
    program = 'caddy'

    def command(self, server_port, key):
        sample = replaced((PACKAGING / 'Caddyfile').read_text(encoding='utf-8'), {
            f'{NAME} {{': f'https://{NAME}:{self.port} {{\n\tbind 127.0.0.1\n\ttls {self.certificate} {key}', '127.0.0.1:8080': f'127.0.0.1:{server_port}'})
        (self.folder / 'Caddyfile').write_text(f'{{\n\tadmin off\n\thttp_port {self.plain_port}\n\tdefault_bind 127.0.0.1\n}}\n' + sample, encoding='utf-8')
        return [where_is('caddy'), 'run', '--adapter', 'caddyfile', '--config', str(self.folder / 'Caddyfile')]


def where_is(program):
    """Also where Debian keeps what administrators run."""
    found = shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
    if not found:
        raise Failure(f'{program} is not installed: scripts/install-deps.sh does it')
    return found


# ---- through a proxy -----------------------------------------------------------------------------------------------------

def check_plain(proxy, score):
    """Who comes without TLS is sent to the same address with it."""
    connection = http.client.HTTPConnection('127.0.0.1', proxy.plain_port, timeout=PATIENCE_S)
    connection.request('GET', '/api/v1/session?a=b', headers={'Host': NAME})
    response = connection.getresponse()
    location = response.headers['Location'] or ''
    score.check(f'{proxy.program}: without TLS nothing is served', response.status in (301, 308) and re.fullmatch(rf'https://{NAME}(:\d+)?/api/v1/session\?a=b', location), f'{response.status} {location}')
    connection.close()


def check_session(proxy, score):
    """The session of an administrator: its headers for what follows."""
    answer = proxy.log_in()
    cookie = answer.headers['Set-Cookie'] or ''
    score.equal(f'{proxy.program}: a login', answer.status, 200)
    score.check(f'{proxy.program}: the cookie crosses nothing but TLS', all(word in cookie for word in ('; Secure', '; HttpOnly', '; SameSite=Strict')), cookie)
    score.check(f'{proxy.program}: browsers are told to stay with TLS', 'max-age' in (answer.headers['Strict-Transport-Security'] or ''))
    session = {'Cookie': cookie.partition(';')[0], 'X-CSRF-Token': answer.json()['csrf']}
    score.equal(f'{proxy.program}: a page of ours acts', proxy.ask('POST', '/api/v1/tokens', {'name': f'through {proxy.program}', 'scope': 'read'}, **underscored(session)).status, 201)
    answer = proxy.ask('GET', '/api/v1/setup', Host='evil.example')
    score.check(f'{proxy.program}: another name gets nothing of the server', 'needed' not in answer.text, answer.told())
    return session


def underscored(headers):
    return {name.replace('-', '_'): value for name, value in headers.items()}


def check_events(proxy, session, score):
    """The state of a job comes while it lasts. The till that it waits for never answers."""
    job = proxy.ask('POST', '/api/v1/links/silent/runs', {'dry_run': False}, **underscored(session)).json()
    connection = proxy.connect(OTHER, EVENT_PATIENCE_S)
    try:
        connection.request('GET', f'/api/v1/jobs/{job["id"]}/events', headers={**session, 'Accept-Encoding': 'gzip'})
        response = connection.getresponse()
        try:
            first = response.read1() if response.status == 200 else b''
        except TimeoutError:
            first = b'(nothing)'
        going_on = proxy.ask('GET', f'/api/v1/jobs/{job["id"]}', **underscored(session)).json()['state'] in ('queued', 'running')
        proxy.ask('DELETE', f'/api/v1/jobs/{job["id"]}', **underscored(session))
        rest = first if first == b'(nothing)' else first + response.read()
    finally:
        connection.close()
    score.check(f'{proxy.program}: an event comes while the job goes on', going_on and first.startswith(b'retry:'), f'{response.status} {going_on} {first[:300]}')
    score.check(f'{proxy.program}: and the end when it ends', b'"state":"cancelled"' in rest, rest[-600:].decode('utf-8', 'replace'))


def check_bodies(proxy, session, score):
    """As much as the server takes comes through, and no more."""
    headers = underscored({**session, 'Content-Type': 'text/csv'})
    largest = proxy.ask('POST', '/api/v1/grid/file?dry_run=1', b'x' * BODY_MAX, **headers)
    score.check(f'{proxy.program}: the largest body reaches the server', largest.status in (400, 422) and largest.kind == 'application/problem+json', largest.told())
    larger = proxy.ask('POST', '/api/v1/grid/file', b'x' * (BODY_MAX + 1), **headers)
    score.check(f'{proxy.program}: a larger one is refused', larger.status == 413, larger.told())


def check_metrics(proxy, token, inside, score):
    bearer = {'Authorization': f'Bearer {token}'}
    score.check(f'{proxy.program}: figures are not given outside', proxy.ask('GET', '/metrics', source=OUTSIDE, **bearer).status in (403, 404))
    if inside:
        score.equal(f'{proxy.program}: but inside', proxy.ask('GET', '/metrics', source=INSIDE, **bearer).status, 200)


def check_client(proxy, web, score):
    """The server logs who asks, and not whom a client names."""
    def logged(source):
        path = f'/nothing/{proxy.program}/{source}'
        proxy.ask('GET', path, source=source, X_Forwarded_For='203.0.113.9', X_Real_IP='203.0.113.9', Forwarded='for=203.0.113.9')
        lines = [line for line in web.log.read_text(encoding='utf-8').splitlines() if path in line]
        return [re.search(r' from=(\S+)', line)[1] for line in lines]
    for source in (OTHER, FORGER):
        score.equal(f'{proxy.program}: who asks from {source} is known', logged(source), [source])


def check_guesses(proxy, limited_by, score):
    """Twenty-five guesses from one place, at other names each, are held off; others log in."""
    statuses, kinds = [], set()
    for guess in range(25):
        answer = proxy.log_in(f'somebody {guess}', 'wrong', source=GUESSER)
        statuses.append(answer.status)
        if answer.status == 429:
            kinds.add(answer.kind)
    score.check(f'{proxy.program}: guesses are held off', statuses[0] == 401 and statuses[-1] == 429, statuses)
    score.equal(f'{proxy.program}: by whom', kinds, {limited_by})
    score.equal(f'{proxy.program}: who is elsewhere logs in', proxy.log_in(source=OTHER).status, 200)
    pages = {proxy.ask('GET', '/api/v1/session', source=GUESSER).status for _ in range(25)}
    score.equal(f'{proxy.program}: pages that ask who is logged in are not counted', pages, {401})


def check_proxy(kind, web, folder, token, score):
    with kind(folder, web.port) as proxy:
        check_plain(proxy, score)
        session = check_session(proxy, score)
        check_events(proxy, session, score)
        check_bodies(proxy, session, score)
        check_metrics(proxy, token, kind is Nginx, score)
        check_client(proxy, web, score)
        check_guesses(proxy, 'text/html' if kind is Nginx else 'application/problem+json', score)


# ---- the unit ------------------------------------------------------------------------------------------------------------

def check_unit(build, folder, score):
    """What the unit starts is not installed here: the build's program stands in for it."""
    unit = folder / 'liaison.service'
    unit.write_text(replaced((PACKAGING / 'liaison.service').read_text(encoding='utf-8'), {'/usr/local/bin/liaison': str(pathlib.Path(build).resolve() / 'liaison')}), encoding='utf-8')

    def analyze(*arguments):
        done = subprocess.run(['systemd-analyze', *arguments, str(unit)], capture_output=True, text=True, timeout=PATIENCE_S, env={**os.environ, 'LC_ALL': 'C.UTF-8', 'SYSTEMD_PAGER': ''})
        return done.returncode, done.stdout + done.stderr
    status, told = analyze('verify', '--man=no')
    score.check('systemd reads the unit without a remark', status == 0 and not told.strip(), told)
    status, told = analyze('security', '--offline=true', f'--threshold={EXPOSURE_MAX}')
    score.check('the unit is closed as far as it can be', status == 0 and 'Overall exposure level' in told, told)


def main():
    build = sys.argv[1]
    score = Score()
    with Program(build, 'sqlite', 'liaison-packaging-') as program, socket.create_server(('127.0.0.1', 0)) as silent:
        check_unit(build, program.folder, score)
        program.ok('init', '--company', 'Épicerie du Canal')
        program.ok('link', 'add', '--name', 'silent', '--url', f'http://127.0.0.1:{silent.getsockname()[1]}', '--key-file', program.key_file('abcdef0123456789abcdef01'))
        with Web(program, '--public-url', f'https://{NAME}', '--trusted-proxy', '127.0.0.1', '--allow-local-tills') as web:
            token = web.token('read')
            for kind in (Nginx, Caddy):
                check_proxy(kind, web, program.folder, token, score)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
