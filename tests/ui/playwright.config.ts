// The pages in Debian's chromium, against a real `liaison serve` and a real training till. What a failure leaves (trace, picture) goes to build/ui-tests.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  outputDir: '../../build/ui-tests',
  // Each file, and each test of a file that says so, has a till and a server of its own.
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['./tally.ts']],
  use: {
    browserName: 'chromium',
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    actionTimeout: 20_000,
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    screenshot: 'only-on-failure',
    // Its moving pictures cost a fifth of the time.
    trace: { mode: 'retain-on-failure', screenshots: false, sources: false },
    launchOptions: {
      executablePath: process.env.LIAISON_CHROMIUM ?? '/usr/bin/chromium',
      // Its sandbox does not start for root; the pages are our own.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
