"""Secrets: the till's key, the key file and passwords, against who has the disk, the logs, the process list, a crash dump or the till's own answers."""
import base64
import os
import pathlib
import re
import resource
import signal
import sqlite3
import stat

from common import attack
from harness import Program, Reply, Till, wait_for
from hostile_till import HostileTill

PASSWORD = 'correct horse battery staple'
SHOP = {'articles': [{'ref': 'VIN', 'price': 10}], 'orders': [{'number': '1', 'lines': ['VIN 1x10 @20']}, {'number': '2', 'lines': ['NADA 1x3 @20']}]}


def spellings(secret):
    """A secret as it stands, and as a careless program would hide it."""
    raw = secret.encode()
    found = {raw, raw.upper(), raw[::-1], base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode(), raw.hex().upper().encode(), bytes(b ^ 0xFF for b in raw)}
    found |= {raw.decode().encode('utf-16-le'), base64.b64encode(raw)[:20], raw[:12], raw[-12:]}
    if re.fullmatch(r'[0-9a-fA-F]+', secret):
        packed = bytes.fromhex(secret)
        found |= {packed, packed[::-1], base64.b64encode(packed), base64.b64encode(packed).rstrip(b'=')}
    return found


def found_in(data, secrets):
    data = data if isinstance(data, bytes) else data.encode()
    return [secret for secret in secrets for spelling in spellings(secret) if spelling in data]


def full_life(program, till):
    """All that handles secrets: the key given, tested, used and changed, a user made; everything that was said on the way."""
    said = []

    def run(*command, status=(0, 1), **options):
        result = program.run(*command, **options)
        said.append(result)
        assert result.status in status, result.told()
        return result
    password = program.folder / 'password'
    password.write_text(PASSWORD + '\n')
    password.chmod(0o600)
    key = program.key_file(till.key)
    run('init', '--company', 'Épicerie')
    run('link', 'add', '--name', 'shop', '--url', till.url, '--key-file', key, '--auto-validate', 'yes')
    run('user', 'add', 'anne', '--role', 'admin', '--password-file', password)
    for command in (['link', 'test', 'shop'], ['sync', 'shop'], ['link', 'edit', 'shop', '--key-file', key], ['sync', 'shop'], ['link', 'show', 'shop'], ['link', 'list'], ['run', 'list'],
                    ['run', 'show', '1'], ['company', 'show'], ['grid', 'print'], ['db', 'check'], ['journal', 'verify']):
        run(*command)
        run(*command, '--json')
    return said, (till.key, PASSWORD, (program.folder / 'seal.key').read_text().strip())


