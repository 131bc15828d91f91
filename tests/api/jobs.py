#!/usr/bin/env python3
"""The way of a shopkeeper over the API, against a real `liaison serve` and a till: create a link, test it, rehearse, run and follow it, correct three different anomalies, validate; then what
long work must bear: readers that come and go, a cancellation, a till that is down, two people at one row, a link that runs by itself, a server that stops.

usage: jobs.py BUILD_FOLDER [--engine sqlite|postgresql]
"""
import argparse
import datetime
import http.client
import json
import pathlib
import sqlite3
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness
from harness import KEY, Failure, Program, Reply, Score, Till
from web import Web

SHOP = {'taxes': [{'rate': 20}, {'rate': 8.5}],
        'articles': [{'ref': 'CAFE', 'price': 6}, {'id': 'vrac', 'name': 'Vrac', 'price': 3}],
        'orders': [{'number': '1', 'lines': ['CAFE 1x6 @20']},
                   {'number': '2', 'lines': ['CAFE 1x10.85 @8.5']},
                   {'number': '3', 'lines': ['CAFE 2x6 @20'], 'pay': ['edenred 12']},
                   {'number': '4', 'lines': ['?Vrac 1x3 @20']},
                   {'number': '5', 'lines': ['INCONNU 1x5 @20']}]}


def follow(web, job, reads=10000):
    """The events of a job, as a browser reads them: name and data."""
    connection = http.client.HTTPConnection('127.0.0.1', web.port, timeout=harness.PATIENCE_S)
    connection.request('GET', f'/api/v1/jobs/{job["id"]}/events', headers={'Accept-Language': 'fr', **web.identity('admin')})
    response = connection.getresponse()
    if response.status != 200 or not response.headers['Content-Type'].startswith('text/event-stream'):
        raise Failure(f'no event stream: {response.status} {response.read()}')
    events, name = [], None
    for line in response:
        line = line.decode().rstrip('\n')
        if line.startswith('event: '):
            name = line[7:]
        elif line.startswith('data: '):
            events.append((name, json.loads(line[6:])))
            if len(events) == reads:
                break
    connection.close()
    return events


def create_link(web, till, score):
    body = {'name': 'Boutique du port', 'url': till.url, 'key': KEY, 'auto_validate': True, 'since': '2026-01-01', 'families': []}
    report = web.post('/api/v1/links/test', body)
    score.check('an unsaved link is tested', report['reachable'] and report['key_accepted'] and report['sale_readable'] and report['problem'] is None, report)
    report = web.post('/api/v1/links/test', {**body, 'key': 'f' * 24})
    score.equal('a key that is refused is an answer', (report['key_accepted'], report['problem']['code']), (False, 'key_refused'))
    score.equal('nothing is saved by a test', web.get('/api/v1/links')['items'], [])
    answer = web.ask('admin', 'POST', '/api/v1/links', body)
    link = answer.json()
    score.equal('created', (answer.status, answer.headers['Location'], link['since'], link['document'], link['schedule'], link['last_run']),
                (201, '/api/v1/links/Boutique%20du%20port', '2026-01-01', 'invoice', None, None))
    score.check('the key is shown nowhere', KEY not in answer.text)
    for change, pointer in (({'name': ''}, '/name'), ({'url': 'http://till.example'}, '/url'), ({'key': 'v5_abc'}, '/key'), ({'document': 'receipt'}, '/document'),
                            ({'overlap_minutes': -1}, '/overlap_minutes'), ({'profile': 'none such'}, '/profile'), ({'families': [' ']}, '/families'), ({}, '/name'), ({'colour': 1}, '/colour')):
        refused = web.ask('admin', 'POST', '/api/v1/links', {**body, **change})
        score.check(f'refused: {change or "the name again"}', refused.status in (400, 422) and [fault['pointer'] for fault in refused.json()['errors']] == [pointer], refused.told())
    return '/api/v1/links/Boutique%20du%20port'


