#!/usr/bin/env python3
"""Backups that are taken while a synchronisation goes on: each of them is whole, passes `db check` and `journal verify`, and a synchronisation of it ends where
the undisturbed one does. And a backup that is killed leaves nothing that could be taken for one.

usage: backup.py BUILD_FOLDER [--engine sqlite|postgresql] [--size full|medium|small] [--kills N] [--seed N]          Pain: P18

The real program, the real training till. SQLite is copied by `liaison db backup`, PostgreSQL by pg_dump, as the program itself advises. Backups follow each
other from the start of the run to its end, so that no moment is a matter of luck; those that are restored are spread over them.
"""
import argparse
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness
from harness import Failure, Program, Sandbox, books, first_differences

RESTORED_MOST = 12
OPTIONS = ('--auto-validate', 'yes')
DONE = (0, 1)


class Copy:
    """A backup; restored, it is a database of its own."""

    def __init__(self, program, number):
        self.program, self.number, self.database = program, number, None
        self.path = program.folder / f'copy-{number}.db'

    def take(self):
        """What it says when it fails."""
        if self.program.database.engine == 'sqlite':
            result = self.program.run('db', 'backup', self.path)
            return None if result.status == 0 else result.told()
        done = subprocess.run([harness.PG_DUMP, '-d', self.program.database.url, '-f', self.path], capture_output=True, text=True, timeout=harness.PATIENCE_S)
        return None if done.returncode == 0 else done.stderr

    def restore(self):
        """The address of the restored database."""
        if self.program.database.engine == 'sqlite':
            return f'sqlite:{self.path}'
        self.database = harness.Database('postgresql', self.program.folder)
        done = subprocess.run([harness.PSQL, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', self.database.url, '-f', self.path], capture_output=True, text=True,
                              timeout=harness.PATIENCE_S)
        if done.returncode:
            raise Failure(f'psql: {done.stderr}')
        return self.database.url

    def close(self):
        if self.database:
            self.database.drop()


def counts(program):
    """How far a database is: sales known, documents made, runs under way."""
    return tuple(len(program.ok(name, 'list', '--json').json_lines()) for name in ('article', 'grid', 'document'))


def take_during_run(program, score):
    """Backups one after the other while a run goes on."""
    copies, process = [], program.start('sync', 'shop')
    while process.poll() is None:
        copies.append(Copy(program, len(copies)))
        told = copies[-1].take()
        score.check(f'backup {len(copies)} can be taken', told is None, told or '')
    output = process.communicate()
    score.check('the run ends well in spite of the backups', process.returncode in DONE, f'  status {process.returncode}\n{output}')
    return copies


def check_copy(program, copy, expected, name, score):
    """Returns how far it was when it was taken."""
    address, kept = copy.restore(), program.environment['LIAISON_DB']
    program.environment['LIAISON_DB'] = address
    try:
        check_sound(program, f'{name}, restored', score)
        far = counts(program)
        result = program.run('sync', 'shop')
        score.check(f'{name}: a run goes on from it', result.status in DONE, result.told())
        got = books(program)
        for what, rows in expected.items():
            score.check(f'{name}: {what} as if nothing had happened', got[what] == rows, first_differences(got[what], rows))
        check_sound(program, f'{name}, gone on', score)
        return far
    finally:
        program.environment['LIAISON_DB'] = kept
        copy.close()


def check_sound(program, name, score):
    for command in (('db', 'check'), ('journal', 'verify')):
        result = program.run(*command)
        score.check(f'{name}: {" ".join(command)}', result.status == 0, result.told())


def kill_backups(program, kills, dice, score):
    """After a kill there is no file of that name, or a whole one; then the same command makes it."""
    path = program.folder / 'killed.db'
    begin = time.monotonic()
    program.ok('db', 'backup', path)
    length, killed, unfinished = time.monotonic() - begin, 0, 0
    while killed < kills:
        path.unlink(missing_ok=True)
        process = program.start('db', 'backup', path)
        try:
            process.communicate(timeout=dice.uniform(0, length))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        if process.returncode != -signal.SIGKILL:
            continue
        killed += 1
        if path.exists():
            result = program.run('--db', f'sqlite:{path}', 'db', 'check')
            score.check(f'kill {killed}: what has the name of the backup is one', result.status == 0, result.told())
        else:
            unfinished += 1
            result = program.run('db', 'backup', path)
            score.check(f'kill {killed}: the same command makes it afterwards', result.status == 0, result.told())
    return unfinished


def run(build, engine, size, kills, dice, score):
    with Sandbox(build, *harness.demo_options(size)) as sandbox:
        with Program(build, engine, 'liaison-backup-') as program:
            program.new_shop(sandbox, *OPTIONS)
            program.ok('sync', 'shop', status=DONE)
            expected, end = books(program), counts(program)
        with Program(build, engine, 'liaison-backup-') as program:
            program.new_shop(sandbox, *OPTIONS)
            copies = take_during_run(program, score)
            step = max(1, len(copies) // RESTORED_MOST)
            far = [check_copy(program, copy, expected, f'{engine}: backup {copy.number + 1} of {len(copies)}', score) for copy in copies[::step]]
            midway = sum(1 for reached in far if reached != end and any(reached))
            print(f'{engine}: {len(copies)} backups taken during a run, {len(far)} restored, {midway} of them of a state between the beginning and the end')
            score.check(f'{engine}: some backups are of the middle of the run', midway > 0, str(far))
            if engine == 'sqlite':
                unfinished = kill_backups(program, kills, dice, score)
                print(f'{engine}: {kills} backups killed, {unfinished} before they had their name')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--size', choices=harness.SIZES, default='full')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    arguments = parser.parse_args()
    score = harness.Score()
    build = pathlib.Path(arguments.build).resolve()
    for engine in [arguments.engine] if arguments.engine else harness.engines_here():
        try:
            run(build, engine, arguments.size, arguments.kills, random.Random(arguments.seed), score)
        except Failure as failure:
            score.check(f'{engine}: the backup test can run', False, str(failure))
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
