import type { Reporter, TestModule } from 'vitest/node';

/** Vitest's own summary differs between versions and colours: this prints one line that scripts/test.sh adds up. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      // A file that could not be loaded has no tests, and one whose hooks failed may have only skipped ones.
      if (!module.ok() && (tests === 0 || module.errors().length > 0)) failed++;
    }
    console.log(`counts: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
