#!/usr/bin/env bash
# Renews the lists of Python packages that the tests install: of each requirements.in, where versions
# are pinned, a requirements.txt with the digests of the packages' files. Needs `uv` (from PyPI).
set -euo pipefail
cd "$(dirname "$0")"

for list in browser/requirements emulator/requirements infra/requirements infra/appinspect readers/requirements readers/tenzir; do
    # One of what it asks for is left out there.
    alone=$([[ $list == infra/appinspect || $list == browser/requirements ]] && echo --no-deps || true)
    made=$(uv pip compile --quiet --no-header --no-annotate --generate-hashes --no-build \
        --python-version 3.11.5 --universal $alone "$list.in")
    {
        echo "# Made of $(basename "$list").in by tests/requirements.sh: every package with the digests of its files. pip takes wheels alone."
        echo "$made"
    } >"$list.txt"
    echo "$list.txt"
done
