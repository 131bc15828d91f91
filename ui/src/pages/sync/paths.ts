// Addresses of the pages of a link.
const BASE = '/traitements/synchronisations';

export const linkPath = (name?: string) => (name ? `${BASE}/${encodeURIComponent(name)}` : BASE);
export const newLinkPath = `${BASE}/nouvelle`;
export const runPath = (run: number | string) => `/traitements/executions/${run}`;
export const salePath = (id: number | string) => `/traitements/imports/${id}`;
export const rehearsalPath = (job: number | string) => `/traitements/simulations/${job}`;
