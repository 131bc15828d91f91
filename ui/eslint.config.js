// What the type checker does not see: rules of hooks, accessibility of what is written, no text in code.
import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const LETTERS = 'JSXText[value=/[A-Za-zÀ-ÿ]{2}/]';
const LABELS = 'JSXAttribute[name.name=/^(label|title|aria-label|placeholder|description|alt)$/] > Literal[value=/[A-Za-zÀ-ÿ]{2}/]';

export default tseslint.config(
  { ignores: ['dist', 'node_modules'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  jsxA11y.flatConfigs.recommended,
  {
    languageOptions: { globals: globals.browser },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      'no-restricted-syntax': ['error', ...[LETTERS, LABELS].map((selector) => ({ selector, message: 'A text belongs into src/i18n/fr and src/i18n/en.' }))],
      // Amounts are integers: what reads a number as floating point has no place here.
      'no-restricted-globals': ['error', 'parseFloat'],
      'no-restricted-properties': ['error', { property: 'toFixed' }, { object: 'Number', property: 'parseFloat' }],
      eqeqeq: 'error',
    },
  },
  { files: ['tests/**', 'dev/**', '*.ts', '*.js'], languageOptions: { globals: globals.node }, rules: { 'no-restricted-syntax': 'off' } },
);
