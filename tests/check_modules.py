#!/usr/bin/env python3
"""Reads the #include lines of src/ against the module list of the architecture, and the code against the list of banned words.

Fails when a module includes what stands above it, when a third-party header leaks out of its one module, when a private header
(`*_int.h`) is included from another module, or when something is used that the project does without (a double, a bare malloc).
"""
import pathlib
import re
import sys

USES = {
    'base': [],
    'db': ['base'],
    'net': ['base'],
    'books': ['base', 'db'],
    'till': ['base', 'net'],
    'grid': ['base', 'db', 'books'],
    'sync': ['base', 'db', 'net', 'books', 'till', 'grid'],
    'report': ['base', 'db', 'books', 'grid'],
    'server': ['base', 'db', 'net', 'books', 'till', 'grid', 'sync', 'report'],
    'cli': ['base', 'db', 'net', 'books', 'till', 'grid', 'sync', 'report', 'server'],
    'sandbox': ['base', 'net'],
}
# Third-party header: the modules that may include it (one, and in base one file where that is said).
THIRD_PARTY = {
    'sqlite3.h': 'src/db/', 'libpq-fe.h': 'src/db/', 'curl/curl.h': 'src/net/', 'microhttpd.h': 'src/net/', 'zlib.h': 'src/net/', 'gnutls/gnutls.h': 'src/net/', 'gnutls/x509.h': 'src/net/',
    'simdjson.h': 'src/base/json.cc', 'sodium.h': 'src/base/', 'csv.h': 'src/base/csv.c', 'utf8proc.h': 'src/base/text.c',
    'xlsxwriter.h': 'src/report/xlsx.c', 'hpdf.h': 'src/report/pdf.c', 'ini.h': 'src/till/', 'libintl.h': 'src/base/text.c',
}
# Word: where it may stand after all, and why it is banned.
BANNED = {
    r'(?<![.>])\b(malloc|calloc|realloc|strdup|strndup|free)\s*\(': (('src/base/mem.c',), 'memory comes from base/mem.h'),
    r'\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen)\s*\(': ((), 'unbounded or without error'),
    # A workbook holds doubles and a page is measured in floats: their libraries ask for them, and what is written is only looked at.
    r'\b(double|float)\b': (('src/report/xlsx.c', 'src/report/pdf.c'), 'money is integers'),
    r'\b(setjmp|longjmp|alloca)\b': ((), 'goes past cleanup'),
    r'\b(localtime|mktime|tzset)\w*\s*\(': ((), 'zones are arguments (base/civil.h)'),
}


def without_comments_and_strings(text):
    """The code with comments and string contents blanked, line numbers kept."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check(root):
    faults = []
    for path in sorted(root.glob('src/**/*')):
        if path.suffix not in ('.c', '.h', '.cc'):
            continue
        name = path.relative_to(root).as_posix()
        module = path.relative_to(root / 'src').parts[0]
        text = path.read_text(encoding='utf-8')
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not include:
                continue
            kind, header = include.groups()
            where = f'{name}:{number}'
            if header in THIRD_PARTY and kind == '<':
                if not name.startswith(THIRD_PARTY[header]):
                    faults.append(f'{where}: <{header}> may be included only in {THIRD_PARTY[header]}')
            if kind == '"':
                other = header.split('/')[0]
                if '/' not in header:
                    faults.append(f'{where}: write "{module}/{header}", whole from src/')
                elif other != module and other not in USES[module]:
                    faults.append(f'{where}: {module} may not use {other}')
                elif other != module and header.endswith('_int.h'):
                    faults.append(f'{where}: {header} is private to {other}')
        if not text.lstrip().startswith('/*'):
            faults.append(f'{name}:1: begins without a comment that says what lives here')
        code = without_comments_and_strings(text)
        for pattern, (allowed, why) in BANNED.items():
            for match in re.finditer(pattern, code):
                if name not in allowed:
                    line = code.count('\n', 0, match.start()) + 1
                    faults.append(f'{name}:{line}: {match.group(0).strip()} is banned: {why}')
    return faults


if __name__ == '__main__':
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.'))
    print('\n'.join(found))
    sys.exit(1 if found else 0)
