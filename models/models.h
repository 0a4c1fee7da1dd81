// SPDX-License-Identifier: Apache-2.0
// The table of networks that can be named in a config. A new one is a file pair with a builder
// function and one line in the table of models.cpp.
#pragma once

#include <string>
#include <vector>

#include "core/network.h"

namespace ohmweave::models {

struct ModelEntry {
  std::string name;     // the word of /model/kind
  std::string summary;  // shape, number of weights and source
  Network (*build)();
};

[[nodiscard]] const std::vector<ModelEntry>& model_table();

/// Names and summaries of the table.
[[nodiscard]] std::vector<Word> model_words();

/// The network named `kind`. Throws ConfigError at /model/kind listing the known names.
[[nodiscard]] Network build_model(const std::string& kind);

}  // namespace ohmweave::models
