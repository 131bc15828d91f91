"""The network: a till that answers as an attacker would, and a link that points to where none should."""
import resource
import socket

from common import acting, attack
from harness import KEY, Program, Till
from hostile_till import BEHAVIOURS, HostileTill

# What a single answer may make of the program's memory: the largest body, its copy, its index and as many values as are taken.
MEMORY_KIB = 720 << 10


def link_to(program, url):
    """Adds the one link of this program, or gives it another address."""
    return program.run('link', 'edit', 'shop', '--url', url)


def sanitized(build):
    return b'__asan_init' in (build / 'liaison').read_bytes()


@attack
def network_hostile_answers(world):
    """Every way of answering badly ends in a plain error, soon, within bounded memory, with nothing that acts on a terminal; and the program goes on."""
    with HostileTill() as first, Program(world.build, world.engine, 'liaison-attack-') as program:
        program.new_shop(first)
        for behaviour in BEHAVIOURS:
            with HostileTill(behaviour, elsewhere='http://127.0.0.1:1') as till:
                program.ok('link', 'edit', 'shop', '--url', till.url)
                result = program.run('link', 'test', 'shop')
                told = result.told() + acting(result.stdout + result.stderr)
                world.check(f'{behaviour}: refused', result.status == 3, told)
                world.check(f'{behaviour}: told harmlessly and shortly', not acting(result.stdout + result.stderr) and len(result.stderr) < 2000, told)
                world.check(f'{behaviour}: asked', till.requests and all(KEY.encode() in request for request in till.requests))
                world.check(f'{behaviour}: no cookie comes back', not any(b'\ncookie:' in request.lower() for request in till.requests))
        if not sanitized(program.build):
            world.check('memory stays bounded', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY_KIB, f'{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss} KiB')
        with Till({'articles': [{'ref': 'A', 'price': 1}], 'orders': []}) as good:
            program.ok('link', 'edit', 'shop', '--url', good.url)
            program.ok('sync', 'shop')
            world.equal('and a good till is read as ever', len(program.ok('article', 'list', '--json').json_lines()), 1)


class Endless(Till):
    """Makes up categories as long as it is asked, many at once."""

    def list(self, path, query):
        if not path.endswith('/categories'):
            return super().list(path, query)
        skip = int(query.get('skip', '0'))
        return 200, [{'_id': f'{n:024x}', 'name': 'made up'} for n in range(skip, skip + 6000)]


class Stuck(Till):
    """Answers the first page for every page."""

    def list(self, path, query):
        return super().list(path, {**query, 'skip': '0'})


@attack
def network_endless_lists(world):
    """A list without end finds one, and so does one that is the same for every page."""
    for kind, reason in ((Endless, 'categories'), (Stuck, 'same records')):
        with kind({'articles': [{'ref': 'A', 'price': 1}], 'orders': []}) as till, Program(world.build, 'sqlite', 'liaison-attack-') as program:
            program.new_shop(till)
            result = program.run('sync', 'shop', '--lang', 'en')
            world.check(f'{kind.__name__}: refused for what it is', result.status == 3 and reason in result.stderr, result.told())
            world.check(f'{kind.__name__}: after a bounded number of pages', len(till.requests) < 100, f'{len(till.requests)} requests')


@attack
def network_redirects(world):
    """No redirect is followed, to whatever it points: the key goes nowhere else, and no file is read."""
    with HostileTill() as elsewhere, Program(world.build, world.engine, 'liaison-attack-') as program:
        program.new_shop(elsewhere)
        secret = program.folder / 'secret.json'
        secret.write_text('{"message":"a file of this machine"}')
        for code in (301, 302, 303, 307, 308):
            for target in (elsewhere.url, f'http://localhost:{elsewhere.port}', f'file://{secret}', f'gopher://127.0.0.1:{elsewhere.port}', '//127.0.0.1:1', 'javascript:alert(1)'):
                with HostileTill(f'redirect {code}', elsewhere=target) as till:
                    program.ok('link', 'edit', 'shop', '--url', till.url)
                    result = program.run('link', 'test', 'shop')
                    world.check(f'{code} to {target.split(":")[0]}', result.status == 3 and 'a file of this machine' not in result.stdout + result.stderr, result.told())
        world.equal('nobody else was asked', elsewhere.requests, [])


