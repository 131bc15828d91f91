#!/usr/bin/env python3
"""Reads the msgids of src/ (N_ and _) against the French catalogue po/fr.po.

Why: the program speaks French unless asked otherwise, and gettext falls back to English in silence. A text without its French, or one whose French
drops an argument, is seen only by the customer who meets that fault. Fails when a msgid has no French text, or a fuzzy one; when the French has
other placeholders (%s, %1$s, %%), other commands, options or addresses than the English; when it breaks the typography that the head of
fr.po states; when po/POTFILES and the sources disagree. The sandbox is a tool for testers and speaks English only.

Usage: check_translations.py [FOLDER OF THE SOURCE]. Needs msgfmt and xgettext (package gettext).
"""
import ast
import collections
import pathlib
import re
import subprocess
import sys

Entry = collections.namedtuple('Entry', 'msgid msgstr files fuzzy')
NO_BREAK, NARROW = '\u00a0', '\u202f'


def read_catalogue(text):
    """The entries of a .po or .pot text; the header and obsolete entries are left out."""
    entries = []
    for block in re.split(r'\n\s*\n', text):
        strings, files, fuzzy, current = {'msgid': '', 'msgstr': ''}, [], False, None
        for line in block.splitlines():
            if line.startswith('#:'):
                files += [reference.partition(':')[0] for reference in line[2:].split()]
            elif line.startswith('#,'):
                fuzzy = fuzzy or 'fuzzy' in line
            match = re.match(r'(?:(msgid|msgstr) )?(".*")$', line)
            if match:
                current = match.group(1) or current
                strings[current] += ast.literal_eval(match.group(2))
        if strings['msgid']:
            entries.append(Entry(strings['msgid'], strings['msgstr'], files, fuzzy))
    return entries


def sources(root):
    """Every file that marks a literal, whether or not xgettext is told of it."""
    for path in sorted(root.glob('src/**/*')):
        name = path.relative_to(root).as_posix()
        if path.suffix in ('.c', '.cc', '.h') and not name.startswith('src/sandbox/'):
            if re.search(r'\b(?:N_|_)\(\s*"', path.read_text(encoding='utf-8')):
                yield name


def extract(root, names):
    command = ['xgettext', '--keyword=_', '--keyword=N_', '--from-code=UTF-8', '--no-wrap', '--output=-', *names]
    return read_catalogue(subprocess.run(command, cwd=root, check=True, capture_output=True, encoding='utf-8').stdout)


def placeholders(text):
    """Which argument each placeholder stands for, as message_format of base/err.c reads them, and how many %% there are."""
    marks = re.findall(r'%(?:%|s|[1-9]\$s)', text)
    numbered = [mark[1] for mark in marks if '$' in mark]
    plain = [str(place + 1) for place in range(marks.count('%s'))]
    if numbered and plain:
        return 'a mixture of %s and %1$s'
    return sorted(numbered + plain), marks.count('%%')


def command_pattern(root):
    """What a person types to call a command: liaison and a path of src/cli/commands.c."""
    table = (root / 'src/cli/commands.c').read_text(encoding='utf-8')
    paths = re.findall(r'^ *\{"([a-z ]+)", N_\(', table, flags=re.M) + [f'{word} list' for word in re.findall(r'^ *LIST_ROW\("([a-z]+)"', table, flags=re.M)]
    return r'\bliaison (?:' + '|'.join(sorted(paths, key=len, reverse=True)) + r')\b'


def words_that_stay(text, commands):
    """Commands, options, variables and addresses: a person types or compares them, so they are the same in each language."""
    addresses = r'\b(?:sqlite|https?|postgresql):[^\s,;)]*[^\s,;:).]'
    return set(re.findall(rf'{commands}|--[a-z][a-z-]+|\b[A-Z]+_[A-Z_]+\b|\bdraft-\w+|\bdocs/[\w.-]+|{addresses}', text))


def typography(french):
    """What is wrong in the French, or None; the name of the program in front, `commands`, and a mark
    that is itself spoken of stand apart."""
    prose = re.sub('^liaison: |`[^`]*`|«' + NO_BREAK + r'[;!?]' + NO_BREAK + '»', '', french)
    if re.search(r"\w'\w", prose):
        return "an apostrophe is ’, not '"
    if re.search(r' [:](?!/)', prose) or re.search(r'\w:(?=\s)', prose):
        return 'a no-break space stands before :'
    if re.search(r'[ ' + NO_BREAK + r'][;!?]', prose) or re.search(r'\w[;!](?=\s|$)', prose):
        return 'a narrow no-break space stands before ; ! ?'
    if re.search('«[^' + NO_BREAK + ']', prose) or re.search('[^' + NO_BREAK + ']»', prose) or '“' in prose:
        return 'quotation marks are « and », with no-break spaces inside'
    return None


def check_entry(msgid, french, commands):
    if placeholders(msgid) != placeholders(french):
        return 'the placeholders differ'
    changed = words_that_stay(msgid, commands) ^ words_that_stay(french, commands)
    if changed:
        return 'a command, an option or an address differs: ' + ', '.join(sorted(changed))
    return typography(french)


def check(root):
    """The faults, one line each."""
    names, commands = list(sources(root)), command_pattern(root)
    catalogue = root / 'po/fr.po'
    listed = [line for line in (root / 'po/POTFILES').read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    faults = [f'po/POTFILES: {name} is missing' for name in names if name not in listed]
    faults += [f'po/POTFILES: {name} has no text for people' for name in listed if name not in names]
    compiled = subprocess.run(['msgfmt', '--check', '--output-file=/dev/null', str(catalogue)], capture_output=True, encoding='utf-8')
    if compiled.returncode != 0:
        faults.append(compiled.stderr.strip())
    french = {entry.msgid: entry for entry in read_catalogue(catalogue.read_text(encoding='utf-8'))}
    for entry in extract(root, names):
        where, found = f'{entry.files[0]}: “{entry.msgid}”', french.get(entry.msgid)
        if found is None or not found.msgstr:
            faults.append(f'{where}: no French text in po/fr.po')
        elif found.fuzzy:
            faults.append(f'{where}: the French text is marked fuzzy: read it again and take the mark away')
        else:
            fault = check_entry(entry.msgid, found.msgstr, commands)
            if fault:
                faults.append(f'{where}: {fault}')
    return faults


if __name__ == '__main__':
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.'))
    print('\n'.join(found))
    sys.exit(1 if found else 0)
