"""Where C code can be broken in one place, and how: a small reader of C (of the C that this project writes, not of all of it) and the
operators of mutation. Used by tests/mutation/mutate.py. Deterministic; knows nothing of building or testing.

Nothing is changed in comments, strings, preprocessor lines, assertions, and outside functions; declarations are kept, what they begin with is not.
"""
import bisect
import hashlib
import re
from collections import namedtuple

Token = namedtuple('Token', 'kind text begin end')
# `before` and `after` are the lines of the code that the mutation touches, blanks folded; `begin`, `end` and `new` are the change itself; `key` names it
# for as long as its function stays as it is.
Mutant = namedtuple('Mutant', 'file function line kind before after begin end new key')

TOKEN = re.compile(r'''
    (?P<blank>\s+ | //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:[^\n\\]|\\.)*)
  | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<number>0[xX][0-9a-fA-F]+\w* | \d\w*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|.)
''', re.X | re.S | re.M)
PAIRS = {'(': ')', '[': ']', '{': '}'}
CONTROL = {'if', 'for', 'while', 'switch'}
KEYWORDS = CONTROL | {'return', 'case', 'do', 'else', 'goto', 'sizeof', 'break', 'continue', 'default'}
TYPE_WORDS = {'struct', 'const', 'static', 'enum', 'union', 'unsigned', 'signed', 'char', 'int', 'long', 'short', 'void', 'bool', '__int128'}
OTHER_MARK = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&', '+=': '-=', '-=': '+=', '++': '--', '--': '++'}
OTHER_BINARY = {'+': '-', '-': '+', '*': '/', '/': '*', '%': '/'}
NAMED = {'<': 'comparison', '<=': 'comparison', '>': 'comparison', '>=': 'comparison', '==': 'equality', '!=': 'equality', '&&': 'logic', '||': 'logic'}
OTHER_NAME = {'true': 'false', 'false': 'true'}
# Two of these side by side among the parameters of an SQL statement have the same type in C: nothing but a test tells them apart.
SQL_PARAMETERS = {'DB_INT', 'DB_STR'}


def tokenize(text):
    return [Token(found.lastgroup, found.group(), found.start(), found.end()) for found in TOKEN.finditer(text) if found.lastgroup != 'blank']


def _folded(code):
    """One line, without its comments."""
    return ' '.join(re.sub(r'/\*.*?\*/|//[^\n]*', ' ', code, flags=re.S).split())


class Source:
    """A file as tokens, with the partner of each bracket."""

    def __init__(self, file, text):
        self.file, self.text, self.tokens = file, text, tokenize(text)
        self.partner, stack = {}, []
        for at, token in enumerate(self.tokens):
            if token.kind == 'mark' and token.text in PAIRS:
                stack.append(at)
            elif token.kind == 'mark' and token.text in PAIRS.values():
                opened = stack.pop()
                self.partner[opened], self.partner[at] = at, opened
        self.line_starts = [0] + [found.end() for found in re.finditer('\n', text)]

    def word(self, at):
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ''

    def functions(self):
        """(name, index of the body's brace) of every function."""
        at = 0
        while at < len(self.tokens):
            if self.word(at) == '{':
                if self.word(at - 1) == ')':
                    yield self.word(self.partner[at - 1] - 1), at
                at = self.partner[at]
            at += 1

    def line_of(self, position):
        return bisect.bisect_right(self.line_starts, position)

    def mutant(self, body, kind, begin, end, new):
        first, last = self.line_of(begin), self.line_of(max(begin, end - 1))
        start = self.line_starts[first - 1]
        stop = self.line_starts[last] if last < len(self.line_starts) else len(self.text)
        before, after = _folded(self.text[start:stop]), _folded(self.text[start:begin] + new + self.text[end:stop])
        new += '\n' * (self.text.count('\n', begin, end) - new.count('\n'))  # no line moves: errors name theirs
        key = hashlib.sha256(repr((self.file, body.function, body.text, begin - body.begin, end - body.begin, new)).encode()).hexdigest()
        return Mutant(self.file, body.function, first, kind, before, after, begin, end, new, key)


class Body:
    """The statements of one function."""

    def __init__(self, source, function, brace):
        self.source, self.word, self.function = source, source.word, function
        self.begin = source.tokens[brace].begin
        self.text = source.text[self.begin:source.tokens[source.partner[brace]].end]
        self.first, self.last = brace + 1, source.partner[brace]
        self.simple = []      # (first token, index of its semicolon) of every statement without a body
        self.conditions = []  # (opening, closing parenthesis) of every `if`
        self.headers = []     # (opening, closing parenthesis) of every `for`
        self._block(brace)

    def _block(self, at):
        end = self.source.partner[at]
        at += 1
        while at < end:
            at = self._statement(at)
        return end + 1

    def _statement(self, at):
        """The index behind the statement that begins at `at`."""
        word = self.word(at)
        if word == '{':
            return self._block(at)
        if word in CONTROL:
            opening, closing = at + 1, self.source.partner[at + 1]
            {'if': self.conditions, 'for': self.headers}.get(word, []).append((opening, closing))
            at = self._statement(closing + 1)
            return self._statement(at + 1) if word == 'if' and self.word(at) == 'else' else at
        if word == 'do':
            at = self._statement(at + 1)
            return self.source.partner[at + 1] + 2
        if word in ('case', 'default'):
            while self.word(at) != ':':
                at += 1
            return at + 1
        end = at
        while self.word(end) != ';':
            end = self.source.partner[end] + 1 if self.word(end) in PAIRS else end + 1
        if end > at:
            self.simple.append((at, end))
        return end + 1

    def is_declaration(self, at):
        word, following = self.word(at), self.source.tokens[at + 1]
        return word in TYPE_WORDS or word.endswith('_t') or word.endswith('_AUTO') or (self.source.tokens[at].kind == 'name' and word not in KEYWORDS and following.kind == 'name')


