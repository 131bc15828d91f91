#!/bin/sh
# Fuzzes the parsers of outside bytes: builds build-fuzz with clang (libFuzzer, AddressSanitizer, UndefinedBehaviorSanitizer) and runs each target of
# tests/fuzz for that many seconds, two at once. What each tried is kept in build-fuzz/work/NAME and goes on from there the next time; an input that
# breaks a law is kept in build-fuzz/findings. Ends with 1 when there is one.
#
# usage: scripts/fuzz.sh SECONDS [TARGET…]        (SECONDS of each target; the targets are the fuzz_*.c without their fuzz_)
set -eu

cd "$(dirname "$0")/.."
build=build-fuzz

# One target: a line that says what was done.
fuzz_one() {
    name=$1 duration=$2
    log=$build/work/$name.log
    mkdir -p "$build/work/$name" $build/findings
    dictionary=
    if [ -f "tests/fuzz/$name.dict" ]; then dictionary=-dict=tests/fuzz/$name.dict; fi
    # Looking for leaks after each input is slow beyond measure where a target keeps something; the corpora are replayed with that in build-asan.
    status=0
    begin=$(date +%s)
    UBSAN_OPTIONS=print_stacktrace=1 "$build/tests/fuzz/fuzz_$name" -max_total_time="$duration" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -detect_leaks=0 \
        -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$build/findings/$name-" ${dictionary:+"$dictionary"} \
        "$build/work/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    last=$(grep -a 'cov: ' "$log" | tail -n 1)
    field() { printf '%s' "$last" | sed -n "s/.* $1: \([^ ]*\).*/\1/p"; }
    printf '%-16s %10s executions in %s s, %s edges, %s features, corpus %s, %s\n' "$name" "${executions:-?}" "$(($(date +%s) - begin))" "$(field cov)" "$(field ft)" \
        "$(field corp)" "$([ "$status" -eq 0 ] && echo 'no finding' || echo "A FINDING: see $log and $build/findings")"
    return "$status"
}

if [ "${1:-}" = --one ]; then
    fuzz_one "$2" "$3" || exit 1
    exit 0
fi

duration=${1:-}
case $duration in
'' | 0* | *[!0-9]*)
    echo 'usage: scripts/fuzz.sh SECONDS [TARGET…]' >&2
    exit 2 ;;
esac
shift

if [ ! -f $build/build.ninja ]; then
    CC=clang CXX=clang++ meson setup $build -Db_sanitize=address,undefined -Db_lundef=false \
        "-Dc_args=['-fsanitize=fuzzer-no-link','-fno-sanitize-recover=all']" "-Dcpp_args=['-fsanitize=fuzzer-no-link','-fno-sanitize-recover=all']" >/dev/null
fi
if [ $# -eq 0 ]; then
    set -- $(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//; /^replay$/d')
fi
programs=
for name; do programs="$programs tests/fuzz/fuzz_$name"; done
# shellcheck disable=SC2086 # names of ours, without blanks
ninja -C $build $programs >/dev/null
mkdir -p $build/work $build/findings
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh scripts/fuzz.sh --one '{}' "$duration" || exit 1
