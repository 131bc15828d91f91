// A .gz beside each built file that is worth it, so that the server sends it as it lies there.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const WORTH_BYTES = 1024;
const COMPRESSIBLE = /\.(js|css|html|svg|json)$/;

export function compressed(): Plugin {
  let folder = '';
  return {
    name: 'liaison-compressed',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name);
        if (COMPRESSIBLE.test(name) && statSync(path).size > WORTH_BYTES) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}
