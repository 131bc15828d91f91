#!/usr/bin/env python3
"""Puts the migrations into the program: reads sql/list, writes a C file with the texts (struct db_migration of src/db/db_int.h).

Called by src/db/meson.build:  embed.py LIST OUTPUT.c OUTPUT.d
A line of the list is a version and its portable file, `1 001_books.sql`; beside it may stand 001_books.sqlite.sql and
001_books.postgresql.sql, which run after it. Empty lines and lines that begin with # do not count."""
import pathlib
import re
import sys

TOKENS = {"int", "text", "blob", "table", "rowtable"}
ENGINES = ("sqlite", "postgresql")


def fail(message):
    sys.exit(f"embed.py: {message}")


def read_list(path):
    """The portable files in order; the versions must be 1, 2, 3 without a hole."""
    files = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or words[0] != str(len(files) + 1) or not words[1].endswith(".sql"):
            fail(f"{path}:{number}: expected: {len(files) + 1} NAME.sql")
        files.append(path.parent / words[1])
    return files


def c_text(path):
    """The file as C literals, a line each, so that compiler and debugger show it readably."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}")
    for token in re.findall(r"@(\w+)@", text):
        if token not in TOKENS:
            fail(f"{path}: unknown token @{token}@; known: {', '.join(sorted(TOKENS))}")
    if "\0" in text:
        fail(f"{path}: holds a zero byte")
    lines = []
    for line in text.splitlines():
        # A doubled question mark could be read as a trigraph.
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("??", "?\\?")
        lines.append(f'        "{escaped}\\n"')
    return "\n".join(lines) or '        ""'


def main():
    if len(sys.argv) != 4:
        fail("usage: embed.py LIST OUTPUT.c OUTPUT.d")
    source, output, depfile = map(pathlib.Path, sys.argv[1:])
    # The folder itself too: an engine file may appear beside a portable one.
    read = [source, source.parent]
    files = read_list(source)
    out = ["/* Made by sql/embed.py from sql/list. Do not edit. */", '#include "db/db_int.h"', "",
           "const struct db_migration db_migrations[] = {"]
    for version, portable in enumerate(files, 1):
        read.append(portable)
        out += ["    {", f"        .version = {version},", "        .portable =", c_text(portable) + ","]
        for engine in ENGINES:
            own = portable.with_suffix(f".{engine}.sql")
            if own.exists():
                read.append(own)
                out += [f"        .{engine} =", c_text(own) + ","]
        out.append("    },")
    if not files:
        out.append("    {.version = 0},")
    out += ["};", f"const int db_migration_count = {len(files)};", f"const int db_program_schema_version = {len(files)};", ""]
    output.write_text("\n".join(out), encoding="utf-8")
    escaped = [str(path).replace(" ", "\\ ") for path in read]
    depfile.write_text(f"{output.name}: {' '.join(escaped)}\n", encoding="utf-8")


main()
