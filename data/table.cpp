// SPDX-License-Identifier: Apache-2.0
#include "data/table.h"

#include "core/error.h"
#include "data/cifar10.h"
#ifdef OHMWEAVE_HAS_IMAGE_FILES  // absent where ohmweave-nn is built alone
#include "data/image_folder.h"
#endif
#include "data/mnist.h"
#include "data/synthetic_digits.h"

namespace ohmweave::data {
namespace {

std::vector<std::filesystem::path> no_files(const std::filesystem::path& /*folder*/) { return {}; }

/// Of a set that always has the same.
std::function<ImageKind(const DataOptions&)> always(const ImageKind& kind) {
  return [kind](const DataOptions& /*options*/) { return kind; };
}

}  // namespace

const std::vector<DataSet>& data_sets() {
  static const std::vector<DataSet> table = {
      {"synthetic_digits", "28x28 handwritten-like digits, drawn at run time from the seed",
       always({kDigitShape, kNumDigits}), no_files, kSyntheticDigitsVersion, load_synthetic_digits},
      {"mnist", "60,000 + 10,000 scanned digits, 28x28, from the four IDX files in /data/path",
       always({kDigitShape, kNumDigits}), mnist_files, "", load_mnist},
      {"cifar10",
       "50,000 + 10,000 photographs of ten things, 32x32 in colour, from the binary files in "
       "/data/path (data_batch_1.bin ..., test_batch.bin)",
       always({kCifarShape, kCifarClasses}), cifar10_files, "", load_cifar10},
#ifdef OHMWEAVE_HAS_IMAGE_FILES
      {"image_folder",
       "JPEG or PNG files of one size, train/<class>/* and test/<class>/* in /data/path",
       image_folder_kind, image_folder_files, "", load_image_folder},
#endif
  };
  return table;
}

std::vector<Word> data_set_words() {
  std::vector<Word> words;
  for (const DataSet& set : data_sets()) words.push_back({set.name, set.summary});
  return words;
}

const DataSet& find_data_set(const std::string& name) {
  std::string allowed;
  for (const DataSet& set : data_sets()) {
    if (set.name == name) return set;
    allowed += (allowed.empty() ? "" : ", ") + set.name;
  }
  throw ConfigError({"/data/kind = \"" + name + "\": must be one of: " + allowed});
}

}  // namespace ohmweave::data
