#!/bin/sh
# Writes the hashed lock files: three from pyproject.toml, and one for each real client that judges the Delta Sharing
# server. Needs uv. The files name packages, versions and hashes only.
set -eu
cd "$(dirname "$0")/.."
compile() {
    out=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --output-file "$out" "$@"
}
compile_ours() {
    compile "$@" pyproject.toml tools/build-requirements.in
}
compile_ours requirements.lock --extra server
compile_ours requirements-test.lock --extra server --extra test --constraint requirements.lock
compile_ours requirements-bench.lock --extra server --extra test --extra bench --constraint requirements-test.lock
compile requirements-delta-1.4.1.lock tools/delta-1.4.1.in
compile requirements-delta-1.4.2.lock tools/delta-1.4.2.in
