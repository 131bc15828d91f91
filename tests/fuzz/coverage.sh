#!/bin/sh
# What the corpora reach of the parsers: builds the targets with clang's coverage (build-cov), replays the corpus of each and what fuzzing has found
# since (build-fuzz/work, when it is there), and prints for each parser the lines and regions that were run. With a file of src as argument it shows that
# file's lines with their counts instead.
#
# usage: tests/fuzz/coverage.sh [FILE]
set -eu

cd "$(dirname "$0")/../.."
build=build-cov
parsers='base/money.c base/civil.c base/zone.c base/csv.c base/json.cc base/json_out.c base/err.c till/answer.c till/list.c till/article.c till/profile.c
    till/profile_read.c grid/file_rows.c grid/file_cells.c grid/file_columns.c grid/file_dailybiz.c net/url.c net/server.c net/curl_transport.c
    sandbox/filter.c sandbox/api.c sandbox/payload.c sandbox/document.c sandbox/faults.c cli/args.c'

if [ ! -f $build/build.ninja ]; then
    CC=clang CXX=clang++ meson setup $build -Dbuildtype=debug "-Dc_args=['-fprofile-instr-generate','-fcoverage-mapping']" \
        "-Dcpp_args=['-fprofile-instr-generate','-fcoverage-mapping']" "-Dc_link_args=['-fprofile-instr-generate']" \
        "-Dcpp_link_args=['-fprofile-instr-generate']" >/dev/null
fi
targets=$(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//; /^replay$/d')
programs=
for name in $targets; do programs="$programs tests/fuzz/fuzz_$name"; done
# shellcheck disable=SC2086 # names of ours, without blanks
ninja -C $build $programs >/dev/null

rm -f $build/*.profraw
objects=
for name in $targets; do
    objects="$objects ${objects:+-object} $build/tests/fuzz/fuzz_$name" # the first one stands alone
    # A copy, because a running fuzzer takes inputs away.
    rm -rf "$build/inputs"
    cp -R "tests/fuzz/corpus/$name" $build/inputs
    if [ -d "build-fuzz/work/$name" ]; then cp -R "build-fuzz/work/$name" $build/inputs/found 2>/dev/null || true; fi
    find $build/inputs -type f -print0 | LLVM_PROFILE_FILE=$build/$name-%p.profraw xargs -0 -n 4000 "$build/tests/fuzz/fuzz_$name" >/dev/null
done
llvm-profdata merge -sparse $build/*.profraw -o $build/all.profdata
rm -f $build/*.profraw

if [ $# -gt 0 ]; then
    # shellcheck disable=SC2086
    exec llvm-cov show $objects -instr-profile=$build/all.profdata "$1"
fi
# shellcheck disable=SC2086
llvm-cov export -summary-only $objects -instr-profile=$build/all.profdata | python3 -c '
import json, sys
parsers, total = sys.argv[1:], [0] * 4
print("%-24s %23s  %23s" % ("parser", "lines run", "regions run"))
def row(name, run):
    print("%-24s %5d of %4d, %5.1f %%  %5d of %4d, %5.1f %%" % (name, run[0], run[1], 100 * run[0] / run[1], run[2], run[3], 100 * run[2] / run[3]))
for file in json.load(sys.stdin)["data"][0]["files"]:
    name = file["filename"].split("/src/")[-1]
    if name in parsers:
        lines, regions = file["summary"]["lines"], file["summary"]["regions"]
        run = [lines["covered"], lines["count"], regions["covered"], regions["count"]]
        total = [a + b for a, b in zip(total, run)]
        row(name, run)
row("all of them", total)' $parsers
