#!/usr/bin/env python3
"""Breaks the code that computes money, VAT, documents, allocations, stock, numbers and cursors in one place, again and again, and counts how
often the tests notice.

usage: mutate.py [--list] [--only PART]… [--unit] [--jobs 1|2] [--sample N [--seed S]] [--results FILE [--resume]]

PART is a part of a file's name, or FILE:FUNCTION. Each mutant is built in a copy of the tree and meets the unit tests of its part, the fastest
first; what survives them meets, unless --unit is given, the simulation, the same unit tests under the sanitizers, and the data-file cases on
SQLite. A mutant that the compiler refuses, or that it turns into the same machine code, does not count. A mutant that survives counts as passed
only when survivors.txt says why no test can tell it from the code; an entry there that is no longer true is a failure. --resume goes on with the
results of a run that was stopped; who survived then is tried again. Last of all stands `N passed, N failed`.
"""
import argparse
import collections
import contextlib
import hashlib
import json
import math
import pathlib
import queue
import resource
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
import mutants
from workspace import ROOT, Workspace, WorkspaceError

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_BYTES = 4 << 30
# Of the processor, with the measure of sound code as the unit: what needs more is caught in a loop.
CPU_FLOOR_S, CPU_FACTOR = 2, 4
WALL_S = 600  # asleep for ever
TARGET_PERCENT, TARGET_OF = 95, 200  # fewer mutants say little about a percentage

# File, its functions ('' = all), the unit tests that look at it (folder/program), words of the names of the cases that do.
Part = collections.namedtuple('Part', 'file functions tests cases')
PARTS = [
    Part('src/base/money.c', '', 'base_values/test_money books/test_books_posting', 'sale_ lines_ refund'),
    Part('src/books/compute.c', '', 'books/test_books_compute books/test_books_posting grid/test_grid_validate', 'sale_ lines_ refund'),
    Part('src/books/posting.c', 'plan_row line_moves_stock plan_stock plan_one batch_plan batch_reserve_ids takes_number batch_number insert_lines insert_taxes '
         'insert_payments insert_allocations insert_moves batch_insert batch_validate plan_sha256 batch_journal batch_run posting_run',
         'books/test_books_figures books/test_books_memory books/test_books_failures books/test_books_posting books/test_books_numbers grid/test_grid_validate',
         'sale_ stock_ refund numbers_'),
    Part('src/books/posting_rows.c', '', 'books/test_books_figures books/test_books_failures books/test_books_posting grid/test_grid_validate', 'sale_ stock_ refund'),
    Part('src/books/resume.c', '', 'books/test_books_memory books/test_books_failures books/test_books_posting books/test_books_resume', 'stock_'),
    Part('src/books/stock_levels.c', 'stock_levels_use level_read level_is_short append_short find_short stock_levels_settle level_write by_article '
         'stock_levels_flush stock_levels_begin stock_levels_document',
         'books/test_books_figures books/test_books_memory books/test_books_failures books/test_books_posting books/test_books_resume', 'stock_'),
    Part('src/books/sequence.c', '', 'books/test_books_memory books/test_books_figures books/test_books_numbers books/test_books_failures books/test_books_posting '
         'grid/test_grid_validate', 'numbers_'),
    Part('src/grid/check.c', 'check_lines tax_tolerance check_taxes payment_of_means without_empty check_payments',
         'grid/test_grid_amounts grid/test_grid_correct grid/test_grid_validate', 'sale_ lines_ refund means_ tax_ tip_ file_'),
    Part('src/grid/correct.c', 'reversed_payments renamed_payments corrected_posting correction_postings', 'grid/test_grid_correct grid/test_grid_memory grid/test_grid_validate',
         'change_ refund'),
    Part('src/sync/orders.c', 'cursors_read overlap_begin window_decide store_cursor moves_cursor is_for_this_reading read_window read_future watch_changes adopt_body',
         'sync/test_sync_window sync/test_sync_orders', 'sync_ sale_ date_ change_ purge rehearsal'),
    Part('src/sync/sales.c', 'mark_of mark_set_add mark_set_clear tick_below instant_of mark_of_record page_in_order page_check_same window_doubts stretch_note page_pick '
         'stretch_begin stretch_begin_pass stretch_is_settled window_turn window_move_key window_begin window_begin_again complete_after window_take_turn page_hand_over '
         'window_step sales_read', 'sync/test_sync_window sync/test_sync_orders', 'sync_ sale_ date_ bad_ change_'),
    Part('src/till/profile_read.c', 'parse_number read_number read_amount read_unit_price read_quantity read_rate read_taxes read_payment_id read_payment '
         'payment_id_taken read_change read_payments every_quantity_negative is_refund turn_round', 'till/test_till_sales till/test_till_memory till/test_till_profiles', 'sale_ refund bad_'),
]


