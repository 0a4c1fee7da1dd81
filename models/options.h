// SPDX-License-Identifier: Apache-2.0
// Config section /model.
#pragma once

#include <string>

#include "core/fields.h"

namespace ohmweave::models {

struct ModelOptions {
  std::string kind = "lenet5";  // a name of the model table (models.h)
};
void declare(Fields& f, ModelOptions& o);

}  // namespace ohmweave::models
