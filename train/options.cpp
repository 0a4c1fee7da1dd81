// SPDX-License-Identifier: Apache-2.0
#include "train/options.h"

#include <algorithm>

namespace ohmweave::train {
namespace {

constexpr int kMostEpochs = 100000;
constexpr int kLargestBatch = 65536;
constexpr NumberRange kDecay{0.0, 0.999999, false};

/// The first of the constraints that retraining under a mask would leave; empty if none.
std::string level_kind(const std::vector<admm::ConstraintOptions>& constraints) {
  for (const admm::ConstraintOptions& constraint : constraints) {
    if (!admm::is_pruning(constraint.kind)) return constraint.kind;
  }
  return "";
}

}  // namespace

void declare(Fields& f, TrainOptions& o) {
  f.integer("epochs", o.epochs, {1, kMostEpochs}, "passes over the training images");
  f.integer("batch", o.batch, {1, kLargestBatch}, "images a step, also while compressing");
  f.number("learning_rate", o.learning_rate, kPositive,
           "of Adam at the start; falls to 0 along a cosine");
  f.number("l2", o.l2, kNonNegative, "weight of the penalty l2/2 ||weight||^2");
  f.number("ema_decay", o.ema_decay, kDecay,
           "of the running mean of the weights that the network ends with; 0 = no mean");
  f.section("augment", o.augment, "absent: every epoch shows the images as they are");
}

void declare(Fields& f, RetrainOptions& o) {
  f.integer("epochs", o.epochs, {0, kMostEpochs}, "passes over the training images");
  f.number("learning_rate", o.learning_rate, kPositive,
           "of Adam at the start; falls to 0 along a cosine");
  f.number("l2", o.l2, kNonNegative, "weight of the penalty l2/2 ||weight||^2");
  f.number("ema_decay", o.ema_decay, kDecay,
           "of the running mean of the weights that the network ends with; 0 = no mean");
}

void declare(Fields& f, DistillOptions& o) {
  f.number("weight", o.weight, kFraction, "share of the teacher's term in the loss");
  f.number("temperature", o.temperature, kPositive, "divides the outputs before the softmax");
}

void declare(Fields& f, QuantizeOptions& o) {
  f.section("admm", o.admm, "ADMM onto the conductance levels");
  f.choice<RefineKind>(
      "refine", o.refine,
      {{RefineKind::Biases, "biases", "only biases are trained after the projection"},
       {RefineKind::StraightThrough, "straight_through",
        "hidden weights are trained with the gradient at their nearest levels"}},
      "what is trained after the projection");
  f.section("retrain", o.retrain, "training after the projection, activations rounded");
}

void declare(Fields& f, CompressStep& o) {
  f.list("constraints", o.constraints, "sets that the weights must lie in after this step");
  const std::string levels = level_kind(o.constraints);
  f.rule(levels.empty(), "constraints",
         levels +
             " gives weights their values, which training afterwards would change; a step "
             "takes sets that say which weights are zero, and 'quantize' puts them on levels");
  f.section("admm", o.admm, "ADMM towards the constraints");
  f.section("retrain", o.retrain, "training of the weights that remain");
  f.section("quantize", o.quantize, "absent: the weights of this step stay free");
}

void declare(Fields& f, CompressOptions& o) {
  f.choice<EngineKind>("engine", o.engine,
                       {{EngineKind::Auto, "auto", "sparse once few weights are left"},
                        {EngineKind::Dense, "dense", "torch, with masks"},
                        {EngineKind::Sparse, "sparse", "only the weights that exist"}},
                       "what trains a network whose weights are partly gone");
  f.section("distill", o.distill, "absent: the labels alone are learnt");
  f.required().list("steps", o.steps, "progressive steps, each from the result of the one before");
  f.rule(!o.steps.empty(), "steps", "at least one step must be given");
}

}  // namespace ohmweave::train
