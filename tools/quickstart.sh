#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian 12 to a first chip report: installs what is missing, builds, runs
# configs/quickstart.json, and says where each result is.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh
# A second build folder would compile everything twice: use the one that the tests use.
cmake --preset release
cmake --build --preset release --target ohmweave ohmweave-nn
build/release/bin/ohmweave run configs/quickstart.json "$@"
