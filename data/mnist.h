// SPDX-License-Identifier: Apache-2.0
// MNIST as its four IDX files in one folder, each plain or with .gz. Source: lecun_mnist.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/table.h"

namespace ohmweave::data {

/// The four files: train images, train labels, test images, test labels. A plain file is taken
/// before a compressed one. Throws DataError naming the first that is missing.
[[nodiscard]] std::vector<std::filesystem::path> mnist_files(const std::filesystem::path& folder);

/// Throws DataError naming the file and what is wrong with it.
[[nodiscard]] Images load_mnist(const DataOptions& options, Part part, std::uint64_t seed);

}  // namespace ohmweave::data
