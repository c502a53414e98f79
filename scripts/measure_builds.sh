#!/usr/bin/env bash
# The table of docs/builds.md: for each set of features, what its build depends on, how large it is, and how long it takes.
#   scripts/measure_builds.sh            dependencies alone: a second
#   scripts/measure_builds.sh --build    and a release build of each, every one from nothing: minutes each
set -euo pipefail
cd "$(dirname "$0")/.."
sets=(
  "--no-default-features"
  "--no-default-features --features live"
  "--no-default-features --features sim"
  "--no-default-features --features sim,live"
  "--no-default-features --features lab"
  ""
  "--features candle"
)
echo "| features | dependencies | MB | build, s |"
echo "| --- | --- | --- | --- |"
for features in "${sets[@]}"; do
  # The arguments are words of their own.
  # shellcheck disable=SC2086
  count=$(cargo tree --locked -p neuraxis-cli -e normal --prefix none --no-dedupe $features | sort -u | grep -vc '^neuraxis-')
  size="" seconds=""
  if [ "${1:-}" = --build ]; then
    folder=$(mktemp -d)
    start=$SECONDS
    # shellcheck disable=SC2086
    CARGO_TARGET_DIR=$folder cargo build --release --locked --quiet -p neuraxis-cli $features
    seconds=$((SECONDS - start))
    strip -o "$folder/stripped" "$folder/release/neuraxis"
    size=$(awk -v bytes="$(stat -c %s "$folder/stripped")" 'BEGIN { printf "%.1f", bytes / 1e6 }')
    rm -rf "$folder"
  fi
  echo "| ${features:-(default)} | $count | $size | $seconds |"
done
