#!/usr/bin/env python3
"""Kills a synchronisation with SIGKILL at random moments (a fixed seed), again and again, then lets it run to its end: articles, documents,
payments, numbers and stock are those of a run that nobody disturbed.

usage: crash.py BUILD_FOLDER [--engine sqlite|postgresql] [--kills N] [--seed N] [--size full|medium|small]          Pain: P1 P2 P18 P21
"""
import argparse
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
import harness
from harness import Program, Sandbox, first_differences

LISTS = ('article', 'customer', 'document', 'payment', 'stock')


def state(program):
    """All that was made, without what may differ between two histories (only customers' codes are given in the order of arrival)."""
    lists = {name: program.ok(name, 'list', '--json').json_lines() for name in LISTS}
    people = {row['code']: str(sorted((name, str(value)) for name, value in row.items() if name != 'code')) for row in lists['customer']}
    for row in lists['document']:
        row['customer'] = people[row['customer']]
    lists['customer'] = [{'person': person} for person in people.values()]
    lists['grid'] = [{name: row.get(name) for name in ('number', 'till_sale', 'anomaly', 'total_cents')} for row in program.ok('grid', 'list', '--json').json_lines()]
    return {name: sorted(str(sorted(row.items(), key=str)) for row in rows) for name, rows in lists.items()}


def undisturbed(build, engine, sandbox, score):
    with Program(build, engine, 'liaison-crash-') as program:
        program.new_shop(sandbox, '--auto-validate', 'yes')
        begin = time.monotonic()
        program.ok('sync', 'shop', status=(0, 1))
        seconds = time.monotonic() - begin
        score.check(f'{engine}: there is something to compare', len(state(program)['document']) > 100)
        return state(program), seconds


def disturbed(build, engine, sandbox, kills, seconds, dice, score):
    """Each kill falls somewhere in a run; when a run ends before it, the books begin anew, so that every kill is a real one."""
    done = 0
    while done < kills:
        with Program(build, engine, 'liaison-crash-') as program:
            program.new_shop(sandbox, '--auto-validate', 'yes')
            while done < kills:
                process = program.start('sync', 'shop')
                try:
                    process.communicate(timeout=dice.uniform(0, seconds * 0.6))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                if process.returncode != -signal.SIGKILL:
                    score.check(f'{engine}: a run after kills ends well', process.returncode in (0, 1), f'  status {process.returncode}')
                    break
                done += 1
            yield program


def check_end(engine, program, expected, name, score):
    last = program.run('sync', 'shop')
    score.check(f'{engine}: {name}: the next run goes on', last.status in (0, 1), last.told())
    got = state(program)
    for what, rows in expected.items():
        score.check(f'{engine}: {name}: {what} as if nothing had happened', got[what] == rows, first_differences(got[what], rows))
    for command in (('journal', 'verify'), ('db', 'check')):
        result = program.run(*command)
        score.check(f'{engine}: {name}: {" ".join(command)}', result.status == 0, result.told())
    runs = program.ok('run', 'list', '--json').json_lines()
    score.check(f'{engine}: {name}: no run is left running', all(row['state'] != 'running' for row in runs), str(runs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--size', choices=harness.SIZES, default='full')
    arguments = parser.parse_args()
    score = harness.Score()
    dice = random.Random(arguments.seed)
    for engine in [arguments.engine] if arguments.engine else harness.engines_here():
        with Sandbox(arguments.build, *harness.demo_options(arguments.size)) as sandbox:
            try:
                expected, seconds = undisturbed(arguments.build, engine, sandbox, score)
                for number, program in enumerate(disturbed(arguments.build, engine, sandbox, arguments.kills, seconds, dice, score), 1):
                    check_end(engine, program, expected, f'history {number}', score)
            except harness.Failure as failure:
                score.check(f'{engine}: the kill test can run', False, str(failure))
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
