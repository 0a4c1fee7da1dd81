// SPDX-License-Identifier: Apache-2.0
// What moves named tensors along their gradients, with a state that fits in a checkpoint.
#pragma once

#include <torch/types.h>

#include <memory>
#include <set>
#include <string>

#include "admm/options.h"
#include "nn/graph_module.h"

namespace ohmweave::train {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update from the tensors' gradients; a tensor without one is left alone.
  virtual void step(double learning_rate) = 0;
  /// Tensors by name, and back. load_state() throws DataError when one is missing or has another
  /// shape.
  [[nodiscard]] virtual nn::TensorMap state() const = 0;
  virtual void load_state(const nn::TensorMap& state) = 0;
};

/// l2 * w is added to the gradient of the tensors `decayed`, by name.
struct DecayOptions {
  double l2 = 0.0;
  std::set<std::string> decayed;
};

/// Stochastic gradient with momentum: v = momentum v + g;  w -= lr v.
/// Source: sutskever_icml_2013, eq. (1), (2), with the learning rate outside of v.
class Sgd final : public Optimizer {
 public:
  static constexpr double kMomentum = 0.9;
  Sgd(nn::TensorMap parameters, DecayOptions decay);
  void step(double learning_rate) override;
  [[nodiscard]] nn::TensorMap state() const override;  // "<name>.v"
  void load_state(const nn::TensorMap& state) override;

 private:
  nn::TensorMap parameters_;
  DecayOptions decay_;
  nn::TensorMap velocities_;
};

/// `parameters` share storage with the model.
[[nodiscard]] std::unique_ptr<Optimizer> make_optimizer(admm::OptimizerKind kind,
                                                        nn::TensorMap parameters,
                                                        const DecayOptions& decay);

/// The gradient of `parameter` with its decay; undefined when it has none.
[[nodiscard]] torch::Tensor decayed_gradient(const std::string& name,
                                             const torch::Tensor& parameter,
                                             const DecayOptions& decay);

/// The tensor `name` of an optimizer's state, like `like`. Throws as Optimizer::load_state().
[[nodiscard]] torch::Tensor find_in_state(const nn::TensorMap& state, const std::string& name,
                                          const torch::Tensor& like);

}  // namespace ohmweave::train
