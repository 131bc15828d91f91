#!/usr/bin/env python3
"""Speed and memory, as ratios in one run: prints a row a line, `name  seconds-of-ours  seconds-of-floor  ratio`.

import-articles   the first import of the catalogue, against import_floor (download, parse, insert, nothing else)
import-unchanged  a second import with nothing changed, against the first one
post-sales        staged sales to validated and reconciled invoices, against post_floor (the same final rows, bare statements)

Each figure is the median of RUNS. Lines that begin with # are remarks: sizes and peak memory.
usage: bench.py BUILD_FOLDER [ARTICLES [SALES [RUNS]]]
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

build = pathlib.Path(sys.argv[1]).resolve()
articles, sales, runs = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 100_000), (3, 100_000), (4, 3)))
work = pathlib.Path(tempfile.mkdtemp(prefix='liaison-bench-', dir=build))
peak_kib = 0


def timed(*command, accept=(0, 1), **options):
    """Seconds of a whole process; remembers the largest memory seen."""
    global peak_kib
    begin = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        sys.exit(f'bench: {command} ended with {process.returncode}\n{out.decode()}{err.decode()}')
    if command[0] == build / 'liaison':
        peak_kib = max(peak_kib, usage.ru_maxrss)
    return seconds, out.decode()


def start_till(*arguments):
    process = subprocess.Popen([build / 'tactill-sandbox', '--listen', '127.0.0.1:0', *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    words = process.stdout.readline().split()
    return process, words[3], words[5]


def new_shop(name, url, key, *options):
    """A fresh company on SQLite with a link to the till."""
    database = work / name
    environment = dict(os.environ, LIAISON_DB=f'sqlite:{database}', LIAISON_KEY_FILE=str(work / 'seal.key'))
    key_file = work / 'api.key'
    key_file.write_text(key)
    key_file.chmod(0o600)
    timed(build / 'liaison', 'init', '--company', 'Bench', env=environment)
    timed(build / 'liaison', 'link', 'add', '--name', 'till', '--url', url, '--key-file', key_file, *options, env=environment)
    return database, environment


def row(name, ours, floor):
    print(f'{name}  {ours:.3f}  {floor:.3f}  {ours / floor:.2f}', flush=True)


def bench_import():
    till, url, key = start_till('--articles', articles, '--sales', 0)
    try:
        request = urllib.request.Request(f'{url}/v1/account/account', headers={'x-api-key': key})
        account = json.load(urllib.request.urlopen(request))
        node, company = account['nodes'][0]['_id'], account['companies'][0]['_id']
        first, second, floor = [], [], []
        for i in range(runs + 1):
            floor_database, _ = new_shop(f'floor{i}.db', url, key)
            seconds, _ = timed(build / 'bench/import_floor', floor_database, url, key, node, company)
            database, environment = new_shop(f'import{i}.db', url, key, '--import-orders', 'no')
            ours = [timed(build / 'liaison', 'sync', 'till', '--only', 'articles-in', env=environment)[0] for _ in range(2)]
            if i:  # the first round warms the till up
                floor.append(seconds)
                first.append(ours[0])
                second.append(ours[1])
            for path in work.glob('*.db*'):
                path.unlink()
        row('import-articles', statistics.median(first), statistics.median(floor))
        row('import-unchanged', statistics.median(second), statistics.median(first))
    finally:
        till.terminate()
        till.wait()


def bench_post():
    till, url, key = start_till('--sales', sales)
    try:
        database, environment = new_shop('staged.db', url, key, '--document', 'invoice', '--unknown-article', 'create')
        timed(build / 'liaison', 'sync', 'till', env=environment)
    finally:
        till.terminate()
        till.wait()
    posted, floor = [], []
    for i in range(runs):
        copy = work / f'posted{i}.db'
        shutil.copy(database, copy)
        own = dict(environment, LIAISON_DB=f'sqlite:{copy}')
        posted.append(timed(build / 'liaison', 'grid', 'validate', env=own)[0])
        fresh = work / f'fresh{i}.db'
        timed(build / 'liaison', 'init', '--company', 'Bench', env=dict(environment, LIAISON_DB=f'sqlite:{fresh}'))
        floor.append(float(timed(build / 'bench/post_floor', copy, fresh)[1]))
        for path in [*work.glob('posted*'), *work.glob('fresh*')]:
            path.unlink()
    row('post-sales', statistics.median(posted), statistics.median(floor))


try:
    print(f'# {articles} articles, {sales} sales, median of {runs}')
    bench_import()
    if sales:
        bench_post()
    print(f'# peak memory of liaison: {peak_kib / 1024:.0f} MiB (limit 96)')
finally:
    shutil.rmtree(work, ignore_errors=True)
