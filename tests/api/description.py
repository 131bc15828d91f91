"""api/openapi.yaml as the tests read it: operations with their right, their kind of body and their headers; references followed."""
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
METHODS = ('get', 'post', 'put', 'patch', 'delete')


class Operation:
    """One method of one path."""

    def __init__(self, whole, path, method, own, shared):
        self.whole, self.path, self.method, self.own = whole, path, method.upper(), own
        self.right, self.id = own['x-right'], own['operationId']
        self.parameters = [follow(whole, parameter) for parameter in [*shared, *own.get('parameters', ())]]
        self.content = list(follow(whole, own['requestBody'])['content']) if 'requestBody' in own else []

    @property
    def name(self):
        return f'{self.method} {self.path}'

    @property
    def body(self):
        return {(): 'none', ('application/json',): 'json', ('application/octet-stream',): 'bytes'}[tuple(self.content)]

    def takes_header(self, name):
        return any(parameter['in'] == 'header' and parameter['name'] == name for parameter in self.parameters)

    def statuses(self):
        return set(self.own['responses'])

    def in_table(self):
        """What stands outside of the routes table is served by name: health, and what was built."""
        return self.path.startswith('/api/v1/') or self.path == '/metrics'

    def media(self, status):
        """The content types of an answer, and their schemas."""
        response = follow(self.whole, self.own['responses'].get(str(status), {}))
        return {kind: content.get('schema', {}) for kind, content in response.get('content', {}).items()}


def follow(whole, node):
    while isinstance(node, dict) and '$ref' in node:
        target = whole
        for piece in node['$ref'].removeprefix('#/').split('/'):
            target = target[piece.replace('~1', '/').replace('~0', '~')]
        node = target
    return node


def load(path=ROOT / 'api' / 'openapi.yaml'):
    return yaml.safe_load(path.read_text(encoding='utf-8'))


def operations(whole):
    return [Operation(whole, path, method, item[method], item.get('parameters', [])) for path, item in whole['paths'].items() for method in METHODS if method in item]


# ---- does a value fit a schema: the part of JSON Schema that the description uses ----------------------------------------

TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}
FORMATS = {'date': re.compile(r'\d{4}-\d\d-\d\d'), 'date-time': re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z')}


def is_of(value, kind):
    if kind == 'integer':
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def misfits(whole, schema, value, where=''):
    """What does not fit, each with its place; empty when all does."""
    schema = follow(whole, schema)
    found = [fault for part in schema.get('allOf', ()) for fault in misfits(whole, part, value, where)]
    if 'oneOf' in schema and all(misfits(whole, part, value, where) for part in schema['oneOf']):
        found.append(f'{where}: none of the forms fits {value!r}')
    kinds = schema.get('type', [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        return [*found, f'{where}: {value!r} is not of type {" or ".join(kinds)}']
    if 'const' in schema and value != schema['const'] or 'enum' in schema and value not in schema['enum']:
        found.append(f'{where}: {value!r} is not among the words')
    if isinstance(value, str):
        pattern = FORMATS.get(schema.get('format'))
        if pattern and not pattern.fullmatch(value) or 'pattern' in schema and not re.search(schema['pattern'], value):
            found.append(f'{where}: {value!r} is not written as it should')
    if isinstance(value, dict):
        found += [f'{where}/{name}: is missing' for name in schema.get('required', ()) if name not in value]
        for name, member in value.items():
            if name in schema.get('properties', {}):
                found += misfits(whole, schema['properties'][name], member, f'{where}/{name}')
            elif schema.get('additionalProperties') is False:
                found.append(f'{where}/{name}: is not described')
    if isinstance(value, list) and 'items' in schema:
        for place, item in enumerate(value):
            found += misfits(whole, schema['items'], item, f'{where}/{place}')
    return found
