// SPDX-License-Identifier: Apache-2.0
#include "models/options.h"

#include "models/models.h"

namespace ohmweave::models {

void declare(Fields& f, ModelOptions& o) {
  f.word("kind", o.kind, model_words(), "the network that is trained, compressed and mapped");
}

}  // namespace ohmweave::models
