// Names what failed and why, and ends with `N passed, N failed`, as every suite of ours; what was never run has failed.
import type { FullConfig, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';

const nameOf = (test: TestCase) => test.titlePath().filter(Boolean).join(' › ');

export default class Tally implements Reporter {
  private passed = 0;
  private failed = 0;
  private waiting = new Set<TestCase>();

  onBegin(_config: FullConfig, suite: Suite) {
    this.waiting = new Set(suite.allTests());
  }

  onTestEnd(test: TestCase, result: TestResult) {
    if (!this.waiting.delete(test)) return;
    if (result.status === 'passed') this.passed += 1;
    else if (result.status !== 'skipped' || test.expectedStatus !== 'skipped') {
      this.failed += 1;
      console.log(`FAILED ${nameOf(test)}\n${result.errors.map((error) => error.stack ?? error.message).join('\n') || result.status}`);
    }
    if (process.env.LIAISON_UI_VERBOSE) console.log(`${result.status} ${nameOf(test)} (${result.duration} ms)`);
  }

  onError(error: { message?: string; stack?: string }) {
    this.failed += 1;
    console.log(error.stack ?? error.message);
  }

  onEnd() {
    for (const test of this.waiting) console.log(`NOT RUN ${nameOf(test)}`);
    console.log(`${this.passed} passed, ${this.failed + this.waiting.size} failed`);
  }

  printsToStdio() {
    return true;
  }
}
