#!/usr/bin/env python3
"""The pages in a browser: Playwright with Debian's chromium. Installs what package-lock.json names when it is not there; no browser is fetched.

usage: run_ui.py BUILD_FOLDER [FILE…] [-g TITLE]      (a part of a name is enough)

Ends with `N passed, N failed`. Pictures of the pages: build/screenshots; what failures leave: build/ui-tests.
"""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split('\n\n')[1])
    build, *words = sys.argv[1:]
    environment = {**os.environ, 'LIAISON_BUILD': str(pathlib.Path(build).resolve()), 'PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD': '1', 'NO_PROXY': '127.0.0.1', 'no_proxy': '127.0.0.1'}
    lock, installed = HERE / 'package-lock.json', HERE / 'node_modules' / '.package-lock.json'
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=HERE, env=environment)
        if done.returncode:
            print('npm ci failed\n0 passed, 1 failed')
            return 1
    command = ['node', 'node_modules/@playwright/test/cli.js', 'test', *words]
    return subprocess.run(command, cwd=HERE, env=environment).returncode


if __name__ == '__main__':
    sys.exit(main())
