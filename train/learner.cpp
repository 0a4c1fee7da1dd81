// SPDX-License-Identifier: Apache-2.0
#include "train/learner.h"

#include <torch/utils.h>

#include <cmath>
#include <utility>

#include "core/error.h"
#include "train/loss.h"
#include "train/sparse_learner.h"

namespace ohmweave::train {

nn::TensorMap Learner::state() const {
  nn::TensorMap state;
  for (const auto& [name, tensor] : tensors()) state[name] = tensor.detach().clone();
  return state;
}

void Learner::load(const nn::TensorMap& state) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors()) {
    const auto found = state.find(name);
    OHMWEAVE_REQUIRE(found != state.end(), "a learner's state holds '" + name + "'");
    torch::Tensor live = tensor;
    live.copy_(found->second);
  }
}

void Learner::take(const nn::GraphModule& module) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors()) {
    torch::Tensor live = tensor;
    live.copy_(compacted(name, module.parameter(name).detach()));
  }
}

DenseLearner::DenseLearner(nn::GraphModule& module, Masks masks)
    : module_(module), masks_(std::move(masks)), parameters_(module.trainable()) {
  for (const auto& [name, tensor] : module.state()) tensors_[name] = module.parameter(name);
}

double DenseLearner::compute_gradients(const Batch& batch,
                                       const std::optional<DistillOptions>& distill,
                                       const RandomStream& dropout) {
  for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = torch::Tensor();
  module_.train();
  module_.set_dropout_stream(dropout, 0);
  const torch::Tensor loss =
      training_loss(module_.forward(data::normalized(batch.images)).flatten(1), batch, distill);
  const auto value = loss.item<double>();
  if (!std::isfinite(value)) return value;
  loss.backward();
  mask_gradients(parameters_, masks_);
  return value;
}

void DenseLearner::hold_masks() { mask_weights(parameters_, masks_); }

std::string DenseLearner::first_broken_node(const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  std::string broken;
  (void)module_.forward(data::normalized(images),
                        [&broken](const std::string& node, const torch::Tensor& output) {
                          if (broken.empty() && !torch::isfinite(output).all().item<bool>())
                            broken = node;
                        });
  return broken;
}

nn::Score DenseLearner::evaluate(const data::Split& split) { return nn::evaluate(module_, split); }

void DenseLearner::store(nn::GraphModule& module) const {
  if (&module != &module_) module.load(module_.state());
}

torch::Tensor DenseLearner::expanded(const std::string& /*name*/,
                                     const torch::Tensor& compact) const {
  return compact;
}

torch::Tensor DenseLearner::compacted(const std::string& /*name*/,
                                      const torch::Tensor& full) const {
  return full;
}

void DenseLearner::set_activation_formats(const std::map<std::string, CodeFormat>& formats) {
  module_.set_activation_formats(formats);
}

nn::TensorMap DenseLearner::fisher(const torch::Tensor& images, double temperature,
                                   const RandomStream& stream) {
  WeightMasks masks = as_bytes(full_masks(module_));
  for (auto& [name, bytes] : as_bytes(masks_)) masks[name] = std::move(bytes);
  nn::SparseNetwork network(module_.network(), module_.state(), masks,
                            {at::get_num_threads(), nn::best_instruction_set()});
  const std::vector<float> mean = mean_squares(network, images, temperature, stream);
  nn::TensorMap fisher;
  for (const nn::SparseRange& range : network.ranges()) {
    torch::Tensor full = torch::zeros_like(module_.parameter(range.name).detach());
    auto* values = full.data_ptr<float>();
    for (std::size_t i = 0; i < range.places.size(); ++i) {
      values[range.places[i]] = mean[static_cast<std::size_t>(range.first) + i];
    }
    fisher[range.name] = full;
  }
  return fisher;
}

namespace {

bool pays_sparse(const Masks& masks) {
  std::int64_t all = 0;
  for (const auto& [name, mask] : masks) all += mask.numel();
  return static_cast<double>(count_weights(masks)) <= kSparseFraction * static_cast<double>(all);
}

}  // namespace

torch::Tensor places_inside(const Learner& learner, const std::string& name,
                            const torch::Tensor& mask) {
  return learner.compacted(name, mask.to(torch::kFloat32)).reshape(-1).nonzero().reshape(-1);
}

torch::Tensor metric_inside(const Learner& learner, const std::string& name,
                            const nn::TensorMap& metrics, const torch::Tensor& places) {
  if (metrics.empty()) return {};
  return learner.compacted(name, metrics.at(name).to(torch::kFloat32))
      .reshape(-1)
      .index_select(0, places)
      .contiguous();
}

std::unique_ptr<Learner> make_learner(nn::GraphModule& module, const Masks& masks,
                                      EngineKind engine) {
  const bool is_sparse =
      engine == EngineKind::Sparse || (engine == EngineKind::Auto && pays_sparse(masks));
  if (is_sparse) return std::make_unique<SparseLearner>(module, masks);
  return std::make_unique<DenseLearner>(module, masks);
}

}  // namespace ohmweave::train
