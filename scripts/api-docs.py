#!/usr/bin/env python3
"""Makes the API reference that `liaison serve` shows at /api/docs: one page without any script, from api/openapi.yaml, in light and dark.

usage: scripts/api-docs.py FOLDER          (of the built pages: FOLDER/api/docs/index.html, FOLDER/api/docs/docs.css, FOLDER/api/openapi.yaml)

Each operation bears its French title and its English one; what stands in detail is in English, as in the description.
"""
import gzip
import html
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ('get', 'post', 'put', 'patch', 'delete')
RIGHTS = {'anybody': 'sans session · without a session', 'self': 'tout utilisateur connecté · whoever is logged in', 'read': 'lecture · read', 'write': 'écriture · write',
          'admin': 'administration · admin', 'feed': 'dépôt · feed'}
escape = html.escape


# ---- the little Markdown that the descriptions use -----------------------------------------------------------------------

def inline(text):
    """`code` and nothing else."""
    return re.sub(r'`([^`]+)`', lambda match: f'<code>{match[1]}</code>', escape(str(text), quote=False))


def table(lines):
    rows = [[cell.strip() for cell in line.strip().strip('|').split('|')] for line in lines]
    head = ''.join(f'<th>{inline(cell)}</th>' for cell in rows[0])
    body = ''.join('<tr>' + ''.join(f'<td>{inline(cell)}</td>' for cell in row) + '</tr>' for row in rows[2:])
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def markdown(text):
    """Paragraphs, headings of the second level, tables."""
    out = []
    for block in re.split(r'\n\s*\n', text.strip()):
        lines = block.split('\n')
        if lines[0].startswith('## '):
            out.append(f'<h2>{inline(lines.pop(0)[3:])}</h2>')
        if lines and lines[0].startswith('|'):
            out.append(table(lines))
        elif lines:
            out.append(f'<p>{inline(" ".join(lines))}</p>')
    return '\n'.join(out)


# ---- schemas -------------------------------------------------------------------------------------------------------------

