// SPDX-License-Identifier: Apache-2.0
#include "models/models.h"

#include "core/error.h"
#include "models/lenet5.h"
#include "models/vgg8_cifar.h"

namespace ohmweave::models {

const std::vector<ModelEntry>& model_table() {
  static const std::vector<ModelEntry> table{
      {"lenet5", "LeNet-5, 20-50-500-10, 28x28 grey images, 430,500 weights (jia_mm_2014)", lenet5},
      {"vgg8_cifar", "VGG-8 with batch norm, 32x32 colour images, 12.97 M weights (peng_iedm_2019)",
       vgg8_cifar},
  };
  return table;
}

std::vector<Word> model_words() {
  std::vector<Word> words;
  for (const ModelEntry& entry : model_table()) words.push_back({entry.name, entry.summary});
  return words;
}

Network build_model(const std::string& kind) {
  std::string names;
  std::vector<std::string> known;
  for (const ModelEntry& entry : model_table()) {
    if (entry.name == kind) return entry.build();
    names += (names.empty() ? "" : ", ") + entry.name;
    known.push_back(entry.name);
  }
  const std::string nearest = nearest_word(kind, known);
  throw ConfigError({"/model/kind = \"" + kind + "\": must be one of: " + names +
                     (nearest.empty() ? "" : "; nearest: " + nearest)});
}

}  // namespace ohmweave::models