def change_link(web, path, score):
    """Two people: who saw an earlier state changes nothing."""
    seen = web.ask('admin', 'GET', path)
    tag = seen.headers['ETag']
    score.equal('a change without a state', web.ask('admin', 'PATCH', path, {'numbers': 'keep'}).status, 428)
    changed = web.ask('admin', 'PATCH', path, {'unknown_customer': 'refuse', 'code_pattern': 'C*'}, If_Match=tag)
    score.equal('a change', (changed.status, changed.json()['unknown_customer'], changed.json()['code_pattern'], changed.json()['auto_validate']), (200, 'refuse', 'C*', True))
    elsewhere = web.ask('admin', 'PATCH', path, {'url': 'https://till.example.org'}, If_Match=changed.headers['ETag'])
    score.equal('a known key goes to no other till', (elsewhere.status, elsewhere.json()['errors'][0]['pointer']), (400, '/key'))
    stale = web.ask('accountant', 'PATCH', path, {'unknown_customer': 'drop'}, If_Match=tag)
    score.equal('a change of what somebody else changed', (stale.status, stale.json()['code'], stale.json()['current']['unknown_customer']), (412, 'stale', 'refuse'))
    moved = web.ask('admin', 'PATCH', path, {'url': 'https://elsewhere.example'}, If_Match=changed.headers['ETag'])
    score.equal('the key does not go to another address by itself', (moved.status, [fault['pointer'] for fault in moved.json()['errors']]), (400, ['/key']))
    web.post(path, {'unknown_customer': 'create', 'code_pattern': None}, method='PATCH', If_Match=changed.headers['ETag'])


def rehearse(program, web, path, score):
    before = [program.database.rows(f'SELECT COUNT(*) FROM {table}') for table in ('run', 'sale', 'grid_sale', 'document', 'article', 'anomaly')]
    job = web.finish(web.post(path + '/runs', {'dry_run': True}))
    score.equal('a rehearsal', (job['kind'], job['state'], job['run'], job['result']['dry_run']), ('rehearsal', 'done', None, True))
    changes = web.get(f'/api/v1/jobs/{job["id"]}/changes', limit=2)
    everything, cursor = [], None
    while True:
        page = web.get(f'/api/v1/jobs/{job["id"]}/changes', limit=2, **({'cursor': cursor} if cursor else {}))
        everything += page['items']
        cursor = page['next']
        if not cursor:
            break
    score.check('what it announces comes in pages', len(changes['items']) == 2 and len(everything) == changes['total'], everything)
    new = {(change['action'], change['subject']) for change in everything if change['flow'] == 'articles_in'}
    score.check('the article that would be created', ('create', 'CAFE') in new, everything)
    orders = web.get(f'/api/v1/jobs/{job["id"]}/changes', flow='orders')
    score.equal('one flow of it', {change['flow'] for change in orders['items']} <= {'orders'}, True)
    after = [program.database.rows(f'SELECT COUNT(*) FROM {table}') for table in ('run', 'sale', 'grid_sale', 'document', 'article', 'anomaly')]
    score.equal('a rehearsal writes nothing', after, before)
    score.equal('nothing is left beside the database', [path.name for path in program.folder.glob('*rehearsal*')], [])


def run(web, path, score):
    job = web.post(path + '/runs', {})
    events = follow(web, job)
    last = events[-1][1]
    score.check('a run is followed to its end', events[-1][0] == 'done' and last['state'] == 'done' and all(name == 'progress' for name, _ in events[:-1]), events)
    score.equal('its figures', (last['result']['orders']['read'], last['result']['orders']['documents']), (5, 1))
    score.check('its run', last['run'] == last['result']['run'] > 0, last)
    score.equal('the same run stands in the list', web.get(f'/api/v1/runs/{last["run"]}')['state'], 'done')
    records = web.get(f'/api/v1/runs/{last["run"]}/records', flow='orders', limit=3)
    rest = web.get(f'/api/v1/runs/{last["run"]}/records', flow='orders', limit=3, cursor=records['next'])
    score.equal('every record of it', [len(records['items']), len(rest['items']), rest['next']], [3, 2, None])
    score.equal('by outcome', {row['outcome'] for row in web.get(f'/api/v1/runs/{last["run"]}/records', outcome='staged')['items']}, {'staged'})
    score.equal('who comes late is told at once', [name for name, _ in follow(web, job)], ['done'])
    score.equal('the link knows its last run', web.get(path)['last_run']['run'], last['run'])


