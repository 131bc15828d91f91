// Starts the application in the language that was last chosen here.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setRequestLanguage } from './api/client';
import { App } from './app/App';
import { loadCatalogue, startingLanguage } from './i18n/text';

async function start() {
  const language = startingLanguage();
  setRequestLanguage(language);
  const catalogue = await loadCatalogue(language);
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App language={language} catalogue={catalogue} />
    </StrictMode>,
  );
}

void start();
