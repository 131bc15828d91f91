// The French texts, a file per part of the application.
import app from './app.json';
import components from './components.json';
import control from './control.json';
import home from './home.json';
import imports from './imports.json';
import lists from './lists.json';
import options from './options.json';
import sync from './sync.json';
import words from './words.json';

export default { ...app, ...components, ...control, ...home, ...imports, ...lists, ...options, ...sync, ...words };
