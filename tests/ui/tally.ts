// Names what failed and why, and ends with `N passed, N failed`, as every suite of ours.
import type { FullConfig, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class Tally implements Reporter {
  private passed = 0;
  private failed = 0;

  onBegin(_config: FullConfig) {}

  onTestEnd(test: TestCase, result: TestResult) {
    const name = test.titlePath().filter(Boolean).join(' › ');
    if (result.status === 'passed') this.passed += 1;
    else if (result.status !== 'skipped' || test.expectedStatus !== 'skipped') {
      this.failed += 1;
      console.log(`FAILED ${name}\n${result.errors.map((error) => error.stack ?? error.message).join('\n')}`);
    }
    if (process.env.LIAISON_UI_VERBOSE) console.log(`${result.status} ${name} (${result.duration} ms)`);
  }

  onError(error: { message?: string; stack?: string }) {
    this.failed += 1;
    console.log(error.stack ?? error.message);
  }

  onEnd() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
  }

  printsToStdio() {
    return true;
  }
}
