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
  f.number("learning_rate", o.learning_rate, kPositive, "at the start; falls to 0 along a cosine");
  declare_optimizer(f, o.optimizer);
  f.number("l2", o.l2, kNonNegative, "weight of the penalty l2/2 ||weight||^2");
  f.number("ema_decay", o.ema_decay, kDecay,
           "of the running mean of the weights that the network ends with; 0 = no mean");
  f.number("original_fraction", o.original_fraction, kFraction,
           "share of the draws that take the image itself, not a copy; absent: as /train/augment");
}

void declare(Fields& f, DistillOptions& o) {
  f.integer(
      "teachers", o.teachers, {1, 100},
      "networks whose mean output is learnt: the run's dense one, and others that are trained "
      "as it was from other random numbers");
  f.number("weight", o.weight, kFraction, "share of the teachers' term in the loss");
  f.number("temperature", o.temperature, kPositive, "divides the outputs before the softmax");
}

void declare(Fields& f, FisherOptions& o) {
  f.integer("images", o.images, {1, 10000000}, "training images it is the mean over");
  f.number("temperature", o.temperature, kPositive, "of the answers that labels are drawn from");
}

void declare(Fields& f, RegrowOptions& o) {
  f.number("fraction", o.fraction, kPositive, "weights that come back, per weight that is there");
  f.integer("epochs", o.epochs, {0, kMostEpochs}, "training before the choice");
  f.number("learning_rate", o.learning_rate, kPositive, "of that training; falls to 0");
}

void declare(Fields& f, CutOptions& o) {
  f.integer("epochs", o.epochs, {1, kMostEpochs}, "of training, each after a cut; 1 = one cut");
  f.choice<ScoreKind>("score", o.score,
                      {{ScoreKind::Fisher, "fisher", "w^2 times its Fisher information"},
                       {ScoreKind::Magnitude, "magnitude", "|w|"},
                       {ScoreKind::Saliency, "saliency", "|w times its gradient|"}},
                      "what a weight is worth");
  f.number("learning_rate", o.learning_rate, kPositive, "at the start of each epoch");
  f.number("learning_rate_end_fraction", o.learning_rate_end_fraction, {0.0, 1.0, true},
           "share of the learning rate reached at the end of each epoch");
}

void declare(Fields& f, FixOptions& o) {
  f.numbers("shares", o.shares, {0.0, 1.0, true}, "of the weights that are fixed, round by round");
  f.integer("epochs", o.epochs, {0, kMostEpochs}, "of training after every share");
  f.number("learning_rate", o.learning_rate, kPositive, "of each round; falls to 0");
  f.rule(!o.shares.empty() && std::is_sorted(o.shares.begin(), o.shares.end()) &&
             o.shares.back() == 1.0,
         "shares", "must rise and end with 1");
}

void declare(Fields& f, PrecisionOptions& o) {
  constexpr int kMostLevels = 32768;
  f.number("bits_per_weight", o.bits_per_weight, {1.0, 16.0, false},
           "what the codes of all weights may take on average");
  f.integer("most_levels", o.most_levels, {1, kMostLevels}, "levels of one sign at most");
  f.rule((o.most_levels & (o.most_levels - 1)) == 0, "most_levels", "must be a power of two");
}

void declare(Fields& f, QuantizeOptions& o) {
  f.list("levels", o.levels,
         "sets of levels with one scale a tensor, or of clusters; none: device_levels for all "
         "weights, what the chip's cells can hold");
  for (const admm::ConstraintOptions& set : o.levels) {
    const bool is_clustering = set.kind == "clusters" || set.kind == "lloyd_clusters";
    f.rule(
        is_clustering ||
            (admm::has_scaled_levels(set.kind) && set.scale_per == admm::ScaleScope::Tensor),
        "levels",
        set.kind + " is no set of levels times one scale for each weight tensor, nor of clusters");
  }
  f.section("precision", o.precision, "levels of each layer by its sensitivity, no zero");
  f.rule(!o.precision || o.levels.empty(), "precision", "chooses the levels: give no 'levels'");
  f.boolean("equalize", o.equalize,
            "first rescale units between layers, which changes nothing but the weights' spread");
  f.section("admm", o.admm, "ADMM onto the levels");
  f.section("fix", o.fix, "absent: all weights are put on their levels at once");
  f.choice<RefineKind>(
      "refine", o.refine,
      {{RefineKind::Biases, "biases", "only biases are trained after the projection"},
       {RefineKind::StraightThrough, "straight_through",
        "hidden weights are trained with the gradient at their nearest levels"}},
      "what is trained after the projection");
  f.boolean("train_scales", o.train_scales, "the layers' scales are trained in 'retrain' too");
  f.boolean("round_activations", o.round_activations,
            "train with the activations rounded as the chip rounds them");
  f.integer("bias_mantissa_bits", o.bias_mantissa_bits, {0, 23},
            "biases are rounded to floats of so many explicit mantissa bits; absent: they are not");
  f.section("retrain", o.retrain, "training after the projection");
}

