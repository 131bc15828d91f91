#!/usr/bin/env python3
"""Runs the data-file cases of the API: tests/api/cases/*.case, each on every engine that is here, against a real `liaison serve`; and tries every route with every role.

usage: run_api.py BUILD_FOLDER [--engine sqlite|postgresql] [--jobs N] [--valgrind] [CASE…]      (a part of a name is enough)

A case is a text file as tests/run_cases.py says, and these sections act in it besides [till …], [reply …], [file …], [setup], [sql …], [requests …]:
    Serve:   --allow-local-tills     (header) options of the server; those of every case when the header is missing
    [request METHOD TARGET [as=WHO] [file=NAME] [fill=BYTES]]   asks; WHO is nobody, admin, accountant, viewer or token:SCOPE, admin unless said.
                             Lines `Name: value` are headers (`Name: -` leaves out one that would be sent); after an empty line comes the body, JSON unless
                             Content-Type says otherwise; file= sends a file, fill= so many bytes
    [finish]                 the answer was a job: from here on it is the job as it ended
    [status]                 its status; 2xx when the section is missing
    [headers]                lines that must be in the headers, as `stdout` of the other cases
    [body]                   lines that must be in the body
    [pdf]                    lines that must be on the pages of the PDF that the body is
    [json [/POINTER]]        a JSON value that is a part of the answer (members not named may be anything)
    [items]                  JSON values, one a line: each is a part of one of `items`
    [problem CODE]           a whole problem document with that code; lines are expected in `detail`
    [keep NAME /POINTER]     that value stands for {keep.NAME} from here on; `header:ETag` instead of a pointer keeps a header
Every answer must be described in api/openapi.yaml: its status, its kind of content, its members.
"""
import argparse
import concurrent.futures
import pathlib
import re
import sys
import traceback
import zlib

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import description
import every_route
import harness
from harness import Failure, Program, read_json, write_json
from run_cases import VALGRIND, Carrying, Case, expect_json, expect_lines, is_part
from web import Web


class ApiCase(Case):
    section = re.compile(r'\[(till|reply|file|setup|sql|requests|request|finish|status|headers|body|pdf|json|items|problem|keep)( [^\]]*)?\]')
    headers, acts = ('Title', 'Pain', 'Engines', 'Link', 'Setup', 'Serve'), 'request'


def text_of_pdf(data):
    """What stands on the pages, a line for each piece of text that is put down: enough for the PDF that libharu makes of Windows-1252 texts."""
    pieces = []
    for stream in re.findall(rb'stream\r?\n(.*?)\r?\nendstream', data, re.S):
        try:
            page = zlib.decompress(stream)
        except zlib.error:
            continue  # no page
        for piece in re.findall(rb'\(((?:[^\\()]|\\.)*)\) Tj', page, re.S):
            piece = re.sub(rb'\\([0-7]{3}|.)', lambda found: bytes([int(found[1], 8)]) if len(found[1]) == 3 else found[1], piece, flags=re.S)
            pieces.append(piece.decode('cp1252'))
    return '\n'.join(pieces)


def pointed(value, pointer):
    """RFC 6901."""
    for piece in pointer.split('/')[1:]:
        try:
            value = value[int(piece)] if isinstance(value, list) else value[piece]
        except (LookupError, TypeError, ValueError):
            raise Failure(f'there is no {pointer} in {write_json(value)[:500]}') from None
    return value


class Description:
    """Which operation a request is, and whether an answer is as it says."""

    def __init__(self):
        self.whole = description.load()
        self.patterns = [(re.compile('/'.join('[^/]+' if piece.startswith('{') else re.escape(piece) for piece in operation.path.split('/'))), operation)
                         for operation in sorted(description.operations(self.whole), key=lambda operation: operation.path.count('{'))]

    def operation(self, method, target):
        path = target.partition('?')[0]
        return next((operation for pattern, operation in self.patterns if operation.method == method and pattern.fullmatch(path)), None)

    def check(self, method, target, answer):
        operation = self.operation(method, target)
        if not operation or answer.status in (405, 413, 415, 421) or method == 'HEAD':
            return  # said once for all operations
        if str(answer.status) not in operation.statuses():
            raise Failure(f'{operation.name} answers {answer.status}, which is not described')
        media = operation.media(answer.status)
        if answer.body and answer.kind not in media:
            raise Failure(f'{operation.name} answers {answer.kind}, described is {" or ".join(media) or "no body"}')
        if answer.body and answer.kind.endswith('json'):
            faults = description.misfits(self.whole, media[answer.kind], answer.json())
            if faults:
                raise Failure(f'{operation.name}: not as described\n' + '\n'.join(faults[:10]))


DESCRIBED = Description()


