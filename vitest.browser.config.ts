import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

// Real Chromium. Containers run it as root and with a small /dev/shm: hence the two switches.
export default defineConfig({
  resolve: { alias: { 'egide/browser': fileURLToPath(new URL('dist/entry/browser.js', import.meta.url)) } },
  test: {
    name: 'browser',
    include: ['test/runtimes/*.browser.ts'],
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] } }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
