// SPDX-License-Identifier: Apache-2.0
// Config section /evaluate.
#pragma once

#include <optional>
#include <vector>

#include "core/fields.h"

namespace ohmweave::inference {

/// Where chips are run.
enum class TorchDevice {
  Cpu,   // by the executor (executor.h)
  Cuda,  // as tensors on a GPU (torch_chip.h)
};

/// Section /evaluate: how the accuracy of the mapped network is measured.
struct EvaluateOptions {
  int num_chips = 20;               // frozen chip samples
  std::optional<int> num_images;    // first images of the test split each chip sees; empty = all
  int activity_images = 1000;       // at most so many images give the activity profile
  std::vector<double> times_s;      // ages at which the chips are read again; empty = none
  double temperature_k = 300.0;     // of the chip from programming to those ages
  bool compensates_drift = false;   // converters follow what each pair has lost (mapped_chip.h)
  bool calibrates_columns = false;  // converters are trimmed by test reads (column_calibration.h)
  int reference_images = 0;         // first ones that chip 0 also reads in reference mode
  int batch = 64;                   // images one thread runs at a time; no effect on results
  TorchDevice torch_device = TorchDevice::Cpu;
};
void declare(Fields& f, EvaluateOptions& o);

}  // namespace ohmweave::inference
