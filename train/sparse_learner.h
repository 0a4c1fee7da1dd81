// SPDX-License-Identifier: Apache-2.0
// A network of few weights in training (nn/sparse_network.h): its parameters are lists of the
// weights that exist, so an epoch costs what they cost. Same loss, same gradients to float rounding
// as DenseLearner under the same masks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/sparse_network.h"
#include "train/learner.h"
#include "train/masks.h"

namespace ohmweave::train {

class SparseLearner final : public Learner {
 public:
  /// Weights of `module` where `masks` (bool, by weight name) allow them, all other parameters
  /// whole. Computes on as many threads as torch does. Throws DataError for dropout.
  SparseLearner(const nn::GraphModule& module, const Masks& masks);

  /// 1-D, float32: of a weight the entries its mask allows, in tensor order; running averages
  /// whole.
  [[nodiscard]] const nn::TensorMap& tensors() const override { return tensors_; }
  [[nodiscard]] const nn::TensorMap& parameters() const override { return parameters_; }
  double compute_gradients(const Batch& batch, const std::optional<DistillOptions>& distill,
                           const RandomStream& dropout) override;
  void hold_masks() override {}  // no such weight is there
  [[nodiscard]] std::string first_broken_node(const torch::Tensor& images) override;
  [[nodiscard]] nn::Score evaluate(const data::Split& split) override;
  void store(nn::GraphModule& module) const override;
  [[nodiscard]] torch::Tensor expanded(const std::string& name,
                                       const torch::Tensor& compact) const override;
  [[nodiscard]] torch::Tensor compacted(const std::string& name,
                                        const torch::Tensor& full) const override;
  void set_activation_formats(const std::map<std::string, CodeFormat>& formats) override;

  [[nodiscard]] nn::TensorMap fisher(const torch::Tensor& images, double temperature,
                                     const RandomStream& stream) override;

 private:
  nn::SparseNetwork network_;
  std::map<std::string, torch::Tensor> places_;  // int64, by parameter name
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  torch::Tensor values_;  // shares storage with network_.values()
  nn::TensorMap tensors_;
  nn::TensorMap parameters_;
};

/// What Learner::fisher() is made of: the mean square for each of network.values().
[[nodiscard]] std::vector<float> mean_squares(nn::SparseNetwork& network,
                                              const torch::Tensor& images, double temperature,
                                              const RandomStream& stream);

}  // namespace ohmweave::train