# ---- what there is to do -----------------------------------------------------------------------------------------------

def is_wanted(part, only):
    """A test of function names: those that the part lists, and that the words of --only leave."""
    listed = part.functions.split()
    chosen = [word.partition(':')[::2] for word in only]

    def wanted(function):
        return (not listed or function in listed) and (not chosen or any(file in part.file and name in ('', function) for file, name in chosen))
    return wanted


def read_parts():
    return {part.file: (ROOT / part.file).read_text(encoding='utf-8') for part in PARTS}


def all_mutants(texts, only=()):
    for part in PARTS:
        gone = set(part.functions.split()) - {function for function, _ in mutants.Source(part.file, texts[part.file]).functions()}
        if gone:
            raise WorkspaceError(f'{part.file} has no function {", ".join(sorted(gone))} any more: mend PARTS.')
    return [(part, mutant) for part in PARTS for mutant in mutants.mutants_of(part.file, texts[part.file], is_wanted(part, only))]


def sampled(chosen, count, seed):
    """`count` of them, in their order. Drawn by key: a change of one function leaves what is drawn of the others as it was."""
    def lot(at):
        return hashlib.sha256(f'{seed} {chosen[at][1].key}'.encode()).digest()
    return [chosen[at] for at in sorted(sorted(range(len(chosen)), key=lot)[:count])]


# ---- the survivors that are explained ----------------------------------------------------------------------------------

class Explanations:
    """survivors.txt: blocks of `file`, `function`, `line`, `becomes` and `reason`, parted by empty lines. `line` and `becomes` are as --list shows
    them; where a function holds the same line more than once, the entry stands for each."""
    FIELDS = ('file', 'function', 'line', 'becomes', 'reason')

    def __init__(self, path):
        self.reasons = {}
        for block in path.read_text(encoding='utf-8').split('\n\n'):
            lines = [line for line in block.split('\n') if line and not line.startswith('#')]
            if not lines:
                continue
            fields = dict(line.partition(': ')[::2] for line in lines)
            if tuple(fields) != self.FIELDS or not all(fields.values()):
                raise WorkspaceError(f'{path}: an entry has the fields {", ".join(self.FIELDS)}, in this order, none of them empty:\n{block}')
            self.reasons[fields['file'], fields['function'], fields['line'], fields['becomes']] = fields['reason']

    @staticmethod
    def key(mutant):
        return mutant.file, mutant.function, mutant.before, mutant.after

    def explains(self, mutant):
        return self.key(mutant) in self.reasons

    def not_current(self, every):
        known = {self.key(mutant) for _, mutant in every}
        return [key for key in self.reasons if key not in known]


# ---- one mutant --------------------------------------------------------------------------------------------------------

