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

/// Training under a fixed mask, cosine learning rate to 0.
struct RetrainOptions {
  int epochs = 10;
  admm::OptimizerKind optimizer = admm::OptimizerKind::Adam;
  double learning_rate = 1e-3;
  double l2 = 0.0;         // as in /train
  double ema_decay = 0.0;  // as in /train; the mean takes decay of itself at every step
  std::optional<double> original_fraction;  // in place of /train/augment's
};
void declare(Fields& f, RetrainOptions& o);

/// What a network learns from its teachers. Source: hinton_arxiv_2015.
struct DistillOptions {
  double weight = 0.5;       // of the teachers' term; 1 - weight is left to the labels
  double temperature = 3.0;  // divides all networks' outputs before the softmax
  int teachers = 1;          // the dense network of the run, and others trained as it was
};
void declare(Fields& f, DistillOptions& o);

/// The diagonal Fisher information that scores and metrics use. Source: theis_arxiv_2018.
struct FisherOptions {
  int images = 8192;         // labels are drawn for so many
  double temperature = 1.5;  // of the network's answer that labels are drawn from
};
void declare(Fields& f, FisherOptions& o);

/// Weights that come back before the others are chosen among: those of the greatest gain
/// g^2 / (F + 0.1 mean F), the second-order decrease of the loss, inside the part of the network
/// that is alive, shared out over the layers in proportion to their weights.
/// Source: evci_icml_2020 (growth by gradient); the Fisher in the denominator is ours.
struct RegrowOptions {
  double fraction = 0.4;  // of the weights that are there
  int epochs = 2;         // of training with them before the choice
  double learning_rate = 1e-3;
};
void declare(Fields& f, RegrowOptions& o);

/// What a weight is worth when some have to go.
enum class ScoreKind {
  Fisher,     // w^2 F_ii: the second-order increase of the loss (theis_arxiv_2018)
  Magnitude,  // |w| (han_neurips_2015)
  Saliency,   // |w g|: the first-order one (ding_neurips_2019)
};

/// Cutting instead of ADMM: the count falls geometrically to the constraint's, by one exact cut
/// before every epoch, and the weights that are left are trained between.
struct CutOptions {
  int epochs = 30;  // one cut each; 1 = at once
  ScoreKind score = ScoreKind::Fisher;
  double learning_rate = 6e-3;              // at the start of each epoch
  double learning_rate_end_fraction = 0.3;  // share of it at the epoch's end
};
void declare(Fields& f, CutOptions& o);

/// Nearest weights first: a share of the weights, those closest to their level, is fixed there
/// while the others and the layers' scales are trained; then a greater share.
/// Source: ye_arxiv_2018 (nearest first), zhou_iclr_2017 (incremental).
struct FixOptions {
  std::vector<double> shares = {0.3, 0.5, 0.7, 0.85, 0.95, 1.0};
  int epochs = 10;  // after every share
  double learning_rate = 1e-3;
};
void declare(Fields& f, FixOptions& o);

/// Mixed precision: +-1 .. +-n levels with an n of its own for each layer (train/precision.h).
struct PrecisionOptions {
  double bits_per_weight = 3.0;  // over all weights that exist, ceil(log2(2 n)) each
  int most_levels = 8;           // of one sign, a power of two
};
void declare(Fields& f, PrecisionOptions& o);

/// What is trained after the weights have been put on their levels.
enum class RefineKind {
  Biases,           // the weights stay where they are
  StraightThrough,  // hidden weights are trained; the network uses their nearest levels
};

/// Quantizing: ADMM onto levels, fixing nearest weights first or all at once, refinement.
struct QuantizeOptions {
  /// Sets of levels with one scale a tensor, or of clusters. Empty: device_levels for all.
  /// Weights that none matches stay free.
  std::vector<admm::ConstraintOptions> levels;
  std::optional<PrecisionOptions> precision;  // in place of `levels`
  bool equalize = false;  // rescale units between layers first (core/equalize.h)
  admm::AdmmOptions admm;
  std::optional<FixOptions> fix;  // absent: all weights at once
  RefineKind refine = RefineKind::StraightThrough;
  bool train_scales = false;              // in `retrain`; while fixing they always are
  bool round_activations = true;          // train with the activations' codes, as the chip computes
  std::optional<int> bias_mantissa_bits;  // biases are rounded to so many in the end
  RetrainOptions retrain;
};
void declare(Fields& f, QuantizeOptions& o);

/// What decides which of two networks of the same step is better.
enum class JudgeKind {
  Validation,          // loss on the validation images
  ValidationAccuracy,  // right answers to them; where these are as many, their loss
  Training,            // loss on all training images, each in one form, the same for all networks
};

/// One progressive step. Weights that an earlier step removed stay removed unless they regrow.
struct CompressStep {
  std::vector<admm::ConstraintOptions> constraints;  // several on one weight are applied in order
  bool remove_dead_paths = true;            // and fill up the count of a global_cardinality
  JudgeKind judge = JudgeKind::Validation;  // of cycles
  int cycles = 1;  // regrow, choose, retrain again and again from the best network so far
  std::optional<RegrowOptions> regrow;
  admm::AdmmOptions admm;
  std::optional<CutOptions> cut;  // in place of ADMM
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

/// Every step is tried `children` times with other random numbers from each of the `parents` best
/// networks of the step before. Source: ye_arxiv_2018_progressive (by validation accuracy).
struct BeamOptions {
  int parents = 1;
  int children = 1;
  JudgeKind judge = JudgeKind::Validation;  // by validation images alone
};
void declare(Fields& f, BeamOptions& o);

/// Section /compress.
struct CompressOptions {
  EngineKind engine = EngineKind::Auto;
  FisherOptions fisher;
  BeamOptions beam;
  std::optional<DistillOptions> distill;  // absent: labels alone, in all phases
  std::vector<CompressStep> steps;
};
void declare(Fields& f, CompressOptions& o);

/// Which devices a network is adapted to.
enum class AdaptDevices {
  Ideal,      // every cell reaches its level: what all chips have in common, their wires
  Drawn,      // another chip sample at every step
  FirstChip,  // the first chip sample of the evaluation, whose cells are known
};

/// Section /adapt: training of the mapped weights through the arrays they sit in, from the codes
/// that compression left. Adam, cosine learning rate to 0.
struct AdaptOptions {
  AdaptDevices devices = AdaptDevices::Ideal;
  int epochs = 1;
  int batch = 256;              // images a step; every step solves all arrays and their adjoints
  double learning_rate = 1e-3;  // at the start
};
void declare(Fields& f, AdaptOptions& o);

/// What compression has to fit: the integers of the chip and the size of its arrays.
struct LevelGrid {
  QuantizationOptions quantization;
  int array_rows = 128;  // matrix rows that an array seats
  int array_cols = 128;
};

}  // namespace ohmweave::train