class Reference:
    """The page of one description."""

    def __init__(self, whole):
        self.whole = whole

    def follow(self, node):
        while '$ref' in node:
            target = self.whole
            for piece in node['$ref'].removeprefix('#/').split('/'):
                target = target[piece.replace('~1', '/')]
            node = target
        return node

    def kind(self, schema):
        """A schema in a few words: `array of Link`, `integer, 1 to 500`."""
        if '$ref' in schema:
            name = schema['$ref'].rpartition('/')[2]
            return f'<a href="#schema-{name}">{name}</a>'
        if 'oneOf' in schema or 'allOf' in schema:
            joint, parts = (' or ', schema['oneOf']) if 'oneOf' in schema else (' and ', schema['allOf'])
            return joint.join(self.kind(part) for part in parts)
        if 'const' in schema:
            return f'<code>{escape(json.dumps(schema["const"]))}</code>'
        kinds = schema.get('type', 'any')
        kinds = [kinds] if isinstance(kinds, str) else kinds
        words = [f'array of {self.kind(schema["items"])}' if kind == 'array' and 'items' in schema else kind for kind in kinds]
        text = ' or '.join(words)
        if 'enum' in schema:
            text = ' · '.join(f'<code>{escape("null" if word is None else str(word))}</code>' for word in schema['enum'])
        limits = [f'{word} {schema[name]}' for name, word in (('minimum', 'from'), ('maximum', 'to'), ('minLength', 'from'), ('maxLength', 'to'), ('maxItems', 'at most')) if name in schema]
        unit = ' characters' if 'minLength' in schema or 'maxLength' in schema else ''
        extra = [*([f'{" ".join(limits)}{unit}'] if limits else []), *([schema['format']] if 'format' in schema else []),
                 *([f'default <code>{escape(json.dumps(schema["default"]))}</code>'] if 'default' in schema else [])]
        return ', '.join([text, *extra])

    def members(self, schema):
        """The members of an object, nested ones within."""
        if '$ref' in schema:
            return ''
        out = ''.join(self.members(part) for name in ('allOf', 'oneOf') for part in schema.get(name, ()))
        if 'items' in schema:
            out += self.members(schema['items'])
        required = set(schema.get('required', ()))
        rows = ''
        for name, member in schema.get('properties', {}).items():
            mark = '<span class="needed" title="required">*</span>' if name in required else ''
            about = f' — {inline(member["description"])}' if 'description' in member else ''
            rows += f'<li><code>{escape(name)}</code>{mark} <span class="kind">{self.kind(member)}</span>{about}{self.members(member)}</li>'
        return out + (f'<ul class="members">{rows}</ul>' if rows else '')

    def schema(self, schema):
        return f'<p class="kind">{self.kind(schema)}</p>{self.members(schema)}'

    # ---- operations ----

    def parameters(self, parameters):
        if not parameters:
            return ''
        rows = ''
        for parameter in map(self.follow, parameters):
            mark = '<span class="needed" title="required">*</span>' if parameter.get('required') else ''
            rows += (f'<tr><td><code>{escape(parameter["name"])}</code>{mark}</td><td>{parameter["in"]}</td><td class="kind">{self.kind(parameter["schema"])}</td>'
                     f'<td>{inline(parameter.get("description", ""))}</td></tr>')
        return f'<h4>Paramètres · Parameters</h4><div class="wide"><table><tbody>{rows}</tbody></table></div>'

    def body(self, operation):
        if 'requestBody' not in operation:
            return ''
        out = '<h4>Corps · Body</h4>'
        for kind, content in self.follow(operation['requestBody'])['content'].items():
            out += f'<p><code>{kind}</code></p>{self.schema(content["schema"])}'
            if 'example' in content:
                out += f'<pre tabindex="0">{escape(json.dumps(content["example"], ensure_ascii=False, indent=2), quote=False)}</pre>'
        return out

    def responses(self, operation):
        out = ''
        for status, response in operation['responses'].items():
            response = self.follow(response)
            contents = ''
            for kind, content in response.get('content', {}).items():
                if kind == 'application/problem+json':
                    continue
                contents += f'<p><code>{kind}</code></p>{self.schema(content["schema"])}'
            headers = ''.join(f' <code>{name}</code>' for name in response.get('headers', {}))
            out += f'<li><strong class="status s{status[0]}">{status}</strong> {inline(response["description"])}{headers}{contents}</li>'
        return f'<h4>Réponses · Answers</h4><ul class="answers">{out}</ul>'

    def operation(self, path, method, item):
        operation = item[method]
        shown = re.sub(r'\{(\w+)\}', r'<i>{\1}</i>', escape(path))
        return (f'<article id="{operation["operationId"]}"><h3><span class="method {method}">{method.upper()}</span> <code>{shown}</code></h3>'
                f'<p class="summary"><span lang="fr">{inline(operation["x-resume"])}</span> · {inline(operation["summary"])}'
                f' <span class="right">{RIGHTS[operation["x-right"]]}</span></p>'
                f'{markdown(operation["description"]) if "description" in operation else ""}'
                f'<details><summary>Détail · Detail<span class="hidden"> {method.upper()} {escape(path)}</span></summary>'
                f'{self.parameters([*item.get("parameters", []), *operation.get("parameters", [])])}{self.body(operation)}{self.responses(operation)}</details></article>')

    def page(self):
        menu = sections = ''
        for tag in self.whole['tags']:
            name = tag['name']
            menu += f'<li><a href="#tag-{name}">{escape(tag["x-titre"])}</a></li>'
            sections += f'<section><h2 id="tag-{name}"><span lang="fr">{escape(tag["x-titre"])}</span></h2><p>{inline(tag["description"])}</p>'
            for path, item in self.whole['paths'].items():
                sections += ''.join(self.operation(path, method, item) for method in METHODS if method in item and name in item[method]['tags'])
            sections += '</section>'
        schemas = ''.join(f'<article id="schema-{name}"><h3><code>{name}</code></h3>{inline(schema.get("description", ""))}{self.schema(schema)}</article>'
                          for name, schema in self.whole['components']['schemas'].items())
        info = self.whole['info']
        return f'''<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Liaison · API {info["version"]}</title>
<link rel="stylesheet" href="/api/docs/docs.css">
</head>
<body>
<a class="skip" href="#main">Aller au contenu · Skip to the content</a>
<nav aria-label="Sommaire"><p><a href="/">Liaison</a></p><ul><li><a href="#main">Introduction</a></li>{menu}<li><a href="#schemas">Objets · Schemas</a></li></ul>
<p><a href="/api/openapi.yaml">openapi.yaml</a></p></nav>
<main id="main" tabindex="-1">
<h1>Liaison <small>API {info["version"]}</small></h1>
<p class="lead">{inline(info["summary"])}.</p>
{markdown(info["description"])}
{sections}
<section><h2 id="schemas">Objets · Schemas</h2>{schemas}</section>
</main>
</body>
</html>
'''


