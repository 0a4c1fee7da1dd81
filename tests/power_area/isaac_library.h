// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "power_area/cost/library.h"

namespace ohmweave::power_area {

inline ComponentLibrary isaac_library() {
  return load_component_library(OHMWEAVE_SOURCE_DIR
                                "/configs/presets/components/isaac_isca_2016.json");
}

}  // namespace ohmweave::power_area
