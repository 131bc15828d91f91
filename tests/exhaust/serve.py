#!/usr/bin/env python3
"""Lets the Nth allocation of `liaison serve` fail while it answers, over every request of the cases of the API: the answer is whole, a problem of the server's own, or none; nothing is
half done; and the server goes on.

usage: serve.py BUILD_FOLDER [--engine sqlite|postgresql] [--sample N] [--part K] [--at N] [--seed N] [--jobs N] [CASE…]      (a part of a name is enough)

Each request is first sent with the server's allocations counted (failing_malloc.c, of the whole process, the jobs that it begins included). Then, from the same state, for some N
(--sample: so many, spread over all; --at: this one), once failing at the Nth alone and once from the Nth on, in turn:
    the answer is the one without the fault, or 5xx, or the connection ends;
    no key and no password is in the answer or the log;
    when anything was written, `liaison db check` finds nothing, and what lasts is what it is without the injection, at once after an answer of success; otherwise after the same
    request without a fault, unless the work was done and only the answer lost (for that there is Idempotency-Key).
--part: only one of K requests, another one with each seed. Where the state of a case is in the server's memory (wrong attempts, the code of the first
start), it is left out.
"""
import concurrent.futures
import contextlib
import http.client
import json
import mmap
import os
import pathlib
import random
import re
import sqlite3
import struct
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True  # the source tree stays as it is
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / 'api')]
import exhaust
import harness
import run_api
from harness import Failure, Program
from web import PASSWORD, Answer, Web

