// SPDX-License-Identifier: Apache-2.0
#include "data/table.h"

#include "core/error.h"
#include "data/mnist.h"
#include "data/synthetic_digits.h"

namespace ohmweave::data {
namespace {

std::vector<std::filesystem::path> no_files(const std::filesystem::path& /*folder*/) { return {}; }

}  // namespace

const std::vector<DataSet>& data_sets() {
  static const std::vector<DataSet> table = {
      {"synthetic_digits", "28x28 handwritten-like digits, drawn at run time from the seed",
       kDigitShape, kNumDigits, no_files, kSyntheticDigitsVersion, load_synthetic_digits},
      {"mnist", "60,000 + 10,000 scanned digits, 28x28, from the four IDX files in /data/path",
       kDigitShape, kNumDigits, mnist_files, "", load_mnist},
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
