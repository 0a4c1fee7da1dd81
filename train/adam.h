// SPDX-License-Identifier: Apache-2.0
// Adam over named tensors, with a state that fits in a checkpoint.
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
// Source: kingma_iclr_2015, algorithm 1.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "nn/graph_module.h"
#include "train/optimizer.h"

namespace ohmweave::train {

class Adam final : public Optimizer {
 public:
  static constexpr double kBeta1 = 0.9;
  static constexpr double kBeta2 = 0.999;
  static constexpr double kEpsilon = 1e-8;

  /// `parameters` share storage with the model.
  Adam(nn::TensorMap parameters, DecayOptions decay);

  void step(double learning_rate) override;

  [[nodiscard]] const nn::TensorMap& parameters() const { return parameters_; }
  /// "<name>.m", "<name>.v" and "steps" (one int64).
  [[nodiscard]] nn::TensorMap state() const override;
  void load_state(const nn::TensorMap& state) override;

 private:
  nn::TensorMap parameters_;
  DecayOptions decay_;
  nn::TensorMap first_moments_;
  nn::TensorMap second_moments_;
  std::int64_t num_steps_ = 0;
};

}  // namespace ohmweave::train
