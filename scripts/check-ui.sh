#!/bin/sh
# check-ui.sh types|tests: what check.py runs of the web interface; ends with `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."
sh scripts/build-ui.sh build packages
cd ui
passed=0 failed=0
case $1 in
types)
    for step in 'tsc --noEmit' 'eslint --max-warnings 0 .'; do
        # shellcheck disable=SC2086
        if node_modules/.bin/$step; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
    ;;
tests)
    report=$(mktemp)
    trap 'rm -f "$report"' EXIT
    node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json="$report" || true
    counts=$(node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1])); const lost = r.testResults.filter((f) => f.status === "failed" && !f.assertionResults.some((t) => t.status === "failed")).length; console.log(r.numPassedTests, r.numFailedTests + lost)' "$report")
    passed=${counts% *} failed=${counts#* }
    ;;
*)
    echo "check-ui: $1 is neither types nor tests" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
