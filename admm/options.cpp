// SPDX-License-Identifier: Apache-2.0
#include "admm/options.h"

#include <algorithm>
#include <utility>

#include "core/glob.h"

namespace ohmweave::admm {
namespace {

enum class CountRule { Needed, Optional, None };

/// What the config of a kind may and must hold beside kind and weights.
struct KindFacts {
  KindFacts(Word kind, CountRule rule, std::vector<std::string> needed = {},
            std::vector<std::string> taken = {})
      : word(std::move(kind)), count(rule), needs(std::move(needed)), takes(std::move(taken)) {}
  Word word;
  CountRule count;
  std::vector<std::string> needs;
  std::vector<std::string> takes;
};

/// Sets that say which weights may be non-zero, not what values they take.
const std::vector<KindFacts>& pruning_facts() {
  static const std::vector<KindFacts> facts = {
      {{"cardinality", "at most `keep` weights of a tensor are non-zero"}, CountRule::Needed},
      {{"global_cardinality", "at most `keep` weights of all matching tensors are non-zero"},
       CountRule::Needed,
       {},
       {"floors"}},
      {{"filter", "at most `keep` filters (outputs) of a tensor are non-zero"},
       CountRule::Needed,
       {},
       {"keep_multiple"}},
      {{"channel", "at most `keep` input channels of a tensor are non-zero"},
       CountRule::Needed,
       {},
       {"keep_multiple"}},
      {{"shape", "at most `keep` window inputs are non-zero, over all filters"},
       CountRule::Needed,
       {},
       {"keep_multiple"}},
      {{"filter_shape", "`keep` filters, then `keep_shapes` window inputs: an approximation"},
       CountRule::Needed,
       {},
       {"keep_multiple", "keep_shapes", "keep_shapes_fraction"}},
      {{"array_row", "at most `keep` rows of the arrays that hold a tensor are non-zero"},
       CountRule::Needed,
       {},
       {"rows", "cols", "keep_multiple"}},
      {{"array_column", "at most `keep` columns of the arrays that hold a tensor are non-zero"},
       CountRule::Needed,
       {},
       {"rows", "cols", "keep_multiple"}},
      {{"array_block", "at most `keep` whole arrays of a tensor are non-zero"},
       CountRule::Needed,
       {},
       {"rows", "cols", "keep_multiple"}},
      {{"n_m", "at most `n` of every `m` consecutive inputs of a filter are non-zero"},
       CountRule::None,
       {"n", "m"}},
      {{"pattern", "every kernel's non-zeros lie in one of a list of patterns"},
       CountRule::Optional,
       {},
       {"pattern_entries", "num_patterns", "patterns"}},
  };
  return facts;
}

/// Sets that say what values the weights take.
const std::vector<KindFacts>& level_facts() {
  static const std::vector<KindFacts> facts = {
      {{"conductance_levels", "every weight is an integer multiple of one scale per tensor"},
       CountRule::None},
      {{"uniform_levels", "every weight is +-1 to +-`levels` times a scale"},
       CountRule::None,
       {"levels"},
       {"scale_per", "with_zero"}},
      {{"power_of_two", "every weight is +-1, 2, 4 to 2^(`levels` - 1) times a scale"},
       CountRule::None,
       {"levels"},
       {"scale_per", "with_zero"}},
      {{"ternary", "every weight is -1, 0 or 1 times a scale"}, CountRule::None, {}, {"scale_per"}},
      {{"binary", "every weight is -1 or 1 times a scale"}, CountRule::None, {}, {"scale_per"}},
      {{"device_levels",
        "every weight is what a pair of cells at measured levels conducts, or one of "
        "`level_values`, times a scale"},
       CountRule::None,
       {},
       {"level_values", "scale_per"}},
      {{"clusters", "the weights of a tensor take at most `clusters` values"},
       CountRule::None,
       {"clusters"}},
      {{"lloyd_clusters", "the same by Lloyd's iteration: an approximation, for large tensors"},
       CountRule::None,
       {"clusters"}},
      {{"quantized_groups_at_most", "at most `keep` groups non-zero, on the given `level_values`"},
       CountRule::Needed,
       {"level_values"},
       {"group", "rows", "cols", "keep_multiple"}},
      {{"quantized_groups_exactly", "`keep` groups on the given `level_values`, the others zero"},
       CountRule::Needed,
       {"level_values"},
       {"group", "rows", "cols", "keep_multiple"}},
  };
  return facts;
}

const std::vector<KindFacts>& kind_facts() {
  static const std::vector<KindFacts> facts = [] {
    std::vector<KindFacts> all = pruning_facts();
    all.insert(all.end(), level_facts().begin(), level_facts().end());
    return all;
  }();
  return facts;
}

const std::vector<Word>& group_words() {
  static const std::vector<Word> words = {
      {"weight", "single weights"},
      {"filter", "all weights of one output"},
      {"channel", "all weights of one input channel"},
      {"shape", "one window input of every filter"},
      {"array_row", "the piece of a matrix row in one array"},
      {"array_column", "the piece of a matrix column in one array"},
      {"array_block", "a whole array"},
  };
  return words;
}

/// The keys that only some kinds take, and whether they were set.
std::vector<std::pair<std::string, bool>> special_keys(const ConstraintOptions& o) {
  return {{"rows", o.rows.has_value()},
          {"cols", o.cols.has_value()},
          {"keep_multiple", o.keep_multiple.has_value()},
          {"keep_shapes", o.keep_shapes.has_value()},
          {"keep_shapes_fraction", o.keep_shapes_fraction.has_value()},
          {"floors", !o.floors.empty()},
          {"n", o.n.has_value()},
          {"m", o.m.has_value()},
          {"pattern_entries", o.pattern_entries.has_value()},
          {"num_patterns", o.num_patterns.has_value()},
          {"patterns", !o.patterns.empty()},
          {"levels", o.levels.has_value()},
          {"with_zero", o.with_zero},
          {"level_values", !o.level_values.empty()},
          {"scale_per", o.scale_per != ScaleScope::Tensor},
          {"clusters", o.clusters.has_value()},
          {"group", o.group != "weight"}};
}

bool holds(const std::vector<std::string>& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Which keys this kind takes and needs.
void check_keys(Fields& f, const ConstraintOptions& o) {
  const auto& facts = kind_facts();
  const auto kind = std::find_if(facts.begin(), facts.end(),
                                 [&o](const KindFacts& k) { return k.word.name == o.kind; });
  if (kind == facts.end()) return;  // word() has reported it
  const int counts = (o.keep ? 1 : 0) + (o.keep_fraction ? 1 : 0);
  f.rule(kind->count != CountRule::Needed || counts == 1, "keep",
         "exactly one of keep and keep_fraction must be given");
  f.rule(kind->count != CountRule::Optional || counts <= 1, "keep",
         "at most one of keep and keep_fraction may be given");
  f.rule(kind->count != CountRule::None || counts == 0, "keep", o.kind + " keeps no count");
  for (const auto& [key, is_set] : special_keys(o)) {
    const bool is_needed = holds(kind->needs, key);
    f.rule(!is_needed || is_set, key, o.kind + " needs it");
    f.rule(!is_set || is_needed || holds(kind->takes, key), key, o.kind + " does not take it");
  }
}

/// Rules between the keys of one kind.
void check_values(Fields& f, const ConstraintOptions& o) {
  f.rule(!(o.keep && o.keep_multiple) || *o.keep % *o.keep_multiple == 0, "keep",
         "must be a multiple of keep_multiple = " + std::to_string(o.keep_multiple.value_or(1)));
  if (o.kind == "filter_shape") {
    f.rule(o.keep_shapes.has_value() != o.keep_shapes_fraction.has_value(), "keep_shapes",
           "exactly one of keep_shapes and keep_shapes_fraction must be given");
  }
  if (o.kind == "pattern") {
    f.rule(o.patterns.empty() == o.pattern_entries.has_value(), "patterns",
           "exactly one of patterns and pattern_entries must be given");
    f.rule(!o.num_patterns || o.pattern_entries, "num_patterns", "needs pattern_entries");
  }
  constexpr int kMostPowers = 64;  // 2^63 times any scale is still a float
  f.rule(o.kind != "power_of_two" || o.levels.value_or(1) <= kMostPowers, "levels",
         "must be at most 64 powers of two");
  f.rule(!(o.n && o.m) || *o.n <= *o.m, "n", "must be at most m");
  std::vector<float> levels(o.level_values.begin(), o.level_values.end());
  std::sort(levels.begin(), levels.end());
  f.rule(std::adjacent_find(levels.begin(), levels.end()) == levels.end(), "level_values",
         "must be distinct as 32-bit floats");
  f.rule(levels.empty() || levels.front() != 0.0F || levels.back() != 0.0F, "level_values",
         "must hold a level other than 0");
}

void declare_counts(Fields& f, ConstraintOptions& o) {
  constexpr int kMostEntries = 2147483647;
  constexpr int kLargestArray = 1 << 20;
  f.integer("keep", o.keep, {0, kMostEntries}, "entries or groups kept in each matching tensor");
  f.number("keep_fraction", o.keep_fraction, kFraction,
           "the same as a share of all entries or groups, rounded to the nearest count");
  f.integer("rows", o.rows, {1, kLargestArray},
            "matrix rows of an array; absent: those that a mapped array seats");
  f.integer("cols", o.cols, {1, kLargestArray}, "columns of an array; absent: the mapped array's");
  f.integer("keep_multiple", o.keep_multiple, {1, kLargestArray},
            "the count must be a multiple of it, so that what is kept fills whole arrays; "
            "keep_fraction is rounded to the nearest multiple");
  f.integer("keep_shapes", o.keep_shapes, {0, kMostEntries}, "window inputs kept (filter_shape)");
  f.number("keep_shapes_fraction", o.keep_shapes_fraction, kFraction,
           "the same as a share, rounded to the nearest count");
  f.list("floors", o.floors, "fewest weights kept in some tensors (global_cardinality)");
}

void declare_patterns(Fields& f, ConstraintOptions& o) {
  constexpr int kLongestRun = 1 << 20;
  constexpr int kMostPositions = 25;  // of a 5 x 5 kernel
  constexpr int kMostPatterns = 1 << 20;
  f.integer("n", o.n, {0, kLongestRun}, "non-zeros in a run of inputs (n_m)");
  f.integer("m", o.m, {1, kLongestRun}, "inputs of a run (n_m)");
  f.integer(
      "pattern_entries", o.pattern_entries, {1, kMostPositions},
      "positions of each pattern: all patterns of so many positions, or num_patterns of them");
  f.integer("num_patterns", o.num_patterns, {1, kMostPatterns},
            "patterns taken, by vote of the kernels at the start; absent: all");
  f.texts("patterns", o.patterns, "the patterns, row by row, such as 010111010");
}

void declare_levels(Fields& f, ConstraintOptions& o) {
  constexpr int kMostLevels = 65535;
  f.integer("levels", o.levels, {1, kMostLevels}, "levels of one sign");
  f.boolean("with_zero", o.with_zero, "zero is a level too");
  f.numbers("level_values", o.level_values, {-1e30, 1e30, false},
            "levels with their signs, in any order: relative to the scale (device_levels; absent: "
            "those of /device and /array), or the weights themselves (quantized_groups)");
  f.choice("scale_per", o.scale_per,
           {{ScaleScope::Tensor, "tensor", "one scale for the tensor"},
            {ScaleScope::Filter, "filter", "one for each output"}},
           "what has one scale");
  f.integer("clusters", o.clusters, {1, kMostLevels}, "values that the weights may take");
  f.word("group", o.group, group_words(), "what is kept or emptied as a whole (quantized_groups)");
}

}  // namespace

const std::vector<Word>& constraint_words() {
  static const std::vector<Word> words = [] {
    std::vector<Word> result;
    result.reserve(kind_facts().size());
    for (const KindFacts& facts : kind_facts()) result.push_back(facts.word);
    return result;
  }();
  return words;
}

bool is_joint(const std::string& kind) { return kind == "global_cardinality"; }

bool is_pruning(const std::string& kind) {
  const auto& facts = pruning_facts();
  return std::any_of(facts.begin(), facts.end(),
                     [&](const KindFacts& f) { return f.word.name == kind; });
}

bool has_scaled_levels(const std::string& kind) {
  return has_integer_levels(kind) || kind == "device_levels";
}

bool has_integer_levels(const std::string& kind) {
  static const std::vector<std::string> kinds = {"conductance_levels", "uniform_levels",
                                                 "power_of_two", "ternary", "binary"};
  return holds(kinds, kind);
}

void declare(Fields& f, FloorOptions& o) {
  constexpr int kMostEntries = 2147483647;
  f.required().text("weights", o.weights, "names of the weights meant, with * and ?");
  f.required().integer("keep", o.keep, {0, kMostEntries}, "weights kept there at least");
}

void declare(Fields& f, ConstraintOptions& o) {
  f.required().word("kind", o.kind, constraint_words(), "which set");
  f.required().text("weights", o.weights, "names of the weights meant, with * and ?");
  declare_counts(f, o);
  declare_patterns(f, o);
  declare_levels(f, o);
  check_keys(f, o);
  check_values(f, o);
}

void declare(Fields& f, StopOptions& o) {
  f.number("primal", o.primal, kPositive, "||W - Z|| relative to the larger of ||W|| and ||Z||");
  f.number("dual", o.dual, kPositive, "rho ||Z - Z_before|| relative to rho ||U||");
}

void declare(Fields& f, RhoOptions& o) {
  f.required().text("weights", o.weights, "names of the weights meant, with * and ?");
  f.required().number("factor", o.factor, kPositive, "rho is multiplied by it for these weights");
}

void declare_optimizer(Fields& f, OptimizerKind& kind) {
  f.choice<OptimizerKind>("optimizer", kind,
                          {{OptimizerKind::Adam, "adam", "Adam"},
                           {OptimizerKind::Sgd, "sgd", "stochastic gradient, momentum 0.9"}},
                          "what moves the weights along their gradients");
}

void declare(Fields& f, AdmmOptions& o) {
  f.integer("iterations", o.iterations, {0, 10000},
            "updates of Z and U; 0: the weights are projected at once");
  f.integer("epochs_per_iteration", o.epochs_per_iteration, {1, 10000},
            "training epochs before each update");
  declare_optimizer(f, o.optimizer);
  f.number("learning_rate", o.learning_rate, kPositive, "at the start of each iteration");
  f.number("learning_rate_end_fraction", o.learning_rate_end_fraction, {0.0, 1.0, true},
           "share of the learning rate reached at the end of each iteration");
  f.number("rho", o.rho, kPositive, "weight of the penalty in the first iteration");
  f.number("rho_factor", o.rho_factor, {1.0, 1000.0, false},
           "rho is multiplied by it after each iteration");
  f.boolean("rescale_dual", o.rescale_dual,
            "divide U by the factor that rho grew by, so that the dual variable keeps its value");
  f.choice<MetricKind>(
      "metric", o.metric,
      {{MetricKind::Euclidean, "euclidean", "all weights count alike"},
       {MetricKind::Fisher, "fisher", "each weight counts by its Fisher information"}},
      "the norm of the penalty and the projection");
  f.section("stop", o.stop, "end before `iterations` when all weights are within; absent: never");
  f.list("rho_by_weight", o.rho_by_weight,
         "multipliers of rho; of several that match a weight the last counts");
}

double rho_multiplier_of(const AdmmOptions& options, const std::string& weight) {
  double factor = 1.0;
  for (const RhoOptions& entry : options.rho_by_weight) {
    if (matches_glob(entry.weights, weight)) factor = entry.factor;
  }
  return factor;
}

}  // namespace ohmweave::admm
