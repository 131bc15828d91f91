// What the stand-in answers: the shapes of the API with a few invented records.
interface Answer {
  status: number;
  body?: unknown;
}

const session = { timezone: 'Europe/Paris', user: 'marie', role: 'admin', csrf: 'x', company: 'Épicerie du Port', language: 'fr' };
const column = (name: string, heading: string, type: string, filter = 'none', choices?: { value: string; label: string }[]) => ({ name, heading, type, sortable: true, filter, choices });
const lists = [
  {
    name: 'customer',
    path: 'customers',
    columns: [column('code', 'Code', 'text', 'text'), column('name', 'Nom', 'text', 'text'), column('town', 'Ville', 'text', 'text')],
  },
  { name: 'journal', path: 'journal', columns: [column('at', 'Instant', 'instant', 'range'), column('kind', 'Nature', 'word'), column('subject', 'Objet', 'text', 'text')] },
];

const rows: Record<string, unknown[]> = {
  customers: Array.from({ length: 5000 }, (_, i) => ({ id: i, code: `C${i}`, name: `Client ${i}`, town: ['Brest', 'Quimper'][i % 2] })),
  journal: [],
};

const fixed: Record<string, unknown> = { session, setup: { needed: false }, lists, jobs: [] };

export function answers(method: string, path: string, query: URLSearchParams, body: string): Answer {
  void body;
  if (method !== 'GET') return path === 'session' && method === 'POST' ? { status: 200, body: session } : { status: 204 };
  if (path in fixed) return { status: 200, body: fixed[path] };
  const list = rows[path];
  if (list) {
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    return { status: 200, body: { items: list.slice(from, from + limit), total: list.length, next: from + limit < list.length ? String(from + limit) : null } };
  }
  return { status: 404, body: { type: 'urn:liaison:problem:not_found', title: 'Introuvable', status: 404, detail: `Le stand de démonstration ne connaît pas ${path}.`, code: 'not_found' } };
}
