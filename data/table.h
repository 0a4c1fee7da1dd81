// SPDX-License-Identifier: Apache-2.0
// The data sets there are. A new one is a file pair and one line in table.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/options.h"

namespace ohmweave::data {

/// Images as bytes.
struct Images {
  Shape shape;                       // of one image
  std::vector<std::uint8_t> pixels;  // image-major, then channel, row, column
  std::vector<std::uint8_t> labels;  // one an image
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
};

enum class Part { Train, Test };

/// What all images of a set have in common.
struct ImageKind {
  Shape shape;          // of one image
  int num_classes = 0;  // labels are 0 .. num_classes - 1
};

struct DataSet {
  std::string name;
  std::string summary;
  /// Of a set whose files may hold any images: found in them. Throws as `load`.
  std::function<ImageKind(const DataOptions& options)> image_kind;
  /// All files of the set below `folder`, in a fixed order; empty = a generated set. Throws
  /// DataError naming a file that is missing.
  std::function<std::vector<std::filesystem::path>(const std::filesystem::path& folder)> files;
  /// Changes whenever a generator draws other images from the same seed; empty = read from files.
  std::string generator_version;
  /// Reads or draws one part.
  std::function<Images(const DataOptions& options, Part part, std::uint64_t seed)> load;
  [[nodiscard]] bool is_generated() const { return !generator_version.empty(); }
};

[[nodiscard]] const std::vector<DataSet>& data_sets();
/// Names and summaries, for lists and config errors.
[[nodiscard]] std::vector<Word> data_set_words();
/// Throws ConfigError (/data/kind) for an unknown name.
[[nodiscard]] const DataSet& find_data_set(const std::string& name);

}  // namespace ohmweave::data
