"""Every route with every role, with every token's scope and with none: who may not is refused with 401 or 403 before anything else is looked at, who may is not.

The rights come from api/openapi.yaml (check_openapi.py compares them with the routes table); the rule who has which right is written a second time here."""
import re

import description
from harness import Program
from web import ROLES, SCOPES, Web

LEAST = {'anybody': 0, 'self': 1, 'read': 1, 'write': 2, 'feed': 2, 'admin': 3}
SCOPE_RIGHTS = {'read': {'anybody', 'read'}, 'write': {'anybody', 'read', 'write', 'feed'}, 'feed': {'anybody', 'feed'}}
# What would end the session that the test asks with, or add a user with each try.
ENDS_SESSION = {'logOut', 'logIn', 'setUp'}


def expected(right, who):
    """401, 403 or None."""
    if who.startswith('token:'):
        return None if right in SCOPE_RIGHTS[who[6:]] else 403
    if ROLES.index(who) >= LEAST[right]:
        return None
    return 401 if who == 'nobody' else 403


def target(operation):
    """An address that names nothing that is there, so that nothing is changed by who may."""
    return re.sub(r'\{(\w+)\}', lambda match: {'day': '1999-01-01', 'due_no': '1'}.get(match[1], '999999'), operation.path)


def body_of(operation):
    """A body that is understood and refused: a member that no route knows."""
    if operation.body == 'json':
        return b'{"no such member":true}', 'application/json'
    return (b'nothing that is a file of sales', 'application/octet-stream') if operation.body == 'bytes' else (None, None)


def try_one(web, score, operation, who, engine):
    body, kind = body_of(operation)
    headers = {'If-Match': '"0"'} if operation.takes_header('If-Match') else {}
    answer = web.ask(who, operation.method, target(operation), body, **headers, **({'Content-Type': kind} if kind else {}))
    name, refusal = f'{operation.name} as {who} ({engine})', expected(operation.right, who)
    if refusal:
        score.equal(name, answer.status, refusal)
        score.equal(f'{name}: a problem document', answer.kind, 'application/problem+json')
    elif operation.id == 'getSession' and (who == 'nobody' or who.startswith('token:')):
        score.equal(f'{name}: no session', answer.status, 401)
    else:
        score.check(f'{name} may ask', answer.status not in (401, 403) and answer.status < 500, answer.told())


def try_without_word(web, score, operation, engine):
    """What changes something is refused to a cookie without the session's word, and with a wrong one."""
    body, kind = body_of(operation)
    headers = {'If-Match': '"0"'} if operation.takes_header('If-Match') else {}
    for word in (None, '', '0' * 64):
        answer = web.ask('admin', operation.method, target(operation), body, **headers, **({'Content-Type': kind} if kind else {}), X_CSRF_Token=word)
        score.equal(f'{operation.name} with the word {word!r} ({engine})', (answer.status, answer.kind.endswith('json') and answer.json().get('code')), (403, 'csrf'))


def run(build, engine, score):
    with Program(build, engine, 'liaison-routes-') as program:
        program.ok('init', '--company', 'Épicerie du Canal')
        with Web(program) as web:
            for operation in description.operations(description.load()):
                if operation.id in ENDS_SESSION or not operation.in_table():
                    continue
                for who in (*ROLES, *(f'token:{scope}' for scope in SCOPES)):
                    try_one(web, score, operation, who, engine)
                if operation.method != 'GET' and operation.right != 'anybody':
                    try_without_word(web, score, operation, engine)
            for who in ROLES[1:]:
                answer = web.ask(who, 'DELETE', '/api/v1/session')
                score.equal(f'{who} can log out ({engine})', answer.status, 204)
                score.equal(f'{who} is out then ({engine})', web.ask(who, 'GET', '/api/v1/session').status, 401)
