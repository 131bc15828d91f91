"""Turns the built-in sales profiles into C, so that the program needs no file beside it: embed.py OUTPUT PROFILE..."""
import json
import pathlib
import sys

output, *profiles = sys.argv[1:]
lines = ['/* Made by profiles/embed.py from the files of profiles/. */', '#include "till/builtin_int.h"', '', 'const struct builtin_profile builtin_profiles[] = {']
for path in map(pathlib.Path, profiles):
    lines.append(f'    {{"{path.stem}",')
    # json.dumps escapes as C does, for ASCII; other bytes are written in octal.
    for line in path.read_bytes().splitlines(keepends=True):
        text = ''.join(json.dumps(chr(byte))[1:-1] if byte < 128 else f'\\{byte:03o}' for byte in line)
        lines.append(f'     "{text}"')
    lines[-1] += '},'
lines += ['};', 'const size_t builtin_profile_count = sizeof(builtin_profiles) / sizeof(builtin_profiles[0]);', '']
pathlib.Path(output).write_text('\n'.join(lines), encoding='ascii')
