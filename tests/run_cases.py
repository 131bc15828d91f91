#!/usr/bin/env python3
"""Runs the data-file cases: tests/cases/*.case, each on every engine that is here.

usage: run_cases.py BUILD_FOLDER [--engine sqlite|postgresql] [--jobs N] [--valgrind] [--every N] [CASE…]      (a part of a name is enough)

A case is a text file: a header of `Name: value` lines, then sections, carried out from top to bottom on a fresh database.
    Title:   what must hold
    Pain:    P7 P13          the rows of pains.md that it bears on; every row must be named somewhere under tests/
    Engines: sqlite          when it makes no sense on both
    Link:    --numbers …     more options of the link that is made
    Setup:   none            no company and no link are made (otherwise: `init`, and `link add --name shop` when there is a till)
    [till]                   a till played by harness.py, with the records below: JSON in the short form of harness.full_shop
    [till sandbox ARG…]      the real tactill-sandbox instead, the records as its fixture (none: its own shop)
    [till change]            records that are added or replaced; `remove` lists sales
    [till page N]            it never gives more than N records, whatever is asked
    [reply METHOD PATH[?QUERY] [times=N] [after=N] [cut]]   answers so instead: status, headers, an empty line, the body; without a
                             body the true one is sent. `*` stands for anything; a path without a query stands for all its queries
    [reply stop]             no more of that
    [file NAME [latin1] [bom] [crlf] [fill=BYTES]]   a file in the case's folder; with fill, the text {fill} becomes so many x
    [setup]                  commands that must end with 0
    [sql change]             what happens to the database behind the program's back
    [command [env NAME=VALUE] [as=nobody] [fsize=BYTES] [memory=BYTES] [locked] [stdin=FILE]]   a command of `liaison`; what follows is expected of it
    [status]                 its exit status; 0 when the section is missing
    [stdout] [stderr]        lines that must be in there: a text, /a regular expression/, or !a text that must not
    [stdout exact]           all of it
    [json]                   JSON values, one a line: each is a part of one line of stdout (members not named may be anything)
    [json exact]             all the lines of stdout, in this order, member for member
    [requests]               lines that the till must have got since the command began, in this order; `*` stands for anything; ! as above
    [requests exact]         all of them, in any order
    [sql]                    a query, a line `--`, and the rows, columns joined by |
    [unchanged]              the database is as it was before the command
    [nowhere]                texts that no output of this case and no byte of the database holds
In all of it {url} {key} {dir} {db} stand for what they say, {id:NAME} for the identity of that name (`sale 12`, `article CAF`, `payment sale 12 0`),
{now+2d} for an instant, {esc} for the escape character.
"""
import argparse
import collections
import concurrent.futures
import datetime
import os
import pathlib
import re
import resource
import shlex
import signal
import sqlite3
import sys
import traceback

sys.dont_write_bytecode = True  # the source tree stays as it is
import harness
from harness import Failure, Program, Reply, Sandbox, Till, identity, read_json

SECTION = re.compile(r'\[(till|reply|file|setup|sql|command|status|stdout|stderr|json|requests|unchanged|nowhere)( [^\]]*)?\]')
Section = collections.namedtuple('Section', 'kind words text line')
# Silent until it finds something: what was never written but read, what is read or written where nothing is, memory lost for good.
VALGRIND = ['valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full', '--show-leak-kinds=definite,possible',
            '--errors-for-leak-kinds=definite,possible', '--read-inline-info=no', '--vgdb=no']


# ---- reading -----------------------------------------------------------------------------------------------------------

class Case:
    section, headers, acts = SECTION, ('Title', 'Pain', 'Engines', 'Link', 'Setup'), 'command'

    def __init__(self, path):
        self.path, self.name, self.header, self.sections = path, path.stem, {}, []
        collected, kind, words, begin = None, None, None, 0
        for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
            match = self.section.fullmatch(line)
            if match:
                if collected is not None:
                    self.sections.append(Section(kind, words, '\n'.join(collected).rstrip('\n'), begin))
                kind, words, collected, begin = match[1], (match[2] or '').split(), [], number
            elif collected is not None:
                collected.append(line)
            elif line.strip() and not line.startswith('#'):
                name, separator, value = line.partition(':')
                if not separator or name not in self.headers:
                    raise Failure(f'{path}:{number}: not a header line: {line}')
                self.header[name] = value.strip()
        if collected is not None:
            self.sections.append(Section(kind, words, '\n'.join(collected).rstrip('\n'), begin))
        if 'Title' not in self.header or not any(section.kind == self.acts for section in self.sections):
            raise Failure(f'{path}: a case has a title and a {self.acts}')

    def engines(self):
        return self.header.get('Engines', ' '.join(harness.ENGINES)).split()