# Addresses that a link may not have at all.
REFUSED = ('http://10.0.0.1', 'http://192.168.1.1', 'http://169.254.169.254', 'http://0.0.0.0', 'http://[::]', 'http://2130706433', 'http://0x7f.0.0.1', 'http://0177.0.0.1',
           'http://127.1', 'https://2130706433', 'https://0x7f000001', 'https://0x7f.1', 'https://0177.0.0.1', 'https://127.1', 'https://127.0.0.1.', 'https://1.2.3', 'https://10.1',
           'https://user@10.0.0.1', 'https://api4.tactill.com@127.0.0.1', 'https://127.0.0.1%2f@api4.tactill.com', 'http://127.0.0.1@evil.example',
           'http://localhost.evil.example', 'http://127.0.0.1.evil.example', 'file:///etc/passwd', 'gopher://127.0.0.1', 'ftp://127.0.0.1', 'dict://127.0.0.1:11211', 'unix:///run/x',
           'https://\u2460\u2461\u2466.0.0.1', 'https://[::ffff:127.0.0.1%25eth0]', 'https://api4.tactill.com\\@127.0.0.1', ' https://a b', 'https://a\nb')
# Addresses that a link may have, and that no packet is ever sent to.
INSIDE = ('https://10.0.0.1', 'https://172.16.0.1', 'https://192.168.1.1', 'https://100.64.0.1', 'https://169.254.169.254', 'https://0.0.0.0', 'https://255.255.255.255', 'https://224.0.0.1',
          'https://[::ffff:10.0.0.1]', 'https://[::ffff:169.254.169.254]', 'https://[64:ff9b::a9fe:a9fe]', 'https://[2002:7f00:1::]', 'https://[fe80::1]', 'https://[fd00:ec2::254]', 'https://[fc00::1]',
          'https://[::]', 'https://[::ffff:127.0.0.1]')
NEVER = ('https://169.254.169.254', 'https://[fe80::1]', 'https://[fd00:ec2::254]', 'https://0.0.0.0')


def names_of_loopback():
    """Names of this machine that are not `localhost` and lead to loopback: a stand-in for a name server that answers 127.0.0.1."""
    for name in (socket.gethostname(), 'ip6-localhost', 'ip6-loopback', 'runsc'):
        try:
            if all(found[4][0].startswith('127.') or found[4][0] == '::1' for found in socket.getaddrinfo(name, None)) and name != 'localhost':
                yield name
        except OSError:
            continue


@attack
def network_inside(world):
    """A link cannot reach the machine's own network: odd forms of addresses are refused, the others are looked at once the name is resolved, before the first packet."""
    with HostileTill() as listener, Program(world.build, world.engine, 'liaison-attack-') as program:
        for name in ('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy'):
            program.environment.pop(name, None)
        program.new_shop(listener)
        for url in REFUSED:
            result = link_to(program, url)
            world.check(f'{url!r} is no address of a link', result.status == 4 and not acting(result.stderr), result.told())
        for url in INSIDE + (f'https://127.0.0.1.:{listener.port}',):
            if link_to(program, url).status == 4:
                continue
            result = program.run('link', 'test', 'shop', '--lang', 'en')
            world.check(f'{url} is inside', result.status == 3 and 'own network' in result.stderr, result.told())
        for name in set(names_of_loopback()):
            program.ok('link', 'edit', 'shop', '--url', f'https://{name}:{listener.port}')
            result = program.run('link', 'test', 'shop', '--lang', 'en')
            world.check(f'the name {name} that leads here is inside', result.status == 3 and 'own network' in result.stderr, result.told())
        allowed = {**program.environment, 'LIAISON_PRIVATE_TILLS': 'yes'}
        for url in NEVER:
            program.ok('link', 'edit', 'shop', '--url', url)
            result = program.run('link', 'test', 'shop', '--lang', 'en', environment=allowed)
            world.check(f'{url} stays refused when private tills are allowed', result.status == 3 and 'own network' in result.stderr, result.told())
        world.equal('nothing knocked at the door', listener.requests, [])
