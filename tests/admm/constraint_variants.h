// SPDX-License-Identifier: Apache-2.0
// What the constraint table is tested on: a tensor of eight weights and options of every kind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admm/constraint_table.h"

namespace ohmweave::admm {

// Two filters of two channels with kernels 1 x 2: eight weights, so brute force can try everything.
inline const std::vector<std::int64_t>& small_shape() {
  static const std::vector<std::int64_t> shape = {2, 2, 1, 2};
  return shape;
}
constexpr int kEntries = 8;

inline ConstraintTarget small_target(const torch::Tensor& mask = {}) {
  ConstraintTarget target;
  target.name = "conv.weight";
  target.shape = small_shape();
  target.array_rows = 2;
  target.array_cols = 2;
  target.weight_bits = 1;
  target.mask = mask;
  return target;
}

/// Options of each kind that leave a choice to the projection of the small tensor.
inline ConstraintOptions options_of(const std::string& kind) {
  ConstraintOptions options;
  options.kind = kind;
  const bool is_counting = kind.find("level") == std::string::npos && kind != "n_m" &&
                           kind != "power_of_two" && kind != "ternary" && kind != "binary" &&
                           kind.find("clusters") == std::string::npos;
  if (is_counting) options.keep = kind.find("cardinality") != std::string::npos ? 3 : 1;
  if (kind == "pattern") {
    options.keep = 3;
    options.pattern_entries = 1;
  }
  if (kind == "filter_shape") options.keep_shapes = 2;
  if (kind == "n_m") {
    options.n = 1;
    options.m = 3;  // runs of 3 and 1: the last run of a filter is shorter
  }
  if (kind == "uniform_levels" || kind == "power_of_two") options.levels = 2;
  if (kind == "power_of_two") options.with_zero = true;
  if (kind == "device_levels") options.level_values = {-1.0, -0.3, 0.5, 1.2};
  if (kind.find("clusters") != std::string::npos) options.clusters = 3;
  if (kind.find("quantized_groups") == 0) {
    options.level_values = {-0.75, 1.25};
    options.group = "array_row";
    options.keep = 2;
  }
  return options;
}

/// A name for a test, and options that the promises must hold for.
struct Variant {
  std::string name;
  ConstraintOptions options;
  std::vector<float> levels = {};  // of sets of levels: all of them, relative to the scale
};

inline Variant with_keep(const std::string& name, const std::string& kind, int keep) {
  Variant variant{name, options_of(kind)};
  variant.options.keep = keep;
  return variant;
}

inline Variant with_arrays(const std::string& kind, int rows, int cols) {
  Variant variant{kind + "_of_other_arrays", options_of(kind)};
  variant.options.rows = rows;
  variant.options.cols = cols;
  variant.options.keep = 2;
  return variant;
}

inline Variant per_filter(const std::string& kind, const std::vector<float>& levels) {
  Variant variant{kind + "_per_filter", options_of(kind), levels};
  variant.options.scale_per = ScaleScope::Filter;
  return variant;
}

inline Variant with_zero(const std::string& kind, bool is_level, const std::vector<float>& levels) {
  Variant variant{kind + (is_level ? "_with_zero" : "_without_zero"), options_of(kind), levels};
  variant.options.with_zero = is_level;
  return variant;
}

inline Variant in_groups(const std::string& kind, const std::string& group, int keep) {
  Variant variant{kind + "_of_" + group, options_of(kind)};
  variant.options.group = group;
  variant.options.keep = keep;
  return variant;
}

inline std::vector<float> levels_of_kind(const std::string& kind) {
  if (kind == "conductance_levels" || kind == "ternary") return {-1, 0, 1};
  if (kind == "binary") return {-1, 1};
  if (kind == "uniform_levels") return {-2, -1, 1, 2};
  if (kind == "power_of_two") return {-2, -1, 0, 1, 2};
  if (kind == "device_levels") return {-1.0F, -0.3F, 0.5F, 1.2F};
  return {};
}

/// What the codes of the small target's device are read as.
inline const std::vector<double> kCodeValues = {0.0, 0.4};

/// Every kind, and other values of its keys.
inline std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const ConstraintEntry& entry : constraint_table()) {
    all.push_back({entry.name, options_of(entry.name), levels_of_kind(entry.name)});
  }
  all.push_back(with_keep("cardinality_none", "cardinality", 0));
  all.push_back(with_keep("cardinality_all", "cardinality", kEntries));
  Variant fraction{"cardinality_fraction", options_of("cardinality")};
  fraction.options.keep.reset();
  fraction.options.keep_fraction = 0.7;  // 5.6 of 8: six
  all.push_back(fraction);
  Variant floors{"global_cardinality_floor", options_of("global_cardinality")};
  floors.options.floors = {{"*", 2}};
  all.push_back(floors);
  all.push_back(with_keep("channel_none", "channel", 0));
  all.push_back(with_keep("shape_three", "shape", 3));
  all.push_back(with_arrays("array_row", 1, 1));
  all.push_back(with_arrays("array_column", 3, 1));
  all.push_back(with_arrays("array_block", 3, 1));
  Variant full_runs{"n_m_full_runs", options_of("n_m")};
  full_runs.options.n = 2;
  full_runs.options.m = 4;
  all.push_back(full_runs);
  Variant given{"pattern_given", options_of("pattern")};
  given.options.pattern_entries.reset();
  given.options.patterns = {"01", "11"};
  given.options.keep = 2;
  all.push_back(given);
  Variant all_kernels{"pattern_all_kernels", options_of("pattern")};
  all_kernels.options.keep.reset();
  all.push_back(all_kernels);
  all.push_back(with_zero("uniform_levels", true, {-2, -1, 0, 1, 2}));
  all.push_back(with_zero("power_of_two", false, {-2, -1, 1, 2}));
  for (const std::string kind :
       {"uniform_levels", "power_of_two", "ternary", "binary", "device_levels"}) {
    all.push_back(per_filter(kind, levels_of_kind(kind)));
  }
  Variant chip{"device_levels_of_the_chip", options_of("device_levels"), {-0.4F, 0, 0.4F}};
  chip.options.level_values.clear();
  all.push_back(chip);
  Variant one_cluster{"clusters_one", options_of("clusters")};
  one_cluster.options.clusters = 1;
  all.push_back(one_cluster);
  for (const std::string kind : {"quantized_groups_at_most", "quantized_groups_exactly"}) {
    all.push_back(in_groups(kind, "weight", 3));
    all.push_back(in_groups(kind, "filter", 1));
    all.push_back(in_groups(kind, "array_block", 1));
  }
  return all;
}

inline std::shared_ptr<const Constraint> make(const ConstraintOptions& options,
                                              const torch::Tensor& mask = {}) {
  ConstraintTarget target = small_target(mask);
  target.code_values = kCodeValues;
  return is_joint(options.kind) ? make_joint_constraint(options, {target})
                                : make_constraint(options, target);
}

}  // namespace ohmweave::admm
