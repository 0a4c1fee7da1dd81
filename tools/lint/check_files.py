#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a source file without its licence line, a header without #pragma once, a file over 500
lines, a test file that no CMakeLists.txt lists, a module without README.md, and gtest_main."""
import pathlib
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
MODULES = [line.split(":")[0] for line in (ROOT / "cmake/modules.txt").read_text().splitlines()
           if line and not line.startswith("#")]
MOST_LINES = 500


def check_source(path):
    text = path.read_text()
    name = path.relative_to(ROOT).as_posix()
    if not text.startswith("// SPDX-License-Identifier: Apache-2.0"):
        yield f"{name}: does not start with the SPDX line"
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{name}: has no #pragma once"
    lines = text.count("\n")
    if lines > MOST_LINES:
        yield f"{name}: {lines} lines, at most {MOST_LINES}"


def main():
    problems, count = [], 0
    for folder in MODULES + ["tests", "bench"]:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            count += 1
            problems += check_source(path)
            if path.name.endswith(("_test.cpp", "_bench.cpp")):
                lists = path.parent / "CMakeLists.txt"
                if not lists.exists() or path.name not in lists.read_text():
                    problems.append(f"{path.relative_to(ROOT)}: no CMakeLists.txt beside it lists it")
    for module in MODULES + ["dse", "configs", "tests", "bench", "docs"]:
        if not (ROOT / module / "README.md").exists():
            problems.append(f"{module}/README.md: is missing")
    for path in ROOT.glob("**/CMakeLists.txt"):
        if path.relative_to(ROOT).parts[0] != "build" and "gtest_main" in path.read_text():
            problems.append(f"{path.relative_to(ROOT)}: uses gtest_main; tests/support/test_main.cpp is our main")
    print("\n".join(problems) if problems else f"{count} files in order")
    if count == 0:
        sys.exit("no source file found")
    sys.exit(1 if problems else 0)


main()
