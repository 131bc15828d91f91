"""What the tests of `liaison serve` share: the server running on a free port, and people and programs who ask it. Python 3 standard library only."""
import http.client
import json
import re
import secrets
import signal
import time
import urllib.parse

from harness import PATIENCE_S, Failure

PEOPLE = {'viewer': 'vera', 'accountant': 'cabinet', 'admin': 'anne'}  # each may what those before it may
PASSWORD = 'une longue phrase de passe'
ROLES = ('nobody', *PEOPLE)
SCOPES = ('read', 'write', 'feed')


class Answer:
    """A whole answer."""

    def __init__(self, asked, status, headers, body):
        self.asked, self.status, self.headers, self.body = asked, status, headers, body

    @property
    def text(self):
        return self.body.decode('utf-8', 'replace')

    @property
    def kind(self):
        return (self.headers['Content-Type'] or '').partition(';')[0]

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Failure(f'not JSON: {error}\n{self.told()}') from None

    def told(self):
        text = self.text
        return f'{self.asked}\n[{self.status}]\n{self.headers}{text if len(text) < 2000 else text[:1500] + " […] " + text[-400:]}'


class Web:
    """`liaison serve` for a program's database. Each identity (a role, `token:SCOPE`) is made when it first asks."""

    def __init__(self, program, *options):
        self.program, self.sessions, self.tokens = program, {}, {}
        self.log = (program.folder / f'serve-{secrets.token_hex(4)}.log')
        with self.log.open('wb') as log:
            self.process = program.start('serve', '--listen', '127.0.0.1:0', *options, stderr=log)
        ready = self.process.stdout.readline().decode()
        found = re.search(r'(https?)://127\.0\.0\.1:(\d+)', ready)
        if not found:
            raise Failure(f'liaison serve did not start: {ready}{self.log.read_text()}')
        self.port, self.url = int(found[2]), found[0]
        self.setup_code = None
        if program.database.rows('SELECT COUNT(*) FROM app_user') == ['0']:
            self.setup_code = re.search(r'[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}', self.process.stdout.readline().decode())[0]

    # ---- asking ----

    def raw(self, method, path, body=None, headers=None, timeout=PATIENCE_S):
        """One exchange on a connection of its own, the headers as they are given."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(f'{method} {path}', response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask(self, who, method, path, body=None, **headers):
        """As one of ROLES or `token:SCOPE`; a dict goes as JSON. A header that is None is left out."""
        sent = {'Accept-Language': 'fr', **self.identity(who, method)}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent['Content-Type'] = 'application/json'
        sent.update({name.replace('_', '-'): value for name, value in headers.items()})
        return self.raw(method, path, body, {name: value for name, value in sent.items() if value is not None})

    def get(self, path, who='admin', **query):
        """The JSON of a GET that must succeed."""
        answer = self.ask(who, 'GET', path + ('?' + urllib.parse.urlencode(query) if query else ''))
        if answer.status != 200:
            raise Failure(f'200 was expected\n{answer.told()}')
        return answer.json()

    def post(self, path, body=None, who='admin', status=(200, 201, 202, 204), method='POST', **headers):
        """A request that must succeed; its JSON, if it answers any."""
        answer = self.ask(who, method, path, body, **headers)
        if answer.status not in status:
            raise Failure(f'{status} was expected\n{answer.told()}')
        return answer.json() if answer.body else None

    # ---- who asks ----

    def identity(self, who, method='GET'):
        if who == 'nobody':
            return {}
        if who.startswith('token:'):
            return {'Authorization': f'Bearer {self.token(who[6:])}'}
        cookie, csrf = self.session(who)
        return {'Cookie': cookie} if method in ('GET', 'HEAD') else {'Cookie': cookie, 'X-CSRF-Token': csrf}

    def session(self, role):
        if role not in self.sessions:
            self.add_user(role)
            self.sessions[role] = self.log_in(PEOPLE[role], PASSWORD)
        return self.sessions[role]

    def add_user(self, role):
        password = self.program.folder / 'password'
        password.write_text(PASSWORD + '\n')
        password.chmod(0o600)
        self.program.ok('user', 'add', PEOPLE[role], '--role', role, '--password-file', password)

    def log_in(self, name, password):
        answer = self.ask('nobody', 'POST', '/api/v1/session', {'name': name, 'password': password})
        if answer.status != 200:
            raise Failure(f'{name} cannot log in\n{answer.told()}')
        return answer.headers['Set-Cookie'].partition(';')[0], answer.json()['csrf']

    def token(self, scope):
        if scope not in self.tokens:
            self.tokens[scope] = self.post('/api/v1/tokens', {'name': f'test {scope}', 'scope': scope, 'expires': None})['token']
        return self.tokens[scope]

    # ---- jobs ----

    def finish(self, job, who='admin'):
        """The job as it ended."""
        deadline = time.monotonic() + PATIENCE_S
        while job['state'] in ('queued', 'running'):
            if time.monotonic() > deadline:
                raise Failure(f'the job does not end: {job}')
            time.sleep(0.05)
            job = self.get(f'/api/v1/jobs/{job["id"]}', who)
        return job

    # ---- the end ----

    def close(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except Exception:
            self.process.kill()
            raise
        self.process.stdout.close()
        said = self.log.read_text(encoding='utf-8', errors='replace')
        if self.process.returncode or 'Sanitizer' in said or 'runtime error' in said:
            raise Failure(f'liaison serve ended with {self.process.returncode}\n{said[-3000:]}')

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.wait(60)
            self.process.stdout.close()
        else:
            self.close()
