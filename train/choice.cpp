// SPDX-License-Identifier: Apache-2.0
#include "train/choice.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "admm/joined.h"
#include "core/error.h"
#include "train/phase.h"
#include "train/sparse_learner.h"

namespace ohmweave::train {
namespace {

constexpr double kScoreFloor = 0.02;  // share of a layer's mean Fisher information
constexpr double kRegrowFloor = 0.1;  // the same where gradients are divided by it
constexpr std::int64_t kGradientImages = 12288;

/// What a constraint on several tensors sees of them; of one, the tensor itself.
torch::Tensor joined(const nn::TensorMap& tensors, const std::vector<std::string>& names) {
  if (names.size() == 1) return tensors.at(names.front());
  std::vector<torch::Tensor> parts;
  parts.reserve(names.size());
  for (const std::string& name : names) parts.push_back(tensors.at(name));
  return admm::concatenated(parts);
}

/// Live tensors of the weights, detached.
nn::TensorMap weights_of(const nn::GraphModule& module) {
  nn::TensorMap weights;
  for (const std::string& name : weight_names(module.network())) {
    weights[name] = module.parameter(name).detach();
  }
  return weights;
}

void project_weights(nn::GraphModule& module, const Constraints& constraints,
                     const nn::TensorMap& metrics) {
  const nn::TensorMap weights = weights_of(module);
  for (const admm::ResolvedConstraint& set : constraints) {
    const torch::Tensor metric = metrics.empty() ? torch::Tensor() : joined(metrics, set.names);
    torch::Tensor rest = set.constraint->project(joined(weights, set.names), metric).reshape(-1);
    for (const std::string& name : set.names) {
      const torch::Tensor& weight = weights.at(name);
      weight.copy_(rest.slice(0, 0, weight.numel()).view_as(weight));
      rest = rest.slice(0, weight.numel());
    }
  }
}

std::vector<double> as_doubles(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const auto* first = flat.data_ptr<double>();
  return {first, first + flat.numel()};
}

/// Removes what `live` leaves out; biases take what it held.
void fold(nn::GraphModule& module, const WeightMasks& live) {
  module.load(fold_dead_paths(module.network(), module.state(), live));
}

/// Mean gradients of the loss over drawn images, by parameter name, in the learner's shapes.
nn::TensorMap mean_gradients(Learner& learner, const ScoreInputs& inputs) {
  const Batch batch = draw_batch(inputs.set, kGradientImages, inputs.stream.child("gradient"));
  const double loss =
      learner.compute_gradients(batch, inputs.distill, inputs.stream.child("dropout"));
  if (!std::isfinite(loss)) throw NumericError("scores of weights: the loss is not finite");
  nn::TensorMap gradients;
  for (const auto& [name, parameter] : learner.parameters()) {
    gradients[name] = parameter.grad().detach().clone();
  }
  return gradients;
}

torch::Tensor score_of(const torch::Tensor& weight, ScoreKind kind, const torch::Tensor& other) {
  if (kind == ScoreKind::Magnitude) return weight.abs();
  if (kind == ScoreKind::Saliency) return (weight * other).abs();
  return weight.square() * other;
}

}  // namespace

Batch draw_batch(const TrainingSet& set, std::int64_t count, const RandomStream& stream) {
  const torch::Tensor order = keyed_permutation(set.num_images(), stream.child("shuffle"));
  return make_batch(set, order.slice(0, 0, std::min(count, set.num_images())),
                    draw_versions(set, set.original_fraction, stream.child("version")));
}

nn::TensorMap weight_fisher(Learner& learner, const Masks& masks, const torch::Tensor& images,
                            const FisherOptions& options, double floor_fraction,
                            const RandomStream& stream) {
  const torch::NoGradGuard no_grad;
  const nn::TensorMap fisher = learner.fisher(images, options.temperature, stream);
  nn::TensorMap result;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor& here = fisher.at(name);
    const auto count = mask.count_nonzero().item<std::int64_t>();
    const double mean = here.sum(torch::kFloat64).item<double>() /
                        static_cast<double>(std::max<std::int64_t>(count, 1));
    result[name] = here + floor_fraction * mean;
  }
  return result;
}