LEFT_OUT = ('throttle', 'setup_late')
# libxlsxwriter 1.1.4 follows a null pointer when an allocation of its own is refused (in lxw_worksheet_free); docs/reliability.md says so.
LIBRARY_BREAKS = 'format=xlsx'
REMEMBER = ('session', 'setup')  # wrong attempts are counted: each injection has a server of its own
LOCK_PATIENCE_S = 5
ASKED, REFUSED, FAIL_AT, STICKY = range(4)
# What two answers to the same request do not share: instants, numbers made of them, secrets, the id of the request.
RANDOM = re.compile(rb'\d{10,}|[0-9a-f]{16,}|\d{4}-\d\d-\d\d[T ][\d:.]+Z?|[A-Z2-9]{4}(-[A-Z2-9]{4}){2}')
INSTANT = re.compile(r"(?<=_utc', ')\d{16}(?=')")  # in a row: when something was done, which is now
CONTENT_VARIES = ('application/pdf', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/plain')


class Allocator:
    """The failing allocator of a server, set from outside while it runs."""

    def __init__(self):
        descriptor, name = tempfile.mkstemp(prefix='liaison-exhaust-')
        os.ftruncate(descriptor, mmap.PAGESIZE)
        self.path, self.page = pathlib.Path(name), mmap.mmap(descriptor, mmap.PAGESIZE)
        os.close(descriptor)

    def get(self, which):
        return struct.unpack_from('=q', self.page, 8 * which)[0]

    def set(self, which, value):
        struct.pack_into('=q', self.page, 8 * which, value)

    def refuse(self, at, sticky):
        """The `at`th allocation from now, which is 0 for none."""
        self.set(STICKY, int(sticky))
        self.set(FAIL_AT, self.get(ASKED) + at if at else 0)

    def close(self):
        self.page.close()
        self.path.unlink()


class Served(Program):
    """The program of a case, whose server has the failing allocator."""

    def __init__(self, build, engine):
        super().__init__(build, engine, 'liaison-exhaust-')
        self.allocator = Allocator()
        self.preload = {'LD_PRELOAD': str(self.build / 'tests' / 'exhaust' / 'failing_malloc.so'), 'FAILING_MALLOC_CONTROL': str(self.allocator.path)}

    def start(self, *arguments, **options):
        kept, self.environment = self.environment, {**self.environment, **self.preload}
        try:
            return super().start(*arguments, **options)
        finally:
            self.environment = kept

    def close(self):
        self.allocator.close()
        super().close()


class RestartedWeb(Web):
    """A server that is stopped and started again on the database as it is then; who has a session keeps it."""

    def __init__(self, program, *options):
        self.options = options
        super().__init__(program, *options)

    def again(self):
        sessions, tokens, code = self.sessions, self.tokens, self.setup_code
        super().__init__(self.program, *self.options)
        self.sessions, self.tokens, self.setup_code = sessions, tokens, self.setup_code or code


class Broken:
    """No whole answer came."""
    status, kind, body = 0, '', b''

    def __init__(self, error):
        self.error = error

    def told(self):
        return f'no answer: {self.error!r}'


# ---- one request -------------------------------------------------------------------------------------------------------

class Wanted:
    """What a request does when all is well."""

    def __init__(self, answer, job, after):
        self.answer, self.job, self.after = answer, job, after


class Exhausting(run_api.ApiCarrying):
    """A case: each request is sent many times with a fault, and once, last of all, as the case wants it."""

    def __init__(self, case, program, options):
        super().__init__(case, program)
        self.options, self.dice = options, random.Random(f'{options.seed} {case.name} {program.database.engine}')
        self.injected = self.refused = self.allocations = 0
        self.failures = []

    def open_web(self, *options):
        return RestartedWeb(self.program, *options)

    def ask(self, who, method, target, data, headers):
        if LIBRARY_BREAKS in target or self.dice.randrange(self.options.part):
            return super().ask(who, method, target, data, headers)
        self.web.identity(who, method)  # made before the state is kept
        code = self.web.setup_code

        def send():
            body = data.replace(code.encode(), self.web.setup_code.encode()) if data and code and self.web.setup_code else data
            return self.web.ask(who, method, target, body, **headers)
        self.web.close()
        snapshot = exhaust.Snapshot(self.program, self)
        try:
            self.web.again()
            self.exhaust(f'{method} {target} as {who}', snapshot, send)
        finally:
            snapshot.close()
        return send()

    def back(self, snapshot):
        self.web.close()
        snapshot.back()
        self.web.again()

    def exhaust(self, name, snapshot, send):
        before = self.program.allocator.get(ASKED)
        answer = send()
        wanted = Wanted(answer, self.job_of(answer), None)
        count = self.program.allocator.get(ASKED) - before
        wanted.after = self.lasting()
        self.allocations += count
        self.back(snapshot)
        for place, at in enumerate(self.choose(count)):
            self.one(f'{name}: allocation {at} of {count} {"and all later ones " if place % 2 else ""}refused', snapshot, send, wanted, at, place % 2 == 1)

    def choose(self, count):
        if self.options.at:
            return [self.options.at, self.options.at]
        sample = min(self.options.sample, count)
        return [int((place + self.dice.random()) * count / sample) + 1 for place in range(sample)]

    def lasting(self):
        found = exhaust.lasting(exhaust.tables(self.program.database), bool(self.sandbox))
        return {table: [INSTANT.sub('an instant', row) for row in rows] for table, rows in found.items() if table not in ('app_session', 'api_token', 'idempotent_reply', 'app_user')}

    def job_of(self, answer):
        """How the job that a request began has ended; None when it began none. Who asks for it may meet the fault that was meant for it."""
        if answer.status != 202 or not answer.kind.endswith('json') or answer.json().get('state') is None:
            return None
        ended = []

        def has_ended():
            with contextlib.suppress(ConnectionError, http.client.HTTPException):
                seen = self.web.ask('admin', 'GET', f'/api/v1/jobs/{answer.json()["id"]}')
                if seen.status == 200 and seen.json()['state'] not in ('queued', 'running'):
                    ended.append(seen.json())
            return ended
        harness.wait_for(has_ended, 'the end of the job')
        return ended[0]

    def one(self, name, snapshot, send, wanted, at, sticky):
        """One injection, its verdict, and what comes of the request afterwards."""
        allocator = self.program.allocator
        refused = allocator.get(REFUSED)
        allocator.refuse(at, sticky)
        try:
            answer = send()
        except (ConnectionError, http.client.IncompleteRead) as error:
            answer = Broken(error)
        finally:
            if not (wanted.job and not sticky):  # a job goes on behind the answer, and may meet the one that fails
                allocator.refuse(0, False)
        why = None
        try:
            job = self.job_of(answer)
            allocator.refuse(0, False)
            self.injected += 1
            self.refused += allocator.get(REFUSED) - refused
            why = self.judge(answer, job, wanted) or self.goes_on()
            written = exhaust.tables(self.program.database) != snapshot.tables
            if not why and written:
                why = self.look(snapshot, send, wanted, answer.status in range(200, 300) and not job)
            if written or why or self.case.path.stem in REMEMBER:
                self.back(snapshot)
        except (Failure, OSError, ValueError, http.client.HTTPException) as error:
            allocator.refuse(0, False)
            self.web.process.kill()
            why = why or f'the server does not go on: {error!r}; it ended with {self.web.process.wait(60)}, saying\n{self.web.log.read_text(errors="replace")[-1000:]}'
            self.web.process.stdout.close()
            snapshot.back()
            self.web.again()
        if why:
            self.failures.append(f'{name}: {why}\n{answer.told()}')

    def judge(self, answer, job, wanted):
        """Why this is not one of the good answers; None when it is."""
        if PASSWORD.encode() in answer.body or harness.KEY.encode() in answer.body:
            return 'a secret is told'
        if isinstance(answer, Broken):
            return None
        if answer.status >= 500:
            return None if answer.kind != 'application/problem+json' or answer.json().get('title') else 'a problem without a title'
        if answer.status != wanted.answer.status or answer.kind != wanted.answer.kind:
            return f'something else than\n{wanted.answer.told()}'
        if job:
            return self.judge_job(job, wanted)
        if answer.kind == 'application/problem+json':
            return None if answer.json().get('code') == wanted.answer.json().get('code') else f'another problem than\n{wanted.answer.told()}'
        if answer.kind in CONTENT_VARIES or RANDOM.sub(b'', answer.body) == RANDOM.sub(b'', wanted.answer.body):
            return None
        return f'something else than\n{wanted.answer.told()}'

    def judge_job(self, job, wanted):
        """It ends as it does without the fault, with the same result, or has failed by a fault of ours."""
        good = job['state'] == wanted.job['state'] and job['result'] == wanted.job['result']
        return None if good or (job['state'] == 'failed' and job['problem']['status'] >= 500) else f'the job ended as {job}, instead of {wanted.job}'

    def goes_on(self):
        states = [self.web.raw('GET', path).status for path in ('/healthz', '/readyz')]
        if states != [200, 200]:
            return f'afterwards the server is not well: {states}'
        locked = self.who_writes()
        return f'afterwards a connection of the server is still in a transaction: {locked}' if locked else None

    def who_writes(self):
        """Empty when nobody does."""
        database = self.program.database
        if database.engine == 'postgresql':
            return ' '.join(database.rows("SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"))
        with contextlib.closing(sqlite3.connect(database.path, timeout=LOCK_PATIENCE_S, isolation_level=None)) as other:
            try:
                other.execute('BEGIN IMMEDIATE')
                other.execute('ROLLBACK')
                return ''
            except sqlite3.OperationalError as error:
                return str(error)

    def look(self, snapshot, send, wanted, succeeded):
        """What was written, and what comes of the same request without a fault: what it had done in part already it may refuse to do twice."""
        checked = self.program.run('db', 'check')
        if checked.status not in (0, 1):
            return f'afterwards the database is not in order\n{checked.told()}'
        got = self.lasting()
        if got == wanted.after:
            return None
        if succeeded:
            return f'an answer of success, and something else is there\n{exhaust.differences(got, wanted.after)}'
        snapshot.back_till()
        answer = send()
        job = self.job_of(answer)
        if answer.status != wanted.answer.status and answer.status not in (401, 404, 409, 412, 422):
            return f'afterwards, without a fault, another answer\n{answer.told()}'
        if answer.status == 409 and answer.json()['code'] == 'in_progress':
            return None  # the Idempotency-Key is taken until, after a minute, it is known that nobody works on it
        got = self.lasting()
        if got != wanted.after:
            return f'afterwards, without a fault, something else is there\n{exhaust.differences(got, wanted.after)}\n{job}'
        return None


# ---- all of them ---------------------------------------------------------------------------------------------------------

def run_case(case, engine, options):
    """The case carried out, with its figures and what is wrong."""
    with Served(options.build, engine) as program:
        carrying = Exhausting(case, program, options)
        try:
            carrying.carry_out()
            carrying.end()
        except Exception as error:  # the case itself must still pass after all that
            why = str(error) if isinstance(error, Failure) else traceback.format_exc()
            carrying.failures.append(f'line {carrying.section.line}: the case itself fails: {why}\n{carrying.answer.told() if carrying.answer else ""}')
        finally:
            carrying.close()
        return carrying


def main():
    parser = exhaust.argument_parser(sample=4)
    parser.set_defaults(engine='sqlite')
    parser.add_argument('--part', type=int, default=1)
    options = parser.parse_intermixed_args()
    cases = [run_api.ApiCase(path) for path in sorted((TESTS / 'api' / 'cases').glob('*.case')) if path.stem not in LEFT_OUT
             and (not options.names or any(name in path.name for name in options.names))]
    score = harness.Score()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        done = list(pool.map(lambda case: run_case(case, options.engine, options), cases))
    for carrying in done:
        exhaust.count_up(score, carrying.case, options.engine, carrying)
    print(f'{sum(carrying.injected for carrying in done)} requests with {sum(carrying.refused for carrying in done)} failed allocations, of '
          f'{sum(carrying.allocations for carrying in done)} that the requests of {len(done)} cases make')
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
