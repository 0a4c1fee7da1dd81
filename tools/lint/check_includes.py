#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an #include that breaks the dependency order of cmake/modules.txt, on a torch header in
a torch-free options file, and on a SystemC header outside power_area/sim."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
THIRD_PARTY = [  # (pattern of the include, name in modules.txt)
    (r"nlohmann/", "json"), (r"zlib\.h", "zlib"), (r"turbojpeg\.h", "turbojpeg"), (r"png\.h", "png"), (r"Eigen/", "eigen"), (r"boost/", "boost"),
    (r"systemc", "systemc"), (r"(torch|ATen|c10)/", "torch"), (r"CLI/", "cli11"),
    (r"gtest/|benchmark/", "test"),
]


def read_order():
    allowed = {}
    for line in (ROOT / "cmake/modules.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            module, rest = line.split(":")
            ours, third = rest.split("|")
            allowed[module] = (set(ours.split()) | {module}, set(third.split()))
    return allowed


def check_file(path, module, allowed):
    ours, third = allowed[module]
    relative = path.relative_to(ROOT).as_posix()
    problems = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        name = match.group(2)
        where = f"{relative}:{number}: includes {name}"
        if match.group(1) == '"':
            target = name.split("/")[0]
            if "/" not in name or target not in allowed:
                problems.append(f"{where}: write the path from the repository root")
            elif target not in ours:
                problems.append(f"{where}: {module}/ may include only {', '.join(sorted(ours))}")
            continue
        for pattern, library in THIRD_PARTY:
            if re.match(pattern, name) and library not in third:
                problems.append(f"{where}: {module}/ may not use {library}")
            if re.match(pattern, name) and library == "systemc" and "/sim/" not in relative:
                problems.append(f"{where}: SystemC belongs in power_area/sim/ alone")
            if re.match(pattern, name) and library == "torch" and path.stem == "options":
                problems.append(f"{where}: options must stay free of torch")
    return problems


def main():
    allowed = read_order()
    problems, count = [], 0
    for module in allowed:
        for path in sorted((ROOT / module).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                count += 1
                problems += check_file(path, module, allowed)
    print("\n".join(problems) if problems else f"{count} files keep the dependency order")
    if count == 0:
        sys.exit("no source file found")
    sys.exit(1 if problems else 0)


main()
