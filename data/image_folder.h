// SPDX-License-Identifier: Apache-2.0
// Images as JPEG or PNG files, train/<class>/* and test/<class>/*, all of one size: torchvision's
// ImageFolder. Classes are numbered in the order of their names, images in that of class and file
// name. All images are held in memory: made for small ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/table.h"

namespace ohmweave::data {

/// All files of both parts. Throws DataError naming a folder that is missing, empty, or has other
/// classes than the other part.
[[nodiscard]] std::vector<std::filesystem::path> image_folder_files(
    const std::filesystem::path& folder);

/// Of the first image, and of the folders in train/ (or, where only that is there, in test/).
[[nodiscard]] ImageKind image_folder_kind(const DataOptions& options);

/// Reads one part; the other need not be there. Throws DataError naming the file and what is wrong
/// with it.
[[nodiscard]] Images load_image_folder(const DataOptions& options, Part part, std::uint64_t seed);

}  // namespace ohmweave::data
