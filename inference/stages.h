// SPDX-License-Identifier: Apache-2.0
// The evaluate stage: accuracy of every form of a network on the test split, from the trained
// floats to a population of chips, and the activity of the layers' inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/network_model.h"
#include "core/progress.h"
#include "core/quantized_network.h"
#include "core/random.h"
#include "crossbar/options.h"
#include "data/options.h"
#include "inference/options.h"
#include "mapping/placement.h"

namespace ohmweave::inference {

struct EvaluateInputs {
  NetworkModel dense;
  std::optional<NetworkModel> compressed;   // empty when nothing was compressed
  std::optional<std::string> owz;           // bytes of the compressed network's archive
  QuantizedNetwork mapped;                  // integers of the network that was placed
  std::optional<QuantizedNetwork> adapted;  // as trained for its arrays: what chips hold instead
  QuantizedNetwork baseline;                // integers of the dense network
  mapping::Placement placement;             // of `mapped`
  crossbar::DeviceOptions device;
  crossbar::ArrayOptions array;
  crossbar::AdcOptions adc;
  crossbar::DacOptions dac;
  int columns_per_adc = 128;  // columns that share a converter (/chip/columns_per_adc)
  bool fault_aware = false;   // /mapping/fault_aware
  EvaluateOptions options;
  int functional_images = 0;  // first images of the test split that reference.json holds
  data::DataOptions data;
  std::uint64_t seed = 0;  // of the run; generated data sets are drawn from it
  [[nodiscard]] const QuantizedNetwork& on_chip() const { return adapted ? *adapted : mapped; }
};

struct EvaluateContext {
  std::filesystem::path output;  // the artifact folder being filled
  /// Keeps the results of finished chips, so that a killed run goes on where it was. Belongs to
  /// exactly these inputs.
  std::filesystem::path work;
  RandomStream stream;  // chips are crossbar::array_stream(stream, chip, array)
  Progress& progress;
};

/// Writes accuracy.json and activity.json into context.output. accuracy.json: {dense, compressed,
/// quantized, integer, on_chip: {...}, seeds: [...]}, top-1 on the whole test split but for
/// on_chip (its first num_images, of the adapted network where there is one); keys of what was not
/// given are absent. activity.json: {network, baseline}, see activity.h. With functional_images
/// also reference.json, see reference_chip.h; with options.reference_images on_chip.reference, see
/// mode_comparison.h. Uses torch's threads; results do not depend on their number. Throws
/// ConfigError when more images are asked for than there are, DataError for bad files, NumericError
/// for outputs that are not finite.
void evaluate_stage(const EvaluateInputs& inputs, const EvaluateContext& context);

}  // namespace ohmweave::inference
