"""What must come out of a till's sales, computed from the sales themselves as the till gives them: no figure here was ever seen by `liaison`.
The rules are those of the mission and of architecture.md, written a second time in another language."""
import collections
import datetime
import zoneinfo

from harness import scaled

PARIS = zoneinfo.ZoneInfo('Europe/Paris')


def business_day(order):
    instant = datetime.datetime.fromisoformat(order['closed_at'].replace('Z', '+00:00'))
    return instant.astimezone(PARIS).date().isoformat()


def cents(order, name):
    return scaled(order.get(name) or '0', 2)


def skip_reason(order):
    """Why a sale is no sale for the books, or None."""
    if order['deprecated']:
        return 'deleted'
    if order['test']:
        return 'training'
    if order['state'] in ('open', 'cancelled'):
        return order['state']
    figures = [cents(order, 'total'), cents(order, 'tip')] + [cents(line, 'total') for line in order['lines']] + [cents(payment, 'amount') for payment in order['payments']]
    return None if any(figures) else 'zero'


def references(articles):
    """Reference: the till articles and declinations that bear it; '' gathers those without one."""
    found = collections.defaultdict(list)
    for article in articles:
        if article['is_default']:
            continue
        own = article.get('reference', '')
        if own or not article['declinations']:
            found[own].append(dict(article, till_id=article['_id']))
        for declination in article['declinations']:
            found[declination.get('reference', '')].append(dict(article, **declination, till_id=f'{article["_id"]}/{declination["id"]}'))
    return found


class Facts:
    """`usable` = with every article given a code of its own (after the cures), else as the till is."""

    def __init__(self, orders, articles, cured=None):
        self.cured = cured or {}
        self.references = references(articles)
        self.orders = {order['_id']: order for order in orders}
        self.skipped = {identity: reason for identity, order in self.orders.items() if (reason := skip_reason(order))}
        self.sales = {identity: order for identity, order in self.orders.items() if identity not in self.skipped}
        self.waiting = {identity for identity, order in self.sales.items() if any(self.code_of(line) is None for line in order['lines'])}
        # A refund waits for the document of its sale.
        self.waiting |= {identity for identity, order in self.sales.items() if order['refund_of'] in self.waiting}
        self.documents = {identity: order for identity, order in self.sales.items() if identity not in self.waiting}

    def codes(self):
        """Articles that come in: code to what the till says of it. A deleted one that was never here does not."""
        known = {reference: found[0] for reference, found in self.references.items() if reference and len(found) == 1 and not found[0]['deprecated']}
        for found in self.references.values():
            for article in found:
                if article['till_id'] in self.cured:
                    known[self.cured[article['till_id']]] = article
        return known

    def code_of(self, line):
        """The article's code of a sold line, '' for a free amount, None when nobody can say."""
        if line.get('article_id') is None:
            return ''
        till_id = line['article_id'] + ('/' + line['declination_id'] if 'declination_id' in line else '')
        if till_id in self.cured:
            return self.cured[till_id]
        reference = line.get('reference', '')
        return reference if reference and len(self.references[reference]) == 1 else None

    def document_rows(self):
        rows = {}
        for identity, order in self.documents.items():
            total = cents(order, 'total')
            rows[identity] = {'number': order['number'], 'kind': 'credit_note' if order['refund_of'] else 'invoice', 'state': 'validated', 'date': business_day(order),
                              'total_cents': total, 'tax_cents': sum(cents(tax, 'amount') for tax in order['taxes']), 'paid_cents': total, 'till_number': order['number'],
                              'block': None}
        return rows

    def payment_rows(self):
        """One per sale and means, change deducted, under the id of the first of that means."""
        rows = {}
        for order in self.documents.values():
            means, first = collections.defaultdict(int), {}
            for payment in order['payments']:
                means[payment['type']] += cents(payment, 'amount')
                first.setdefault(payment['type'], payment['_id'])
            for kind, amount in means.items():
                if amount:
                    rows[first[kind]] = {'date': business_day(order), 'means': kind, 'amount_cents': amount, 'document': order['number']}
        return rows

    def stock(self):
        """Code to thousandths: less what was sold, more what came back."""
        moved = {code: 0 for code, article in self.codes().items() if article['in_stock']}
        for order in self.documents.values():
            for line in order['lines']:
                code = self.code_of(line)
                if code in moved:
                    moved[code] -= scaled(line['quantity'], 3)
        return moved

    def days(self):
        """The proof: for each day both sides, as `liaison proof --json` gives them."""
        def side(orders):
            day = {'tickets': 0, 'total': 0, 'tax': collections.defaultdict(int), 'means': collections.defaultdict(int)}
            for order in orders:
                day['tickets'] += 1
                day['total'] += cents(order, 'total')
                for tax in order['taxes']:
                    day['tax'][scaled(tax['rate'], 2)] += cents(tax, 'amount')
                for payment in order['payments']:
                    day['means'][payment['type']] += cents(payment, 'amount')
            return day
        by_day = collections.defaultdict(list)
        for order in self.sales.values():
            by_day[business_day(order)].append(order)
        days = {}
        for day, orders in by_day.items():
            till, books = side(orders), side(order for order in orders if order['_id'] in self.documents)
            days[day] = {'tickets': {'till': till['tickets'], 'documents': books['tickets']}, 'total_cents': {'till': till['total'], 'documents': books['total']},
                         'tax': [{'rate_bp': rate, 'till_cents': amount, 'documents_cents': books['tax'][rate]} for rate, amount in sorted(till['tax'].items())],
                         'means': [{'means': means, 'till_cents': amount, 'payments_cents': books['means'][means]} for means, amount in sorted(till['means'].items())],
                         'missing_numbers': [], 'repeated_numbers': []}
        return days

    def first_and_last_day(self):
        days = sorted(business_day(order) for order in self.orders.values())
        return days[0], days[-1]