def cure(web, score):
    """Three different anomalies, each by the action that its group names."""
    groups = {group['code']: group for group in web.get('/api/v1/anomalies')['items']}
    actions = {code: group['action'] for code, group in groups.items()}
    score.equal('a rate', actions['unmapped_tax'], {'kind': 'map_tax', 'link': 'Boutique du port', 'rate_bp': 850})
    score.equal('a means', actions['unmapped_means'], {'kind': 'map_means', 'link': 'Boutique du port', 'till_type': 'edenred', 'label': 'edenred'})
    score.equal('an article without a reference', actions['no_reference'],
                {'kind': 'set_reference', 'link': 'Boutique du port', 'till_article': harness.identity('article Vrac'), 'declination': None, 'name': 'Vrac'})
    score.equal('an unknown article', actions['unknown_article'], {'kind': 'create_article', 'code': 'INCONNU', 'label': 'INCONNU'})
    web.post('/api/v1/mappings/means', {'link': 'Boutique du port', 'till_type': 'edenred', 'means': 'meal_voucher'})
    web.post('/api/v1/mappings/reference', {'link': 'Boutique du port', 'till_article': harness.identity('article Vrac'), 'declination': None, 'code': 'CAFE'})
    wrong = web.ask('admin', 'POST', '/api/v1/mappings/tax', {'link': None, 'rate_bp': 850, 'tax': 'NOPE'})
    score.equal('a code that does not exist', (wrong.status, wrong.json()['errors'][0]['pointer']), (422, '/tax'))
    mappings = web.get('/api/v1/mappings')
    score.equal('what is mapped', (mappings['means'], mappings['references']),
                ([{'link': 'Boutique du port', 'till_type': 'edenred', 'means': 'meal_voucher'}],
                 [{'link': 'Boutique du port', 'till_article': harness.identity('article Vrac'), 'declination': None, 'code': 'CAFE'}]))


def edit(program, web, score):
    """The sale with the unknown article: its line gets another reference; two people at once."""
    grid_id = program.database.rows("SELECT grid_sale_id FROM grid_sale WHERE number = '5'")[0]
    path = f'/api/v1/grid/sales/{grid_id}'
    seen = web.ask('admin', 'GET', path)
    sale = seen.json()
    score.equal('a staged sale', (sale['id'], sale['number'], sale['link'], sale['total_cents'], [anomaly['code'] for anomaly in sale['anomalies']]),
                (int(grid_id), '5', 'Boutique du port', 500, ['unknown_article']))
    values = {field['field']: field['value'] for field in sale['editable']}
    score.equal('what can be edited', (values['line.1.reference'], values['line.1.total'], values['line.1.rate'], values['date']), ('INCONNU', '5.00', '20', '2026-01-15'))
    tag = seen.headers['ETag']
    wrong = web.ask('admin', 'PATCH', path, {'set': {'line.1.reference': 'CAFE', 'line.1.total': 'much'}}, If_Match=tag)
    score.equal('a wrong value names its field', (wrong.status, wrong.json()['errors'][0]['pointer']), (422, '/set/line.1.total'))
    score.equal('and nothing is changed', web.ask('admin', 'GET', path).headers['ETag'], tag)
    unknown = web.ask('admin', 'PATCH', path, {'set': {'line.9~/x': '1'}}, If_Match=tag)
    score.equal('a field that there is not', (unknown.status, unknown.json()['errors'][0]['pointer']), (400, '/set/line.9~0~1x'))
    done = web.ask('admin', 'PATCH', path, {'set': {'line.1.reference': 'CAFE'}}, If_Match=tag)
    score.equal('an edit', (done.status, done.json()['edited'], done.json()['anomalies']), (200, True, []))
    stale = web.ask('accountant', 'PATCH', path, {'set': {'line.1.reference': 'THE'}}, If_Match=tag)
    score.equal('two people at one row', (stale.status, stale.json()['current']['lines'][0]['reference']), (412, 'CAFE'))