Stage = collections.namedtuple('Stage', 'name space command target')
# What each kind of workspace is built and held with. The sanitizers reserve more memory than any limit.
SPACES = {
    'plain': dict(memory_bytes=MEMORY_BYTES),
    'sanitized': dict(options=['-Db_sanitize=address,undefined', '-Db_lundef=false']),
}
# A test program ends at its first failure: more would tell nothing.
ENVIRONMENT = {'CMOCKA_TEST_ABORT': '1', 'ASAN_OPTIONS': 'detect_leaks=1', 'UBSAN_OPTIONS': 'halt_on_error=1'}


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    """Where one mutant after the other is tried. What a stage needs is built, and seen to pass on sound code, when the first mutant reaches it."""

    def __init__(self, texts, unit_only):
        self.texts, self.unit_only = texts, unit_only
        self.spaces, self.open, self.cpu_s, self.objects = {}, contextlib.ExitStack(), {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.open.close()

    def stages(self, part):
        """The fastest first."""
        unit = [(test.rpartition('/')[2], f'tests/unit/{test}') for test in part.tests.split()]
        for name, program in unit:
            yield Stage(name, 'plain', lambda space, program=program: [program], program)
        if self.unit_only:
            return
        yield Stage('simulation', 'plain', lambda space: ['./liaison-sim', '--runs', '400', '--seed', '1'], 'liaison-sim')
        for name, program in unit:
            yield Stage(f'{name}, sanitizers', 'sanitized', lambda space, program=program: [program], program)
        words = part.cases.split()
        yield Stage(f'cases {part.cases}', 'plain', lambda space: [sys.executable, space.root / 'tests/run_cases.py', space.build_folder, *words,
                                                                  '--engine', 'sqlite', '--jobs', '1'], 'liaison')

    def space(self, kind):
        """The second is a copy of the first, so that the tree may change meanwhile."""
        if kind not in self.spaces:
            for space in self.spaces.values():
                space.restore()
            sources = [space.root for space in self.spaces.values()]
            self.spaces[kind] = self.open.enter_context(Workspace(source=sources[0] if sources else ROOT, **SPACES[kind]))
        return self.spaces[kind]

    def prepare(self, stage):
        """Sound code builds and passes; how long that takes is what a mutant's time is measured by."""
        if stage.name in self.cpu_s:
            return
        space = self.space(stage.space)
        space.restore()
        built, output = space.build(stage.target)
        if not built:
            raise WorkspaceError(f'{stage.target} cannot be built from the tree as it is: mend that first.\n{output[-3000:]}')
        begin = children_cpu_s()
        status, output = space.run(stage.command(space), WALL_S, environment=ENVIRONMENT)
        if status != 0:
            raise WorkspaceError(f'{stage.name} fails on the tree as it is: mend that first.\n{output[-3000:]}')
        self.cpu_s[stage.name] = CPU_FLOOR_S + math.ceil(CPU_FACTOR * (children_cpu_s() - begin))

    def plant(self, space, mutant):
        text = self.texts[mutant.file]
        if mutant.file in space.originals:
            return
        if space.read(mutant.file) != text:
            raise WorkspaceError(f'{mutant.file} has been changed since the mutants were made: begin anew.')
        space.write(mutant.file, text[:mutant.begin] + mutant.new + text[mutant.end:])

    def machine_code(self, file):
        module, name = file.split('/')[1:]
        return (self.space('plain').build_folder / f'src/{module}/lib{module}.a.p/{name}.o').read_bytes()

    def try_one(self, part, mutant):
        """(outcome, the stage that told it)"""
        try:
            for stage in self.stages(part):
                self.prepare(stage)
                space = self.space(stage.space)
                if mutant.file not in self.objects:
                    self.objects[mutant.file] = self.machine_code(mutant.file)
                self.plant(space, mutant)
                if not space.build(stage.target)[0]:
                    return 'refused', 'compiler'
                if self.machine_code(mutant.file) == self.objects[mutant.file]:
                    return 'same', 'compiler'
                if space.run(stage.command(space), WALL_S, environment=ENVIRONMENT, cpu_s=self.cpu_s[stage.name])[0] != 0:
                    return 'killed', stage.name
            return 'survived', ''
        finally:
            for space in self.spaces.values():
                space.restore()


# ---- all of them -------------------------------------------------------------------------------------------------------

class Results:
    """What is known of each mutant, kept in a file so that a run that was stopped goes on. Who survived is tried again: tests may have been added."""

    def __init__(self, path, resume):
        self.path, self.lock, self.known = path, threading.Lock(), {}
        if path and not resume:
            path.unlink(missing_ok=True)
        if path and path.exists():
            for line in path.read_text(encoding='utf-8').splitlines():
                result = json.loads(line)
                self.known[result['key']] = (result['outcome'], result['by'])

    def get(self, mutant):
        outcome, by = self.known.get(mutant.key, ('', ''))
        return (outcome, by) if outcome and outcome != 'survived' else None

    def add(self, mutant, outcome, by, seconds):
        with self.lock:
            self.known[mutant.key] = (outcome, by)
            if self.path:
                with self.path.open('a', encoding='utf-8') as file:
                    file.write(json.dumps({'key': mutant.key, 'outcome': outcome, 'by': by, 'seconds': round(seconds, 2), 'file': mutant.file, 'function': mutant.function,
                                           'line': mutant.line, 'before': mutant.before, 'after': mutant.after}) + '\n')


def work(todo, results, texts, explanations, unit_only, failures, stop):
    """One worker with workspaces of its own."""
    try:
        with Bench(texts, unit_only) as bench:
            while not stop.is_set():
                part, mutant = todo.get_nowait()
                begin = time.monotonic()
                outcome, by = bench.try_one(part, mutant)
                results.add(mutant, outcome, by, time.monotonic() - begin)
                if outcome == 'survived' and not explanations.explains(mutant):
                    print(f'survived: {mutant.file}:{mutant.line} {mutant.function}\n  {mutant.before}\n  {mutant.after}', flush=True)
    except queue.Empty:
        pass
    except BaseException as failure:
        failures.append(failure)
        stop.set()


def wait_for(workers):
    """By looking now and then: a join that is interrupted takes its thread for ended (CPython 3.11), and the workspaces would stay."""
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.1)


