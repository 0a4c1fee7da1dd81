#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times a benchmark of this project in turns with another program that prints its own times.

Both sides run alternately on the same machine, so that what else the machine does meets both alike:

    bench/side_by_side.py build/dev/bin/ohmweave_crossbar_bench effective_matrix_once/128 \\
        --other './solver 128' --pattern 'whole matrix: ([0-9.]+) ms'

PATTERN is a regular expression whose group is the other side's time in --unit. Prints the median and
range of both in milliseconds and the ratio of the medians, with the load of the machine.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys

MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}


def own_ms(program, name):
    run = subprocess.run([program, f"--benchmark_filter=^{re.escape(name)}$", "--benchmark_format=json"],
                         check=True, capture_output=True, text=True)
    results = json.loads(run.stdout)["benchmarks"]
    if len(results) != 1:
        sys.exit(f"side_by_side.py: {program} has {len(results)} benchmarks named {name}, must be 1")
    if results[0].get("error_occurred"):
        sys.exit(f"side_by_side.py: {name}: {results[0]['error_message']}")
    return results[0]["cpu_time"] * MILLISECONDS[results[0]["time_unit"]]


def other_ms(command, pattern, unit, folder):
    run = subprocess.run(command, shell=True, check=True, capture_output=True, text=True, cwd=folder)
    found = re.search(pattern, run.stdout)
    if not found or not found.groups():
        sys.exit(f"side_by_side.py: --pattern {pattern!r} with one group does not match:\n{run.stdout}")
    return float(found.group(1)) * MILLISECONDS[unit]


def text(times):
    return f"{statistics.median(times):.4g} ms ({min(times):.4g} to {max(times):.4g})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="a Google Benchmark program of this project")
    parser.add_argument("name", help="full name of one of its benchmarks")
    parser.add_argument("--other", required=True, help="shell command of the other side")
    parser.add_argument("--folder", help="where the other side runs")
    parser.add_argument("--pattern", required=True, help="finds its time; one group")
    parser.add_argument("--unit", choices=MILLISECONDS, default="ms", help="of its time")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ours, others = [], []
    for _ in range(options.rounds):
        ours.append(own_ms(options.program, options.name))
        others.append(other_ms(options.other, options.pattern, options.unit, options.folder))
    ratio = statistics.median(others) / statistics.median(ours)
    print(f"{options.name}: {text(ours)}; other: {text(others)}; {ratio:.2f} times as fast; "
          f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