def validate(program, web, score):
    job = web.finish(web.post('/api/v1/grid/validation', {'sales': None, 'dry_run': True}))
    score.equal('a rehearsal of the validation', (job['state'], job['result']['documents'], job['result']['anomalies']), ('done', 3, 1))
    one = int(program.database.rows("SELECT grid_sale_id FROM grid_sale WHERE number = '3'")[0])
    job = web.finish(web.post('/api/v1/grid/validation', {'sales': [one]}))
    score.equal('one sale', (job['kind'], job['result']['checked'], job['result']['documents'], job['result']['reconciled']), ('grid_validation', 1, 1, 1))
    job = web.finish(web.post('/api/v1/grid/validation', {}))
    score.equal('all of them', (job['result']['documents'], job['result']['anomalies']), (2, 1))
    gone = web.finish(web.post('/api/v1/grid/validation', {'sales': [one]}))
    score.equal('one that is not there', (gone['state'], gone['problem']['status']), ('failed', 404))
    score.equal('the documents', len(program.ok('document', 'list', '--json').json_lines()), 4)
    job = web.finish(web.post('/api/v1/documents/validation', {'numbers': None}))
    score.equal('no draft waits', (job['kind'], job['result']['tried']), ('document_validation', 0))
    job = web.finish(web.post('/api/v1/journal/verification'))
    records = int(program.database.rows('SELECT COUNT(*) FROM journal')[0])
    score.equal('the journal', (job['kind'], job['result']['ok'], job['progress']),
                ('journal_verification', True, {'flow': None, 'stage': 'verifying', 'done': records, 'total': records}))
    score.equal('what is left', web.post('/api/v1/grid/purge', {'sales': [int(program.database.rows('SELECT grid_sale_id FROM grid_sale')[0])], 'link': None}), {'purged': 1})


def prove(program, web, score):
    job = web.finish(web.post('/api/v1/proof', {'from': '2026-01-14', 'to': '2026-01-15'}))
    score.equal('a proof', (job['kind'], job['state'], [day['day'] for day in job['result']['days']], job['result']['days'][1]['tickets']),
                ('proof', 'done', ['2026-01-14', '2026-01-15'], {'till': 5, 'documents': 4}))
    score.equal('is kept', [(day['day'], day['state']) for day in web.get('/api/v1/proof', **{'from': '2026-01-13', 'to': '2026-01-15'})['days']],
                [('2026-01-13', 'unknown'), ('2026-01-14', 'green'), ('2026-01-15', 'red')])
    printed = program.run('proof', '--from', '2026-01-13', '--to', '2026-01-13', '--json')
    score.equal('the same proof from the command line', (printed.status, printed.json()['ok']), (0, True))
    score.equal('is kept too', [day['state'] for day in web.get('/api/v1/proof', **{'from': '2026-01-13', 'to': '2026-01-14'})['days']], ['green', 'green'])
    for wrong in ({'from': '2026-01-15'}, {'from': '2026-01-15', 'to': '2026-01-14'}, {'from': '2026-01-01', 'to': '2027-01-02'}):
        answer = web.ask('admin', 'POST', '/api/v1/proof', wrong)
        score.equal(f'refused: {wrong}', (answer.status, answer.json()['errors'][0]['pointer']), (400, '/to'))


def locked(program, web, path, score):
    """Another program writes for long: readers go on, who writes is told, soon."""
    if program.database.engine != 'sqlite':
        return
    connection = sqlite3.connect(program.database.path, isolation_level=None)
    connection.execute('BEGIN IMMEDIATE')
    score.equal('reading goes on', web.ask('admin', 'GET', path).status, 200)
    answer = web.ask('admin', 'PUT', path + '/schedule', {'at': ['12:00']})
    score.equal('writing waits a little, then is told', (answer.status, answer.json()['code']), (503, 'busy'))
    seen = web.ask('admin', 'GET', path).headers['ETag']
    for method, target, body in (('PATCH', path, {'numbers': 'keep'}), ('POST', '/api/v1/grid/sales', {'sale': 'L', 'total_cents': 0, 'lines': []})):
        answer = web.ask('admin', method, target, body, If_Match=seen)
        score.equal(f'so is {method} {target}', (answer.status, answer.json()['code']), (503, 'busy'))
    connection.execute('ROLLBACK')
    connection.close()


