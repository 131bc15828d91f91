#!/usr/bin/env python3
"""The attacks of docs/security.md, each against the real program: what a till, a file, a thief, a neighbour on the machine, a visitor or another site could try.

usage: attack.py BUILD_FOLDER [--engine sqlite|postgresql] [--only WORD]

Ends with `N passed, N failed`. What touches the data runs on SQLite, and on PostgreSQL when LIAISON_TEST_PG names a server.
"""
import argparse
import re
import subprocess
import sys
import traceback

from common import ATTACKS, World
import chain  # noqa: F401 (each of these declares its attacks)
import inject  # noqa: F401
import network  # noqa: F401
import paths  # noqa: F401
import secret  # noqa: F401
import server_attacks  # noqa: F401
import server_load  # noqa: F401
from harness import ROOT, Failure, Score, engines_here

PROGRAMS = ROOT / 'tests' / 'attack' / 'meson.build'


def check_document(score):
    """Every attack stands in the threat model, and every test that the model names exists."""
    text = (ROOT / 'docs' / 'security.md').read_text(encoding='utf-8')
    named = set(re.findall(r'`attack: (\w+)`', text))
    score.equal('docs/security.md names every attack', sorted(set(ATTACKS) - named), [])
    score.equal('every attack that it names exists', sorted(named - set(ATTACKS)), [])
    sources = ''.join(path.read_text(encoding='utf-8') for path in sorted((ROOT / 'tests').rglob('*.c')))
    units = set(re.findall(r'`unit: (\w+)`', text))
    score.equal('every unit test that it names exists', sorted(name for name in units if f'void {name}(void **' not in sources), [])
    score.check('the model names unit tests too', bool(units))


def run(name, build, engine, score):
    function, _ = ATTACKS[name]
    before = score.failed
    try:
        function(World(build, engine, score, name))
    except (Failure, AssertionError, subprocess.SubprocessError, OSError, ValueError, LookupError) as error:
        score.check(f'{name} ({engine})', False, f'{type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}')
    if score.failed > before:
        print(f'again: python3 tests/attack/attack.py {build} --engine {engine} --only {name}', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine')
    parser.add_argument('--only', default='')
    arguments = parser.parse_args()
    score = Score()
    if not arguments.only:
        check_document(score)
    for name in (name for name in ATTACKS if arguments.only in name):
        for engine in [arguments.engine] if arguments.engine else engines_here() if ATTACKS[name][1] else ['sqlite']:
            run(name, arguments.build, engine, score)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
