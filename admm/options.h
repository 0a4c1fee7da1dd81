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
/// True if one set covers all the weights that a constraint's pattern matches together; otherwise
/// each matching weight lies in a set of its own.
[[nodiscard]] bool is_joint(const std::string& kind);

/// True if the set asks nothing of the weights that are not zero: training under a mask stays in
/// it.
[[nodiscard]] bool is_pruning(const std::string& kind);

/// True for sets of levels whose weights are given levels times a scale ...
[[nodiscard]] bool has_scaled_levels(const std::string& kind);
/// ... and for those of them whose levels are integers.
[[nodiscard]] bool has_integer_levels(const std::string& kind);

/// The fewest entries kept in some of the weights of a joint constraint.
struct FloorOptions {
  std::string weights = "*";  // names, with * and ?
  int keep = 0;
};
void declare(Fields& f, FloorOptions& o);

/// What has one scale in a set of levels.
enum class ScaleScope { Tensor, Filter };

/// One entry of a step's "constraints": a set that the matching weights have to lie in. Which keys
/// a kind takes is checked; see declare().
struct ConstraintOptions {
  std::string kind = "cardinality";     // a name of the constraint table
  std::string weights = "*.weight";     // parameter names, with * and ?
  std::optional<int> keep;              // entries or groups kept in each matching tensor
  std::optional<double> keep_fraction;  // the same as a share of all; rounded to the nearest count
  std::optional<int> rows;              // of an array; empty = the mapped array's
  std::optional<int> cols;
  std::optional<int> keep_multiple;  // the count must be a multiple of it
  std::optional<int> keep_shapes;    // filter_shape: shapes kept
  std::optional<double> keep_shapes_fraction;
  std::vector<FloorOptions> floors;    // global_cardinality; of several that match the last counts
  std::optional<int> n;                // n_m: non-zeros ...
  std::optional<int> m;                // ... in every m consecutive inputs
  std::optional<int> pattern_entries;  // pattern: positions of each pattern
  std::optional<int> num_patterns;     // chosen by vote of the kernels; empty = all
  std::vector<std::string> patterns;   // given one by one, "010111010"
  std::optional<int> levels;           // uniform_levels, power_of_two: levels of one sign
  bool with_zero = false;              // 0 is a level too
  /// device_levels: relative to the scale, empty = the chip's; quantized_groups: absolute.
  std::vector<double> level_values;
  ScaleScope scale_per = ScaleScope::Tensor;
  std::optional<int> clusters;   // clusters, lloyd_clusters
  std::string group = "weight";  // quantized_groups: what is kept or emptied as a whole
};
void declare(Fields& f, ConstraintOptions& o);

/// Tolerances relative to the sizes of the compared tensors (admm_state.h, has_converged()).
struct StopOptions {
  double primal = 1e-2;
  double dual = 1e-2;
};
void declare(Fields& f, StopOptions& o);

/// A multiplier of rho for some weights.
struct RhoOptions {
  std::string weights = "*";  // names, with * and ?
  double factor = 1.0;
};
void declare(Fields& f, RhoOptions& o);

/// What moves the weights along their gradients.
enum class OptimizerKind {
  Adam,  // kingma_iclr_2015
  Sgd,   // with momentum (sutskever_icml_2013)
};

/// The field "optimizer".
void declare_optimizer(Fields& f, OptimizerKind& kind);

/// The norm that distances to the sets are measured in.
enum class MetricKind {
  Euclidean,
  /// The diagonal Fisher information, plus 2 % of its layer's mean, over its median of all weights
  /// under constraints, held within 1/25 and 25, taken anew before every iteration and averaged
  /// with the one before.
  Fisher,
};

/// One ADMM phase: `iterations` times (train `epochs_per_iteration` epochs with the penalty, then
/// update Z and U). Source: boyd_ftml_2011, section 3.1.1 (scaled form), 3.3.1 (stopping).
struct AdmmOptions {
  int iterations = 10;  // 0: the weights are projected as they are
  int epochs_per_iteration = 1;
  OptimizerKind optimizer = OptimizerKind::Adam;
  double learning_rate = 1.5e-3;            // at the start of each iteration
  double learning_rate_end_fraction = 0.3;  // share of it reached at the iteration's end
  double rho = 1e-3;                        // penalty weight of the first iteration
  double rho_factor = 1.5;                  // rho is multiplied by it after each iteration
  bool rescale_dual = true;                 // keeps rho * U when rho changes
  MetricKind metric = MetricKind::Euclidean;
  std::optional<StopOptions> stop;        // end before `iterations` when reached; empty = never
  std::vector<RhoOptions> rho_by_weight;  // of several that match the last counts
};
void declare(Fields& f, AdmmOptions& o);

/// The multiplier of rho for a weight; 1 if no pattern matches it.
[[nodiscard]] double rho_multiplier_of(const AdmmOptions& options, const std::string& weight);

}  // namespace ohmweave::admm
