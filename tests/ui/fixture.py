#!/usr/bin/env python3
"""Prints the shop of the pages' tests as a fixture of the training till, from the short form of tests/harness.py.

usage: fixture.py DAY [more]      (the day of the sales, such as 2026-01-30)

Six sales that come through, and three that do not, each for another cause: VAT at 8.5 %, a means of payment, an article that the till no longer has. With `more`, two that hold an
article without a reference besides, and one whose payments are not its total.
"""
import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import RATES, Number, full_shop, write_json

SOLD = [['CAF 2x3 @10', 'PAIN 1x1.2 @5.5'], ['COMTE 0.5x21.1 @5.5'], ['VIN 1x10 @20', 'CAF 1x3 @10'], ['PAIN 3x1.2 @5.5'], ['THE 1x3.5 @10'], ['CAF 1x3 @10']]


MORE = [{'number': '1050', 'lines': ['?Bougie 1x4 @20']}, {'number': '1051', 'lines': ['?Bougie 2x4 @20', 'CAF 1x3 @10']}, {'number': '1052', 'lines': ['CAF 1x3 @10'], 'pay': ['cash 2']}]


def shop(day, more=False):
    def at(place):
        return f'{day}T{9 + place}:15:00.000Z'
    orders = [{'number': str(1040 + place), 'lines': lines, 'closed_at': at(place)} for place, lines in enumerate(SOLD, 1)]
    orders[3]['pay'] = ['cash 5', 'cash -1.4']
    orders += [{'number': '1047', 'lines': ['VIN 1x10.85 @8.5'], 'closed_at': at(7)},
               {'number': '1048', 'lines': ['PAIN 1x1.2 @5.5'], 'pay': ['helloasso 1.2'], 'closed_at': at(8)},
               {'number': '1049', 'lines': ['PANIER 1x18 @20'], 'closed_at': at(9)}]
    orders += [{**order, 'closed_at': at(9 + place)} for place, order in enumerate(MORE, 1) if more]
    articles = [{'ref': 'CAF', 'name': 'Café', 'price': Number('3'), 'rate': '10', 'category': 'Bar'}, {'ref': 'THE', 'name': 'Thé', 'price': Number('3.5'), 'rate': '10', 'category': 'Bar'},
                {'ref': 'PAIN', 'name': 'Pain de campagne', 'price': Number('1.2'), 'rate': '5.5', 'category': 'Boulangerie', 'stock': Number('40')},
                {'ref': 'COMTE', 'name': 'Comté 18 mois', 'price': Number('21.1'), 'rate': '5.5', 'category': 'Fromages', 'unit': 'kg', 'stock': Number('12')},
                {'ref': 'VIN', 'name': 'Vin rouge', 'price': Number('10'), 'rate': '20', 'category': 'Cave', 'stock': Number('30')}]
    articles += [{'name': 'Bougie', 'price': Number('4'), 'rate': '20', 'category': 'Divers'}] if more else []
    return {'articles': articles, 'orders': orders, 'taxes': [{'rate': Number(rate)} for rate in (*RATES, '8.5')]}


if __name__ == '__main__':
    print(write_json(full_shop(shop(sys.argv[1], 'more' in sys.argv[2:]))))
