#!/usr/bin/env python3
"""cppcheck over every source file of src/ and bench/ that the build compiles: a finding that tests/analysis/cppcheck.supp does not name is a failure.

usage: cppcheck.py BUILD_FOLDER [--jobs N]

The programs under tests/ are left to clang-tidy: cppcheck 2.10 cannot parse what cmocka's macros become.

What it knows of a file is kept in BUILD_FOLDER/cppcheck, so that a second run looks at what has changed. Ends with `N passed, N failed`, in files.
"""
import argparse
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
from sources import ROOT, commands_of

FINDING = re.compile(r'^(.+?):\d+: \w+: .*\[\w+\]$', re.M)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--jobs', type=int, default=2)
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.build).resolve() / 'cppcheck'
    files = commands_of(folder.parent, folder, ('src', 'bench'))
    done = subprocess.run(['cppcheck', f'--project={folder / "compile_commands.json"}', f'--cppcheck-build-dir={folder}', f'-j{arguments.jobs}', '--quiet',
                           '--enable=warning,performance,portability', '--library=posix,gnu', '--inline-suppr', '--error-exitcode=1',
                           f'--suppressions-list={ROOT / "tests/analysis/cppcheck.supp"}', '--template={file}:{line}: {severity}: {message} [{id}]'],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = set(FINDING.findall(done.stdout))
    if done.stdout.strip():
        print(done.stdout.rstrip())
    failed = max(len(found), done.returncode != 0)
    print(f'{len(files) - failed} passed, {failed} failed')
    return 1 if failed or not files else 0


if __name__ == '__main__':
    sys.exit(main())
