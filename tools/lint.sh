#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formatting, file rules, dependency order and clang-tidy (naming as errors). Needs clang-format-14
# and clang-tidy-14. With file names as arguments clang-tidy reads only those.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 tools/lint/check_includes.py
python3 tools/lint/check_files.py
git ls-files '*.h' '*.cpp' | xargs clang-format-14 --dry-run --Werror
cmake --preset lint >/dev/null
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  mapfile -t files < <(git ls-files '*.cpp' | grep -v -E '^(tests|bench)/')
fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/lint --quiet
