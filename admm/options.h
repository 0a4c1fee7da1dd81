// SPDX-License-Identifier: Apache-2.0
// Config of one constraint and of one ADMM phase, and the words of the constraint table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::admm {

/// Names and summaries of the constraint table (constraint_table.h has the factories).
[[nodiscard]] const std::vector<Word>& constraint_words();

/// One entry of a step's "constraints": a set that the matching weights have to lie in.
struct ConstraintOptions {
  std::string kind = "cardinality";     // a name of the constraint table
  std::string weights = "*.weight";     // parameter names, with * and ?
  std::optional<int> keep;              // entries or groups kept in each matching tensor
  std::optional<double> keep_fraction;  // the same as a share of all; rounded to the nearest count
  std::optional<int> rows;              // of an array; empty = the mapped array's
  std::optional<int> cols;
};
void declare(Fields& f, ConstraintOptions& o);

/// One ADMM phase: `iterations` times (train `epochs_per_iteration` epochs with the penalty, then
/// update Z and U). Source: boyd_ftml_2011, section 3.1.1 (scaled form).
struct AdmmOptions {
  int iterations = 10;
  int epochs_per_iteration = 1;
  double learning_rate = 1.5e-3;            // at the start of each iteration
  double learning_rate_end_fraction = 0.3;  // share of it reached at the iteration's end
  double rho = 1e-3;                        // penalty weight of the first iteration
  double rho_factor = 1.5;                  // rho is multiplied by it after each iteration
  bool rescale_dual = true;                 // keeps rho * U when rho changes
};
void declare(Fields& f, AdmmOptions& o);

}  // namespace ohmweave::admm
