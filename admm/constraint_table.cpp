// SPDX-License-Identifier: Apache-2.0
#include "admm/constraint_table.h"

#include <cmath>

#include "admm/array_groups.h"
#include "admm/cardinality.h"
#include "admm/conductance_levels.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

using ConstraintPointer = std::shared_ptr<const Constraint>;

/// The count that the options ask for, of `available`.
std::int64_t kept_count(const ConstraintOptions& options, const ConstraintTarget& target,
                        std::int64_t available, const std::string& unit) {
  if (options.keep) {
    if (*options.keep > available) {
      throw ConfigError({"constraint '" + options.kind + "' on " + target.name +
                         ": keep = " + std::to_string(*options.keep) + ": must be at most " +
                         std::to_string(available) + ", its number of " + unit});
    }
    return *options.keep;
  }
  OHMWEAVE_REQUIRE(options.keep_fraction.has_value(), "keep or keep_fraction is given");
  return std::llround(*options.keep_fraction * static_cast<double>(available));
}

ConstraintPointer make_cardinality(const ConstraintOptions& options,
                                   const ConstraintTarget& target) {
  std::int64_t entries = 1;
  for (const std::int64_t length : target.shape) entries *= length;
  return std::make_shared<Cardinality>(kept_count(options, target, entries, "weights"));
}

template <GroupUnit unit>
ConstraintPointer make_groups(const ConstraintOptions& options, const ConstraintTarget& target) {
  const ArrayCut cut =
      make_array_cut(target.shape, target.groups, options.rows.value_or(target.array_rows),
                     options.cols.value_or(target.array_cols));
  const std::int64_t keep = kept_count(options, target, num_groups(cut, unit), "groups");
  return std::make_shared<ArrayGroups>(cut, unit, keep);
}

ConstraintPointer make_levels(const ConstraintOptions& /*options*/,
                              const ConstraintTarget& target) {
  return std::make_shared<ConductanceLevels>(target.weight_bits, target.mask);
}

std::string summary_of(const std::string& name) {
  for (const Word& word : constraint_words()) {
    if (word.name == name) return word.summary;
  }
  OHMWEAVE_REQUIRE(false, "constraint '" + name + "' has no word in admm/options.cpp");
  return "";
}

}  // namespace

const std::vector<ConstraintEntry>& constraint_table() {
  static const std::vector<ConstraintEntry> table = {
      {"cardinality", summary_of("cardinality"), make_cardinality},
      {"array_row", summary_of("array_row"), make_groups<GroupUnit::ArrayRow>},
      {"array_column", summary_of("array_column"), make_groups<GroupUnit::ArrayColumn>},
      {"array_block", summary_of("array_block"), make_groups<GroupUnit::ArrayBlock>},
      {"conductance_levels", summary_of("conductance_levels"), make_levels},
  };
  return table;
}

ConstraintPointer make_constraint(const ConstraintOptions& options,
                                  const ConstraintTarget& target) {
  for (const ConstraintEntry& entry : constraint_table()) {
    if (entry.name == options.kind) return entry.make(options, target);
  }
  throw ConfigError({"constraint '" + options.kind + "' on " + target.name + ": there is none"});
}

}  // namespace ohmweave::admm
