#!/usr/bin/env python3
"""Kills the real program with SIGKILL, again and again, in everything that writes, against the real training till and on a real disk: in the end articles,
documents, payments, stock, grid and the till itself are those of a shop that nobody disturbed.

usage: crash.py BUILD_FOLDER [--engine sqlite|postgresql] [--kills N] [--seed N] [--size full|medium|small]          Pain: P1 P2 P18 P21

A history is a month of one shop (STEPS below): made, linked, rehearsed, synchronised (by two at once too), purged and brought back, articles changed and written
to the till, corrected, validated, changed at the till, corrected again, backed up. Each step is begun as often as it takes: a life of the program
ends by a kill at a moment drawn from the length that the step has when nobody disturbs it, or by itself, and then the next step begins. What is left when a
history is done is compared with the same history without a kill; the histories differ by the options of the link. Only kills that struck a living
program count, and the books are looked at after each of them, in a copy, so that the next life finds what the dead one left.
"""
import argparse
import collections
import contextlib
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
import harness
from harness import Failure, Program, Sandbox, books, first_differences

KILLS_PER_HISTORY = 30
LOOK_EVERY = 8  # after so many kills, the books as they then are pass `db check` and `journal verify` as well
VARIANTS = (
    ('--negative-stock', 'refuse', '--export-articles', 'yes'),
    ('--auto-validate', 'yes'),
    ('--auto-validate', 'yes', '--numbers', 'renumber', '--export-articles', 'yes', '--negative-stock', 'refuse'),
    ('--document', 'order', '--unknown-article', 'create'),
)
DONE = (0, 1)
# A step that was killed after its last write has been done already, and says so: exists, not found, another run.
REPEATED = (4,)


# ---- one shop, one till ------------------------------------------------------------------------------------------------

class Shop:
    """The program, its own training till (whose records outlive a restart), and what the person at the keyboard knows."""

    def __init__(self, build, engine, size, options):
        self.build, self.options, self.size = build, options, size
        self.program = Program(build, engine, 'liaison-crash-')
        self.state_file = self.program.folder / 'till.json'
        self.sandbox = None
        self.open_till()
        self.program.key_file(self.sandbox.key)
        self.first_day = self.sandbox.orders()[0]['closed_at'][:10]

    def open_till(self):
        self.sandbox = Sandbox(self.build, *harness.demo_options(self.size), '--state', self.state_file)

    def close(self):
        self.sandbox.close()
        self.program.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def grid(self):
        return sorted(self.program.ok('grid', 'list', '--json').json_lines(), key=lambda row: row['sale'])

    # What the steps say on the command line.

    def address(self):
        return ['--url', self.sandbox.url, '--key-file', self.program.folder / 'api.key']

    def articles_file(self):
        """A tenth of the articles are dearer, and three are new."""
        path = self.program.folder / 'articles.csv'
        rows = self.program.ok('article', 'list', '--json').json_lines()[::10]
        lines = ['code;label;tax;price'] + [f'{row["code"]};{row["label"]};{row["tax"]};{row["price_e4"] // 10000 + 1}.50' for row in rows if row['price_e4']]
        lines += [f'NEU-{place};Nouveauté {place};20;{place}.90' for place in range(1, 4)]
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
        return path

    def accepted(self):
        """The sales whose correction is proposed: those that changed at the till, and a refund without its sale."""
        return [row['sale'] for row in self.grid() if row['anomaly'] in ('changed_after_document', 'orphan_refund')]

    def till_changes(self):
        """At the till, three sales are doubled and two cancelled, all of them documents here; the till restarts elsewhere."""
        self.sandbox.close()
        lines, changed = self.state_file.read_text(encoding='utf-8').splitlines(), 0
        for place, line in enumerate(lines):
            record = harness.read_json(line)
            if changed == 5 or record.get('resource') != 'orders' or not is_plain(record['record']):
                continue
            record['record']['updated_at'] = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime())
            if changed < 3:
                double(record['record'])
            else:
                record['record']['state'] = 'cancelled'
            lines[place] = harness.write_json(record)
            changed += 1
        if changed < 5:
            raise Failure('the demo shop has no five plain sales')
        self.state_file.write_text('\n'.join(lines) + '\n', encoding='utf-8')
        self.open_till()

    def till(self):
        """The till's own records, without what it counts or stamps by itself."""
        unstable = ('_id', '__v', 'created_at', 'updated_at')
        account = self.sandbox.account()
        lists = {'till articles': self.sandbox.articles(),
                 'till categories': self.sandbox.everything('/v1/catalog/categories', 'company_id', account['companies'][0]['_id']),
                 'till taxes': self.sandbox.everything('/v1/catalog/taxes', 'company_id', account['companies'][0]['_id'])}
        return {name: sorted(json.dumps({key: value for key, value in row.items() if key not in unstable}, sort_keys=True) for row in rows) for name, rows in lists.items()}

    def end_state(self):
        proof = self.program.run('proof', '--from', self.first_day, '--to', self.first_day, '--json')
        return {**books(self.program), **self.till(), 'proof of the first day': [proof.stdout]}