# ---- comparing ---------------------------------------------------------------------------------------------------------

def is_part(expected, got):
    """Every member named is there and equal; lists are equal in length and place by place."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(name in got and is_part(value, got[name]) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(is_part, expected, got))
    return type(expected) is type(got) and expected == got


def expect_lines(what, text, expected):
    for line in filter(None, expected.split('\n')):
        if line.startswith('!'):
            if line[1:] in text:
                raise Failure(f'{what} must not hold: {line[1:]}')
        elif len(line) > 2 and line.startswith('/') and line.endswith('/'):
            if not re.search(line[1:-1], text, re.M):
                raise Failure(f'{what} must match: {line}')
        elif line not in text:
            raise Failure(f'{what} must hold: {line}')


def expect_json(got, expected, exact):
    wanted = [read_json(line) for line in expected.split('\n') if line.strip()]
    if exact:
        if got != wanted:
            raise Failure('JSON lines differ\n' + harness.first_differences(got, wanted))
        return
    left = list(got)
    for value in wanted:
        found = next((item for item in left if is_part(value, item)), None)
        if found is None:
            raise Failure(f'no line of JSON holds {harness.write_json(value)}')
        left.remove(found)


def expect_requests(got, expected, exact):
    lines = [line for line in expected.split('\n') if line.strip()]
    patterns = [re.compile('.*'.join(map(re.escape, line.lstrip('!').split('*'))), re.S) for line in lines]
    if exact:
        left = list(got)
        for pattern in patterns:
            found = next((request for request in left if pattern.fullmatch(request)), None)
            if found is None:
                raise Failure(f'no such request: {pattern.pattern}')
            left.remove(found)
        if left:
            raise Failure('requests too many:\n' + '\n'.join(left))
        return
    at = 0
    for line, pattern in zip(lines, patterns):
        if line.startswith('!'):
            if any(map(pattern.fullmatch, got)):
                raise Failure(f'there must be no request {line[1:]}')
            continue
        at = next((place + 1 for place in range(at, len(got)) if pattern.fullmatch(got[place])), 0)
        if not at:
            raise Failure(f'no such request, or not in this order: {line}')


# ---- carrying out ------------------------------------------------------------------------------------------------------

class Carrying:
    """One case on one engine."""

    def __init__(self, case, program, wrapper):
        self.case, self.program, self.database, self.till, self.sandbox, self.wrapper = case, program, program.database, None, None, wrapper
        self.result = self.before = None
        self.outputs, self.status_seen, self.prepared, self.first_request = '', True, False, 0

    def close(self):
        for server in (self.till, self.sandbox):
            if server:
                server.close()

    def fill_in(self, text):
        server = self.till or self.sandbox

        def value(match):
            word = match[1]
            if word.startswith('id:'):
                return identity(word[3:])
            if word.startswith('now'):
                then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=int(word[3:-1]))
                return then.strftime('%Y-%m-%dT%H:%M:%S.000Z')
            return {'url': server and server.url, 'key': server.key if server else harness.KEY, 'dir': str(self.program.folder), 'esc': '\x1b',
                    'db': self.database.url, 'file': self.database.url.partition(':')[2]}[word]
        return re.sub(r'\{(id:[^}]+|url|key|dir|db|file|esc|now[+-]\d+d)\}', value, text)

    def prepare(self):
        """The company and the link, unless the case makes its own."""
        if self.prepared:
            return
        self.prepared = True
        self.make_shop()
        self.program.wrapper = self.wrapper  # from here on: what every case begins with need not be watched each time

    def make_shop(self):
        server = self.till or self.sandbox
        self.program.key_file(server.key if server else harness.KEY)
        if self.case.header.get('Setup') == 'none':
            return
        self.program.ok('init', '--company', 'Épicerie du Canal')
        if server:
            self.program.ok('link', 'add', '--name', 'shop', '--url', server.url, '--key-file', self.program.folder / 'api.key',
                            *shlex.split(self.fill_in(self.case.header.get('Link', ''))))

    def finish_command(self):
        if not self.status_seen:
            self.status_seen = True
            if self.result.status:
                raise Failure('exit status 0 was expected')

    # One function a section.

    def do_till(self, words, text):
        if words[:1] == ['page']:
            self.till.page_max = int(words[1])
        elif words[:1] == ['change']:
            self.till.change(read_json(text))
        elif words[:1] == ['sandbox']:
            arguments = [self.fill_in(word) for word in words[1:]]
            if text.strip():
                fixture = self.program.folder / 'fixture.json'
                fixture.write_text(harness.write_json(harness.full_shop(read_json(text))), encoding='utf-8')
                arguments += ['--fixture', fixture]
            self.sandbox = Sandbox(self.program.build, *arguments)
        else:
            self.till = Till(read_json(text))

    def do_reply(self, words, text):
        if words == ['stop']:
            self.till.replies.clear()
            return
        options = dict(word.partition('=')[::2] for word in words[2:])
        head, separator, body = text.partition('\n\n')
        status, *headers = head.split('\n')
        named = dict((line.split(':', 1)[0], line.split(':', 1)[1].strip()) for line in headers)
        named.setdefault('Content-Type', 'application/json; charset=utf-8')
        reply = Reply(words[0], words[1], int(status), named, body.encode() if separator else None, int(options['times']) if 'times' in options else None,
                      int(options.get('after', 0)))
        reply.cut = 'cut' in options
        self.till.replies.append(reply)

    def do_file(self, words, text):
        options = dict(word.partition('=')[::2] for word in words[1:])
        ending = '\r\n' if 'crlf' in options else '\n'
        data = (text + '\n').replace('\n', ending).encode('cp1252' if 'latin1' in options else 'utf-8')
        path = self.program.folder / words[0]
        head, _, tail = data.partition(b'{fill}')
        with path.open('wb') as file:
            file.write((b'\xef\xbb\xbf' if 'bom' in options else b'') + head)
            for _ in range(int(options.get('fill', 0)) >> 20):
                file.write(b'x' * (1 << 20))
            file.write(tail)
        path.chmod(0o600)

    def do_setup(self, words, text):
        self.prepare()
        for line in filter(None, text.split('\n')):
            self.program.ok(*shlex.split(line)[1:])

    def do_command(self, words, text):
        self.finish_command()
        self.prepare()
        environment, before, lock, stdin = dict(self.program.environment), None, None, None
        words = list(words)
        while words:
            name, _, value = words.pop(0).partition('=')
            if name == 'env':
                variable, _, content = words.pop(0).partition('=')
                environment[variable] = content
            elif name == 'fsize':
                def before(most=int(value)):
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full disk sends no signal either
                    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            elif name == 'memory':
                before = self.limit_memory(int(value))
            elif name == 'as':
                before = self.become_nobody()
            elif name == 'locked':
                lock = sqlite3.connect(self.database.path, isolation_level=None)
                lock.execute('BEGIN IMMEDIATE')
            elif name == 'stdin':
                stdin = (self.program.folder / value).read_bytes()
        self.before = self.database.content() if self.unchanged_follows() else None
        self.first_request = len(self.till.requests) if self.till else 0
        self.status_seen = False
        try:
            self.result = self.program.run(*shlex.split(text)[1:], environment=environment, before=before, stdin=stdin)
        finally:
            if lock:
                lock.execute('ROLLBACK')
                lock.close()
        self.outputs += self.result.stdout + self.result.stderr
        if self.result.status < 0 or 'Sanitizer' in self.result.stderr or 'runtime error' in self.result.stderr:
            raise Failure('the program fell over')

    def limit_memory(self, most):
        """Address space; the sanitizers reserve terabytes of it and valgrind needs its own, so that they go without."""
        if self.wrapper or b'__asan_init' in (self.program.build / 'liaison').read_bytes():
            return None
        return lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))

    def unchanged_follows(self):
        """Whether this command is expected to change nothing: only then is the database read before it."""
        for section in self.case.sections[self.case.sections.index(self.section) + 1:]:
            if section.kind in ('command', 'unchanged'):
                return section.kind == 'unchanged'
        return False

    def become_nobody(self):
        """A user who may read the folder and change nothing in it: root may change everything, so that it steps down."""
        for path in [self.program.folder, *self.program.folder.iterdir()]:
            path.chmod(0o555 if path.is_dir() else 0o400 if path.name in ('seal.key', 'api.key') else 0o444)
        if os.getuid():
            return None
        for name in ('seal.key', 'api.key'):
            if (self.program.folder / name).exists():
                os.chown(self.program.folder / name, 65534, 65534)

        def step_down():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        return step_down

    def do_status(self, words, text):
        self.status_seen = True
        if self.result.status != int(text):
            raise Failure(f'exit status {text.strip()} was expected')

    def do_stdout(self, words, text):
        if words == ['exact']:
            if self.result.stdout.rstrip('\n') != text.rstrip('\n'):
                raise Failure(f'stdout must be\n{text}')
        else:
            expect_lines('stdout', self.result.stdout, text)

    def do_stderr(self, words, text):
        if words == ['exact']:
            if self.result.stderr.rstrip('\n') != text.rstrip('\n'):
                raise Failure(f'stderr must be\n{text}')
        else:
            expect_lines('stderr', self.result.stderr, text)

    def do_json(self, words, text):
        expect_json([read_json(line) for line in self.result.stdout.split('\n') if line.strip()], text, words == ['exact'])

    def do_requests(self, words, text):
        got = self.till.requests[self.first_request:]
        try:
            expect_requests(got, text, words == ['exact'])
        except Failure as failure:
            raise Failure(f'{failure}\nrequests were:\n' + '\n'.join(got[:40])) from None

    def do_sql(self, words, text):
        if words == ['change']:
            self.prepare()
            self.database.change(text)
            return
        query, _, rows = ('\n' + text).partition('\n--')
        expected = [row for row in rows.split('\n') if row]
        got = self.database.rows(query)
        if got != expected:
            raise Failure(f'{query.strip()}\n  expected {expected}\n  got      {got}')

    def do_unchanged(self, words, text):
        if self.database.content() != self.before:
            raise Failure('the database has changed')

    def do_nowhere(self, words, text):
        stored = self.database.raw_bytes()
        for line in filter(None, text.split('\n')):
            if line in self.outputs:
                raise Failure(f'an output holds {line}')
            if line.encode() in stored:
                raise Failure(f'the database holds {line}')

    def carry_out(self):
        for section in self.case.sections:
            self.section = section
            if section.kind != 'command' and section.kind in ('till', 'reply', 'file', 'setup'):
                self.finish_command()
            getattr(self, 'do_' + section.kind)([self.fill_in(word) for word in section.words], self.fill_in(section.text))
        self.finish_command()


def run_case(case, engine, build, wrapper):
    """None when it passed, else what to print."""
    with Program(build, engine, 'liaison-case-') as program:
        carrying = Carrying(case, program, wrapper)
        try:
            carrying.carry_out()
            return None
        except Exception as error:  # a test that breaks has failed, whatever broke
            why = str(error) if isinstance(error, Failure) else traceback.format_exc()
            told = carrying.result.told() if carrying.result else ''
            return f'{case.path.name}:{carrying.section.line}: {case.header["Title"]}\n{why}\n{told}'
        finally:
            carrying.close()


# ---- every pain has a test ---------------------------------------------------------------------------------------------

def pains_named():
    """Rows of pains.md that a case, a whole-program test or a unit test names in a line `Pain: P7 P13`."""
    named = set()
    for path in pathlib.Path(__file__).resolve().parent.rglob('*'):
        if path.suffix in ('.case', '.py', '.c', '.h') and path.name != 'run_cases.py':
            for line in re.findall(r'Pain:(.*)', path.read_text(encoding='utf-8')):
                named.update(re.findall(r'\bP\d+\b', line))
    return named


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--valgrind', action='store_true', help='watch every command; what memcheck finds is a failure')
    parser.add_argument('--every', type=int, default=1, metavar='N', help='only each Nth case')
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_args()
    score = harness.Score()
    cases = []
    for path in sorted((pathlib.Path(__file__).resolve().parent / 'cases').glob('*.case')):
        if not arguments.names or any(name in path.name for name in arguments.names):
            cases.append(Case(path))
    engines = [arguments.engine] if arguments.engine else harness.engines_here()
    work = [(case, engine) for case in cases[::arguments.every] for engine in engines if engine in case.engines()]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        futures = [(case, engine, pool.submit(run_case, case, engine, arguments.build, VALGRIND if arguments.valgrind else ())) for case, engine in work]
        for case, engine, future in futures:
            told = future.result()
            score.check(f'{case.name} on {engine}', told is None, told or '')
    if not arguments.names:
        missing = sorted({f'P{number}' for number in range(1, 27)} - pains_named(), key=lambda name: int(name[1:]))
        score.check('every pain has a test', not missing, f'  none for {" ".join(missing)}')
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