def _is_value(token):
    return token.kind in ('number', 'text') or token.text in (')', ']') or (token.kind == 'name' and token.text not in KEYWORDS)


def _is_binary(source, at):
    """`a * b`, not `struct a *b`: binary operators stand between blanks."""
    token = source.tokens[at]
    return _is_value(source.tokens[at - 1]) and source.text[token.begin - 1] == ' ' and source.text[token.end] in ' \n'


def _other_number(text):
    found = re.fullmatch(r'(\d+)([uUlL]*)', text)
    if not found:
        return None
    return {'0': '1', '1': '0'}.get(found[1], str(int(found[1]) + 1)) + found[2]


def _asserted(source, body):
    """The tokens that stand in assertions."""
    skipped = set()
    for at in range(body.first, body.last):
        if source.word(at) in ('assert', 'static_assert', '_Static_assert'):
            skipped.update(range(at, source.partner[at + 1] + 1))
    return skipped


def _dimensions(source, body):
    """The tokens that are sizes of declared arrays, and the zeros of `= {0}`: to change one says nothing."""
    skipped = set()
    for first, end in body.simple:
        if body.is_declaration(first):
            at = first
            while at < end and source.word(at) != '=':
                if source.word(at) == '[':
                    skipped.update(range(at, source.partner[at]))
                at += 1
    for at in range(body.first, body.last):
        if source.word(at - 1) == '{' and source.word(at) == '0' and source.word(at + 1) == '}':
            skipped.add(at)
    return skipped


def _token_mutants(source, body, skipped):
    in_header = set()
    for opening, closing in body.headers:
        in_header.update(range(opening, closing))
    for at in range(body.first, body.last):
        token = source.tokens[at]
        if at in skipped:
            continue
        new, kind = None, 'arithmetic'
        if token.kind == 'mark':
            if token.text in ('++', '--') and at in in_header:
                continue  # a loop that never ends: nothing to learn
            if token.text in OTHER_MARK:
                new, kind = OTHER_MARK[token.text], NAMED.get(token.text, 'arithmetic')
            elif token.text in OTHER_BINARY and _is_binary(source, at):
                new = OTHER_BINARY[token.text]
            elif token.text == '-' and not _is_value(source.tokens[at - 1]):
                new, kind = '', 'sign'
            elif token.text == '!':
                new, kind = '', 'negation'
        elif token.kind == 'number':
            new, kind = _other_number(token.text), 'constant'
        elif token.text in OTHER_NAME:
            new, kind = OTHER_NAME[token.text], 'constant'
        if new is not None:
            yield source.mutant(body, kind, token.begin, token.end, new)


def _condition_mutants(source, body):
    for opening, closing in body.conditions:
        words = [source.word(at) for at in range(opening + 1, closing)]
        if not any(word in ('&&', '||') for word in words) and any(word in ('!', '==', '!=') for word in words):
            continue  # the mutation of that one operator is the same
        begin, end = source.tokens[opening].begin, source.tokens[closing].end
        yield source.mutant(body, 'condition', begin, end, f'(!{source.text[begin:end]})')


def _removal_mutants(source, body, skipped):
    for first, end in body.simple:
        if first in skipped or body.is_declaration(first) or source.word(first) == 'goto':
            continue
        if source.word(first) == 'return' and end == body.last - 1:
            continue  # the end of the function
        yield source.mutant(body, 'removal', source.tokens[first].begin, source.tokens[end].end, ';')


def _choice_mutants(source, body):
    """a ? b : c with b and c exchanged."""
    for at in range(body.first, body.last):
        if source.word(at) != '?':
            continue
        colon, nested = at + 1, 0
        while source.word(colon) != ':' or nested:
            nested += {'?': 1, ':': -1}.get(source.word(colon), 0)
            colon = source.partner[colon] + 1 if source.word(colon) in PAIRS else colon + 1
        end = colon + 1
        while source.word(end) not in (';', ',', ')', ']', '}'):
            end = source.partner[end] + 1 if source.word(end) in PAIRS else end + 1
        first = source.text[source.tokens[at + 1].begin:source.tokens[colon - 1].end]
        second = source.text[source.tokens[colon + 1].begin:source.tokens[end - 1].end]
        if first != second:
            yield source.mutant(body, 'choice', source.tokens[at + 1].begin, source.tokens[end - 1].end, f'({second}) : ({first})')


def _exchange_mutants(source, body):
    for at in range(body.first, body.last):
        if source.word(at) not in SQL_PARAMETERS or source.word(at + 1) != '(':
            continue
        closing = source.partner[at + 1]
        if source.word(closing + 1) == ',' and source.word(closing + 2) == source.word(at):
            begin, end = source.tokens[at].begin, source.tokens[source.partner[closing + 3]].end
            first, second = source.text[begin:source.tokens[closing].end], source.text[source.tokens[closing + 2].begin:end]
            yield source.mutant(body, 'exchange', begin, end, f'{second}, {first}')


def mutants_of(file, text, wanted):
    """Every mutant of the functions of a file whose names `wanted` accepts, in the order of the text."""
    source, made = Source(file, text), []
    for function, brace in source.functions():
        if not wanted(function):
            continue
        body = Body(source, function, brace)
        asserted = _asserted(source, body)
        made += _token_mutants(source, body, asserted | _dimensions(source, body))
        made += _condition_mutants(source, body)
        made += _removal_mutants(source, body, asserted)
        made += _choice_mutants(source, body)
        made += _exchange_mutants(source, body)
    return sorted(made, key=lambda mutant: (mutant.begin, mutant.end, mutant.new))