def feed(web, score):
    sale = {'sale': 'W-1', 'number': 'W1', 'closed_at': '2026-01-29T17:05:00Z', 'total_cents': 1500, 'lines': [
        {'reference': 'CAFE', 'label': 'Café', 'quantity_milli': 1000, 'unit_price_e4': 150000, 'total_cents': 1500, 'rate_bp': 2000}], 'payments': [{'type': 'card', 'amount_cents': 1500}]}
    first = web.post('/api/v1/grid/sales', sale, 'token:feed')
    score.equal('a sale of a program', (first['staged'], first['already'], first['sales'][0]['outcome']), (1, 0, 'staged'))
    again = web.post('/api/v1/grid/sales', {'sales': [sale, {**sale, 'sale': 'W-2', 'number': 'W2', 'date': '2026-01-29'}]}, 'token:feed')
    score.equal('told again', [row['outcome'] for row in again['sales']], ['already', 'staged'])
    changed = web.post('/api/v1/grid/sales', {**sale, 'number': 'W9'}, 'token:feed')
    score.equal('told otherwise', changed['sales'][0]['outcome'], 'replaced')
    def bad(change, pointers, status=400):
        answer = web.ask('token:feed', 'POST', '/api/v1/grid/sales', {'sales': [{**sale, 'sale': 'W-3'}, {**sale, 'sale': 'W-4', **change}]})
        score.equal(f'refused: {change}', (answer.status, [fault['pointer'] for fault in answer.json()['errors']]), (status, pointers))
    bad({'total_cents': 'much', 'colour': 1}, ['/sales/1/total_cents', '/sales/1/colour'])
    bad({'lines': [{'quantity_milli': 1}]}, ['/sales/1/lines/0/unit_price_e4', '/sales/1/lines/0/total_cents'])
    bad({'payments': [{'type': 'card', 'amount_cents': 10 ** 15}]}, ['/sales/1/payments/0/amount_cents'])
    bad({'customer': {'name': 'x'}}, ['/sales/1/customer/name'])
    bad({'date': '2026-01-30'}, ['/sales/1/closed_at'])
    bad({'link': 'none such'}, ['/sales/1'], 422)
    score.equal('all or nothing', [row['outcome'] for row in web.post('/api/v1/grid/sales', {**sale, 'sale': 'W-3', 'number': 'W3'}, 'token:feed')['sales']], ['staged'])
    web.finish(web.post('/api/v1/grid/validation', {}))
    made = web.post('/api/v1/grid/sales', {**sale, 'number': 'W9'}, 'token:feed')
    score.equal('a document, told again', (made['already'], made['sales'][0]['outcome'], made['sales'][0]['document']), (1, 'document', 'W9'))
    refused = web.ask('token:feed', 'POST', '/api/v1/grid/sales', {**sale, 'number': 'W8'})
    score.equal('a document, told otherwise', (refused.status, 'W9' in refused.json()['detail']), (422, True))


