#!/usr/bin/env python3
"""Lets the Nth allocation of the program fail, over every command of the data-file cases: it says so, nothing is half done, and the same command
afterwards does what it would have done.

usage: exhaust.py BUILD_FOLDER [--engine sqlite|postgresql] [--sample N] [--every] [--at N] [--seed N] [--jobs N] [CASE…]      (a part of a name is enough)

Each command of a case is first run with its allocations counted (failing_malloc.c, of the whole process: SQLite, libpq, curl, TLS and C++ as well). Then, from
the same state, for some N (--sample: so many, spread over the whole run; --every: all of them; --at: this one), once failing at the Nth alone and once from
the Nth on, in turn:
    it ends by itself, with the exit status that it has anyway and then also with the same output, or with 70 and a sentence about memory;
    neither a key nor a password is in what it says, and no draft of a file is left;
    when anything was written, or every so often, the command is run again without a fault, and what lasts (all tables but those that tell when and by which run) is
    what it is without the injection.
Commands that take long by themselves (they wait for a till or a lock) and those that a case runs under a limit of its own are left out.
"""
import argparse
import concurrent.futures
import contextlib
import copy
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness
import run_cases
from harness import Failure, Program, Sandbox

SLOW_S = 1.5
AGAIN_EVERY = 12  # also where nothing was written
LARGE_FILE = 4 << 20  # an input of a case; the program changes none of them
# The names of internals are English; sentences are in the case's language.
ABOUT_MEMORY = re.compile('memory|mémoire')
# What two runs of the same command do not share: instants, and what a person sees of them.
MOMENT = re.compile(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?|\d\d/\d\d/\d{4} \d\d:\d\d(:\d\d)?')


# ---- what lasts --------------------------------------------------------------------------------------------------------

TELLS_WHEN = {'run', 'run_page', 'link_rules', 'journal', 'journal_head', 'id_counter', 'schema_version'}
MOMENTS = {'created_utc', 'updated_utc', 'checked_utc', 'validated_utc', 'cursor_utc', 'changed_cursor_utc', 'lease_owner', 'lease_until_utc', 'journal_seq', 'previous_seq'}
RANDOM = {'sealed_key', 'password'}


def tables(database):
    """All rows of all tables: {table: [{column: value}]}."""
    found = {}
    if database.engine == 'postgresql':
        names = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for line in database.rows(' UNION ALL '.join(f"SELECT '{name}' || ' ' || to_jsonb(t)::text FROM {name} t" for name in names)) if names else ():
            name, _, row = line.partition(' ')
            found.setdefault(name, []).append(json.loads(row))
        return found
    if not database.path.exists():
        return found
    with contextlib.closing(sqlite3.connect(database.path, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
            for name in names:
                found[name] = [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
        except sqlite3.DatabaseError as error:
            return {'damaged': [{'why': str(error)}]}  # a case about just that
    return found


def lasts(name):
    """Numbers that the program gives to rows may have holes; those of the till are part of what it said."""
    return name not in MOMENTS and name not in RANDOM and (not name.endswith('_id') or name.startswith(('till_', 'declination_')))


def lasting(found, sandbox=False):
    """A stock move of a count happens when it is made; those of documents have their document's date. A training till gives its records new ids each time."""
    moments = {('stock_move', 'at_utc')} | ({('till_article', 'till_article_id'), ('till_article', 'fingerprint')} if sandbox else set())
    return {table: sorted(str(sorted((name, str(value)) for name, value in row.items() if lasts(name) and (table, name) not in moments)) for row in rows)
            for table, rows in found.items() if table not in TELLS_WHEN and rows}


def differences(got, expected):
    told = [f'  {table}:\n' + harness.first_differences(got.get(table, []), expected.get(table, []), 2)
            for table in sorted({*got, *expected}) if got.get(table) != expected.get(table)]
    return '\n'.join(told[:4])


class Snapshot:
    """The folder and the database of a program and its till as they are now, to be gone back to."""

    def __init__(self, program, carrying):
        self.program, self.carrying, self.till = program, carrying, carrying.till
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='liaison-exhaust-'))
        self.files = {}
        for path in program.folder.iterdir():
            status = path.stat()
            self.files[path.name] = (status.st_size, status.st_mtime_ns)
            if path.is_file() and status.st_size <= LARGE_FILE:
                shutil.copy2(path, self.folder / path.name)
        self.tables = tables(program.database)
        if self.till:
            self.replies, self.requests = copy.deepcopy(self.till.replies), len(self.till.requests)
        if program.database.engine == 'postgresql':
            self.template = program.database.name + '_kept'
            self._psql(f'CREATE DATABASE {self.template} TEMPLATE {program.database.name}')

    def _psql(self, sql):
        self.program.database._psql(self.program.database.server, sql)

    def names(self):
        """The files here; those that SQLite keeps beside its own come and go with those who read."""
        return {path.name for path in self.program.folder.iterdir() if not path.name.endswith(('-wal', '-shm'))}

    def back(self, database_too=True):
        """The training till keeps all in a file of the folder, and reads it again."""
        if self.carrying.sandbox:
            self.carrying.sandbox.close()
        self.back_files()
        if self.carrying.sandbox:
            self.carrying.open_sandbox()
        self.back_till()
        if self.program.database.engine == 'postgresql' and database_too:
            self._psql(f'DROP DATABASE {self.program.database.name} WITH (FORCE)')
            self._psql(f'CREATE DATABASE {self.program.database.name} TEMPLATE {self.template}')

    def back_till(self):
        """A till that answers by the book of its case answers the same again."""
        if self.till:
            with self.till.lock:
                self.till.replies[:] = copy.deepcopy(self.replies)
                del self.till.requests[self.requests:]

    def back_files(self):
        for path in list(self.program.folder.iterdir()):
            status = path.stat()
            if path.name not in self.files:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif self.files[path.name] != (status.st_size, status.st_mtime_ns) and (self.folder / path.name).exists():
                shutil.copy2(self.folder / path.name, path)
        for name in self.files:
            if not (self.program.folder / name).exists():
                shutil.copy2(self.folder / name, self.program.folder / name)

    def close(self):
        shutil.rmtree(self.folder)
        if self.program.database.engine == 'postgresql':
            self._psql(f'DROP DATABASE {self.template}')


# ---- one command -------------------------------------------------------------------------------------------------------

def same_words(one, other):
    return all(MOMENT.sub('MOMENT', got) == MOMENT.sub('MOMENT', wanted) for got, wanted in ((one.stdout, other.stdout), (one.stderr, other.stderr)))


class Wanted:
    """What a command does when all is well: its result, what lasts of it, the files that are there afterwards, and its result without the catalogue."""

    def __init__(self, reference, after, names):
        self.reference, self.after, self.names, self.untranslated = reference, after, names, reference


class Exhausted(Program):
    """The program of a case: each command is run many times with a fault, and once, last of all, as the case wants it."""

    def __init__(self, build, program_alone, engine, options, dice):
        super().__init__(build, engine, 'liaison-exhaust-')
        self.program_alone, self.options, self.dice, self.carrying = program_alone, options, dice, None
        self.library = self.build / 'tests' / 'exhaust' / 'failing_malloc.so'
        descriptor, name = tempfile.mkstemp(prefix='liaison-exhaust-')
        os.close(descriptor)
        self.told_file = pathlib.Path(name)
        self.injected, self.refused, self.allocations, self.left_out, self.failures = 0, 0, 0, 0, []

    def close(self):
        self.told_file.unlink()
        super().close()

    def inject(self, arguments, environment, stdin, at=0, sticky=False):
        """Runs with the Nth allocation failing (0: none) and says how many there were, and how many failed."""
        faults = {'LD_PRELOAD': str(self.library), 'FAILING_MALLOC_FILE': str(self.told_file)}
        if at:
            faults.update(FAILING_MALLOC_AT=str(at), FAILING_MALLOC_STICKY=str(int(sticky)))
        self.told_file.write_text('')
        result = super().run(*arguments, environment={**environment, **faults}, stdin=stdin)
        counts = self.told_file.read_text().split()
        return result, *map(int, counts if len(counts) == 2 else (0, 0))

    def run(self, *arguments, environment=None, before=None, stdin=None):
        """A command of the case; those of its [setup] come through ok and are left alone. A lock on the database is held by this very process."""
        if self.carrying and not self.carrying.status_seen:
            if before or 'locked' in self.carrying.section.words:
                self.left_out += 1
            else:
                self.exhaust(arguments, environment or self.environment, stdin)
        return super().run(*arguments, environment=environment, before=before, stdin=stdin)

    def exhaust(self, arguments, environment, stdin):
        snapshot = Snapshot(self, self.carrying)
        try:
            begin = time.monotonic()
            reference, count, _ = self.inject(arguments, environment, stdin)
            if time.monotonic() - begin > SLOW_S:
                self.left_out += 1
                snapshot.back()
                return
            self.allocations += count
            wanted = Wanted(reference, self.lasting(), snapshot.names())
            snapshot.back()
            wanted.untranslated = self.run_untranslated(arguments, environment, stdin)
            snapshot.back()
            for place, at in enumerate(self.choose(count)):
                self.one(snapshot, (arguments, environment, stdin), wanted, at, count, sticky=place % 2 == 1)
        finally:
            snapshot.close()

    def run_untranslated(self, arguments, environment, stdin):
        """Without memory for its catalogue, the C library gives the sentences as they are in the program: as when the catalogue is not beside it."""
        kept, self.build = self.build, self.program_alone
        try:
            return super().run(*arguments, environment=environment, stdin=stdin)
        finally:
            self.build = kept

    def choose(self, count):
        """One number in each of so many equal parts of the run."""
        if self.options.at:
            return [self.options.at, self.options.at]
        if self.options.every:
            return [at for at in range(1, count + 1) for _ in range(2)]
        sample = min(self.options.sample, count)
        return [int((place + self.dice.random()) * count / sample) + 1 for place in range(sample)]

    def lasting(self):
        return lasting(tables(self.database), bool(self.carrying.sandbox))

    def one(self, snapshot, command, wanted, at, count, sticky):
        """One injection, its verdict, and what comes of the command afterwards."""
        name = f'liaison {" ".join(map(str, command[0]))}: allocation {at} of {count} {"and all later ones " if sticky else ""}refused'
        try:
            result, _, refused = self.inject(*command, at, sticky)
        except subprocess.TimeoutExpired:
            self.failures.append(f'{name}: it hangs')
            snapshot.back()
            return
        self.injected += 1
        self.refused += refused
        why = self.judge(result, wanted)
        strange = snapshot.names() - set(snapshot.files) - wanted.names
        if strange:
            why = why or f'left behind: {sorted(strange)}'
        written = tables(self.database) != snapshot.tables or snapshot.names() != set(snapshot.files)
        if not why and (written or self.injected % AGAIN_EVERY == 0):
            snapshot.back_till()
            why = self.again(command, wanted)
            written = True
        if why:
            self.failures.append(f'{name}: {why}\n{result.told()}')
        snapshot.back(database_too=written)

    def judge(self, result, wanted):
        """Why this ending is not one of the good ones; None when it is."""
        said = result.stdout + result.stderr
        if result.status < 0:
            return f'killed by signal {-result.status}'
        if self.key in said or 'motdepasse' in said:
            return 'a secret is told'
        if result.status not in (wanted.reference.status, 70):
            return f'exit status {result.status} instead of {wanted.reference.status} or 70'
        if result.status == wanted.reference.status and any(same_words(result, clean) for clean in (wanted.reference, wanted.untranslated)):
            return None
        if result.status == 0:
            return f'the output differs, and the exit status says that all is well; it was\n{wanted.reference.told()}'
        return None if ABOUT_MEMORY.search(result.stderr) else 'nothing is said about memory'

    def again(self, command, wanted):
        """The same command without a fault, after the one with it; what it had done already it may refuse to do twice."""
        arguments, environment, stdin = command
        result = super().run(*arguments, environment=environment, stdin=stdin)
        if result.status not in (wanted.reference.status, 4):
            return f'afterwards, without a fault, exit status {result.status} instead of {wanted.reference.status}\n{result.told()}'
        got = self.lasting()
        if got != wanted.after:
            return 'afterwards, without a fault, something else is there\n' + differences(got, wanted.after)
        return None

    @property
    def key(self):
        server = self.carrying.till or self.carrying.sandbox
        return server.key if server else harness.KEY


# ---- one case ----------------------------------------------------------------------------------------------------------

class Carrying(run_cases.Carrying):
    """A training till keeps its records in a file, so that they too can be gone back to."""

    def do_till(self, words, text):
        if words[:1] != ['sandbox']:
            super().do_till(words, text)
            return
        self.state = self.program.folder / 'till.json'
        super().do_till([*words, '--state', str(self.state)], text)

    def open_sandbox(self):
        """On the same port, since the link knows it."""
        self.sandbox = Sandbox(self.program.build, '--state', self.state, '--listen', self.sandbox.url.removeprefix('http://'))


def run_case(case, engine, build, program_alone, options):
    """The program with its figures, and what is wrong."""
    with Exhausted(build, program_alone, engine, options, random.Random(f'{options.seed} {case.name} {engine}')) as program:
        carrying = Carrying(case, program, ())
        program.carrying = carrying
        try:
            carrying.carry_out()
        except Exception as error:  # the case itself must still pass after all that
            program.failures.append(f'line {carrying.section.line}: the case itself fails: ' + (str(error) if isinstance(error, Failure) else traceback.format_exc()))
        finally:
            carrying.close()
        return program


def argument_parser(sample):
    """What this and serve.py are asked alike."""
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--sample', type=int, default=sample)
    parser.add_argument('--at', type=int)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('names', nargs='*')
    return parser


def count_up(score, case, engine, done):
    """The injections of a case, of which each failure is one."""
    for failure in done.failures:
        score.check(f'{case.path.name} on {engine}: {failure}', False)
    score.passed += max(0, done.injected - len(done.failures))


def main():
    parser = argument_parser(sample=6)
    parser.add_argument('--every', action='store_true')
    options = parser.parse_intermixed_args()
    build = pathlib.Path(options.build).resolve()
    if not (build / 'tests' / 'exhaust' / 'failing_malloc.so').exists():
        sys.exit(f'{build} holds no tests/exhaust/failing_malloc.so: build it there first')
    paths = sorted((pathlib.Path(run_cases.__file__).parent / 'cases').glob('*.case'))
    cases = [run_cases.Case(path) for path in paths if not options.names or any(name in path.name for name in options.names)]
    engines = [options.engine] if options.engine else harness.engines_here()
    work = [(case, engine) for case in cases for engine in engines if engine in case.engines()]
    score = harness.Score()
    programs = []
    with tempfile.TemporaryDirectory(prefix='liaison-exhaust-') as alone, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        shutil.copy2(build / 'liaison', alone)
        futures = [pool.submit(run_case, case, engine, build, pathlib.Path(alone), options) for case, engine in work]
        for (case, engine), future in zip(work, futures):
            program = future.result()
            programs.append(program)
            count_up(score, case, engine, program)
    print(f'{sum(program.injected for program in programs)} runs with {sum(program.refused for program in programs)} failed allocations, of '
          f'{sum(program.allocations for program in programs)} that the commands of {len(work)} cases make; {sum(program.left_out for program in programs)} commands left out')
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
