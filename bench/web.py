#!/usr/bin/env python3
"""The web back office in figures, as ratios and counts in one run: prints a row a line, as bench.py does.

grid-page    a page of 50 rows of the grid out of ROWS (the first with the total of all, and a later one), as JSON over HTTP, against the bare SQL of the same page
first-page   bytes that a browser loads, compressed, until the first page of the interface stands, against 300 KiB
streams      what 200 open event streams cost the server: threads, and KiB of memory

usage: web.py BUILD_FOLDER [ROWS]
"""
import http.client
import pathlib
import re
import socket
import sqlite3
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tests'))
from harness import Program  # noqa: E402
from web import Web  # noqa: E402

PAGES, STREAMS, FIRST_PAGE_KIB = 200, 200, 300

FILL = '''INSERT INTO grid_sale (company_id, grid_sale_id, link_id, till_sale_id, number, kind, day, closed_utc, last_name, total_cents, tip_cents)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT (SELECT company_id FROM company), i, 0, printf('sale%020d', i), CAST(i AS TEXT), 'sale', 20000 + i * 7919 % 1000, 1728000000000000 + i, 'Client ' || i % 100, i * 104729 % 100000, 0 FROM n'''
FILL_LINES = '''INSERT INTO grid_line (company_id, grid_sale_id, line_no, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents, rate_bp)
SELECT company_id, grid_sale_id, 1, 'Pain', 1000, '', 10000, 0, total_cents, 550 FROM grid_sale'''

COLUMNS = '''g.grid_sale_id, g.till_sale_id, g.number, g.kind, g.day, g.company_name, g.last_name, g.first_name, g.total_cents,
(SELECT COUNT(*) FROM grid_line n WHERE n.company_id = g.company_id AND n.grid_sale_id = g.grid_sale_id), g.link_id, g.edited, g.revision, g.blocked, g.salesperson, g.closed_utc FROM grid_sale g'''
# The first page tells how many rows there are, the later ones go on from it.
COUNT = ('SELECT COUNT(*) FROM grid_sale g WHERE g.company_id = ?', ())
BARE = {
    'first': [(f'SELECT {COLUMNS} WHERE g.company_id = ? ORDER BY g.day DESC, g.grid_sale_id DESC LIMIT 50', ()), COUNT],
    'later': [(f'SELECT {COLUMNS} WHERE g.company_id = ? AND (g.day, g.grid_sale_id) < (?, ?) ORDER BY g.day DESC, g.grid_sale_id DESC LIMIT 50', (20500, 500000))],
}


def median_us(act, times=PAGES):
    for _ in range(10):
        act()
    taken = []
    for _ in range(times):
        begin = time.perf_counter_ns()
        act()
        taken.append((time.perf_counter_ns() - begin) / 1000)
    return statistics.median(taken)


def grid_page(program, web, rows):
    with sqlite3.connect(program.database.path) as connection:
        connection.execute(FILL, (rows,))
        connection.execute(FILL_LINES)
        connection.commit()
        connection.execute('ANALYZE')
    company = connection.execute('SELECT company_id FROM company').fetchone()[0]
    cookie, _ = web.session('admin')
    kept = http.client.HTTPConnection('127.0.0.1', web.port)

    def page(query):
        kept.request('GET', '/api/v1/grid/sales?' + query, headers={'Cookie': cookie})
        answer = kept.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f'bench: {query}: {answer.status} {body.decode()}')
        return body

    def bare_page(name):
        return [connection.execute(sql, (company, *values)).fetchall() for sql, values in BARE[name]]

    print(f'# grid of {rows} rows')
    cursor = re.search(rb'"next":"([^"]*)"', page('limit=50&sort=-date'))[1].decode()
    queries = {'first': 'limit=50&sort=-date', 'later': f'limit=50&sort=-date&cursor={cursor}'}
    for name, query in queries.items():
        kept.close()  # it was idle for longer than the server waits; the next request opens it again
        ours, bare = median_us(lambda query=query: page(query)), median_us(lambda name=name: bare_page(name))
        print(f'grid-page-{name:<8} {ours / 1e6:.6f}  {bare / 1e6:.6f}  {ours / bare:.2f}          medians of {PAGES}')
    connection.close()


def first_page(build):
    """index.html and what it names, the chunks of the first page with what they import, one language."""
    folder = build / 'ui'
    seen, waiting = set(), ['index.html']
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = (folder / name).read_text(encoding='utf-8')
        if name.endswith('.html'):
            waiting += [found.lstrip('/') for found in re.findall(r'(?:src|href)="([^"]+\.(?:js|css|svg))"', text)]
        elif name.endswith('.js'):
            waiting += ['assets/' + found for found in re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', text)]
    waiting = [f'assets/{path.name}' for path in sorted((folder / 'assets').iterdir()) if re.match(r'(Home|Login|Entry|fr)-.*\.(js|css)$', path.name)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            if name.endswith('.js'):
                waiting += ['assets/' + found for found in re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', (folder / name).read_text(encoding='utf-8'))]
    sizes = {name: (folder / (name + '.gz') if (folder / (name + '.gz')).exists() else folder / name).stat().st_size for name in seen}
    total = sum(sizes.values()) / 1024
    print(f'first-page         {total:.0f} KiB  {FIRST_PAGE_KIB} KiB  {total / FIRST_PAGE_KIB:.2f}          {len(seen)} files; without the charts, which come after it')


def status_of(pid):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(re.search(r'Threads:\s+(\d+)', text)[1]), int(re.search(r'VmRSS:\s+(\d+)', text)[1])


def streams(program, web):
    """Each listens to one job that waits for a till that never answers."""
    silent = socket.create_server(('127.0.0.1', 0))
    web.post('/api/v1/links', {'name': 'silent', 'url': f'http://127.0.0.1:{silent.getsockname()[1]}', 'key': 'abcdef0123456789abcdef01'})
    job = web.post('/api/v1/links/silent/runs', {'dry_run': False})
    cookie, _ = web.session('admin')
    before = status_of(web.process.pid)
    open_ones = []
    for _ in range(STREAMS):
        connection = socket.create_connection(('127.0.0.1', web.port))
        connection.sendall(f'GET /api/v1/jobs/{job["id"]}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n'.encode())
        if b' 200 ' not in connection.recv(4096):
            sys.exit('bench: a stream was refused')
        open_ones.append(connection)
    after = status_of(web.process.pid)
    print(f'streams            {after[0] - before[0]} threads  {STREAMS} streams  {(after[0] - before[0]) / STREAMS:.2f}          {after[1] - before[1]} KiB more in all')
    for connection in open_ones:
        connection.close()
    web.post(f'/api/v1/jobs/{job["id"]}', method='DELETE')
    silent.close()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with Program(build, 'sqlite', 'liaison-bench-web-') as program:
        program.ok('init', '--company', 'Bench')
        with Web(program, '--allow-local-tills', '--quiet') as web:
            grid_page(program, web, rows)
            streams(program, web)
    first_page(build)


if __name__ == '__main__':
    main()
