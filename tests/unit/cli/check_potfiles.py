#!/usr/bin/env python3
"""Compares po/POTFILES with the sources that hold texts for people; with --write, writes it anew."""
import pathlib
import re
import sys


def files_with_texts(root):
    found = [path.relative_to(root).as_posix() for path in root.glob('src/**/*')
             if path.suffix in ('.c', '.cc', '.h') and re.search(r'\bN?_\(\s*"', path.read_text(encoding='utf-8'))]
    # The training till speaks English only.
    return sorted(name for name in found if not name.startswith('src/sandbox/'))


def main():
    root = pathlib.Path(sys.argv[1])
    listing = root / 'po' / 'POTFILES'
    needed = set(files_with_texts(root))
    lines = listing.read_text(encoding='utf-8').splitlines()
    if '--write' in sys.argv:
        kept = [line for line in lines if line.startswith('#')]
        listing.write_text('\n'.join(kept + sorted(needed)) + '\n', encoding='utf-8')
        return 0
    there = {line for line in lines if line and not line.startswith('#')}
    for name in sorted(needed - there):
        print(f'po/POTFILES lacks {name}: run tests/unit/cli/check_potfiles.py . --write')
    for name in sorted(there - needed):
        print(f'po/POTFILES names {name}, which holds no text: run tests/unit/cli/check_potfiles.py . --write')
    return 1 if there != needed else 0


if __name__ == '__main__':
    sys.exit(main())
