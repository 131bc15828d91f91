"""The source files that a build compiles: what tidy.py and cppcheck.py look at."""
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def commands_of(build, folder, parts=('',)):
    """One compile command a source file of ours (of these parts of the tree), written to FOLDER as the tools want it; a file that is built twice is looked at
    once, and what the build generated not at all."""
    commands = {}
    for entry in json.loads((build / 'compile_commands.json').read_text(encoding='utf-8')):
        path = (pathlib.Path(entry['directory']) / entry['file']).resolve()
        if any(path.is_relative_to(ROOT / part) for part in parts) and not path.is_relative_to(build):
            commands.setdefault(path, {**entry, 'file': str(path)})
    folder.mkdir(exist_ok=True)
    (folder / 'compile_commands.json').write_text(json.dumps(list(commands.values())), encoding='utf-8')
    return commands