void declare(Fields& f, CompressStep& o) {
  f.list("constraints", o.constraints, "sets that the weights must lie in after this step");
  const std::string levels = level_kind(o.constraints);
  f.rule(levels.empty(), "constraints",
         levels +
             " gives weights their values, which training afterwards would change; a step "
             "takes sets that say which weights are zero, and 'quantize' puts them on levels");
  f.boolean("remove_dead_paths", o.remove_dead_paths,
            "also remove weights that cannot matter any more; a global_cardinality gives their "
            "places to the next best");
  f.choice<JudgeKind>("judge", o.judge,
                      {{JudgeKind::Validation, "validation", "loss on the validation images"},
                       {JudgeKind::ValidationAccuracy, "validation_accuracy",
                        "right answers to the validation images, then their loss"},
                       {JudgeKind::Training, "training", "loss on all training images"}},
                      "what tells which cycle's network is better");
  f.integer("cycles", o.cycles, {1, 10000},
            "times that regrow, choice and retraining are gone through, each from the best network "
            "so far");
  f.section("regrow", o.regrow, "absent: what an earlier step removed stays removed");
  f.section("admm", o.admm, "ADMM towards the constraints");
  f.section("cut", o.cut, "gradual cuts in place of ADMM, towards one global_cardinality");
  const bool is_counted =
      o.constraints.size() == 1 && o.constraints.front().kind == "global_cardinality";
  f.rule(!o.cut || is_counted, "cut",
         "needs 'constraints' to be one global_cardinality, whose count it goes to");
  f.rule(!o.cut || write_config(o.admm) == write_config(admm::AdmmOptions()), "admm",
         "has no effect beside 'cut': leave one out");
  f.section("retrain", o.retrain, "training of the weights that remain");
  f.section("quantize", o.quantize, "absent: the weights of this step stay free");
}

void declare(Fields& f, BeamOptions& o) {
  f.integer("parents", o.parents, {1, 1000}, "best networks of a step that the next goes on from");
  f.integer("children", o.children, {1, 1000}, "tries of a step from each of them");
  f.choice<JudgeKind>("judge", o.judge,
                      {{JudgeKind::Validation, "validation", "loss on the validation images"},
                       {JudgeKind::ValidationAccuracy, "validation_accuracy",
                        "right answers to the validation images, then their loss"}},
                      "what tells which networks are the best");
}

void declare(Fields& f, CompressOptions& o) {
  f.choice<EngineKind>("engine", o.engine,
                       {{EngineKind::Auto, "auto", "sparse once few weights are left"},
                        {EngineKind::Dense, "dense", "torch, with masks"},
                        {EngineKind::Sparse, "sparse", "only the weights that exist"}},
                       "what trains a network whose weights are partly gone");
  f.section("distill", o.distill, "absent: the labels alone are learnt");
  f.section("fisher", o.fisher, "the Fisher information that metrics, cuts and regrowth use");
  f.section("beam", o.beam, "how many networks compete in every step");
  f.required().list("steps", o.steps, "progressive steps, each from the result of the one before");
  f.rule(!o.steps.empty(), "steps", "at least one step must be given");
}

void declare(Fields& f, AdaptOptions& o) {
  f.choice<AdaptDevices>(
      "devices", o.devices,
      {{AdaptDevices::Ideal, "ideal", "every cell reaches its level; wires are as they are"},
       {AdaptDevices::Drawn, "drawn", "another chip sample at every step"},
       {AdaptDevices::FirstChip, "first_chip",
        "the first chip sample: its mismatch and its stuck cells are known"}},
      "chips that the network is trained on");
  f.integer("epochs", o.epochs, {0, kMostEpochs},
            "passes over the training images; 0 = only the layers' scales are fitted");
  f.integer("batch", o.batch, {1, kLargestBatch},
            "images a step; every step solves all arrays and their adjoints");
  f.number("learning_rate", o.learning_rate, kPositive,
           "of Adam at the start; falls to 0 along a cosine");
}

}  // namespace ohmweave::train
