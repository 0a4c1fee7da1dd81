// SPDX-License-Identifier: Apache-2.0
// The constraint table: a new constraint is one file pair, one line here and one in options.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
  /// What codes 0 .. 2^weight_bits - 1 are read as where the device's levels are not evenly spaced
  /// (core/code_levels.h); empty: as themselves.
  std::vector<double> code_values;
  torch::Tensor mask;    // where weights may be non-zero; undefined = everywhere
  torch::Tensor weight;  // as it is now; needed only where kernels vote for their patterns
};

struct ConstraintEntry {
  std::string name;
  std::string summary;
  /// Takes one target, or several if is_joint(name).
  std::shared_ptr<const Constraint> (*make)(const ConstraintOptions&,
                                            const std::vector<ConstraintTarget>&);
};

[[nodiscard]] const std::vector<ConstraintEntry>& constraint_table();

/// The constraint of options.kind for one tensor, inside its mask. Throws ConfigError when a count
/// or a pattern does not fit the tensor. Not for joint kinds, whose count is shared.
[[nodiscard]] std::shared_ptr<const Constraint> make_constraint(const ConstraintOptions& options,
                                                                const ConstraintTarget& target);

/// One constraint over the concatenation of the targets; only for joint kinds.
[[nodiscard]] std::shared_ptr<const Constraint> make_joint_constraint(
    const ConstraintOptions& options, const std::vector<ConstraintTarget>& targets);

/// A count that several tensors share, and what some of them keep at least.
struct SharedCount {
  std::int64_t keep = 0;
  std::map<std::string, std::int64_t> floors;  // of every tensor, by name
};
/// That of a joint kind.
[[nodiscard]] SharedCount shared_count(const ConstraintOptions& options,
                                       const std::vector<ConstraintTarget>& targets);

/// A set and the tensors it holds for; several tensors: as their concatenation, in this order.
struct ResolvedConstraint {
  std::vector<std::string> names;
  std::shared_ptr<const Constraint> constraint;
  std::optional<SharedCount> count = std::nullopt;  // if the set asks for nothing else
};

/// The levels of a kind that has_scaled_levels(), relative to the scale; device_levels without
/// level_values has those of the target's codes.
[[nodiscard]] std::vector<float> scaled_levels(const ConstraintOptions& options,
                                               const ConstraintTarget& target);

/// What a list of options means for the tensors of a network: every tensor that a pattern matches
/// stands in exactly one result, tensors under a joint constraint in the same one. Several
/// constraints on the same tensors are projected in the order of the options (Sequence). Throws
/// ConfigError, naming `pointer`/<index>, when a pattern matches nothing or joint constraints
/// overlap without being about the same tensors.
[[nodiscard]] std::vector<ResolvedConstraint> resolve(const std::vector<ConstraintOptions>& options,
                                                      const std::vector<ConstraintTarget>& targets,
                                                      const std::string& pointer);

}  // namespace ohmweave::admm
