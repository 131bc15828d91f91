#!/usr/bin/env python3
"""api/openapi.yaml and src/server/routes.c say the same: paths, methods, rights, kinds of body, If-Match, Idempotency-Key; neither has what the other has not.

usage: check_openapi.py
"""
import re
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
import description

sys.path.insert(0, str(description.ROOT / 'tests'))
from harness import Score

ROW = re.compile(r'\{\s*"(?P<method>[A-Z]+)",\s*"(?P<path>/[^"]*)",\s*RIGHT_(?P<right>[A-Z]+),\s*BODY_(?P<body>[A-Z]+),\s*(?P<flags>[A-Z0-9_| ]+?),\s*\w+\s*\}')


def table_rows(text):
    """The rows of the table as `METHOD /path`: facts."""
    start = text.index('routes[] = {')
    table = text[start:text.index('\n};', start)]
    rows = {f'{match["method"]} {match["path"]}': match for match in ROW.finditer(table)}
    return table.count('{"'), rows


def hidden_names(rows):
    """Routes whose path is also one of another route with a name in it: a record of that name could not be reached."""
    def covers(pattern, path):
        pieces, others = pattern.split('/'), path.split('/')
        return len(pieces) == len(others) and all(piece == other or piece.startswith('{') for piece, other in zip(pieces, others))
    return sorted(name for name, row in rows.items() for other in rows.values() if row is not other and row['method'] == other['method'] and covers(other['path'], row['path']))


def compare(score, operation, row):
    flags = {flag.strip() for flag in row['flags'].split('|')}
    score.equal(f'{operation.name}: right', operation.right, row['right'].lower())
    score.equal(f'{operation.name}: body', operation.body, row['body'].lower())
    score.equal(f'{operation.name}: If-Match', operation.takes_header('If-Match'), 'ROUTE_IF_MATCH' in flags)
    score.equal(f'{operation.name}: Idempotency-Key', operation.takes_header('Idempotency-Key'), 'ROUTE_CREATES' in flags)


def check_answers(score, operation):
    """The refusals that dispatch makes by itself are told of every operation that can meet them."""
    expected = set()
    if operation.right != 'anybody':
        expected |= {'401', '403'}
    if operation.takes_header('If-Match'):
        expected |= {'412', '428'}
    if operation.body != 'none':
        expected |= {'400'}
    if '{' in operation.path:
        expected |= {'404'}
    score.equal(f'{operation.name}: refusals that are not described', sorted(expected - operation.statuses()), [])
    score.check(f'{operation.name}: a French summary', bool(operation.own.get('x-resume')))
    unprotected = operation.own.get('security') == []
    score.equal(f'{operation.name}: asks for a session', not unprotected, operation.right != 'anybody' or operation.id == 'getSession')


def main():
    score = Score()
    described = {operation.name: operation for operation in description.operations(description.load())}
    count, rows = table_rows((description.ROOT / 'src' / 'server' / 'routes.c').read_text(encoding='utf-8'))
    score.equal('every row of the table can be read', len(rows), count)
    score.equal('routes that are not described', sorted(set(rows) - set(described)), [])
    score.equal('described operations without a route', sorted(name for name, operation in described.items() if operation.in_table() and name not in rows), [])
    score.equal('routes that hide a record of that name', hidden_names(rows), [])
    for name in sorted(set(rows) & set(described)):
        compare(score, described[name], rows[name])
    server = ''.join((description.ROOT / 'src' / 'server' / name).read_text(encoding='utf-8') for name in ('server.c', 'static.c'))
    for operation in described.values():
        check_answers(score, operation)
        if not operation.in_table() and not operation.path.startswith('/api/'):
            score.check(f'{operation.name} is served by name', f'"{operation.path}"' in server)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
