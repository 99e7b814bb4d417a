#!/bin/sh
# Writes the three hashed lock files from pyproject.toml. Needs uv. The files name packages, versions and hashes only.
set -eu
cd "$(dirname "$0")/.."
compile() {
    out=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@" --output-file "$out" pyproject.toml tools/build-requirements.in
}
compile requirements.lock --extra server
compile requirements-test.lock --extra server --extra test --constraint requirements.lock
compile requirements-bench.lock --extra server --extra test --extra bench --constraint requirements-test.lock