class ApiCarrying(Carrying):
    """One case on one engine."""

    def __init__(self, case, program):
        super().__init__(case, program, ())
        self.web, self.kept, self.answer = None, {}, None

    def close(self):
        super().close()
        if self.web:
            self.web.process.kill()
            self.web.process.wait(60)
            self.web.process.stdout.close()

    def fill_in(self, text):
        def value(match):
            if match[1] == 'setup_code':
                return self.web.setup_code
            if match[1] not in self.kept:
                raise Failure(f'nothing was kept as {match[1]}')
            return self.kept[match[1]]
        return super().fill_in(re.sub(r'\{(?:keep\.)?((?<=keep\.)\w+|setup_code)\}', value, text))

    def serve(self):
        if not self.web:
            self.prepare()
            self.web = self.open_web(*self.case.header.get('Serve', '--allow-local-tills').split())

    def open_web(self, *options):
        return Web(self.program, *options)

    def finish_command(self):
        """Before the next request: an answer whose status nobody looked at is a success."""
        if not self.status_seen:
            self.status_seen = True
            if self.answer.status not in range(200, 300):
                raise Failure('a status of success was expected')

    def do_request(self, words, text):
        self.finish_command()
        self.serve()
        method, target, *options = words
        options = dict(word.partition('=')[::2] for word in options)
        head, _, body = ('\n' + text).partition('\n\n')
        headers = {}
        for line in filter(None, head.split('\n')):
            name, _, value = line.partition(':')
            headers[name] = None if value.strip() == '-' else value.strip()
        data = body.encode() if body.strip() else None
        if 'file' in options:
            data = (self.program.folder / options['file']).read_bytes()
        if 'fill' in options:
            data = b'x' * int(options['fill'])
        if data is not None:
            headers.setdefault('Content-Type', 'application/octet-stream' if 'file' in options else 'application/json')
        self.first_request = len(self.till.requests) if self.till else 0
        self.answer = self.ask(options.get('as', 'admin'), method, target, data, headers)
        self.status_seen = False
        DESCRIBED.check(method, target, self.answer)

    def ask(self, who, method, target, data, headers):
        return self.web.ask(who, method, target, data, **headers)

    def do_finish(self, words, text):
        job = self.answer.json()
        self.answer.body = write_json(self.web.finish(job)).encode()

    def do_status(self, words, text):
        self.status_seen = True
        if self.answer.status != int(text):
            raise Failure(f'status {text.strip()} was expected')

    def do_headers(self, words, text):
        expect_lines('the headers', str(self.answer.headers), text)

    def do_body(self, words, text):
        expect_lines('the body', self.answer.text, text)

    def do_pdf(self, words, text):
        expect_lines('the page', text_of_pdf(self.answer.body), text)

    def do_json(self, words, text):
        got = pointed(read_json(self.answer.body), words[0] if words else '')
        if not is_part(read_json(text), got):
            raise Failure(f'the answer must hold {text.strip()}\nthere is   {write_json(got)[:1500]}')

    def do_items(self, words, text):
        expect_json(pointed(read_json(self.answer.body), '/items'), text, False)

    def do_problem(self, words, text):
        self.status_seen = True
        problem = self.answer.json()
        wanted = {'type': f'urn:liaison:problem:{words[0]}', 'status': self.answer.status, 'code': words[0], 'request': self.answer.headers['X-Request-Id']}
        got = {name: problem.get(name) for name in wanted}
        if self.answer.kind != 'application/problem+json' or got != wanted or not problem.get('title') or not problem.get('detail'):
            raise Failure(f'a problem document {words[0]} was expected')
        expect_lines('the detail', problem['detail'], text)

    def do_keep(self, words, text):
        name, where = words
        self.kept[name] = self.answer.headers[where[7:]] if where.startswith('header:') else str(pointed(read_json(self.answer.body), where))

    def end(self):
        if self.web:
            web, self.web = self.web, None
            web.close()


def run_case(case, engine, build, wrapper):
    """None when it passed, else what to print."""
    with Program(build, engine, 'liaison-api-') as program:
        program.start_wrapper = wrapper
        carrying = ApiCarrying(case, program)
        try:
            carrying.carry_out()
            carrying.end()
            return None
        except Exception as error:  # a test that breaks has failed, whatever broke
            why = str(error) if isinstance(error, Failure) else traceback.format_exc()
            told = carrying.answer.told() if carrying.answer else ''
            return f'{case.path.name}:{carrying.section.line}: {case.header["Title"]}\n{why}\n{told}'
        finally:
            carrying.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--engine', choices=harness.ENGINES)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--valgrind', action='store_true', help='watch the server; what memcheck finds is a failure')
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_intermixed_args()
    score = harness.Score()
    engines = [arguments.engine] if arguments.engine else harness.engines_here()
    paths = sorted((pathlib.Path(__file__).resolve().parent / 'cases').glob('*.case'))
    cases = [ApiCase(path) for path in paths if not arguments.names or any(name in path.name for name in arguments.names)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        futures = [(case, engine, pool.submit(run_case, case, engine, arguments.build, VALGRIND if arguments.valgrind else ())) for case in cases for engine in engines if engine in case.engines()]
        for case, engine, future in futures:
            told = future.result()
            score.check(f'{case.name} on {engine}', told is None, told or '')
    if not arguments.valgrind and (not arguments.names or 'every_route' in arguments.names):
        for engine in engines:
            every_route.run(arguments.build, engine, score)
    return score.end()


if __name__ == '__main__':
    sys.exit(main())