def files(program, web, score):
    head = 'row;sale_id;number;date;total;reference;label;quantity;unit_price;line_total;rate;payment_type;amount\n'
    good = head + 'line;F-1;F1;2026-01-29;6.00;CAFE;Café;1;6;6.00;20;;\npayment;F-1;;;;;;;;;;cash;6.00\n'
    send = lambda text, query: web.ask('admin', 'POST', '/api/v1/grid/file' + query, text, Content_Type='application/octet-stream')
    seen = send(good.replace('\n', '\r\n').encode('windows-1252'), '?preview=yes').json()
    score.equal('a look at a file', (seen['separator'], seen['encoding'], seen['line_end'], seen['sales'], seen['staged'], seen['rows'][0][1], seen['rows'][1][6], seen['problem']),
                (';', 'windows-1252', 'crlf', 1, 1, 'sale_id', 'Café', None))
    score.equal('writes nothing', program.database.rows("SELECT COUNT(*) FROM sale WHERE till_sale_id = 'F-1'"), ['0'])
    broken = send((head + 'line;F-1;F1;2026-02-30;6.00;CAFE;Café;1;6;6.00;20;;\n').encode(), '?preview=yes').json()
    score.check('a look at a bad file says why', len(broken['rows']) == 2 and '2026-02-30' in broken['problem']['detail'], broken)
    bad = send((head + 'line;F-1;F1;2026-02-30;6.00;CAFE;Café;1;6;6.00;20;;\n').encode(), '')
    score.check('a bad file is refused', bad.status == 422 and '2026-02-30' in bad.json()['detail'] and '/tmp' not in bad.text, bad.told())
    score.equal('a file', [send(good.encode(), '').json()['staged'], send(good.encode(), '').json()['already']], [1, 1])
    out = web.ask('admin', 'GET', '/api/v1/grid/file?format=liaison')
    score.check('the grid as a file', 'F-1' in out.text and out.kind == 'text/csv' and 'attachment' in out.headers['Content-Disposition'], out.told())
    score.equal('another format', web.ask('admin', 'GET', '/api/v1/grid/file?format=xml').status, 400)
    score.equal('purge', web.post('/api/v1/grid/purge', {}), {'purged': 1})


def slow_down(till):
    """Each request for sales is told to come back in a minute."""
    slow = Reply('GET', '/v1/shop/orders', 429, {'Retry-After': '60'}, b'{}')
    till.replies.append(slow)
    return slow


def interrupt(till, web, path, score):
    """A till that keeps one waiting: cancelled, with several readers; then one that refuses."""
    slow = slow_down(till)
    job = web.post(path + '/runs', {'dry_run': False})
    score.equal('one job of a link at a time', web.ask('admin', 'POST', path + '/runs', {}).status, 409)
    readers = [follow(web, job, 1) for _ in range(5)]
    score.check('readers come and go', all(events[0][1]['state'] in ('queued', 'running') for events in readers), readers)
    deadline = time.monotonic() + 60
    while web.get(f'/api/v1/jobs/{job["id"]}')['run'] is None and time.monotonic() < deadline:
        time.sleep(0.05)
    score.check('the run is known while it goes on', web.get(f'/api/v1/jobs/{job["id"]}')['run'])
    score.equal('who only looks cancels nothing', web.ask('viewer', 'DELETE', f'/api/v1/jobs/{job["id"]}').status, 403)
    score.equal('cancel', web.ask('admin', 'DELETE', f'/api/v1/jobs/{job["id"]}').status, 202)
    ended = web.finish(job)
    score.equal('cancelled', (ended['state'], ended['problem']['status']), ('cancelled', 409))
    score.equal('the run says so', web.get(f'/api/v1/runs/{ended["run"]}')['state'], 'interrupted')
    job = web.post(path + '/runs', {'dry_run': True})
    while not web.get(f'/api/v1/jobs/{job["id"]}')['progress'] and web.get(f'/api/v1/jobs/{job["id"]}')['state'] in ('queued', 'running'):
        time.sleep(0.05)
    began = time.monotonic()
    score.equal('others write while a rehearsal waits for the till', web.ask('admin', 'PUT', path + '/schedule', {}).status, 200)
    score.check('at once', time.monotonic() - began < 2 and web.get(f'/api/v1/jobs/{job["id"]}')['state'] == 'running')
    web.ask('admin', 'DELETE', f'/api/v1/jobs/{job["id"]}')
    score.equal('a rehearsal is cancelled', web.finish(job)['state'], 'cancelled')
    till.replies.remove(slow)
    refused = Reply('GET', '/v1/account/account', 401, {}, b'{}')
    till.replies.append(refused)
    job = web.finish(web.post(path + '/runs', {}))
    till.replies.remove(refused)
    score.equal('a till that refuses', (job['state'], job['problem']['status'], job['problem']['code']), ('failed', 502, 'till'))
    run_of = web.get(f'/api/v1/runs/{job["run"]}')
    score.check('its error in words', run_of['state'] == 'failed' and run_of['error_text'] == job['problem']['detail'], run_of)
    score.check('jobs are listed, the newest first', web.get('/api/v1/jobs')['items'][0]['id'] == job['id'])
    score.equal('an unknown job', web.ask('admin', 'GET', '/api/v1/jobs/1').status, 404)


