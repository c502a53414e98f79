#!/usr/bin/env bash
# Fetches a robot's log that others published, for the tests of the log reader. It is under the GPL and never committed.
set -euo pipefail
folder="${1:-${NEURAXIS_LOGS:-$HOME/.cache/neuraxis/logs}}"
mkdir -p "$folder"
cd "$folder"
log=nav2_turtlebot.mcap
if [ ! -e "$log" ]; then
  parts="$(mktemp -d)"
  trap 'rm -rf "$parts"' EXIT
  # The source archive only; pip asks its build system for its name and version, which takes a minute.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$parts" evo==1.38.1
  tar -xzf "$parts/evo-1.38.1.tar.gz" -C "$parts" "evo-1.38.1/test/data/$log"
  mv "$parts/evo-1.38.1/test/data/$log" "$log"
fi
echo "logs are in $folder"
