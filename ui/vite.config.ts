// Builds the pages into build/ui, which `liaison serve` serves: names with hashes, nothing inline, a compressed copy beside each file.
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { compressed } from './dev/compressed';
import { mockApi } from './dev/mock';

const server = process.env.LIAISON_URL;

export default defineConfig(({ mode }) => ({
  plugins: [react(), compressed(), ...(mode === 'development' && !server ? [mockApi()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: process.env.LIAISON_UI_OUT ?? '../build/ui',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: server ? { proxy: { '/api': { target: server, changeOrigin: true } } } : {},
  test: { environment: 'jsdom', include: ['tests/**/*.test.{ts,tsx}'], setupFiles: ['tests/setup.ts'], css: false },
}));
