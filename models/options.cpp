// SPDX-License-Identifier: Apache-2.0
#include "models/options.h"

#include <algorithm>

#include "models/models.h"

namespace ohmweave::models {
namespace {

/// A layer keeps some weight: all but the fraction 1.
constexpr NumberRange kRemovable{0.0, 1.0, false};

}  // namespace

void declare(Fields& f, WeightsOptions& o) {
  f.choice("kind", o.kind,
           {{WeightsKind::Random, "random", "drawn from the seed, normal, variance 2 / inputs"},
            {WeightsKind::File, "file", "all parameters from the safetensors file at `path`"},
            {WeightsKind::Archive, "archive",
             "the compressed network in the model.owz of a run at `path`, on its levels"}},
           "where the weights come from");
  f.text("path", o.path, "the file of kinds file and archive; ${NAME} is the environment variable");
  f.rule((o.kind != WeightsKind::Random) == !o.path.empty(), "path",
         "must be given for kinds \"file\" and \"archive\", and only there");
}

void declare(Fields& f, LayerSparsity& o) {
  f.required().text("weights", o.weights, "weights by name; * and ? match");
  f.required().number("fraction", o.fraction, kRemovable, "of each of these tensors, removed");
  f.rule(o.fraction < 1.0, "fraction", "must be below 1: a layer keeps some weight");
}

void declare(Fields& f, ModelOptions& o) {
  f.word("kind", o.kind, model_words(), "the network that is trained, compressed and mapped");
  f.section("weights", o.weights,
            "weights that are not trained; absent: /train makes them, or they are drawn when "
            "sparsity_fraction is given");
  f.number("sparsity_fraction", o.sparsity_fraction, kRemovable,
           "share of the weights removed, as whole rows and columns of arrays; 0 = dense");
  f.list("sparsity", o.sparsity,
         "the same share by layer, in place of sparsity_fraction; the last that matches holds");
  f.text("masks", o.masks,
         "safetensors file of 0 (no weight here) and 1, for every weight by its name; ${NAME} as "
         "in path");
  f.rule(!o.sparsity_fraction || *o.sparsity_fraction < 1.0, "sparsity_fraction",
         "must be below 1: a layer keeps some weight");
  f.rule(!o.masks || (o.sparsity.empty() && o.sparsity_fraction.value_or(0.0) == 0.0), "masks",
         "must not be given with sparsity or sparsity_fraction: one of them says what stays");
}

bool has_own_weights(const ModelOptions& o) {
  return o.weights || o.sparsity_fraction || !o.sparsity.empty() || o.masks;
}

bool removes_weights(const ModelOptions& o) {
  return o.sparsity_fraction.value_or(0.0) > 0.0 || o.masks ||
         std::any_of(o.sparsity.begin(), o.sparsity.end(),
                     [](const LayerSparsity& layer) { return layer.fraction > 0.0; });
}

}  // namespace ohmweave::models
