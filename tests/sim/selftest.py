#!/usr/bin/env python3
"""The simulation must be able to fail: each planted fault of plants.py, built in a copy of the tree, is caught within a bounded number of runs; the tree as it is
passes, and a seed told twice gives the same trace. Ends with `N passed, N failed`.

    python3 tests/sim/selftest.py [NAME-PART …]     only the plants whose name has one of these parts
"""
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'mutation'))
sys.path.insert(0, str(HERE))

from plants import PLANTS  # noqa: E402
from workspace import Workspace, WorkspaceError  # noqa: E402

PROGRAM = 'liaison-sim'
RUNS = 6000             # within so many a planted fault must be caught
RUNS_WITHOUT = 600      # so many the tree as it is must pass
TIMEOUT_S = 900


def simulate(space, *options):
    status, said = space.run([space.build_folder / PROGRAM, *options], TIMEOUT_S)
    return status, said


def built(space):
    done, said = space.build(PROGRAM)
    if not done:
        raise WorkspaceError(f'It cannot be built:\n{said[-2000:]}')


def check_plain(space):
    """What is wrong with the tree as it is; empty when nothing."""
    built(space)
    status, said = simulate(space, '--runs', str(RUNS_WITHOUT), '--seed', '1')
    if status != 0:
        return f'the tree as it is must pass {RUNS_WITHOUT} runs:\n{said[-2000:]}'
    traces = [re.findall(r'trace [0-9a-f]{16}', simulate(space, '--runs', '40', '--seed', first, '--verbose')[1]) for first in ('1', '1')]
    alone = re.findall(r'trace [0-9a-f]{16}', simulate(space, '--runs', '1', '--seed', '40', '--verbose')[1])
    if len(traces[0]) != 40 or traces[0] != traces[1]:
        return 'a seed told twice must give the same trace'
    if alone != traces[0][39:]:
        return 'a seed told alone must give the trace that it gives after others'
    return ''


def check_plant(space, plant):
    """Why the plant was not caught, and what caught it."""
    name, file, old, new, invariant = plant
    space.replace(file, old, new)
    try:
        built(space)
        status, said = simulate(space, '--runs', str(RUNS), '--seed', '1', '--stop')
    finally:
        space.restore()
    runs = sum(int(number) for number in re.findall(r'^(\d+) passed, (\d+) failed', said, re.M)[-1]) if status == 1 else RUNS
    found = sorted(set(re.findall(r'^  (invariant \d|fault):', said, re.M)))
    if status == 1 and found:
        return '', f'{"invariant " + str(invariant) if invariant else "fault"} was to break; found in run {runs}: {", ".join(found)}'
    if status < 0 or status == 134:
        return '', f'the program stopped itself (status {status})'
    return f'not caught in {RUNS} runs (status {status})', ''


def main():
    plants = [plant for plant in PLANTS if not sys.argv[1:] or any(part in plant[0] for part in sys.argv[1:])]
    failed = passed = 0
    begin = time.monotonic()
    with Workspace() as space:
        why = check_plain(space)
        passed, failed = (passed, failed + 1) if why else (passed + 1, failed)
        print(f'{"FAILED" if why else "passed"}: without a fault{": " + why if why else ""}', flush=True)
        for plant in plants:
            why, how = check_plant(space, plant)
            passed, failed = (passed, failed + 1) if why else (passed + 1, failed)
            print(f'{"FAILED" if why else "caught"}: {plant[0]} ({plant[1]}): {why or how}', flush=True)
    print(f'{time.monotonic() - begin:.0f} seconds')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
