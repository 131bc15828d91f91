// Addresses of the pages of a link.
const BASE = '/traitements/synchronisations';

export const linkPath = (name?: string) => (name ? `${BASE}/${encodeURIComponent(name)}` : BASE);
export const newLinkPath = `${BASE}/nouvelle`;
export const runPath = (run: number | string) => `/traitements/executions/${run}`;
export const rehearsalPath = (job: number | string) => `/traitements/repetitions/${job}`;