def is_plain(order):
    """A paid sale of one piece of one article, paid at once: easily doubled."""
    line = order['lines'][0] if order['lines'] else {}
    return (order['state'] == 'paid' and not order['test'] and not order.get('refund_of') and len(order['lines']) == len(order['payments']) == len(order['taxes']) == 1
            and line['quantity'] == '1' and line['discount'] == order['discount'] == '0' and not line['options'] and line['total'] == order['total']
            and line.get('article_id') and line.get('reference') and order['payments'][0]['amount'] == order['total'])


def double(order):
    line = order['lines'][0]
    line['quantity'] = harness.Number('2')
    for record, names in ((line, ('total', 'tax_amount')), (order, ('total', 'total_tax')), (order['taxes'][0], ('base', 'amount')), (order['payments'][0], ('amount',))):
        for name in names:
            record[name] = harness.digits(harness.scaled(record[name], 2) * 2, 2)


# ---- a history ---------------------------------------------------------------------------------------------------------

class Step:
    """`arguments` of the command, made once from the shop; `weight`: how often it is killed, compared with the others. `together`: two of it at once."""

    def __init__(self, name, arguments, weight, together=False, engines=harness.ENGINES, many=None):
        self.name, self.arguments, self.weight, self.together, self.engines, self.many = name, arguments, weight, together, engines, many


def sync(*options):
    return lambda shop: ['sync', 'shop', *options]


STEPS = (
    Step('init', lambda shop: ['init', '--company', 'Épicerie du Canal'], 1),
    Step('link add', lambda shop: ['link', 'add', '--name', 'shop', *shop.address(), *shop.options], 1),
    Step('sync --dry-run', sync('--dry-run'), 1),
    Step('sync', sync(), 12),
    Step('two runs at once', sync('--since', '2000-01-01'), 2, together=True),
    Step('grid purge', lambda shop: ['grid', 'purge', *(row['sale'] for row in shop.grid()[:5])], 1),
    Step('sync --since', lambda shop: ['sync', 'shop', '--since', shop.first_day], 2),
    Step('article import', lambda shop: ['article', 'import', shop.articles_file()], 1),
    Step('sync, articles both ways', sync(), 3),
    Step('grid validate --dry-run', lambda shop: ['grid', 'validate', '--dry-run'], 1),
    Step('grid validate', lambda shop: ['grid', 'validate'], 6),
    Step('article set --stock', lambda shop: ['article', 'set', 'BIE-0003', '--stock', '1000'], 1),
    Step('document validate', lambda shop: ['document', 'validate'], 3),
    Step('the till changes', Shop.till_changes, 0),
    Step('link edit', lambda shop: ['link', 'edit', 'shop', *shop.address()], 1),
    Step('sync, sales that changed', sync(), 3),
    Step('grid edit', Shop.accepted, 2, many=lambda sale: ['grid', 'edit', sale, '--accept']),
    Step('grid validate, differences', lambda shop: ['grid', 'validate'], 2),
    Step('db backup', lambda shop: ['db', 'backup', 'copy.db'], 1, engines=('sqlite',)),
    Step('sync, nothing new', sync(), 1),
)


