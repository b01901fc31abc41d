#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while: run.sh SECONDS [TARGET…]. Any stable toolchain will do; nothing is installed.
# Prints a line of figures a target and exits with 1 after a crash, whose input is then in fuzz/artifacts/TARGET/.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-20}
[[ $# -gt 0 ]] && shift
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
work=${ETLC_FUZZ_WORK:-$target_dir/work}
host=$(rustc -vV | sed -n 's/^host: //p')
mapfile -t all < <(sed -n '/^\[\[bin\]\]/,$ s/^name = "\(.*\)"/\1/p' Cargo.toml)
[[ $# -gt 0 ]] || set -- "${all[@]}"

# What `cargo fuzz build --sanitizer none` passes to the compiler. The program has no unsafe code for a sanitizer to watch.
flags=(--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=4)
CARGO_TARGET_DIR=$target_dir RUSTFLAGS="${flags[*]}" cargo build --quiet --release --locked --target "$host" --bins

rm -rf "$work/seeds"
python3 seeds.py "$work/seeds"
failed=0
for target in "$@"; do
    mkdir -p "$work/seeds/$target" "$work/corpus/$target" "corpus/$target" "artifacts/$target"
    log=$work/$target.log
    "$target_dir/$host/release/$target" "$work/corpus/$target" "corpus/$target" "$work/seeds/$target" \
        -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -dict=etlc.dict -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" >"$log" 2>&1 && state=ok || state=FAILED
    execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    cov=$(sed -n 's/.*\(cov: [0-9]*\).*/\1/p' "$log" | tail -1)
    printf '%-10s %-6s %9s execs  %s\n' "$target" "$state" "${execs:-?}" "${cov:-}"
    if [[ $state == FAILED ]]; then
        failed=1
        tail -n 30 "$log"
    fi
done
exit "$failed"