WeightScores weight_scores(Learner& learner, const Masks& masks, ScoreKind kind,
                           const ScoreInputs& inputs) {
  const torch::NoGradGuard no_grad;
  nn::TensorMap other;
  if (kind == ScoreKind::Fisher) {
    const Batch batch = draw_batch(inputs.set, inputs.fisher.images, inputs.stream.child("fisher"));
    other = weight_fisher(learner, masks, batch.images, inputs.fisher, kScoreFloor,
                          inputs.stream.child("labels"));
  } else if (kind == ScoreKind::Saliency) {
    const torch::AutoGradMode with_grad(true);
    other = mean_gradients(learner, inputs);
  }
  WeightScores scores;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor& weight = learner.parameters().at(name);
    scores[name] = as_doubles(learner.expanded(name, score_of(weight.detach(), kind, other[name])));
  }
  return scores;
}

WeightMasks choose_counted(const Network& network, const WeightMasks& candidates,
                           const WeightScores& scores, const admm::SharedCount& count) {
  std::int64_t keep = count.keep;
  while (true) {
    WeightMasks chosen = choose_live(network, candidates, scores, count.floors, keep);
    std::int64_t used = 0;
    for (const auto& [name, mask] : chosen) {
      const std::int64_t here = count_weights(WeightMasks{{name, mask}});
      const auto floor = count.floors.find(name);
      used += floor == count.floors.end() ? here : std::max(here, floor->second);
    }
    if (used <= count.keep) return chosen;
    keep -= used - count.keep;
  }
}

const admm::SharedCount* common_count(const Constraints& constraints, const Masks& masks) {
  if (constraints.size() != 1 || !constraints.front().count) return nullptr;
  return constraints.front().names.size() == masks.size() ? &*constraints.front().count : nullptr;
}

Masks map_onto_sets(nn::GraphModule& module, const Constraints& constraints, const Masks& masks,
                    const nn::TensorMap& metrics, bool remove_dead_paths) {
  const torch::NoGradGuard no_grad;
  const Network& network = module.network();
  const admm::SharedCount* count = common_count(constraints, masks);
  if (remove_dead_paths && count != nullptr) {
    WeightScores scores;
    for (const auto& [name, weight] : weights_of(module)) {
      const torch::Tensor square = weight.square();
      scores[name] = as_doubles(metrics.empty() ? square : square * metrics.at(name));
    }
    const WeightMasks candidates = as_bytes(nonzero_masks(module, masks));
    const WeightMasks live = choose_counted(network, candidates, scores, *count);
    fold(module, live);
    return as_masks(live, module);
  }
  project_weights(module, constraints, metrics);
  Masks next = nonzero_masks(module, masks);
  if (!remove_dead_paths) return next;
  const WeightMasks live = live_weights(network, as_bytes(next));
  fold(module, live);
  return as_masks(live, module);
}

Masks regrown_masks(nn::GraphModule& module, const Masks& masks, double fraction,
                    const ScoreInputs& inputs) {
  const WeightMasks present = as_bytes(masks);
  const WeightMasks candidates = growable_weights(module.network(), present);
  Masks wide = as_masks(candidates, module);  // and what is dead but there: the network as it is
  for (const auto& [name, mask] : masks) wide[name] = wide.at(name).logical_or(mask);
  SparseLearner learner(module, wide);
  const nn::TensorMap gradients = mean_gradients(learner, inputs);
  const Batch batch = draw_batch(inputs.set, inputs.fisher.images, inputs.stream.child("fisher"));
  const nn::TensorMap fisher = weight_fisher(learner, wide, batch.images, inputs.fisher,
                                             kRegrowFloor, inputs.stream.child("labels"));
  WeightMasks grown = present;
  for (auto& [name, mask] : grown) {
    const std::vector<double> gain = as_doubles(
        learner.expanded(name, gradients.at(name).square() / fisher.at(name).clamp_min(1e-30)));
    std::vector<std::size_t> absent;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0 && candidates.at(name)[i] != 0) absent.push_back(i);
    }
    std::stable_sort(absent.begin(), absent.end(),
                     [&gain](std::size_t a, std::size_t b) { return gain[a] > gain[b]; });
    const auto wanted = static_cast<std::size_t>(
        fraction * static_cast<double>(count_weights(WeightMasks{{name, mask}})));
    for (std::size_t i = 0; i < std::min(wanted, absent.size()); ++i) mask[absent[i]] = 1;
  }
  return as_masks(grown, module);
}

}  // namespace ohmweave::train