def schedule(program, web, path, score):
    score.equal('a rhythm', web.post(path + '/schedule', {'enabled': True, 'every_minutes': 30, 'from': '08:00', 'to': '20:00'}, method='PUT')['schedule'],
                {'enabled': True, 'every_minutes': 30, 'from': '08:00', 'to': '20:00'})
    for wrong, pointer in (({'every_minutes': 0}, '/every_minutes'), ({'every_minutes': 30}, '/from'), ({'at': ['25:00']}, '/at')):
        answer = web.ask('admin', 'PUT', path + '/schedule', wrong)
        score.check(f'refused: {wrong}', answer.status == 400 and pointer in [fault['pointer'] for fault in answer.json()['errors']], answer.told())
    link = web.post(path + '/schedule', {'every_minutes': 1, 'from': '00:00', 'to': '23:59'}, method='PUT')
    score.check('the next run', link['next_run'] > datetime.datetime.now(datetime.timezone.utc).isoformat(), link['next_run'])
    shown = program.ok('link', 'show', 'Boutique du port', '--json').json()
    score.equal('the command line shows it', shown['schedule'], link['schedule'])
    # As if the server had been down for hours: many moments are past.
    program.database.change('UPDATE link_schedule SET fired_utc = fired_utc - 7200000000')
    deadline = time.monotonic() + 60
    started = []
    while not started and time.monotonic() < deadline:
        time.sleep(0.2)
        started = [job for job in web.get('/api/v1/jobs')['items'] if job['user'] == 'schedule']
    score.check('a link runs by itself', started and web.finish(started[0])['state'] == 'done', started)
    score.equal('once for all that was missed', len(started), 1)
    program.ok('link', 'edit', 'Boutique du port', '--no-schedule')
    score.equal('no more', web.get(path)['schedule'], None)


def check(build, engine, score):
    with Program(build, engine, 'liaison-jobs-') as program, Till(SHOP) as till:
        program.ok('init', '--company', 'Épicerie du Canal')
        program.key_file(KEY)
        program.ok('link', 'add', '--name', 'away', '--url', 'https://till.example.org', '--key-file', program.key_file(KEY))
        program.ok('link', 'remove', 'away')
        with Web(program, '--allow-local-tills') as web:
            path = create_link(web, till, score)
            change_link(web, path, score)
            rehearse(program, web, path, score)
            run(web, path, score)
            cure(web, score)
            edit(program, web, score)
            validate(program, web, score)
            prove(program, web, score)
            locked(program, web, path, score)
            feed(web, score)
            files(program, web, score)
            interrupt(till, web, path, score)
            schedule(program, web, path, score)
            slow_down(till)
            job = web.post(path + '/runs', {})
            while web.get(f'/api/v1/jobs/{job["id"]}')['run'] is None:
                time.sleep(0.05)
        score.equal('a server that stops ends its jobs well', web.process.returncode, 0)
        score.equal('and the run says so', max(program.ok('run', 'list', '--json').json_lines(), key=lambda row: row['run'])['state'], 'interrupted')
        with Web(program) as web:
            refused = web.ask('admin', 'POST', '/api/v1/links', {'name': 'other', 'url': till.url, 'key': KEY})
            score.equal('no link to the machine itself, unless an option allows it', (refused.status, refused.json()['errors'][0]['pointer']), (422, '/url'))
            job = web.finish(web.post(path + '/runs', {}))
            score.equal('nor by one that is there', (job['state'], job['problem']['status']), ('failed', 422))
            score.equal('remove', web.ask('admin', 'DELETE', path, If_Match=web.ask('admin', 'GET', path).headers['ETag']).status, 204)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', default='sqlite')
    arguments = parser.parse_args()
    score = Score()
    check(arguments.build, arguments.engine, score)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
