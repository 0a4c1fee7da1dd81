// SPDX-License-Identifier: Apache-2.0
// Config sections /train and /compress.
#pragma once

#include <optional>
#include <vector>

#include "admm/options.h"
#include "core/fields.h"
#include "core/quantized_network.h"
#include "data/augment.h"

namespace ohmweave::train {

/// Section /train: the dense network. Adam, cosine learning rate from `learning_rate` to 0, the
/// epoch of least validation loss is kept.
struct TrainOptions {
  int epochs = 10;
  int batch = 64;  // images a step, here and in /compress
  double learning_rate = 1e-3;
  double l2 = 5e-5;        // gradient of l2/2 ||weight||^2 is added, for weight matrices
  double ema_decay = 0.0;  // > 0: the network is a running mean of its weights over the steps
  std::optional<data::AugmentOptions> augment;  // here and in /compress
};
void declare(Fields& f, TrainOptions& o);

/// Training under a fixed mask: Adam, cosine learning rate to 0.
struct RetrainOptions {
  int epochs = 10;
  double learning_rate = 1e-3;
  double l2 = 0.0;         // as in /train
  double ema_decay = 0.0;  // as in /train; the mean takes decay of itself at every step
};
void declare(Fields& f, RetrainOptions& o);

/// What a network learns from its teacher, the dense network of the run. Source: hinton_arxiv_2015.
struct DistillOptions {
  double weight = 0.5;       // of the teacher's term; 1 - weight is left to the labels
  double temperature = 3.0;  // divides both networks' outputs before the softmax
};
void declare(Fields& f, DistillOptions& o);

/// What is trained after the weights have been put on their levels.
enum class RefineKind {
  Biases,           // the weights stay where they are
  StraightThrough,  // hidden weights are trained; the network uses their nearest levels
};

/// Quantizing: ADMM onto the conductance levels, hard projection, refinement with the activations
/// rounded as the chip rounds them.
struct QuantizeOptions {
  admm::AdmmOptions admm;
  RefineKind refine = RefineKind::StraightThrough;
  RetrainOptions retrain;
};
void declare(Fields& f, QuantizeOptions& o);

/// One progressive step. Weights that an earlier step removed stay removed.
struct CompressStep {
  std::vector<admm::ConstraintOptions> constraints;  // several on one weight are applied in order
  admm::AdmmOptions admm;
  RetrainOptions retrain;
  std::optional<QuantizeOptions> quantize;
};
void declare(Fields& f, CompressStep& o);

/// What trains a network whose weights are partly gone.
enum class EngineKind {
  Auto,    // sparse once few weights are left
  Dense,   // torch, with masks
  Sparse,  // only the weights that exist
};

/// Section /compress.
struct CompressOptions {
  EngineKind engine = EngineKind::Auto;
  std::optional<DistillOptions> distill;  // absent: labels alone, in all phases
  std::vector<CompressStep> steps;
};
void declare(Fields& f, CompressOptions& o);

/// What compression has to fit: the integers of the chip and the size of its arrays.
struct LevelGrid {
  QuantizationOptions quantization;
  int array_rows = 128;
  int array_cols = 128;
};

}  // namespace ohmweave::train
