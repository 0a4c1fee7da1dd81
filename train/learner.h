// SPDX-License-Identifier: Apache-2.0
// A network while it is being trained: live parameters, the gradients of a batch's loss, scores.
// The dense kind runs on torch's autograd; sparse_learner.h has the one for few weights.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/random.h"
#include "nn/evaluate.h"
#include "nn/graph_module.h"
#include "train/masks.h"
#include "train/options.h"
#include "train/training_set.h"

namespace ohmweave::train {

class Learner {
 public:
  virtual ~Learner() = default;
  Learner() = default;
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  /// All parameters and buffers by name, in the learner's own shapes (see expanded()). Live:
  /// writing to a tensor changes the network.
  [[nodiscard]] virtual const nn::TensorMap& tensors() const = 0;
  /// Those that can be trained.
  [[nodiscard]] virtual const nn::TensorMap& parameters() const = 0;

  /// Sets the gradients of parameters() to those of the batch's mean loss, 0 for weights that may
  /// not exist. Returns the loss (NaN or infinity included; the gradients are then undefined).
  /// `dropout`: decides what is dropped.
  virtual double compute_gradients(const Batch& batch, const std::optional<DistillOptions>& distill,
                                   const RandomStream& dropout) = 0;
  /// Sets the weights that may not exist to +0; called after every update.
  virtual void hold_masks() = 0;
  /// The first node whose output is not finite on `images` (uint8); empty when all are.
  [[nodiscard]] virtual std::string first_broken_node(const torch::Tensor& images) = 0;
  [[nodiscard]] virtual nn::Score evaluate(const data::Split& split) = 0;

  /// Writes parameters and buffers to a module of the same network.
  virtual void store(nn::GraphModule& module) const = 0;
  /// A tensor shaped as the learner's parameter `name`, in the shape the network gives it, zeros
  /// where the learner has no weight; and back.
  [[nodiscard]] virtual torch::Tensor expanded(const std::string& name,
                                               const torch::Tensor& compact) const = 0;
  [[nodiscard]] virtual torch::Tensor compacted(const std::string& name,
                                                const torch::Tensor& full) const = 0;
  /// As GraphModule::set_activation_formats().
  virtual void set_activation_formats(const std::map<std::string, CodeFormat>& formats) = 0;

  /// Diagonal Fisher information of every parameter, shaped as parameters(): the mean over `images`
  /// (uint8) of the squared gradient of the log-likelihood of a label that is drawn, by `stream`,
  /// from the network's own answer at `temperature`. Batch norm counts by its running averages.
  /// Source: amari_neco_1998 (the matrix), theis_arxiv_2018 (for pruning).
  [[nodiscard]] virtual nn::TensorMap fisher(const torch::Tensor& images, double temperature,
                                             const RandomStream& stream) = 0;

  /// Takes the parameters and buffers of a module of the same network, as far as the learner has
  /// them.
  void take(const nn::GraphModule& module);

  /// Copies of tensors(), and back. load() throws std::logic_error when one is missing.
  [[nodiscard]] nn::TensorMap state() const;
  void load(const nn::TensorMap& state);
};

/// A GraphModule, which must outlive the learner; its parameters are the module's own tensors.
class DenseLearner final : public Learner {
 public:
  /// `masks`: where weights may be non-zero; of weights that are not named, everywhere.
  explicit DenseLearner(nn::GraphModule& module, Masks masks = {});
  [[nodiscard]] const nn::TensorMap& tensors() const override { return tensors_; }
  [[nodiscard]] const nn::TensorMap& parameters() const override { return parameters_; }
  double compute_gradients(const Batch& batch, const std::optional<DistillOptions>& distill,
                           const RandomStream& dropout) override;
  void hold_masks() override;
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
  nn::GraphModule& module_;
  Masks masks_;
  nn::TensorMap tensors_;
  nn::TensorMap parameters_;
};

/// Places (int64, ascending) of the entries of `mask`, in the full shape, among the learner's
/// flattened weight `name`.
[[nodiscard]] torch::Tensor places_inside(const Learner& learner, const std::string& name,
                                          const torch::Tensor& mask);
/// What `metrics` (by name, in the full shape) has at those places; undefined where it is empty.
[[nodiscard]] torch::Tensor metric_inside(const Learner& learner, const std::string& name,
                                          const nn::TensorMap& metrics,
                                          const torch::Tensor& places);

/// The engine that `engine` names; Auto: sparse when at most kSparseFraction of the weights may
/// exist. `module` must outlive the learner.
constexpr double kSparseFraction = 0.2;
[[nodiscard]] std::unique_ptr<Learner> make_learner(nn::GraphModule& module, const Masks& masks,
                                                    EngineKind engine);

}  // namespace ohmweave::train