def run(chosen, results, texts, explanations, unit_only, jobs):
    todo, failures, stop = queue.Queue(), [], threading.Event()
    for part, mutant in chosen:
        if not results.get(mutant):
            todo.put((part, mutant))
    workers = [threading.Thread(target=work, args=(todo, results, texts, explanations, unit_only, failures, stop)) for _ in range(min(jobs, todo.qsize()))]
    try:
        for worker in workers:
            worker.start()
        wait_for(workers)
    except KeyboardInterrupt:
        stop.set()
        wait_for(workers)
        raise
    if failures:
        raise failures[0]


def report(chosen, every, all_parts, results, explanations):
    """The table and the exit status. `every`: the mutants among which they were chosen, of all parts or of some."""
    counts = collections.defaultdict(collections.Counter)
    told = collections.defaultdict(list)  # of each explained entry: how its mutants ended
    failed = 0
    for _, mutant in chosen:
        outcome, _ = results.known[mutant.key]
        if explanations.explains(mutant):
            told[explanations.key(mutant)].append(outcome)
            outcome = 'explained' if outcome == 'survived' else outcome
        failed += outcome == 'survived'
        counts[mutant.file][outcome] += 1
        counts['in all'][outcome] += 1
    of_entry = collections.Counter(explanations.key(mutant) for _, mutant in every)
    for key in [key for key, outcomes in told.items() if outcomes == ['killed'] * of_entry[key]]:
        print('explained in survivors.txt, and yet the tests kill it: take it out\n  ' + '\n  '.join(key))
        failed += 1
    for key in explanations.not_current(every) if all_parts else ():
        print('in survivors.txt, and no longer in the code: take it out\n  ' + '\n  '.join(key))
        failed += 1
    print(f'{"file":28}{"mutants":>9}{"killed":>9}{"explained":>11}{"survived":>10}{"killed %":>10}   not counted: refused, same machine code')
    for file, count in counts.items():
        tried = count['killed'] + count['explained'] + count['survived']
        percent = 100 * count['killed'] / tried if tried else 100
        print(f'{file:28}{tried:9}{count["killed"]:9}{count["explained"]:11}{count["survived"]:10}{percent:10.1f}   {count["refused"]}, {count["same"]}')
    count = counts['in all']
    passed = count['killed'] + count['explained']
    tried = passed + count['survived']
    if tried >= TARGET_OF and 100 * count['killed'] < TARGET_PERCENT * tried:
        print(f'fewer than {TARGET_PERCENT} % are killed')
        failed += 1
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split('usage: ')[1].split('\n')[0])
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--only', action='append', default=[])
    parser.add_argument('--unit', action='store_true')
    parser.add_argument('--jobs', type=int, default=1, choices=(1, 2))
    parser.add_argument('--sample', type=int)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--results', type=pathlib.Path)
    parser.add_argument('--resume', action='store_true')
    arguments = parser.parse_args()
    for stopping in (signal.SIGINT, signal.SIGTERM):  # the workspaces are removed whoever stops it, in the background too
        signal.signal(stopping, signal.default_int_handler)
    try:
        explanations = Explanations(HERE / 'survivors.txt')
        texts = read_parts()
        every = all_mutants(texts, arguments.only)
        chosen = sampled(every, arguments.sample, arguments.seed) if arguments.sample else every
        if arguments.list:
            for _, mutant in chosen:
                print(f'{mutant.file}:{mutant.line} {mutant.function} ({mutant.kind})\n  line: {mutant.before}\n  becomes: {mutant.after}')
            return 0
        results = Results(arguments.results, arguments.resume)
        run(chosen, results, texts, explanations, arguments.unit, arguments.jobs)
    except WorkspaceError as failure:
        print(f'{failure}\n0 passed, 1 failed')
        return 1
    return report(chosen, every, not arguments.only, results, explanations)


if __name__ == '__main__':
    sys.exit(main())
