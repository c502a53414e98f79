#!/usr/bin/env bash
# Fetches robot models that others published, for the tests of the loaders. They are never committed.
set -euo pipefail
folder="${1:-${NEURAXIS_MODELS:-$HOME/.cache/neuraxis/models}}"
mkdir -p "$folder"
cd "$folder"
for package in example-robot-data==6.0.0 gymnasium==1.4.0 playground==0.2.0; do
  name="${package%%==*}"
  target="${name//-/_}"
  if [ -e "$target/.complete" ]; then continue; fi
  rm -rf "$target" && mkdir "$target"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --dest "$target" "$package"
  (cd "$target" && python3 -m zipfile -e ./*.whl . && rm ./*.whl && touch .complete)
done
echo "models are in $folder"
