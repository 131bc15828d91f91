"""Files and paths: what is named on the command line is read or written as a file of the person's, bounded, and nothing else is touched."""
import os
import pathlib
import shutil
import stat
import threading

from common import acting, attack
from harness import Program, Till

SHOP = {'articles': [{'ref': 'VIN', 'price': 10}], 'orders': [{'number': '1', 'lines': ['VIN 1x10 @20']}]}
PASSWD = '../' * 12 + 'etc/passwd'
FIRST_LINE = pathlib.Path('/etc/passwd').read_text(encoding='utf-8').split('\n', 1)[0]


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def names(folder):
    """Without what SQLite keeps beside the database while it is open, or was open for reading."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(('-wal', '-shm')))


def shop(program, till):
    program.new_shop(till, '--auto-validate', 'yes')
    program.ok('sync', 'shop', status=(0, 1))


@attack
def paths_written(world):
    """An export takes the place of a plain file or of nothing: no device, pipe, folder or link is replaced or written through. A backup replaces nothing."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        shop(program, till)
        folder = program.folder
        victim = folder / 'victim'
        victim.write_text('precious')
        os.mkfifo(folder / 'pipe')
        (folder / 'folder').mkdir()
        (folder / 'link').symlink_to(victim)
        (folder / 'dangling').symlink_to(folder / 'made')
        (folder / 'device').symlink_to('/dev/null')
        for name in ('pipe', 'folder', 'link', 'dangling', 'device', '/proc/self/mem', 'folder/../folder', 'missing/file', ''):
            for command in (['article', 'export'], ['grid', 'export'], ['db', 'backup']):
                before = names(folder)
                result = program.run(*command, name)
                world.check(f'{" ".join(command)} {name!r} is refused', result.status in (2, 4), result.told())
                world.equal(f'{" ".join(command)} {name!r} leaves nothing', names(folder), before)
        world.equal('what a link led to', (victim.read_text(), (folder / 'made').exists()), ('precious', False))
        result = program.run('db', 'backup', 'victim')
        world.check('a backup replaces nothing', result.status == 4 and victim.read_text() == 'precious', result.told())
        program.ok('article', 'export', 'victim')
        world.check('an export replaces a plain file, whole', 'VIN' in victim.read_text())


@attack
def paths_modes(world):
    """The database, its backups and the key are their owner's alone, whatever the umask."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        key = program.key_file(till.key)
        for command in (['init', '--company', 'Épicerie'], ['link', 'add', '--name', 'shop', '--url', till.url, '--key-file', key], ['sync', 'shop'], ['db', 'backup', 'copy.db']):
            result = program.run(*map(str, command), before=lambda: os.umask(0))
            world.check(' '.join(map(str, command[:2])), result.status in (0, 1), result.told())
        files = [path for path in program.folder.iterdir() if path.name.startswith(('shop.db', 'copy.db', 'seal.key'))]
        world.check('the files are there', {'shop.db', 'copy.db', 'seal.key'} <= {path.name for path in files}, repr(files))
        world.equal('their modes', {path.name: oct(mode(path)) for path in files if mode(path) != 0o600}, {})


# Options and arguments that name a file to read, the last word being the name.
READING = (['grid', 'import'], ['article', 'import'], ['link', 'edit', 'shop', '--key-file'], ['link', 'edit', 'shop', '--profile'], ['user', 'add', 'anne', '--password-file'])


@attack
def paths_read(world):
    """What cannot be such a file is refused without its content being shown: another file, a folder, a device without end; a pipe without a writer ends at Ctrl-C."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        shop(program, till)
        (program.folder / 'folder').mkdir()
        (program.folder / 'huge').write_bytes(b'key = value\n' * 200000)
        (program.folder / 'binary').write_bytes(bytes(range(256)) * 40)
        for command in READING:
            for name in (PASSWD, '/etc/passwd', 'folder', '/dev/zero', '/dev/full', 'missing', 'huge', 'binary', '', 'missing\n\x1b[2J'):
                result = program.run(*command, name)
                accepted = command[0] == 'user' and name in (PASSWD, '/etc/passwd', 'huge', 'binary', '/dev/zero')  # any first line is a password
                world.check(f'{" ".join(command)} {name!r}', result.status in ((0, 2, 4) if accepted else (2, 4)), result.told())
                # A file of sales is corrected by what is wrong in it, so that an import names a column that it does not know.
                world.check(f'{" ".join(command)} {name!r} shows nothing of it', (command[1] == 'import' or FIRST_LINE not in result.stdout + result.stderr) and not acting(result.stderr), result.told())
        os.mkfifo(program.folder / 'pipe')
        writer = threading.Thread(target=lambda: (program.folder / 'pipe').write_text(till.key + '\n'), daemon=True)
        writer.start()
        program.ok('link', 'edit', 'shop', '--key-file', 'pipe')
        world.check('a pipe is read to its end, so that a key need not be in a file', program.run('link', 'test', 'shop').status == 0)
        writer.join(60)


@attack
def paths_names(world):
    """Names that are not files lead to none: profiles, time zones, databases, languages."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        shop(program, till)
        before = program.database.content()
        for zone in (PASSWD, '/etc/passwd', '../zoneinfo/Europe/Paris', 'Europe/../../../../etc/passwd', 'Europe', '', '.', ':Europe/Paris', 'Europe/Paris\x1b[2J', 'A' * 5000):
            result = program.run('init', '--company', 'Autre', '--timezone', zone)
            world.check(f'time zone {zone[:40]!r}', result.status in (2, 4) and FIRST_LINE not in result.stderr and not acting(result.stderr), result.told())
        for name in ('tactill-v4/../tactill-v4', '../profiles/tactill-v4', 'tactill-v4.ini', 'TACTILL-V4', 'tactill-v4\n', '%2e%2e/x'):
            result = program.run('link', 'edit', 'shop', '--profile', name)
            world.check(f'profile {name!r}', result.status == 4, result.told())
        world.equal('nothing was written', program.database.content(), before)
        # A copy: should this ever go wrong, it goes wrong there.
        shutil.copyfile('/etc/passwd', program.folder / 'passwd')
        os.mkfifo(program.folder / 'pipe')
        for url in ('sqlite:passwd', f'sqlite:../{program.folder.name}/passwd', 'sqlite:/dev/null', 'sqlite:/dev/zero', 'sqlite:pipe', 'sqlite:.', 'sqlite:', 'sqlite:file:shop.db?mode=memory', 'sqlite::memory:',
                    'sqlite:shop.db/../other.db', 'mysql://x', 'shop.db', 'sqlite:' + 'A' * 5000):
            for command in (['article', 'list'], ['db', 'migrate'], ['sync', 'shop']):
                result = program.run(*command, '--db', url)
                world.check(f'{command[0]} --db {url[:40]}', result.status in (2, 4) and not acting(result.stderr), result.told())
        world.equal('the other file is as it was', (program.folder / 'passwd').read_bytes(), pathlib.Path('/etc/passwd').read_bytes())
        world.equal('no file came to be', names(program.folder), ['api.key', 'passwd', 'pipe', 'seal.key', 'shop.db'])
        for language in ('../../../etc', 'fr/../../x', 'en\x1b[2J'):
            result = program.run('company', 'show', environment={**program.environment, 'LIAISON_LANG': language, 'LANGUAGE': language})
            world.check(f'language {language!r}', result.status == 0 and not acting(result.stdout + result.stderr), result.told())
