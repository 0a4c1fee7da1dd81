// SPDX-License-Identifier: Apache-2.0
// Config section /model: the network, and where its weights come from when they are not trained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::models {

enum class WeightsKind { Random, File, Archive };

/// Section /model/weights: weights that no stage trains.
struct WeightsOptions {
  WeightsKind kind = WeightsKind::Random;
  std::string path;  // of kinds "file" and "archive"; ${NAME} is expanded
};
void declare(Fields& f, WeightsOptions& o);

/// An entry of /model/sparsity.
struct LayerSparsity {
  std::string weights;    // pattern of weight names
  double fraction = 0.0;  // of their weights removed, as sparsity_fraction
};
void declare(Fields& f, LayerSparsity& o);

struct ModelOptions {
  std::string kind = "lenet5";              // a name of the model table (models.h)
  std::optional<WeightsOptions> weights;    // absent: trained by /train, or drawn (see below)
  std::optional<double> sparsity_fraction;  // of all weights removed; given: weights are drawn
  std::vector<LayerSparsity> sparsity;      // the same by layer; the last that matches holds
  std::optional<std::string> masks;         // a safetensors file, one for every weight
};
void declare(Fields& f, ModelOptions& o);

/// True if the section itself says where weights come from: nothing is trained.
[[nodiscard]] bool has_own_weights(const ModelOptions& o);
/// True if the section removes weights: the run has a pruned network beside the dense one.
[[nodiscard]] bool removes_weights(const ModelOptions& o);

}  // namespace ohmweave::models