STYLE = '''/* The API reference: readable, in light and dark, without a script. */
:root { --ink: #1b1f24; --soft: #57606a; --ground: #fff; --shade: #f3f5f7; --line: #d0d7de; --link: #0b5cad; --get: #0b6b3a; --post: #0b5cad; --patch: #7a4b00; --delete: #a3141b }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #a5b0bc; --ground: #14181d; --shade: #1e242b; --line: #3a434d; --link: #7cb7ff; --get: #6fd39b; --post: #7cb7ff; --patch: #e8b65c; --delete: #ff9a94 }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; display: grid; grid-template-columns: 16rem minmax(0, 1fr); color: var(--ink); background: var(--ground); font: 16px/1.55 system-ui, sans-serif }
nav { position: sticky; top: 0; align-self: start; height: 100vh; overflow: auto; padding: 1.5rem 1rem; background: var(--shade); border-right: 1px solid var(--line) }
nav ul { list-style: none; margin: 0; padding: 0 }
nav li a { display: block; padding: .3rem .5rem; border-radius: .3rem }
nav p { padding: 0 .5rem; font-weight: 600 }
main { padding: 1.5rem 2.5rem 4rem; max-width: 64rem }
a { color: var(--link) }
nav a { text-decoration: none }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
h1 small { font-size: .5em; color: var(--soft) }
h2 { margin: 3rem 0 .5rem; padding-top: .5rem; border-top: 2px solid var(--line) }
article { margin: 1.25rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem }
article h3 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere }
article h4 { margin: 1rem 0 .25rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { padding: .75rem; overflow: auto; background: var(--shade); border-radius: .4rem }
.method { display: inline-block; min-width: 4.2rem; font: 700 .8rem ui-monospace, monospace }
.get { color: var(--get) } .post { color: var(--post) } .put, .patch { color: var(--patch) } .delete { color: var(--delete) }
.summary { margin: .25rem 0 }
.right { float: right; padding: 0 .5rem; color: var(--soft); border: 1px solid var(--line); border-radius: 1rem; font-size: .8rem }
.kind { color: var(--soft) }
.needed { color: var(--delete); font-weight: 700 }
.status { font-family: ui-monospace, monospace } .s2 { color: var(--get) } .s4, .s5 { color: var(--delete) }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .92em }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
ul.members, ul.answers { padding-left: 1.1rem }
summary { cursor: pointer; color: var(--link); padding: .25rem 0 }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: -999rem } .skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: var(--ground) }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line) } main { padding: 1rem } .right { float: none } }
@media print { nav { display: none } }
'''


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split('\n\n')[1])
    source = (ROOT / 'api' / 'openapi.yaml').read_text(encoding='utf-8')
    folder = pathlib.Path(sys.argv[1]) / 'api'
    (folder / 'docs').mkdir(parents=True, exist_ok=True)
    for name, text in (('docs/index.html', Reference(yaml.safe_load(source)).page()), ('docs/docs.css', STYLE), ('openapi.yaml', source)):
        (folder / name).write_text(text, encoding='utf-8')
        (folder / f'{name}.gz').write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == '__main__':
    main()
