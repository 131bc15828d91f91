"""The demo shop's sales as quite another till would tell them: the form that tests/profiles/other-till.ini describes."""
from harness import LISTS, Number, Till, scaled


def integer(value, places):
    return Number(str(scaled(value or '0', places)))


def moved(order):
    """The same sale: integer cents, thousandths, basis points, change as a field, a refund as a positive credit note."""
    sign = -1 if order['refund_of'] else 1
    change = -sum(scaled(payment['amount'], 2) for payment in order['payments'] if payment['label'] == 'Rendu monnaie')

    def turned(value, places):
        return Number(str(sign * scaled(value or '0', places)))
    customer = order['customer']
    if order['test']:
        state = 'CLOSED'
    else:
        state = {'paid': 'CLOSED', 'refunded': 'SETTLED', 'open': 'PENDING', 'cancelled': 'VOID'}[order['state']]
    return {
        'uid': order['_id'], 'ticket_no': order['number'], 'status': {'code': state}, 'times': {'closed': order['closed_at']}, 'modified': order['updated_at'],
        'training': order['test'], 'removed': order['deprecated'], 'kind': 'credit' if order['refund_of'] else 'sale', 'origin': order['refund_of'], 'revision': Number('1'),
        'cashier': {'name': 'Zoé'}, 'amounts': {'gross': turned(order['total'], 2), 'tip': turned(order['tip'], 2), 'change': Number(str(change))},
        'buyer': customer and {'uid': customer['_id'], 'company': customer['company_name'], 'family': customer['last_name'], 'given': customer['first_name'],
                               'contact': {'mail': customer['email'], 'phone': customer['phone']}, 'vat_id': customer['vat_number'],
                               'place': {'street': customer['address'], 'postcode': customer['zipcode'], 'town': customer['city'], 'country': customer['country']}},
        'items': [{'product': line['article_id'], 'variant': line.get('declination_id'), 'sku': line.get('reference'), 'title': line['name'], 'group': line['category_name'],
                   'uom': line['unit'], 'qty': turned(line['quantity'], 3), 'price': integer(line['unit_price'], 2), 'rebate': turned(line['discount'], 2),
                   'gross': turned(line['total'], 2), 'vat_bp': integer(line['tax_rate'], 2),
                   'extras': [{'text': option['name'], 'price': integer(option['price'], 2)} for option in line['options']]} for line in order['lines']],
        'vat': [{'bp': integer(tax['rate'], 2), 'tax': turned(tax['amount'], 2)} for tax in order['taxes']],
        'tenders': [{'kind': 'CASH' if payment['type'] == 'cash' else payment['type'], 'text': payment['label'], 'value': turned(payment['amount'], 2), 'at': payment['paid_at']}
                    for payment in order['payments'] if payment['label'] != 'Rendu monnaie'],
    }


def other_till(sandbox):
    """A till with the sandbox's catalogue and its sales in the other form."""
    account = sandbox.account()
    node, company, shop = (account[name][0]['_id'] for name in ('nodes', 'companies', 'shops'))
    scopes = {'node_id': node, 'company_id': company, 'shop_id': shop}
    paths = {path: (table, scope, scopes[scope]) for path, (table, scope, _) in LISTS.items() if table != 'orders'}
    paths['/v1/tickets'] = ('orders', 'company', company)
    till = Till({}, list_paths=paths)
    till.tables = {'account': account, 'articles': sandbox.articles(), 'categories': sandbox.everything('/v1/catalog/categories', 'company_id', company),
                   'taxes': sandbox.everything('/v1/catalog/taxes', 'company_id', company), 'orders': [moved(order) for order in sandbox.orders()]}
    till.key = sandbox.key
    return till
