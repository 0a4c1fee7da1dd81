// SPDX-License-Identifier: Apache-2.0
#include "admm/constraint_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "admm/array_groups.h"
#include "admm/cardinality.h"
#include "admm/clusters.h"
#include "admm/conductance_levels.h"
#include "admm/global_cardinality.h"
#include "admm/group_cardinality.h"
#include "admm/joined.h"
#include "admm/kernel_pattern.h"
#include "admm/n_m.h"
#include "admm/quantized_groups.h"
#include "admm/scaled_levels.h"
#include "admm/sequence.h"
#include "core/code_levels.h"
#include "core/error.h"
#include "core/glob.h"

namespace ohmweave::admm {
namespace {

using ConstraintPointer = std::shared_ptr<const Constraint>;
using Targets = std::vector<ConstraintTarget>;

std::string place_of(const ConstraintOptions& options, const std::string& name) {
  return "constraint '" + options.kind + "' on " + name + ": ";
}

std::int64_t num_entries(const ConstraintTarget& target) {
  std::int64_t entries = 1;
  for (const std::int64_t length : target.shape) entries *= length;
  return entries;
}

const ConstraintTarget& only(const Targets& targets) {
  OHMWEAVE_REQUIRE(targets.size() == 1, "this kind is made for one tensor");
  return targets.front();
}

/// A count as the options give it.
struct CountOptions {
  std::string key = "keep";
  std::optional<int> count;
  std::optional<double> fraction;
  int multiple = 1;
};

CountOptions keep_of(const ConstraintOptions& options) {
  return {"keep", options.keep, options.keep_fraction, options.keep_multiple.value_or(1)};
}

/// What a count is taken of.
struct Available {
  std::int64_t count = 0;
  std::string unit;  // plural
};

/// The count that the options ask for; `place` starts the error texts.
std::int64_t kept_count(const CountOptions& options, const Available& available,
                        const std::string& place) {
  if (!options.count) {
    OHMWEAVE_REQUIRE(options.fraction.has_value(), "keep or keep_fraction is given");
    const double share = *options.fraction * static_cast<double>(available.count);
    std::int64_t kept = std::llround(share / options.multiple) * options.multiple;
    if (kept > available.count) kept -= options.multiple;
    if (kept > 0 || *options.fraction == 0.0) return kept;
    if (options.multiple > available.count)
      throw ConfigError({place + options.key + "_multiple = " + std::to_string(options.multiple) +
                         ": must be at most " + std::to_string(available.count) +
                         ", its number of " + available.unit});
    return options.multiple;  // a share of something is not nothing
  }
  const std::string given = place + options.key + " = " + std::to_string(*options.count);
  if (*options.count > available.count) {
    throw ConfigError({given + ": must be at most " + std::to_string(available.count) +
                       ", its number of " + available.unit});
  }
  if (*options.count % options.multiple != 0) {
    throw ConfigError(
        {given + ": must be a multiple of keep_multiple = " + std::to_string(options.multiple)});
  }
  return *options.count;
}

/// Counting sets ask entries to be zero, so a mask can be laid over them.
ConstraintPointer inside_mask(ConstraintPointer constraint, const torch::Tensor& mask) {
  if (!mask.defined()) return constraint;
  return std::make_shared<Masked>(std::move(constraint), mask);
}

ConstraintPointer make_cardinality(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  const std::int64_t keep = kept_count(keep_of(options), {num_entries(target), "weights"},
                                       place_of(options, target.name));
  return inside_mask(std::make_shared<Cardinality>(keep), target.mask);
}

/// The floor of a part: of several patterns that match it the last counts.
std::int64_t floor_of(const ConstraintOptions& options, const ConstraintTarget& target) {
  std::int64_t floor = 0;
  for (const FloorOptions& entry : options.floors) {
    if (matches_glob(entry.weights, target.name)) floor = entry.keep;
  }
  if (floor > num_entries(target)) {
    throw ConfigError({place_of(options, target.name) + "floor = " + std::to_string(floor) +
                       ": must be at most " + std::to_string(num_entries(target)) +
                       ", its number of weights"});
  }
  return floor;
}

void require_matched_floors(const ConstraintOptions& options, const Targets& targets) {
  for (const FloorOptions& entry : options.floors) {
    bool is_matched = false;
    for (const ConstraintTarget& target : targets) {
      is_matched = is_matched || matches_glob(entry.weights, target.name);
    }
    if (is_matched) continue;
    throw ConfigError({"constraint '" + options.kind + "' on \"" + options.weights +
                       "\": floors: \"" + entry.weights + "\" matches none of its weights"});
  }
}

torch::Tensor joint_mask(const Targets& targets) {
  bool is_needed = false;
  std::vector<torch::Tensor> masks;
  for (const ConstraintTarget& target : targets) {
    is_needed = is_needed || target.mask.defined();
    masks.push_back(target.mask.defined() ? target.mask.to(torch::kCPU, torch::kBool)
                                          : torch::ones(target.shape, torch::kBool));
  }
  return is_needed ? concatenated(masks) : torch::Tensor();
}

ConstraintPointer make_global(const ConstraintOptions& options, const Targets& targets) {
  const SharedCount count = shared_count(options, targets);
  std::vector<CountedPart> parts;
  parts.reserve(targets.size());
  for (const ConstraintTarget& target : targets) {
    parts.push_back({target.name, num_entries(target), count.floors.at(target.name)});
  }
  return inside_mask(std::make_shared<GlobalCardinality>(std::move(parts), count.keep),
                     joint_mask(targets));
}

Grouping grouping_of(const std::string& unit, const ConstraintOptions& options,
                     const ConstraintTarget& target) {
  if (unit == "filter") return filter_groups(target.shape);
  if (unit == "channel") return channel_groups(target.shape, target.groups);
  if (unit == "shape") return shape_groups(target.shape, target.groups);
  if (unit == "weight") return single_weights(target.shape);
  const ArrayCut cut =
      make_array_cut(target.shape, target.groups, options.rows.value_or(target.array_rows),
                     options.cols.value_or(target.array_cols));
  if (unit == "array_row") return array_groups(cut, GroupUnit::ArrayRow);
  if (unit == "array_column") return array_groups(cut, GroupUnit::ArrayColumn);
  OHMWEAVE_REQUIRE(unit == "array_block", "there is a grouping '" + unit + "'");
  return array_groups(cut, GroupUnit::ArrayBlock);
}

ConstraintPointer make_groups(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  Grouping grouping = grouping_of(options.kind, options, target);
  const std::int64_t keep =
      kept_count(keep_of(options), {grouping.count, "groups"}, place_of(options, target.name));
  return inside_mask(std::make_shared<GroupCardinality>(std::move(grouping), keep), target.mask);
}

ConstraintPointer make_filter_shape(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  const std::string place = place_of(options, target.name);
  Grouping filters = filter_groups(target.shape);
  Grouping shapes = shape_groups(target.shape, target.groups);
  const std::int64_t keep_filters = kept_count(keep_of(options), {filters.count, "filters"}, place);
  const std::int64_t keep_shapes =
      kept_count({"keep_shapes", options.keep_shapes, options.keep_shapes_fraction,
                  options.keep_multiple.value_or(1)},
                 {shapes.count, "shapes"}, place);
  std::vector<ConstraintPointer> parts = {
      std::make_shared<GroupCardinality>(std::move(filters), keep_filters),
      std::make_shared<GroupCardinality>(std::move(shapes), keep_shapes)};
  return inside_mask(std::make_shared<Sequence>(std::move(parts), options.kind), target.mask);
}

ConstraintPointer make_n_m(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  OHMWEAVE_REQUIRE(options.n && options.m, "n and m are given");
  const std::int64_t window = num_entries(target) / target.shape[0];
  return inside_mask(std::make_shared<NOfM>(window, *options.n, *options.m), target.mask);
}

/// C(size, entries), or `most` + 1 when it is more.
std::int64_t num_patterns_of(std::int64_t size, std::int64_t entries, std::int64_t most) {
  std::int64_t count = 1;
  for (std::int64_t i = 1; i <= entries && count <= most; ++i) {
    count = count * (size - entries + i) / i;
  }
  return std::min(count, most + 1);
}

std::vector<Pattern> patterns_of(const ConstraintOptions& options, const ConstraintTarget& target) {
  constexpr std::int64_t kMostPatterns = 20000;  // C(25, 4) = 12,650; every kernel tries them all
  const std::string place = place_of(options, target.name);
  if (target.shape.size() != 4) {
    throw ConfigError({place + "patterns are for the kernels of a convolution"});
  }
  const std::int64_t size = target.shape[2] * target.shape[3];
  std::vector<Pattern> patterns;
  patterns.reserve(options.patterns.size());
  for (const std::string& text : options.patterns) {
    patterns.push_back(parse_pattern(text, size, place));
  }
  if (!options.pattern_entries) return patterns;
  const int entries = *options.pattern_entries;
  const std::string given = place + "pattern_entries = " + std::to_string(entries);
  if (entries > size) {
    throw ConfigError({given + ": must be at most " + std::to_string(size) + ", its kernel"});
  }
  const std::int64_t all = num_patterns_of(size, entries, kMostPatterns);
  if (all > kMostPatterns) {
    throw ConfigError({given + ": more than " + std::to_string(kMostPatterns) +
                       " patterns; give the patterns one by one"});
  }
  if (!options.num_patterns) return all_patterns(static_cast<int>(size), entries);
  if (*options.num_patterns > all || !target.weight.defined()) {
    throw ConfigError({place + "num_patterns = " + std::to_string(*options.num_patterns) +
                       ": must be at most " + std::to_string(all) +
                       ", and there must be weights to choose them by"});
  }
  return choose_patterns(target.weight, entries, static_cast<std::size_t>(*options.num_patterns));
}

ConstraintPointer make_pattern(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  std::vector<Pattern> patterns = patterns_of(options, target);
  const auto size = static_cast<std::int64_t>(patterns.front().size());
  const Available kernels{num_entries(target) / size, "kernels"};
  const bool is_counted = options.keep || options.keep_fraction;
  const std::int64_t keep =
      is_counted ? kept_count(keep_of(options), kernels, place_of(options, target.name))
                 : kernels.count;
  return inside_mask(std::make_shared<KernelPattern>(std::move(patterns), keep), target.mask);
}

ConstraintPointer make_conductance_levels(const ConstraintOptions& /*options*/,
                                          const Targets& targets) {
  return std::make_shared<ConductanceLevels>(only(targets).weight_bits, only(targets).mask);
}

/// Every different value of a code, of both signs.
std::vector<float> chip_levels(const ConstraintTarget& target) {
  const CodeLevels codes(target.weight_bits, target.code_values);
  std::vector<float> levels;
  for (std::int32_t code = 0; code <= codes.largest_code(); ++code) {
    const auto value = static_cast<float>(codes.value(code));
    levels.push_back(value);
    if (value != 0.0F) levels.push_back(-value);
  }
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

ConstraintPointer make_levels(const ConstraintOptions& options, const Targets& targets) {
  const ScalePer scale_per =
      options.scale_per == ScaleScope::Tensor ? ScalePer::Tensor : ScalePer::Filter;
  return std::make_shared<ScaledLevels>(options.kind, scaled_levels(options, only(targets)),
                                        scale_per, only(targets).mask);
}

template <Clustering clustering>
ConstraintPointer make_clusters(const ConstraintOptions& options, const Targets& targets) {
  OHMWEAVE_REQUIRE(options.clusters.has_value(), "clusters is given");
  return std::make_shared<Clusters>(*options.clusters, clustering, only(targets).mask);
}

template <GroupCount rule>
ConstraintPointer make_quantized_groups(const ConstraintOptions& options, const Targets& targets) {
  const ConstraintTarget& target = only(targets);
  Grouping grouping = grouping_of(options.group, options, target);
  const Available groups{num_groups_inside(grouping, target.mask), "groups with a weight"};
  const std::int64_t keep = kept_count(keep_of(options), groups, place_of(options, target.name));
  const std::vector<float> levels(options.level_values.begin(), options.level_values.end());
  return std::make_shared<QuantizedGroups>(std::move(grouping), levels,
                                           QuantizedGroups::Count{rule, keep}, target.mask);
}

std::string summary_of(const std::string& name) {
  for (const Word& word : constraint_words()) {
    if (word.name == name) return word.summary;
  }
  OHMWEAVE_REQUIRE(false, "constraint '" + name + "' has no word in admm/options.cpp");
  return "";
}

ConstraintPointer make_of(const ConstraintOptions& options, const Targets& targets) {
  for (const ConstraintEntry& entry : constraint_table()) {
    if (entry.name == options.kind) return entry.make(options, targets);
  }
  throw ConfigError({"constraint '" + options.kind + "': there is none"});
}

}  // namespace

const std::vector<ConstraintEntry>& constraint_table() {
  static const std::vector<ConstraintEntry> table = [] {
    std::vector<ConstraintEntry> entries = {
        {"cardinality", "", make_cardinality},
        {"global_cardinality", "", make_global},
        {"filter", "", make_groups},
        {"channel", "", make_groups},
        {"shape", "", make_groups},
        {"filter_shape", "", make_filter_shape},
        {"array_row", "", make_groups},
        {"array_column", "", make_groups},
        {"array_block", "", make_groups},
        {"n_m", "", make_n_m},
        {"pattern", "", make_pattern},
        {"conductance_levels", "", make_conductance_levels},
        {"uniform_levels", "", make_levels},
        {"power_of_two", "", make_levels},
        {"ternary", "", make_levels},
        {"binary", "", make_levels},
        {"device_levels", "", make_levels},
        {"clusters", "", make_clusters<Clustering::Exact>},
        {"lloyd_clusters", "", make_clusters<Clustering::Lloyd>},
        {"quantized_groups_at_most", "", make_quantized_groups<GroupCount::AtMost>},
        {"quantized_groups_exactly", "", make_quantized_groups<GroupCount::Exactly>},
    };
    for (ConstraintEntry& entry : entries) entry.summary = summary_of(entry.name);
    return entries;
  }();
  return table;
}

SharedCount shared_count(const ConstraintOptions& options, const Targets& targets) {
  OHMWEAVE_REQUIRE(is_joint(options.kind), "'" + options.kind + "' shares a count");
  require_matched_floors(options, targets);
  SharedCount count;
  std::int64_t entries = 0;
  std::int64_t floors = 0;
  for (const ConstraintTarget& target : targets) {
    const std::int64_t floor = floor_of(options, target);
    count.floors[target.name] = floor;
    entries += num_entries(target);
    floors += floor;
  }
  const std::string place = "constraint '" + options.kind + "' on \"" + options.weights + "\": ";
  count.keep = kept_count(keep_of(options), {entries, "weights"}, place);
  if (floors > count.keep) {
    throw ConfigError({place + "keep = " + std::to_string(count.keep) + ": must be at least " +
                       std::to_string(floors) + ", the floors together"});
  }
  return count;
}

std::vector<float> scaled_levels(const ConstraintOptions& options, const ConstraintTarget& target) {
  OHMWEAVE_REQUIRE(has_scaled_levels(options.kind), "'" + options.kind + "' is a set of levels");
  if (options.kind == "binary") return {-1.0F, 1.0F};
  if (options.kind == "ternary") return {-1.0F, 0.0F, 1.0F};
  if (options.kind == "conductance_levels") {
    ConstraintTarget even = target;
    even.code_values.clear();
    return chip_levels(even);
  }
  if (options.kind == "device_levels") {
    if (options.level_values.empty()) return chip_levels(target);
    return {options.level_values.begin(), options.level_values.end()};
  }
  OHMWEAVE_REQUIRE(options.levels.has_value(), "levels is given");
  std::vector<float> levels = options.kind == "uniform_levels"
                                  ? uniform_level_list(*options.levels)
                                  : power_of_two_level_list(*options.levels);
  if (options.with_zero) levels.push_back(0.0F);
  return levels;
}

ConstraintPointer make_constraint(const ConstraintOptions& options,
                                  const ConstraintTarget& target) {
  OHMWEAVE_REQUIRE(!is_joint(options.kind),
                   "'" + options.kind + "' counts over all matching weights together");
  return make_of(options, {target});
}

ConstraintPointer make_joint_constraint(const ConstraintOptions& options, const Targets& targets) {
  OHMWEAVE_REQUIRE(is_joint(options.kind), "'" + options.kind + "' is made for each weight");
  return make_of(options, targets);
}

}  // namespace ohmweave::admm
