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
      .numbers("times_s", o.times_s, {0.0, 1e12, true},
               "Ages since programming, in seconds, at which every chip is read again (needs a "
               "device that drifts)")
      .number("temperature_k", o.temperature_k, {0.0, 2000.0, true},
              "Temperature of the chips from programming to those ages")
      .boolean("compensates_drift", o.compensates_drift,
               "Whether each pair's converter follows what the pair's cells have lost together")
      .boolean("calibrates_columns", o.calibrates_columns,
               "Whether each column's converter is trimmed, in step and offset, by test reads of "
               "every chip at every age")
      .integer(
          "reference_images", o.reference_images, {0, 1000000000},
          "First images of the test split that the first chip also reads in reference mode, to "
          "count what single precision changes")
      .integer("batch", o.batch, {1, 65536},
               "Images one thread (or the GPU) runs at a time; changes memory and speed, not "
               "results")
      .choice<TorchDevice>("torch_device", o.torch_device,
                           {{TorchDevice::Cpu, "cpu", "on the processor"},
                            {TorchDevice::Cuda, "cuda", "on the GPU that torch finds"}},
                           "Where the chips' images are run; what --device sets");
}

}  // namespace ohmweave::inference
