#!/usr/bin/env python3
"""What the build flags promise (meson.build), read in the programs themselves: position independent, relocations read-only before main, no memory that can
be written and executed, stack protector, checked C library calls, no search path of its own.

usage: hardened.py BUILD_FOLDER          (a build without sanitizers; needs readelf, of binutils)
"""
import os
import pathlib
import re
import subprocess
import sys

PROGRAMS = ('liaison', 'tactill-sandbox')


def readelf(option, path):
    return subprocess.run(['readelf', '--wide', option, str(path)], env={**os.environ, 'LC_ALL': 'C'}, capture_output=True, text=True, check=True).stdout


def segment_flags(segments, kind):
    """The flags of each segment of a kind: `R`, `RW`, `R E` …"""
    return re.findall(rf'^  {kind} +(?:0x\w+ +){{5}}([RWE ]{{3}})', segments, re.M)


def promises(path):
    """Pairs: what is promised, whether it holds."""
    header, segments, dynamic, symbols = (readelf(option, path) for option in ('--file-header', '--program-headers', '--dynamic', '--dyn-syms'))
    imported = set(re.findall(r' UND (\w+)', symbols))
    stack = segment_flags(segments, 'GNU_STACK')
    yield 'its address is chosen at start (PIE)', 'DYN (Position-Independent Executable' in header and re.search(r'FLAGS_1.*\bPIE\b', dynamic)
    yield 'relocations are read-only (GNU_RELRO)', segment_flags(segments, 'GNU_RELRO')
    yield 'and all of them are made before main (BIND_NOW)', re.search(r'FLAGS_1.*\bNOW\b', dynamic)
    yield 'the stack is not executable', stack and not any('E' in flags for flags in stack)
    yield 'no memory is both writable and executable', not any('W' in flags and 'E' in flags for flags in segment_flags(segments, 'LOAD'))
    yield 'stacks are guarded (__stack_chk_fail)', '__stack_chk_fail' in imported
    yield 'C library calls are checked (_FORTIFY_SOURCE)', {name for name in imported if name.endswith('_chk')}
    yield 'libraries come from the system alone (no RPATH, no RUNPATH)', 'RPATH' not in dynamic and 'RUNPATH' not in dynamic


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    passed = failed = 0
    for name in PROGRAMS:
        for promise, holds in promises(pathlib.Path(sys.argv[1]) / name):
            passed, failed = passed + bool(holds), failed + (not holds)
            if not holds:
                print(f'{name}: it does not hold that {promise}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
