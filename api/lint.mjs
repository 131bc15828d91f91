// Lints openapi.yaml by the rules of redocly.yaml with Redocly's own engine, without the rest of its command line (a documentation server, React, a client of a paid
// service). Ends with `N passed, N failed`: the operations when nothing is wrong, otherwise what is wrong.
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {formatProblems, lint, loadConfig} from '@redocly/openapi-core';

const folder = dirname(fileURLToPath(import.meta.url));
const description = join(folder, 'openapi.yaml');
const problems = await lint({ref: description, config: await loadConfig({configPath: join(folder, 'redocly.yaml')})});
if (problems.length)
  formatProblems(problems, {cwd: folder, format: 'codeframe', totals: {errors: 0, warnings: 0, ignored: 0}, version: ''});
const operations = readFileSync(description, 'utf8').match(/operationId:/g).length;
console.log(`${problems.length ? 0 : operations} passed, ${problems.length} failed`);
process.exitCode = problems.length ? 1 : 0;
