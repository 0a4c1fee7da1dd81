// SPDX-License-Identifier: Apache-2.0
// CIFAR-10 in its binary layout: records of one label byte and 3,072 pixels, the red, green and
// blue planes of 32 x 32. Source: krizhevsky_2009.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/table.h"

namespace ohmweave::data {

constexpr Shape kCifarShape{3, 32, 32};
constexpr int kCifarClasses = 10;

/// data_batch_1.bin, data_batch_2.bin, ... as far as they go (five in the published set), and
/// test_batch.bin. Throws DataError naming the first that is missing.
[[nodiscard]] std::vector<std::filesystem::path> cifar10_files(const std::filesystem::path& folder);

/// Throws DataError naming the file and what is wrong with it.
[[nodiscard]] Images load_cifar10(const DataOptions& options, Part part, std::uint64_t seed);

}  // namespace ohmweave::data
