#!/usr/bin/env python3
"""Runs every suite and adds them up: modules, builds (gcc, and clang with its sanitizers), static analysis, unit tests, data-file cases, the demo end to end, and the
short forms of the proofs (docs/reliability.md): simulation, kills, exhausted memory, backups, attacks, mutants; and the proxies and the systemd unit of packaging/.

usage: scripts/check.sh [SUITE…]       (a part of a suite's name is enough; builds that it needs are always made)

A line a suite as it ends, its output when something failed, and last of all `N passed, N failed`. A suite that cannot start, is cut short or
counts nothing has failed. At most two processes work at a time.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOBS = 2
SUITE_TIMEOUT_S = 1800
SANITIZERS = {'ASAN_OPTIONS': 'detect_leaks=1', 'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1'}
THREADED = ('liaison', 'tactill-sandbox', 'tests/unit/net/test_net_loopback', 'tests/unit/net/test_net_hostile', 'tests/unit/net/test_net_server',
            'tests/unit/net/test_net_server_hostile', 'tests/unit/sandbox/test_sandbox_server', 'tests/unit/server/test_server_jobs')
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)


class Suite:
    """A command and how its results are counted; `needs` names the builds that must have succeeded."""

    def __init__(self, name, command, count, environment=None, needs=None):
        self.name, self.command, self.count, self.environment, self.needs = name, command, count, environment or {}, needs


# ---- counting ----------------------------------------------------------------------------------------------------------

def count_once(output, status):
    """A step that succeeds or does not."""
    return (1, 0) if status == 0 else (0, 1)


def count_last_line(output, status):
    """The suites of ours end with `N passed, N failed`."""
    found = COUNTS.findall(output)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    return passed, failed if failed or (status == 0 and passed) else 1


def count_unit(build):
    """Each test of each cmocka program, from the log that meson keeps; a program that says nothing counts as one."""
    log = ROOT / build / 'meson-logs' / 'testlog.json'
    log.unlink(missing_ok=True)

    def count(output, status):
        passed = failed = 0
        for line in log.read_text(encoding='utf-8').splitlines() if log.exists() else ():
            test = json.loads(line)
            said = test.get('stdout', '') + test.get('stderr', '')
            good = sum(map(int, re.findall(r'\[  PASSED  \] (\d+) test', said)))
            bad = sum(map(int, re.findall(r'\[  FAILED  \] (\d+) test', said)))
            if test['result'] != 'OK' and not bad:
                bad = 1
            passed, failed = passed + (good or (test['result'] == 'OK')), failed + bad
        return passed, failed if failed or (status == 0 and passed) else 1
    return count


# ---- what there is to run ----------------------------------------------------------------------------------------------

def python(*arguments):
    return [sys.executable, *arguments]


def build_suite(folder, *options, targets=(), environment=None):
    """All that the folder can build, or only these targets of it."""
    setup = ['meson', 'setup', folder, *options] if not (ROOT / folder / 'build.ninja').exists() else None
    ninja = ['ninja', '-C', folder, f'-j{JOBS}', *targets]
    command = ['sh', '-c', (' '.join(setup) + ' >/dev/null && ' if setup else '') + ' '.join(ninja)]
    return Suite(f'build {folder}', command, count_once, environment)


def unit_suite(build, environment=None):
    slow = ['--timeout-multiplier', '6'] if environment else ['--timeout-multiplier', '3']
    return Suite(f'unit tests ({build})', ['meson', 'test', '-C', build, '--no-rebuild', '--num-processes', str(JOBS), *slow], count_unit(build), environment, build)


def steps():
    """Groups of suites; those of one group run side by side, so that a group of one uses both jobs by itself."""
    asan = dict(SANITIZERS)
    return [
        [Suite('modules', python('tests/check_modules.py', '.'), count_once),
         Suite('translations', python('tests/check_translations.py', '.'), count_once)],
        [Suite('ui types and lint', ['sh', 'scripts/check-ui.sh', 'types'], count_last_line)],
        [Suite('ui unit tests', ['sh', 'scripts/check-ui.sh', 'tests'], count_last_line)],
        [Suite('the description of the API', python('tests/api/check_openapi.py'), count_last_line),
         Suite('lint of the description', ['sh', '-c', 'cd api && { cmp -s package-lock.json node_modules/.liaison-lock || npm ci --no-audit --no-fund --loglevel=error;'
                                           ' cp package-lock.json node_modules/.liaison-lock; } && node lint.mjs'], count_last_line)],
        [build_suite('build')],
        [unit_suite('build')],
        [Suite('cases (build)', python('tests/run_cases.py', 'build', '--jobs', str(JOBS)), count_last_line, needs='build')],
        [Suite(f'end to end, {engine} (build)', python('tests/e2e/e2e.py', 'build', '--engine', engine, '--size', size), count_last_line, needs='build')
         for engine, size in (('sqlite', 'full'), ('postgresql', 'medium'))],
        [Suite('kill test, sqlite (build)', python('tests/crash.py', 'build', '--engine', 'sqlite', '--kills', '20'), count_last_line, needs='build'),
         Suite('kill test, postgresql (build)', python('tests/crash.py', 'build', '--engine', 'postgresql', '--kills', '5', '--size', 'small'), count_last_line, needs='build')],
        # The attacks wait much, for what is slow on purpose: the others run beside them.
        [Suite('attacks (build)', python('tests/attack/attack.py', 'build'), count_last_line, needs='build'),
         Suite('simulation (build)', ['build/liaison-sim', '--runs', '5000', '--seed', '1'], count_last_line, needs='build'),
         Suite('backups during a run (build)', python('tests/exhaust/backup.py', 'build', '--engine', 'sqlite', '--size', 'small'), count_last_line, needs='build'),
         Suite('hardened (build)', python('tests/analysis/hardened.py', 'build'), count_last_line, needs='build'),
         Suite('mutants of the money', python('tests/mutation/mutate.py', '--only', 'money.c', '--only', 'src/books', '--sample', '16', '--seed', '7', '--unit'), count_last_line)],
        [Suite('exhausted memory, sqlite (build)', python('tests/exhaust/exhaust.py', 'build', '--engine', 'sqlite', '--sample', '1', '--jobs', str(JOBS)), count_last_line,
               needs='build')],
        [Suite('exhausted memory of the server, sqlite (build)', python('tests/exhaust/serve.py', 'build', '--sample', '2', '--part', '3', '--jobs', str(JOBS)), count_last_line,
               needs='build')],
        [Suite('clang-tidy', python('tests/analysis/tidy.py', 'build', '--jobs', str(JOBS)), count_last_line, needs='build')],
        [Suite('cppcheck', python('tests/analysis/cppcheck.py', 'build', '--jobs', str(JOBS)), count_last_line, needs='build')],
        [Suite(f'serve, {engine} (build)', python('tests/serve.py', 'build', '--engine', engine), count_last_line, needs='build') for engine in ('sqlite', 'postgresql')],
        [Suite('packaging (build)', python('tests/packaging.py', 'build'), count_last_line, needs='build')],
        [Suite('cases of the API (build)', python('tests/api/run_api.py', 'build', '--jobs', str(JOBS)), count_last_line, needs='build')],
        [Suite('the pages in a browser (build)', ['sh', '-c', 'sh scripts/build-ui.sh build && python3 scripts/api-docs.py build/ui && python3 tests/ui/run_ui.py build'], count_last_line,
               needs='build')],
        [Suite(f'jobs over the API, {engine} (build)', python('tests/api/jobs.py', 'build', '--engine', engine), count_last_line, needs='build') for engine in ('sqlite', 'postgresql')],
        # The other compiler too; its own warnings are errors.
        [build_suite('build-asan', '-Db_sanitize=address,undefined', '-Db_lundef=false', environment={'CC': 'clang', 'CXX': 'clang++'})],
        [unit_suite('build-asan', asan)],
        [Suite('cases (build-asan)', python('tests/run_cases.py', 'build-asan', '--jobs', str(JOBS)), count_last_line, asan, 'build-asan')],
        [Suite('end to end, sqlite (build-asan)', python('tests/e2e/e2e.py', 'build-asan', '--engine', 'sqlite', '--size', 'small'), count_last_line, asan, 'build-asan'),
         Suite('kill test, sqlite (build-asan)', python('tests/crash.py', 'build-asan', '--engine', 'sqlite', '--kills', '5', '--size', 'small'), count_last_line, asan, 'build-asan')],
        [build_suite('build-tsan', '-Db_sanitize=thread', targets=THREADED)],
        [Suite('jobs over the API (build-tsan)', python('tests/api/jobs.py', 'build-tsan'), count_last_line, needs='build-tsan')],
        [Suite('threads (build-tsan)', python('tests/analysis/threads.py', 'build-tsan'), count_last_line, needs='build-tsan')],
        [Suite('the server under valgrind (build)', python('tests/api/run_api.py', 'build', '--engine', 'sqlite', '--valgrind', '--jobs', str(JOBS), 'documents', 'grid.case', 'feed', 'files'),
               count_last_line, needs='build')],
        [Suite('cases under valgrind (build)', python('tests/run_cases.py', 'build', '--engine', 'sqlite', '--valgrind', '--every', '6', '--jobs', str(JOBS)), count_last_line,
               needs='build')],
    ]


# ---- running -----------------------------------------------------------------------------------------------------------

def run(suite, broken):
    begin = time.monotonic()
    if suite.needs in broken:
        passed, failed, output = 0, 1, f'not run: {suite.needs} could not be built'
    else:
        try:
            done = subprocess.run(suite.command, cwd=ROOT, env={**os.environ, **suite.environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=SUITE_TIMEOUT_S)
            output = done.stdout.decode('utf-8', 'replace')
            passed, failed = suite.count(output, done.returncode)
        except (OSError, subprocess.TimeoutExpired) as error:
            passed, failed, output = 0, 1, f'{error}'
    if failed:
        print(f'--- {suite.name}\n{output.rstrip()}\n---')
    print(f'{suite.name}: {passed} ok, {failed} not ({time.monotonic() - begin:.0f} s)', flush=True)
    return passed, failed


def main():
    wanted = sys.argv[1:]
    passed = failed = 0
    broken = set()
    for group in steps():
        suites = [suite for suite in group if not wanted or suite.name.startswith('build ') or any(word in suite.name for word in wanted)]
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for suite, (good, bad) in zip(suites, pool.map(lambda suite: run(suite, broken), suites)):
                passed, failed = passed + good, failed + bad
                if bad and suite.name.startswith('build '):
                    broken.add(suite.name.removeprefix('build '))
    print(f'{passed} passed, {failed} failed', flush=True)
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
