#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of LeNet-5 a second in Python, on the libtorch of Debian's python3-torch.

The other side of ohmweave_train_bench's plain_step: same network, batch, optimizer and threads, images
as bytes that become floats in every step. Run both in one go and compare the medians:

    bench/python_training.py --threads 1; build/dev/bin/ohmweave_train_bench --benchmark_filter=plain_step
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F


def lenet5():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 20, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(20, 50, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(800, 500), torch.nn.ReLU(), torch.nn.Linear(500, 10))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=40, help="in each of 9 repetitions")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    network = lenet5()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    images = torch.randint(0, 256, (options.batch, 1, 28, 28), dtype=torch.uint8)
    labels = torch.randint(0, 10, (options.batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(images.float() / 255.0), labels).backward()
        optimizer.step()

    for _ in range(5):
        step()
    seconds = []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(options.steps):
            step()
        seconds.append((time.perf_counter() - start) / options.steps)
    median = statistics.median(seconds)
    print(f"{1e3 * median:.2f} ms a step, {options.batch / median:.0f} images/s "
          f"(median of 9, torch {torch.__version__}, {options.threads} threads)")


if __name__ == "__main__":
    main()
