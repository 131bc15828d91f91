// Colours and sizes. Contrasts hold WCAG 2.2 AA in light and dark.
import { createTheme, type CSSVariablesResolver } from '@mantine/core';

/** The top of a dialog is no banner of the page, as the library's <header> would be to a screen reader. */
const DIALOG_TOP = { defaultProps: { component: 'div' } };

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: 8,
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  defaultRadius: 'sm',
  focusRing: 'auto',
  cursorType: 'pointer',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.6rem' }, h2: { fontSize: '1.2rem' }, h3: { fontSize: '1rem' } } },
  components: { ModalHeader: DIALOG_TOP, DrawerHeader: DIALOG_TOP },
});

/** Texts on a tint of their own colour, darker than the theme's own so that they read (4.5 to 1). */
const ON_TINT = { green: '#1b6e2d', red: '#b02525', yellow: '#7a4d00', orange: '#9c3d06', blue: '#155a9a', gray: '#495057' };

export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-anchor': '#1864ab',
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6c737a',
    '--mantine-color-error': '#c92a2a',
    ...Object.fromEntries(Object.entries(ON_TINT).map(([name, colour]) => [`--mantine-color-${name}-light-color`, colour])),
  },
  dark: {
    '--mantine-color-dimmed': '#adadad',
    '--mantine-color-placeholder': '#999999',
    '--mantine-color-error': '#ff8787',
  },
});