def tables(program):
    """Every value of every table, as a query gives it: what raw bytes hide by compression or paging."""
    if program.database.engine == 'postgresql':
        return b''
    connection = sqlite3.connect(program.database.path)
    names = [name for name, in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    data = b'\n'.join(value if isinstance(value, bytes) else str(value).encode() for name in names for row in connection.execute(f'SELECT * FROM {name}') for value in row)
    connection.close()
    return data


@attack(engines=True)
def secret_stolen_database(world):
    """The files of the database, or its dump, and a backup: no key and no password in any spelling; without the key file nothing opens."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        _, secrets = full_life(program, till)
        data = program.database.raw_bytes() + tables(program)
        if world.engine == 'sqlite':
            program.ok('db', 'backup', 'copy.db')
            data += (program.folder / 'copy.db').read_bytes()
        world.check('the data were read', b'VIN' in data and len(data) > 50000, len(data))
        world.equal('no secret in it', found_in(data, secrets), [])
        seal = program.folder / 'seal.key'
        for what, change in {'no key file': lambda: seal.rename(program.folder / 'away'), 'another key': lambda: write_key(seal, '0' * 64), 'half a key': lambda: write_key(seal, secrets[2][:32]),
                             'an empty key': lambda: write_key(seal, '')}.items():
            change()
            for command in (['sync', 'shop'], ['link', 'test', 'shop'], ['proof', '--from', '2026-01-15', '--to', '2026-01-15']):
                asked = len(till.requests)
                result = program.run(*command)
                world.check(f'{what}: {command[0]} is refused', result.status == 4 and 'LIAISON_KEY_FILE' in result.stderr or 'clé' in result.stderr and result.status == 4, result.told())
                world.equal(f'{what}: the till is not asked', len(till.requests), asked)
        write_key(seal, secrets[2])
        program.ok('sync', 'shop', status=(0, 1))


def write_key(path, text):
    path.write_text(text)
    path.chmod(0o600)


@attack(engines=True)
def secret_sealed_elsewhere(world):
    """A sealed key moved to another link's row, changed by a bit or cut does not open: a thief cannot make the program send it to his own till."""
    with Till(SHOP) as till, HostileTill() as thief, Program(world.build, world.engine, 'liaison-attack-') as program:
        program.new_shop(till)
        program.ok('link', 'add', '--name', 'thief', '--url', thief.url, '--key-file', program.key_file('0' * 24))
        program.database.change("UPDATE link SET sealed_key = (SELECT sealed_key FROM link WHERE name = 'shop') WHERE name = 'thief'")
        result = program.run('link', 'test', 'thief')
        world.check('the moved key does not open', result.status == 4, result.told())
        world.equal('the thief learns nothing', thief.requests, [])
        cut = 'substr(sealed_key, 1, length(sealed_key) - 1)' if world.engine == 'sqlite' else 'substring(sealed_key FROM 1 FOR length(sealed_key) - 1)'
        program.database.change(f"UPDATE link SET sealed_key = {cut} WHERE name = 'shop'")
        world.equal('a cut key does not open', program.run('link', 'test', 'shop').status, 4)


@attack
def secret_key_file(world):
    """A key file that others can read, that is a link, a pipe, a folder or another's is refused before it is read."""
    with Till(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
        program.new_shop(till)
        seal = program.folder / 'seal.key'
        for loose in (0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666):
            seal.chmod(loose)
            result = program.run('sync', 'shop')
            world.check(f'mode {loose:o} is refused, with the cure', result.status == 4 and 'chmod 600' in result.stderr, result.told())
        seal.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(seal, 12345, -1)
            world.equal("another user's file", program.run('sync', 'shop').status, 4)
            os.chown(seal, 0, -1)
        seal.rename(program.folder / 'real')
        for what, make, unmake in (('a link', lambda: seal.symlink_to(program.folder / 'real'), seal.unlink), ('a folder', seal.mkdir, seal.rmdir), ('a pipe', lambda: os.mkfifo(seal, 0o600), seal.unlink)):
            make()
            world.equal(f'{what} is refused', program.run('sync', 'shop').status, 4)
            unmake()
        (program.folder / 'real').rename(seal)
        program.ok('sync', 'shop', status=(0, 1))
        key = program.folder / 'loose.key'
        key.write_text(till.key)
        key.chmod(0o644)
        result = program.run('link', 'edit', 'shop', '--key-file', key)
        world.check('a key for a link that others can read is taken, and it is said', result.status == 0 and 'chmod 600' in result.stderr, result.told())


@attack(engines=True)
def secret_outputs(world):
    """No secret in anything that a command writes, in the runs that are kept, or in an error; not even when the till says the key aloud or the command line holds it."""
    with Till(SHOP) as till, Program(world.build, world.engine, 'liaison-attack-') as program:
        said, secrets = full_life(program, till)
        world.equal('everyday outputs', [result.command for result in said if found_in(result.stdout + result.stderr, secrets)], [])
        # A till that gives the header back, in an error of every status and in every field of its answer.
        echo = f'{{"statusCode":400,"error":"{till.key}","message":"x-api-key: {till.key} is not known"}}'.encode()
        for status in (400, 401, 404, 500):
            for place in ('/v1/account/account', '/v1/catalog/articles', '/v1/shop/orders'):
                till.replies = [Reply('GET', place, status, {'Content-Type': 'application/json'}, echo)]
                for command in (['link', 'test', 'shop'], ['sync', 'shop'], ['sync', 'shop', '--json'], ['proof', '--from', '2026-01-15', '--to', '2026-01-15']):
                    if status == 500 and command[0] != 'link':
                        continue  # the same text, after waits that tell nothing
                    result = program.run(*command)
                    world.check(f'{status} at {place}: {" ".join(command)}', not found_in(result.stdout + result.stderr, secrets), result.told())
        till.replies = []
        kept = program.ok('run', 'list').stdout + ''.join(program.ok('run', 'show', row['run'], '--json').stdout for row in program.ok('run', 'list', '--json').json_lines())
        world.equal('runs that failed', found_in(kept, secrets), [])
        world.equal('the database after that', found_in(program.database.raw_bytes(), secrets), [])
        for command in (['link', 'add', '--key', till.key], ['link', 'add', f'--key={till.key}'], ['link', 'edit', 'shop', '--key-file', till.key], ['sync', till.key],
                        ['link', 'edit', 'shop', '--url', f'https://user:{PASSWORD.replace(" ", "")}@api4.tactill.com'],
                        ['link', 'edit', 'shop', '--url', f'https://{till.key}@api4.tactill.com'],
                        ['company', 'show', '--db', f'postgresql://liaison:{PASSWORD.replace(" ", "")}@127.0.0.1:1/nothing']):
            result = program.run(*command)
            typed_back = command[:2] == ['sync', till.key] or command[-2:-1] == ['--key-file']
            world.check(f'{command[:2]} fails', result.status != 0)
            world.check(f'{" ".join(command[:3])} does not give it back', typed_back or not found_in(result.stdout + result.stderr, (till.key, PASSWORD.replace(' ', ''))), result.told())


class Slow(Till):
    """Holds its answers until it is told to let go, so that the program can be looked at while it waits."""
    held = True

    def answer(self, method, target, key):
        while self.held:
            self.lock.release()
            wait_for(lambda: not self.held, 'the look at the process')
            self.lock.acquire()
        return super().answer(method, target, key)


@attack
def secret_process(world):
    """While a key is in use: neither the command line nor the environment of the process holds it, no core may be written, and a crash leaves none."""
    for number in (signal.SIGABRT, signal.SIGSEGV):
        with Slow(SHOP) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
            program.new_shop(till)
            secrets = (till.key, (program.folder / 'seal.key').read_text().strip())
            process = program.start('sync', 'shop', preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
            wait_for(lambda: till.requests, 'the request with the key')
            proc = pathlib.Path(f'/proc/{process.pid}')
            shown = (proc / 'cmdline').read_bytes() + b'|' + (proc / 'environ').read_bytes()
            world.check('the process is the one looked at', b'sync' in shown)
            world.equal('command line and environment', found_in(shown, secrets), [])
            limits = re.search(r'Max core file size\s+(\S+)\s+(\S+)', (proc / 'limits').read_text()) if (proc / 'limits').exists() else None
            world.check('no core may be written', limits is None or limits.groups() == ('0', '0'), limits and limits.group())
            process.send_signal(number)
            _, status = os.waitpid(process.pid, 0)
            till.held = False
            process.returncode = -os.WTERMSIG(status)
            process.stdout.close()
            process.stderr.close()
            world.check(f'{number.name}: it crashed', os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, status)
            world.check(f'{number.name}: without a core', not os.WCOREDUMP(status) and not [path for path in program.folder.iterdir() if path.name.startswith('core')])
            left = [path for path in program.folder.iterdir() if path.is_file() and path.name not in ('seal.key', 'api.key') and not stat.S_ISFIFO(path.stat().st_mode)]
            world.equal(f'{number.name}: no file holds a secret', [path.name for path in left if found_in(path.read_bytes(), secrets)], [])