class Play:
    """Plays a history; without kills it measures how long each step takes."""

    def __init__(self, shop, score, record, dice=None, lengths=None):
        self.shop, self.program, self.score, self.record, self.dice, self.lengths = shop, shop.program, score, record, dice, lengths or {}
        self.measured = {}

    def go(self, kills):
        """Ends with the history; what is left of the kills struck nobody."""
        steps = [step for step in STEPS if self.program.database.engine in step.engines]
        weight, given = sum(step.weight for step in steps), 0
        for step in steps:
            given += step.weight
            # What earlier steps could not use falls to the later ones.
            quota = round(kills * given / weight) - self.record.of_history if kills else 0
            if not step.weight:
                step.arguments(self.shop)
            elif step.many:
                for one in step.arguments(self.shop):
                    quota -= self.play(step, step.many(one), quota)
            else:
                self.play(step, step.arguments(self.shop), quota)

    def play(self, step, arguments, quota):
        """One command until it ends by itself; returns how often it was killed."""
        statuses, killed, begin, rest = DONE, 0, time.monotonic(), self.lengths.get(step.name, 0)
        while True:
            before = look(self.program.database) if killed < quota else None
            delay = self.dice.uniform(0, rest) if killed < quota else None
            struck, status, told = self.live(step, arguments, delay)
            if not struck:
                break
            after = look(self.program.database)
            self.record.add(step, before, after)
            self.check_wreck(step)
            if has_progressed(before, after):
                rest = max(rest - delay, rest * 0.7)  # the next life has less to do
            statuses = DONE + REPEATED
            killed += 1
        self.measured[step.name] = max(self.measured.get(step.name, 0), time.monotonic() - begin)
        if status not in statuses:
            raise Failure(f'{step.name} ended with status {status}\n{told}')
        return killed

    def live(self, step, arguments, delay):
        """(whether a kill struck, exit status, what was said). Two at once: one of them is killed, the other has its way."""
        process = self.program.start(*arguments)
        other = self.program.start(*arguments) if step.together else None
        self.record.lives += 2 if other else 1
        try:
            output = process.communicate(timeout=harness.PATIENCE_S if delay is None else delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            output = process.communicate()
        if other:
            said = other.communicate(timeout=harness.PATIENCE_S)
            self.score.check(f'{step.name}: the second one ends well', other.returncode in DONE + (5,), f'  status {other.returncode}\n{said}')
            if process.returncode == 5:  # the other one was first, and has done it
                return False, 0, output
        return process.returncode == -signal.SIGKILL, process.returncode, output

    def check_wreck(self, step):
        """A backup either is there and whole, or is not there; now and then the books are checked as the dead program left them."""
        copy = self.program.folder / 'copy.db'
        if step.name == 'db backup' and copy.exists():
            self.check_file(step, copy)
        elif self.record.total % LOOK_EVERY == 0 and self.program.database.engine == 'sqlite' and step.name != 'init':
            with tempfile.TemporaryDirectory(prefix='liaison-crash-') as folder:
                self.check_file(step, self.program.database.copy(folder))

    def check_file(self, step, path):
        for command in (('db', 'check'), ('journal', 'verify')):
            result = self.program.run('--db', f'sqlite:{path}', *command)
            self.score.check(f'killed in {step.name}: {" ".join(command)} of {path.name}', result.status == 0, result.told())


# ---- where a kill fell -------------------------------------------------------------------------------------------------

LOOK = """SELECT (SELECT COUNT(*) FROM run), (SELECT COUNT(*) FROM run WHERE state = 'running'), (SELECT COUNT(*) FROM till_article),
 (SELECT COUNT(*) FROM sale), (SELECT COUNT(*) FROM sale WHERE state = 'received'),
 (SELECT COUNT(*) FROM run_page p WHERE flow LIKE 'articles%' AND p.run_id = (SELECT MAX(run_id) FROM run)),
 (SELECT COUNT(*) FROM run_page p WHERE flow = 'orders' AND p.run_id = (SELECT MAX(run_id) FROM run)),
 (SELECT COUNT(*) FROM document), (SELECT COUNT(*) FROM document WHERE state = 'validated'), (SELECT COUNT(*) FROM journal),
 (SELECT COUNT(*) FROM grid_sale), (SELECT COALESCE(MAX(cursor_utc), 0) FROM link), (SELECT COALESCE(MAX(started_utc), 0) FROM run),
 (SELECT COUNT(*) FROM article), (SELECT COALESCE(SUM(accepted), 0) FROM grid_sale), (SELECT COUNT(*) FROM link), (SELECT MAX(url) FROM link)"""
Look = collections.namedtuple('Look', 'runs running till_articles sales received article_pages order_pages documents validated journal grid cursor started'
                                      ' articles accepted links url')


def look(database):
    """What is committed. SQLite's files are copied first: reading them where they are would already mend what the next life shall find."""
    try:
        if database.engine == 'postgresql':
            values = database.rows(LOOK)[0].split('|')
        else:
            with tempfile.TemporaryDirectory(prefix='liaison-crash-') as folder, \
                    contextlib.closing(sqlite3.connect(database.copy(folder))) as connection:
                values = [str(value) for value in connection.execute(LOOK).fetchone()]
    except (Failure, sqlite3.OperationalError):
        return None  # no tables yet
    return Look(*(int(value) if value.isdigit() else value for value in values))


def has_progressed(before, after):
    """Whether a life has done a part of the work: its row in the list of runs alone is none."""
    return after is not None and (before is None or before._replace(runs=0, running=0, started=0) != after._replace(runs=0, running=0, started=0))


def stage_of_run(before, after):
    """The part of a synchronisation that had committed something last; what came next was under way."""
    if after.runs == before.runs:
        return 'before its first write'
    if not after.running:
        return 'at its end'
    if after.documents > before.documents or after.validated > before.validated:
        return 'documents: among their batches'
    if after.cursor >= after.started // 1000 * 1000:
        return 'sales all read: checks, first documents'
    if after.received:
        return 'sales received, being staged'
    if after.order_pages or after.sales > before.sales:
        return 'sales staged, the next page being read'
    if after.article_pages:
        return 'articles in done; articles out, or the first sales being read'
    return 'articles being read or written'


def stage(step, before, after):
    if before is None or after is None:
        return 'before its first write' if after is None else 'after a write'
    if step.name.startswith(('sync', 'two runs')) and 'dry-run' not in step.name:
        return stage_of_run(before, after)
    return 'before its first write' if before == after else 'after a write'


class Record:
    """How many kills, in what and in which part of it, and how many lives of the program that took."""

    def __init__(self):
        self.fell, self.total, self.lives, self.histories, self.of_history = collections.Counter(), 0, 0, 0, 0

    def add(self, step, before, after):
        self.total += 1
        self.of_history += 1
        self.fell[step.name.split(',')[0], stage(step, before, after)] += 1

    def tell(self, engine):
        print(f'{engine}: {self.total} kills in {self.histories} histories, {self.lives} lives; they fell')
        order = {step.name.split(',')[0]: place for place, step in enumerate(STEPS)}
        for (name, where), count in sorted(self.fell.items(), key=lambda item: (order[item[0][0]], item[0][1])):
            print(f'  {count:5}  {name}: {where}')


# ---- comparing ---------------------------------------------------------------------------------------------------------

class Undisturbed:
    """The same history without a kill: its end, and how long its steps take. Made once for each variant that is needed."""

    def __init__(self, build, engine, size, options, score):
        with Shop(build, engine, size, options) as shop:
            play = Play(shop, score, Record())
            play.go(0)
            self.lengths, self.state = play.measured, shop.end_state()
        score.check(f'{engine} {" ".join(options)}: there is something to compare', len(self.state['document']) > 100, str(len(self.state['document'])))


def check_end(shop, expected, name, score):
    got = shop.end_state()
    for what, rows in expected.items():
        score.check(f'{name}: {what} as if nothing had happened', got[what] == rows, first_differences(got[what], rows))
    for command in (('journal', 'verify'), ('db', 'check')):
        result = shop.program.run(*command)
        score.check(f'{name}: {" ".join(command)}', result.status == 0, result.told())
    runs = shop.program.ok('run', 'list', '--json').json_lines()
    score.check(f'{name}: no run is left running', all(row['state'] != 'running' for row in runs), str(runs))


def histories(build, engine, size, kills, seed, score):
    """Histories until all kills are done; a history that breaks ends them, or a program that falls over at once would be asked for ever."""
    record, dice, known = Record(), random.Random(seed), {}
    while record.total < kills:
        options = VARIANTS[record.histories % len(VARIANTS)]
        name = f'{engine}: history {record.histories + 1} ({" ".join(options)}, seed {seed})'
        if options not in known:
            known[options] = Undisturbed(build, engine, size, options, score)
        record.histories += 1
        record.of_history = 0
        with Shop(build, engine, size, options) as shop:
            try:
                Play(shop, score, record, dice, known[options].lengths).go(min(KILLS_PER_HISTORY, kills - record.total))
                check_end(shop, known[options].state, name, score)
            except Failure as failure:
                score.check(name, False, str(failure))
                break
    record.tell(engine)
    score.check(f'{engine}: all kills were real', record.total >= kills, f'  {record.total} of {kills}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--size', choices=harness.SIZES, default='full')
    arguments = parser.parse_args()
    score = harness.Score()
    build = pathlib.Path(arguments.build).resolve()
    for engine in [arguments.engine] if arguments.engine else harness.engines_here():
        try:
            histories(build, engine, arguments.size, arguments.kills, arguments.seed, score)
        except Failure as failure:
            score.check(f'{engine}: the kill test can run', False, str(failure))
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
