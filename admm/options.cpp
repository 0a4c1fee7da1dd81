// SPDX-License-Identifier: Apache-2.0
#include "admm/options.h"

namespace ohmweave::admm {

const std::vector<Word>& constraint_words() {
  static const std::vector<Word> words = {
      {"cardinality", "at most `keep` weights of a tensor are non-zero"},
      {"array_row", "at most `keep` rows of the arrays that hold a tensor are non-zero"},
      {"array_column", "at most `keep` columns of the arrays that hold a tensor are non-zero"},
      {"array_block", "at most `keep` whole arrays of a tensor are non-zero"},
      {"conductance_levels", "every weight is an integer multiple of one scale per tensor"},
  };
  return words;
}

void declare(Fields& f, ConstraintOptions& o) {
  constexpr int kMostEntries = 2147483647;
  constexpr int kLargestArray = 1 << 20;
  f.required().word("kind", o.kind, constraint_words(), "which set");
  f.required().text("weights", o.weights, "names of the weights meant, with * and ?");
  f.integer("keep", o.keep, {0, kMostEntries}, "entries or groups kept in each matching tensor");
  f.number("keep_fraction", o.keep_fraction, kFraction,
           "the same as a share of all entries or groups, rounded to the nearest count");
  f.integer("rows", o.rows, {1, kLargestArray}, "rows of an array; absent: the mapped array's");
  f.integer("cols", o.cols, {1, kLargestArray}, "columns of an array; absent: the mapped array's");
  const bool counts = o.kind != "conductance_levels";
  const bool one_given = o.keep.has_value() != o.keep_fraction.has_value();
  f.rule(!counts || one_given, "keep", "exactly one of keep and keep_fraction must be given");
  f.rule(counts || !(o.keep || o.keep_fraction), "keep", "conductance_levels keeps no count");
}

void declare(Fields& f, AdmmOptions& o) {
  f.integer("iterations", o.iterations, {1, 10000}, "updates of Z and U");
  f.integer("epochs_per_iteration", o.epochs_per_iteration, {1, 10000},
            "training epochs before each update");
  f.number("learning_rate", o.learning_rate, kPositive, "at the start of each iteration");
  f.number("learning_rate_end_fraction", o.learning_rate_end_fraction, {0.0, 1.0, true},
           "share of the learning rate reached at the end of each iteration");
  f.number("rho", o.rho, kPositive, "weight of the penalty in the first iteration");
  f.number("rho_factor", o.rho_factor, {1.0, 1000.0, false},
           "rho is multiplied by it after each iteration");
  f.boolean("rescale_dual", o.rescale_dual,
            "divide U by the factor that rho grew by, so that the dual variable keeps its value");
}

}  // namespace ohmweave::admm
