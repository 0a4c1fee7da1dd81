// SPDX-License-Identifier: Apache-2.0
// Rules between sections of a config: what one section asks for must be there in another. All of
// them are known before any work begins, so none is left for a late stage to find.
#pragma once

#include <string>
#include <vector>

#include "tools/run_config.h"

namespace ohmweave::tools {

/// Problems between data, model, compress, array, mapping and evaluate, each one line
/// "/json/pointer = value: what is allowed".
[[nodiscard]] std::vector<std::string> cross_section_problems(const RunConfig& config);

}  // namespace ohmweave::tools
