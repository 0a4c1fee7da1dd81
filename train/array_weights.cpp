// SPDX-License-Identifier: Apache-2.0
#include "train/array_weights.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/code_levels.h"
#include "core/error.h"
#include "inference/torch_threads.h"

namespace ohmweave::train {
namespace {

const char* const kCodesSuffix = ".codes";
const char* const kGainSuffix = ".log_gain";

}  // namespace

ArrayWeights::ArrayWeights(inference::MappedNetwork mapped, inference::Hardware hardware,
                           Learner& learner)
    : mapped_(std::move(mapped)), hardware_(std::move(hardware)), learner_(learner) {
  for (const int node : weight_nodes(mapped_.network.network)) {
    const QuantizedWeights& weights = *mapped_.network.nodes[node].weights;
    std::vector<float> values;
    for (const std::int32_t code : weights.codes)
      values.push_back(static_cast<float>(weights.value(code) * weights.scale));
    trained_[name_of(node) + kCodesSuffix] = torch::tensor(values);
    trained_[name_of(node) + kGainSuffix] = torch::zeros({1});
  }
}

std::string ArrayWeights::name_of(int node) const {
  return mapped_.network.network.nodes[node].name;
}

torch::Tensor ArrayWeights::hidden(int node) const {
  return trained_.at(name_of(node) + kCodesSuffix);
}

double ArrayWeights::gain(int node) const {
  const double gain = std::exp(trained_.at(name_of(node) + kGainSuffix).item<float>());
  if (!(gain > 1e-6 && gain < 1e6))
    throw NumericError("the scale of layer '" + name_of(node) + "' was to change by a factor of " +
                       std::to_string(gain));
  return gain;
}

torch::Tensor ArrayWeights::learner_weight(int node) const {
  return learner_.tensors().at(name_of(node) + ".weight").detach().view(-1);
}

void ArrayWeights::take_codes() {
  for (const int node : weight_nodes(mapped_.network.network)) {
    QuantizedWeights& weights = *mapped_.network.nodes[node].weights;
    const CodeLevels levels(mapped_.network.weight_bits, weights.code_values);
    auto* values = hidden(node).data_ptr<float>();
    for (std::size_t i = 0; i < weights.codes.size(); ++i) {
      if (weights.codes[i] == 0) continue;
      const double value = values[i] / weights.scale;
      const std::int32_t code = std::max(1, levels.nearest_code(std::abs(value)));
      weights.codes[i] = value < 0.0 ? -code : code;
      // What is beyond the last level must not move further away from it.
      const double limit = levels.largest_value();
      values[i] = static_cast<float>(std::clamp(value, -limit, limit) * weights.scale);
    }
  }
}

void ArrayWeights::settle() {
  const torch::NoGradGuard no_grad;
  take_codes();
  effective_ = inference::effective_weights(mapped_, hardware_, chip_, inference::on_torch_threads);
  for (const auto& [node, matrix] : effective_) {
    const double factor = mapped_.network.nodes[node].weights->scale * gain(node);
    auto* weight = learner_weight(node).data_ptr<float>();
    for (Eigen::Index i = 0; i < matrix.size(); ++i)
      weight[i] = static_cast<float>(matrix.data()[i] * factor);
  }
}

void ArrayWeights::settle_ideal() {
  const torch::NoGradGuard no_grad;
  take_codes();
  for (const int node : weight_nodes(mapped_.network.network)) {
    const QuantizedWeights& weights = *mapped_.network.nodes[node].weights;
    auto* weight = learner_weight(node).data_ptr<float>();
    for (std::size_t i = 0; i < weights.codes.size(); ++i)
      weight[i] = static_cast<float>(weights.value(weights.codes[i]) * weights.scale);
  }
}

void ArrayWeights::set_gradients() {
  const torch::NoGradGuard no_grad;
  inference::LayerWeights derivatives;
  for (const auto& [node, matrix] : effective_) {
    const torch::Tensor gradient =
        learner_.parameters().at(name_of(node) + ".weight").grad().contiguous();
    inference::GainMatrix& derivative = derivatives[node];
    derivative = Eigen::Map<const inference::GainMatrix>(gradient.data_ptr<float>(), matrix.rows(),
                                                         matrix.cols());
    const double by_gain = matrix.cast<double>().cwiseProduct(derivative.cast<double>()).sum() *
                           mapped_.network.nodes[node].weights->scale * gain(node);
    trained_.at(name_of(node) + kGainSuffix).mutable_grad() =
        torch::full({1}, by_gain, torch::kFloat32);
    derivative *= static_cast<float>(gain(node));
  }
  // Both the weights and the hidden values are in units of the scale: it cancels.
  const inference::LayerWeights by_code = inference::code_gradients(
      mapped_, hardware_, chip_, derivatives, inference::on_torch_threads);
  for (const auto& [node, matrix] : by_code) {
    const std::vector<std::int32_t>& codes = mapped_.network.nodes[node].weights->codes;
    torch::Tensor gradient = torch::zeros_like(hidden(node));
    auto* values = gradient.data_ptr<float>();
    for (std::size_t i = 0; i < codes.size(); ++i)
      if (codes[i] != 0) values[i] = matrix.data()[i];
    hidden(node).mutable_grad() = gradient;
  }
}

void ArrayWeights::fit_gains() {
  const torch::NoGradGuard no_grad;
  settle();
  for (const auto& [node, matrix] : effective_) {
    const QuantizedWeights& weights = *mapped_.network.nodes[node].weights;
    double product = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < weights.codes.size(); ++i) {
      const double effective = matrix.data()[i];
      product += weights.value(weights.codes[i]) * effective;
      square += effective * effective;
    }
    // A layer of which nothing is left keeps its scale.
    if (product > 0.0)
      trained_.at(name_of(node) + kGainSuffix)
          .fill_(static_cast<float>(std::log(product / square)));
  }
  settle();
}

}  // namespace ohmweave::train
