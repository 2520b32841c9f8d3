import { defineConfig } from 'vitest/config';

// One project per kind of test, so that each can be run by itself: `npx vitest run --project spec`.
// The browser has its own file (vitest.browser.config.ts), because it needs Chromium even to be listed.
export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        test: {
          name: 'spec',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/package/**', 'test/runtimes/**', 'test/bank/**'],
          // By default one processor stays idle, which is half of them where there are two.
          maxWorkers: '100%',
          setupFiles: 'test/leaks/leak-watch.ts',
          // A 12-megapixel decode under a loaded two-core machine takes seconds, not the default five in all.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // What is held and where it comes from: Node only.
      {
        test: {
          name: 'bank',
          include: ['test/bank/*.spec.ts'],
          globalSetup: 'test/bank/postgres-setup.ts',
          setupFiles: ['test/leaks/leak-watch.ts', 'test/leaks/report-watch.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'printed', include: ['test/leaks/printed.ts'] } },
      { test: { name: 'package', include: ['test/package/*.spec.ts'], testTimeout: 300_000, hookTimeout: 300_000 } },
      { test: { name: 'runtimes', include: ['test/runtimes/*.spec.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});
