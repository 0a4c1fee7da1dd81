// SPDX-License-Identifier: Apache-2.0
// The constraint table: a new constraint is one file pair, one line here and one in options.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admm/constraint.h"
#include "admm/options.h"

namespace ohmweave::admm {

/// The tensor a constraint is made for, and the arrays it will be mapped to.
struct ConstraintTarget {
  std::string name;                 // of the parameter, for error texts
  std::vector<std::int64_t> shape;  // out x in/groups (x kernel x kernel)
  int groups = 1;                   // of a grouped convolution
  int array_rows = 128;
  int array_cols = 128;
  int weight_bits = 4;
  torch::Tensor mask;  // where weights may be non-zero; undefined = everywhere
};

struct ConstraintEntry {
  std::string name;
  std::string summary;
  std::shared_ptr<const Constraint> (*make)(const ConstraintOptions&, const ConstraintTarget&);
};

[[nodiscard]] const std::vector<ConstraintEntry>& constraint_table();

/// The constraint of options.kind. Throws ConfigError when `keep` exceeds what the tensor has.
[[nodiscard]] std::shared_ptr<const Constraint> make_constraint(const ConstraintOptions& options,
                                                                const ConstraintTarget& target);

}  // namespace ohmweave::admm
