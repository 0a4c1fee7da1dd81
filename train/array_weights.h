// SPDX-License-Identifier: Apache-2.0
// The weights of a learner as the arrays they sit in compute with them, and what training moves in
// their place: codes, and a factor a layer that stands for the digital scale of its outputs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/random.h"
#include "inference/effective_weights.h"
#include "train/learner.h"

namespace ohmweave::train {

/// Codes are trained straight through their rounding (bengio_arxiv_2013): hidden values, in weight
/// units, of which each weight takes the nearest code. Weights of code 0 stay there, the others
/// never get there, so that the placement holds the same weights. The derivatives are those of the
/// arrays (inference::code_gradients()).
class ArrayWeights {
 public:
  /// `learner` (dense, of mapped.network's graph) must outlive this; its weights are set by
  /// settle().
  ArrayWeights(inference::MappedNetwork mapped, inference::Hardware hardware, Learner& learner);

  /// The chip sample whose arrays are read from now on.
  void take_chip(const inference::ChipKey& chip) { chip_ = chip; }

  /// What is trained: "<node>.codes", hidden values of a layer's weights in code order, and
  /// "<node>.log_gain", the natural logarithm of one factor; live.
  [[nodiscard]] const nn::TensorMap& trained() const { return trained_; }

  /// Takes the codes nearest to the hidden values and sets the learner's weights to what the chip
  /// makes of them, times scale and gain.
  void settle();
  /// The learner's weights as ideal devices and wires would give them.
  void settle_ideal();
  /// Sets the gradients of trained() from those of the learner's weights; after settle().
  void set_gradients();
  /// The gains of least squared error between codes and what the chip makes of them; settles.
  void fit_gains();

  /// The codes that settle() took.
  [[nodiscard]] const QuantizedNetwork& network() const { return mapped_.network; }
  /// Positive. Throws NumericError when training has driven it out of range.
  [[nodiscard]] double gain(int node) const;

 private:
  [[nodiscard]] std::string name_of(int node) const;
  [[nodiscard]] torch::Tensor hidden(int node) const;
  [[nodiscard]] torch::Tensor learner_weight(int node) const;
  void take_codes();

  inference::MappedNetwork mapped_;
  inference::Hardware hardware_;
  Learner& learner_;
  inference::ChipKey chip_{RandomStream(0), 0};
  nn::TensorMap trained_;
  inference::LayerWeights effective_;  // of the codes, on the chip
};

}  // namespace ohmweave::train
