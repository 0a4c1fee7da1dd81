// SPDX-License-Identifier: Apache-2.0
#include "inference/options.h"

namespace ohmweave::inference {

void declare(Fields& f, EvaluateOptions& o) {
  f.integer("num_chips", o.num_chips, {1, 1000000},
            "Chip samples: each is one frozen draw of all devices")
      .integer_or("num_images", o.num_images, "all", {1, 1000000000},
                  "First images of the test split that each chip sees, or \"all\"")
      .integer("activity_images", o.activity_images, {1, 1000000000},
               "First images of the test split (at most) that the activity profile is taken from")
      .integer("batch", o.batch, {1, 65536},
               "Images one thread runs at a time; changes memory and speed, not results");
}

}  // namespace ohmweave::inference
