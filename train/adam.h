// SPDX-License-Identifier: Apache-2.0
// Adam over named tensors, with a state that fits in a checkpoint.
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
// Source: kingma_iclr_2015, algorithm 1.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <set>
#include <string>

#include "nn/graph_module.h"
#include "train/optimizer.h"

namespace ohmweave::train {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double l2 = 0.0;                // l2 * w is added to the gradient of the tensors in `decayed`
  std::set<std::string> decayed;  // by name
};

class Adam final : public Optimizer {
 public:
  /// `parameters` share storage with the model.
  Adam(nn::TensorMap parameters, const AdamOptions& options);

  void step(double learning_rate) override;

  [[nodiscard]] const nn::TensorMap& parameters() const { return parameters_; }
  /// "<name>.m", "<name>.v" and "steps" (one int64).
  [[nodiscard]] nn::TensorMap state() const override;
  void load_state(const nn::TensorMap& state) override;

 private:
  nn::TensorMap parameters_;
  AdamOptions options_;
  nn::TensorMap first_moments_;
  nn::TensorMap second_moments_;
  std::int64_t num_steps_ = 0;
};

}  // namespace ohmweave::train
