#!/usr/bin/env python3
"""The demo shop end to end, on every engine that is here: what `liaison` makes of the training till is compared with figures computed from
the till's own sales (shop_facts.py).

usage: e2e.py BUILD_FOLDER [--engine sqlite|postgresql] [--size full|medium|small]          Pain: P1 P7 P8 P14 P19 P26
"""
import argparse
import collections
import pathlib
import sys
import traceback

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness
from harness import Program, Sandbox, first_differences
from other_till import other_till
from shop_facts import Facts

PROFILE = harness.ROOT / 'tests' / 'profiles' / 'other-till.ini'


class EndToEnd:
    def __init__(self, build, engine, sandbox, score):
        self.build, self.engine, self.sandbox, self.score = build, engine, sandbox, score
        self.orders, self.articles = sandbox.orders(), sandbox.articles()

    def equal(self, name, got, expected):
        self.score.check(f'{self.engine}: {name}', got == expected, first_differences(got, expected) if isinstance(got, (dict, list)) and isinstance(expected, (dict, list))
                         else f'  expected {expected}\n  got      {got}')

    def program(self):
        return Program(self.build, self.engine, 'liaison-e2e-')

    def lists(self, program, *names):
        return [program.ok(name, 'list', '--json').json_lines() for name in names]

    # ---- what was made, against the facts ----

    def compare(self, when, program, facts):
        documents, payments, stock = self.lists(program, 'document', 'payment', 'stock')
        found = {row['till_sale']: row for row in documents}
        self.equal(f'{when}: one document a sale', len(documents), len(found))
        names = ('number', 'kind', 'state', 'date', 'total_cents', 'tax_cents', 'paid_cents', 'till_number', 'block')
        self.equal(f'{when}: documents', {sale: {name: row[name] for name in names} for sale, row in found.items()}, facts.document_rows())
        self.equal(f'{when}: link', {row['link'] for row in documents}, {'shop'})
        self.customers(when, found, facts)
        rows = {row['till_payment']: {name: row[name] for name in ('date', 'means', 'amount_cents', 'document')} for row in payments}
        self.equal(f'{when}: one payment a means', len(payments), len(rows))
        self.equal(f'{when}: payments', rows, facts.payment_rows())
        allocated = collections.Counter()
        for row in payments:
            allocated[row['document']] += row['allocated_cents']
        self.equal(f'{when}: every document is reconciled with its own payments', {row['number']: allocated[row['number']] for row in documents},
                   {row['number']: row['total_cents'] for row in documents})
        self.equal(f'{when}: stock', {row['code']: row['quantity_milli'] for row in stock}, facts.stock())
        self.origins(when, program, documents, facts)

    def customers(self, when, documents, facts):
        """A till customer is one customer; different ones are different; the anonymous go to the counter."""
        codes = collections.defaultdict(set)
        for sale, row in documents.items():
            order = facts.orders.get(sale, {})
            codes[(order.get('customer') or {}).get('_id')].add(row['customer'])
        self.equal(f'{when}: one customer a till customer', {key: len(found) for key, found in codes.items() if len(found) != 1}, {})
        self.equal(f'{when}: no customer for two', len({code for found in codes.values() for code in found}), len(codes))

    def origins(self, when, program, documents, facts):
        numbers = {row['till_sale']: row['number'] for row in documents}
        tied = program.database.rows("SELECT c.till_sale_id, o.number FROM document c JOIN document o ON o.company_id = c.company_id AND o.document_id = c.origin_id")
        got = dict(row.split('|') for row in tied)
        self.equal(f'{when}: credit notes are tied to their invoices', got, {sale: numbers[order['refund_of']] for sale, order in facts.documents.items() if order['refund_of']})

    def proof(self, when, program, facts, status):
        first, last = facts.first_and_last_day()
        proof = program.ok('proof', '--from', first, '--to', last, '--json', status=status).json()
        expected = facts.days()
        got = {day.pop('day'): day for day in proof['days']}
        empty = {day: content for day, content in got.items() if day not in expected}
        self.equal(f'{when}: days without a sale are empty', [day for day, content in empty.items() if content['tickets'] != {'till': 0, 'documents': 0}], [])
        # A means whose amounts cancel out over a day may be shown or not.
        for day in (got, expected):
            for content in day.values():
                content['means'] = [row for row in content['means'] if row['till_cents'] or row['payments_cents']]
        self.equal(f'{when}: proof', {day: content for day, content in got.items() if day in expected}, expected)
        self.equal(f'{when}: proof is {"green" if status == 0 else "red"}', proof['ok'], status == 0)

    # ---- the scenes ----

    def counts(self, facts):
        refused = sum(len(found) for reference, found in facts.references.items() if not reference or len(found) > 1)
        payments = facts.payment_rows()
        return {'staged': len(facts.sales), 'skipped': len(facts.skipped), 'read': len(facts.orders), 'already': 0, 'changed': 0, 'documents': len(facts.documents),
                'validated': len(facts.documents), 'blocked': 0, 'payments': len(payments), 'reconciled': len(facts.documents), 'anomalies': len(facts.waiting)}, refused

    def first_day(self, program):
        """Rehearsal, first run, what is in the books, the cures, the proof, a second run."""
        facts = Facts(self.orders, self.articles)
        expected, refused = self.counts(facts)
        self.score.check(f'{self.engine}: the demo has something to cure', facts.waiting and refused)
        program.new_shop(self.sandbox, '--auto-validate', 'yes')
        before = program.database.content()
        rehearsal = program.ok('sync', 'shop', '--dry-run', '--json', status=1).json()
        self.equal('a rehearsal writes nothing', program.database.content() == before, True)
        run = program.ok('sync', 'shop', '--json', status=1).json()
        self.equal('first run: orders', run['orders'], expected)
        self.equal('first run: articles refused', run['articles_in']['anomalies'], refused)
        for flow in ('articles_in', 'articles_out'):
            self.equal(f'first run: {flow}: read is the sum of the outcomes', run[flow]['read'], sum(run[flow][name] for name in run[flow] if name != 'read'))
        self.equal('the rehearsal announced the run', {**rehearsal, 'run': 0, 'dry_run': 0}, {**run, 'run': 0, 'dry_run': 0})
        self.equal('first run: anomalies are left, so it is not ok', run['ok'], False)
        articles, = self.lists(program, 'article')
        self.equal('articles that came in', sorted(row['code'] for row in articles), sorted(facts.codes()))
        self.article_figures(articles, facts)
        self.compare('first run', program, facts)
        self.proof('first run', program, facts, 1)
        return facts

    def article_figures(self, articles, facts):
        rates = {tax['_id']: harness.scaled(tax['rate'], 2) for tax in
                 self.sandbox.everything('/v1/catalog/taxes', 'company_id', self.sandbox.account()['companies'][0]['_id'])}
        expected, got = {}, {}
        for row in articles:
            article = facts.codes()[row['code']]
            expected[row['code']] = (harness.scaled(article['full_price'], 4), rates[article['taxes'][0]], article['in_stock'], article['deprecated'], article['unit'])
            got[row['code']] = (row['price_e4'], row['rate_bp'], row['stock_managed'], row['archived'], row['unit'])
        self.equal('prices, VAT, stock flags of the articles', got, expected)

    def cures(self, program, facts):
        """What the anomalies say shall be done, done; then nothing is left and the days are green."""
        cured, number = {}, 0
        for reference, found in facts.references.items():
            for article in found:
                if not reference or len(found) > 1:
                    number += 1
                    cured[article['till_id']] = f'CURE-{number}'
                    program.ok('article', 'set', f'CURE-{number}', '--till-article', article['till_id'])
        facts = Facts(self.orders, self.articles, cured)
        self.equal('nothing waits after the cures', len(facts.waiting), 0)
        program.ok('sync', 'shop')
        program.ok('grid', 'validate')
        self.equal('the grid is empty', program.ok('grid', 'list', '--json').json_lines(), [])
        self.equal('no anomaly is left', program.ok('grid', 'list', '--anomalies', '--json').json_lines(), [])
        self.compare('after the cures', program, facts)
        self.proof('after the cures', program, facts, 0)
        self.score.check(f'{self.engine}: journal', program.run('journal', 'verify').status == 0)
        self.score.check(f'{self.engine}: db check', program.run('db', 'check').status == 0)
        return facts

    def second_run(self, program, facts):
        before = self.lists(program, 'document', 'payment', 'stock', 'article', 'customer')
        run = program.ok('sync', 'shop', '--json').json()
        made = {name: run['orders'][name] for name in ('staged', 'changed', 'documents', 'validated', 'payments', 'reconciled', 'anomalies')}
        self.equal('a second run makes nothing', made, dict.fromkeys(made, 0))
        again = program.ok('sync', 'shop', '--since', facts.first_and_last_day()[0], '--json').json()['orders']
        self.equal('read again from the first day: all of it is known', (again['read'], again['already'] + again['skipped']), (len(self.orders), len(self.orders)))
        self.equal('nor changes anything', self.lists(program, 'document', 'payment', 'stock', 'article', 'customer') == before, True)

    def renumbered(self):
        facts = Facts(self.orders, self.articles)
        with self.program() as program:
            program.new_shop(self.sandbox, '--auto-validate', 'yes', '--numbers', 'renumber')
            program.ok('sync', 'shop', status=1)
            documents, = self.lists(program, 'document')
            for kind, prefix in (('invoice', 'FA'), ('credit_note', 'AV')):
                numbers = sorted(int(row['number'].removeprefix(prefix)) for row in documents if row['kind'] == kind)
                self.equal(f'renumbered: {kind}: no gap', numbers, list(range(1, len(numbers) + 1)))
            rows = facts.document_rows()
            self.equal('renumbered: the same documents', {row['till_sale']: (row['kind'], row['date'], row['total_cents'], row['tax_cents']) for row in documents},
                       {sale: (row['kind'], row['date'], row['total_cents'], row['tax_cents']) for sale, row in rows.items()})

    def another_till(self, reference):
        """The same sales told by a till of quite another form: another profile, the same documents."""
        with self.program() as program, other_till(self.sandbox) as till:
            program.new_shop(till, '--auto-validate', 'yes', '--profile', PROFILE)
            program.ok('means', 'map', 'CASH', 'cash', '--link', 'shop')
            program.ok('sync', 'shop', status=1)
            self.equal('another till, another profile: the same documents and payments', self.comparable(program), reference)

    def comparable(self, program):
        documents, payments = self.lists(program, 'document', 'payment')
        return sorted([tuple(sorted((name, str(value)) for name, value in row.items() if name not in ('customer', 'link'))) for row in documents] +
                      [tuple(sorted((name, str(value)) for name, value in row.items() if name != 'till_payment')) for row in payments])

    def files(self, reference):
        """The grid written to a file, read by another company, written again: the same file, the same documents."""
        with self.program() as program, self.program() as second:
            program.new_shop(self.sandbox)
            program.ok('sync', 'shop', status=1)
            program.ok('grid', 'export', 'grid.csv')
            second.new_shop(self.sandbox)
            second.ok('sync', 'shop', '--only', 'articles-in', status=1)
            second.ok('grid', 'import', program.folder / 'grid.csv', '--link', 'shop', status=(0, 1))
            second.ok('grid', 'export', 'again.csv')
            lines = [sorted(line.split(';', 2)[2] for line in path.read_text(encoding='utf-8').split('\n')[1:-1])
                     for path in (program.folder / 'grid.csv', second.folder / 'again.csv')]
            self.equal('a file read and written again is the same', lines[1], lines[0])
            second.ok('grid', 'validate', status=1)
            self.equal('the file gives the same documents and payments', self.comparable(second), reference)

    def articles_out(self, program):
        """Everything to an empty till, read back by a company that knows nothing: the same articles."""
        names = ('code', 'label', 'family', 'rate_bp', 'price_e4', 'buy_price_e4', 'barcode', 'unit', 'stock_managed')

        def told(rows):
            return {row['code']: tuple(row[name] for name in names) for row in rows if not row['archived']}
        with Sandbox(self.build, '--shop', 'empty') as empty, self.program() as other:
            program.ok('link', 'add', '--name', 'new', '--url', empty.url, '--key-file', program.key_file(empty.key), '--import-articles', 'no', '--import-orders', 'no',
                       '--export-articles', 'yes', '--archived', 'no')
            ours, = self.lists(program, 'article')
            here = told(ours)
            rehearsal = program.ok('sync', 'new', '--dry-run', '--json').json()['articles_out']
            self.equal('articles out: a rehearsal writes nothing to the till', len(empty.articles()), 1)
            run = program.ok('sync', 'new', '--json').json()['articles_out']
            self.equal('articles out: the rehearsal announced the run', rehearsal, run)
            self.equal('articles out: created', (run['created'], run['anomalies']), (len(here), 0))
            again = program.ok('sync', 'new', '--json').json()['articles_out']
            self.equal('articles out: a second run writes nothing', (again['created'], again['updated'], again['unchanged']), (0, 0, len(here)))
            other.new_shop(empty)
            other.ok('sync', 'shop')
            back, = self.lists(other, 'article')
            self.equal('articles out: read back they are the same', told(back), here)

    def all(self):
        with self.program() as program:
            facts = self.first_day(program)
            reference = self.comparable(program)
            facts = self.cures(program, facts)
            self.second_run(program, facts)
            self.scene(self.articles_out, program)
        self.scene(self.renumbered)
        self.scene(self.another_till, reference)
        self.scene(self.files, reference)

    def scene(self, function, *arguments):
        try:
            function(*arguments)
        except Exception as error:
            self.score.check(f'{self.engine}: {function.__name__}', False, str(error) if isinstance(error, harness.Failure) else traceback.format_exc())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--size', choices=harness.SIZES, default='full')
    arguments = parser.parse_args()
    score = harness.Score()
    for engine in [arguments.engine] if arguments.engine else harness.engines_here():
        with Sandbox(arguments.build, *harness.demo_options(arguments.size)) as sandbox:
            end_to_end = EndToEnd(arguments.build, engine, sandbox, score)
            end_to_end.scene(end_to_end.all)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
