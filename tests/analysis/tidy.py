#!/usr/bin/env python3
"""clang-tidy over every source file that the build compiles, by the rules of .clang-tidy (and tests/.clang-tidy): a finding is a failure.

usage: tidy.py BUILD_FOLDER [--jobs N] [--deep] [WORD…]          (files whose path holds a word; all without)

A file found clean is not looked at again until it, a header of it, the rules or clang-tidy change; what is known of that stands in BUILD_FOLDER/tidy, so
that a fresh build folder looks at all of it. The build must be up to date: ninja knows the headers. Ends with `N passed, N failed`, in files.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
from sources import ROOT, commands_of

RULES = (ROOT / '.clang-tidy', ROOT / 'tests/.clang-tidy')
# Paths through one function that the static analyzer follows. Its own number, 225 000 (--deep), takes three times as long and has found nothing more here.
ANALYZER_STEPS = 50000


@functools.lru_cache(maxsize=None)
def digest_of(path):
    return hashlib.sha256(path.read_bytes()).digest()


def headers_of(build):
    """What each object file was made from, by ninja's records."""
    told = subprocess.run(['ninja', '-C', str(build), '-t', 'deps'], capture_output=True, text=True, check=True).stdout
    found = {}
    for block in told.split('\n\n'):
        head, *lines = [line for line in block.split('\n') if line and not line.startswith('ninja: ')] or ['']
        found[head.partition(':')[0]] = [build / line.strip() for line in lines]
    return found


def fingerprint(version, entry, path, headers, deep):
    digest = hashlib.sha256(f'{version}{entry["command"]}{deep}'.encode())
    for used in (*RULES, path, *headers):
        digest.update(str(used).encode() + (digest_of(used) if used.exists() else b'gone'))
    return digest.hexdigest()


def look_at(path, folder, deep):
    """What clang-tidy says of a file; nothing when it is clean."""
    depth = [] if deep else [f'--extra-arg={word}' for word in ('-Xclang', '-analyzer-config', '-Xclang', f'max-nodes={ANALYZER_STEPS}')]
    done = subprocess.run(['clang-tidy', '-p', str(folder), '--quiet', *depth, str(path)], capture_output=True, text=True)
    said = done.stdout.strip()
    return said if done.returncode or said else ''


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--deep', action='store_true')
    parser.add_argument('words', nargs='*')
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    folder = build / 'tidy'
    commands, headers = commands_of(build, folder), headers_of(build)
    version = subprocess.run(['clang-tidy', '--version'], capture_output=True, text=True, check=True).stdout
    passed = failed = 0

    def work(path):
        entry = commands[path]
        stamp = folder / (re.sub(r'\W', '_', os.path.relpath(path, ROOT)) + '.clean')
        print_now = fingerprint(version, entry, path, headers.get(entry['output'], ()), arguments.deep)
        if stamp.exists() and stamp.read_text() == print_now:
            return ''
        said = look_at(path, folder, arguments.deep)
        if not said:
            stamp.write_text(print_now)
        return said

    wanted = sorted(path for path in commands if not arguments.words or any(word in os.path.relpath(path, ROOT) for word in arguments.words))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, said in zip(wanted, pool.map(work, wanted)):
            passed, failed = passed + (not said), failed + bool(said)
            if said:
                print(f'{os.path.relpath(path, ROOT)}\n{said}', flush=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
