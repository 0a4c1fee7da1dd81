// SPDX-License-Identifier: Apache-2.0
// Config section /data: which images, and from where. No torch here.
#pragma once

#include <string>

#include "core/fields.h"
#include "core/network.h"

namespace ohmweave::data {

struct DataOptions {
  std::string kind = "synthetic_digits";  // a name of the data set table (table.h)
  std::string path;                       // folder of a set read from files; ${NAME} is expanded
  int num_train_images = 15000;           // generated sets only, validation images included
  int num_test_images = 2000;             // generated sets only
  int num_validation_images = 5000;       // held out of the training images
};
void declare(Fields& f, DataOptions& o);

/// Replaces every ${NAME} by that environment variable. Throws ConfigError, naming the config value
/// at `pointer`, when one is not set or a brace is not closed.
[[nodiscard]] std::string expand_environment(const std::string& path,
                                             const std::string& pointer = "/data/path");

/// Shape of one image, and number of classes (labels are 0 .. classes - 1). Of an image folder,
/// found in its files: throws DataError where they are missing or damaged.
[[nodiscard]] Shape image_shape(const DataOptions& options);
[[nodiscard]] int num_classes(const DataOptions& options);

/// "3 x 32 x 32": channels, height, width.
[[nodiscard]] std::string shape_text(const Shape& shape);

/// SHA-256 (hexadecimal) of what the images are made from: the contents of all files of the set,
/// or generator version and counts of a generated one. Throws DataError when a file is missing.
[[nodiscard]] std::string data_fingerprint(const DataOptions& options);

}  // namespace ohmweave::data
