// The addresses of all pages, by the name that their pictures have.
export const PAGES: Record<string, string> = {
  home: '/', articles: '/fichiers/articles', article: '/fichiers/articles/CAF', families: '/fichiers/familles', customers: '/fichiers/clients', taxes: '/fichiers/tva', means: '/fichiers/modes-de-reglement',
  orders: '/ventes/commandes', invoices: '/ventes/factures', invoice: '/ventes/factures/1041', 'credit-notes': '/ventes/avoirs', payments: '/ventes/reglements', payment: '/ventes/reglements/1', stock: '/stocks',
  links: '/traitements/synchronisations', link: '/traitements/synchronisations/Boutique', 'link-new': '/traitements/synchronisations/nouvelle', 'link-edit': '/traitements/synchronisations/Boutique/modifier',
  run: '/traitements/executions/1', imports: '/traitements/imports', print: '/traitements/imports/impression', proof: '/controle/preuve', journal: '/controle/journal', company: '/options/societe',
  numbering: '/options/numerotation', 'stock-rule': '/options/stocks', users: '/options/utilisateurs', tokens: '/options/jetons', account: '/compte', unknown: '/n-existe-pas',
};
