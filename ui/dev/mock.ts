// A small stand-in for the server while pages are drawn: `npm run dev` without LIAISON_URL. Not part of what is built.
import type { Plugin } from 'vite';
import { answers } from './mock-answers';

export function mockApi(): Plugin {
  return {
    name: 'liaison-mock',
    configureServer(server) {
      server.middlewares.use('/api/v1', (request, response) => {
        const url = new URL(request.url ?? '/', 'http://mock');
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const answer = answers(request.method ?? 'GET', url.pathname.slice(1), url.searchParams, Buffer.concat(chunks).toString());
          response.statusCode = answer.status;
          response.setHeader('Content-Type', answer.status >= 400 ? 'application/problem+json' : 'application/json');
          if (answer.status === 200) response.setHeader('ETag', '"mock"');
          response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
        });
      });
    },
  };
}
