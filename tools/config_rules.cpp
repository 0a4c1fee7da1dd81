// SPDX-License-Identifier: Apache-2.0
#include "tools/config_rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/glob.h"
#include "crossbar/block_read.h"
#include "crossbar/device.h"
#include "data/table.h"
#include "mapping/options.h"
#include "models/models.h"

namespace ohmweave::tools {
namespace {

/// One of the network's weights, as constraints name it.
struct Weight {
  std::string name;
  MatrixShape matrix;
  int kernel_size = 1;  // weights between one input channel and one filter
};

/// What a constraint counts in one weight tensor.
struct Countable {
  std::int64_t count = 0;
  std::string unit;
};

std::int64_t pieces(int length, int piece) {
  return (static_cast<std::int64_t>(length) + piece - 1) / piece;
}

/// How many weights or groups of weights `constraint.keep` may ask for; empty for kinds that count
/// something else, which the stage itself checks.
std::optional<Countable> countable(const admm::ConstraintOptions& constraint, const Weight& weight,
                                   const crossbar::ArrayOptions& array) {
  const MatrixShape& matrix = weight.matrix;
  const std::int64_t groups = matrix.groups;
  const std::int64_t row_blocks = pieces(matrix.rows, constraint.rows.value_or(array.num_inputs()));
  const std::int64_t column_blocks = pieces(matrix.columns, constraint.cols.value_or(array.cols));
  const std::map<std::string, Countable> by_kind = {
      {"cardinality", {matrix.num_weights(), "weights"}},
      {"filter", {groups * matrix.columns, "filters"}},
      {"filter_shape", {groups * matrix.columns, "filters"}},
      {"channel", {groups * matrix.rows / weight.kernel_size, "channels"}},
      {"shape", {groups * matrix.rows, "window inputs"}},
      {"array_row", {groups * column_blocks * matrix.rows, "rows"}},
      {"array_column", {groups * row_blocks * matrix.columns, "columns"}},
      {"array_block", {groups * row_blocks * column_blocks, "arrays"}}};
  const auto found = by_kind.find(constraint.kind);
  return found == by_kind.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Weight> weights_of(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<Weight> weights;
  for (const int node : weight_nodes(network))
    weights.push_back({network.nodes[node].name + ".weight", matrix_shape(network, shapes, node),
                       network.nodes[node].kernel * network.nodes[node].kernel});
  return weights;
}

void check_constraint(const admm::ConstraintOptions& constraint, const std::string& pointer,
                      const std::vector<Weight>& weights, const crossbar::ArrayOptions& array,
                      std::vector<std::string>& problems) {
  bool is_any = false;
  std::string names;
  for (const Weight& weight : weights) {
    names += (names.empty() ? "" : ", ") + weight.name;
    if (!matches_glob(constraint.weights, weight.name)) continue;
    is_any = true;
    const std::optional<Countable> most = countable(constraint, weight, array);
    if (!most || !constraint.keep || *constraint.keep <= most->count) continue;
    problems.push_back(pointer + "/keep = " + std::to_string(*constraint.keep) +
                       ": must be at most " + std::to_string(most->count) + ", the number of " +
                       most->unit + " of " + weight.name);
  }
  if (!is_any)
    problems.push_back(pointer + "/weights = " + Json(constraint.weights).dump() +
                       ": matches no weight; the network has " + names);
}

/// The weights that a step puts on levels or clusters.
std::set<std::string> put_on_levels(const train::CompressStep& step,
                                    const std::vector<Weight>& weights) {
  std::set<std::string> names;
  if (!step.quantize) return names;
  const auto& sets = step.quantize->levels;
  for (const Weight& weight : weights)
    if (sets.empty() || std::any_of(sets.begin(), sets.end(), [&](const auto& set) {
          return matches_glob(set.weights, weight.name);
        }))
      names.insert(weight.name);
  return names;
}

/// A step trains all weights that its own levels do not name, and so moves them off earlier ones.
void check_levels_stay(const std::vector<train::CompressStep>& steps,
                       const std::vector<Weight>& weights, std::vector<std::string>& problems) {
  std::map<std::string, std::size_t> step_of;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const std::set<std::string> names = put_on_levels(steps[s], weights);
    for (const auto& [name, earlier] : step_of)
      if (names.count(name) == 0)
        problems.push_back("/compress/steps/" + std::to_string(s) + ": would train " + name +
                           " off the levels that /compress/steps/" + std::to_string(earlier) +
                           " gives it; name it in this step's quantize/levels too");
    for (const std::string& name : names) step_of[name] = s;
  }
}

/// Multipliers of weights that are not there.
void check_rho(const admm::AdmmOptions& options, const std::string& pointer,
               const std::vector<Weight>& weights, std::vector<std::string>& problems) {
  for (std::size_t i = 0; i < options.rho_by_weight.size(); ++i) {
    const std::string& pattern = options.rho_by_weight[i].weights;
    const bool is_any = std::any_of(weights.begin(), weights.end(), [&](const Weight& weight) {
      return matches_glob(pattern, weight.name);
    });
    if (!is_any)
      problems.push_back(pointer + "/rho_by_weight/" + std::to_string(i) +
                         "/weights = " + Json(pattern).dump() + ": matches no weight");
  }
}

/// Settings of a step that something else leaves without effect.
void check_step(const train::CompressStep& step, const std::string& pointer, const RunConfig& c,
                const std::vector<Weight>& weights, std::vector<std::string>& problems) {
  const bool has_copies = c.train && c.train->augment;
  const auto check_retrain = [&](const train::RetrainOptions& options, const std::string& key) {
    if (options.original_fraction && !has_copies)
      problems.push_back(pointer + key +
                         "/original_fraction: needs /train/augment, which makes the copies");
  };
  check_retrain(step.retrain, "/retrain");
  check_rho(step.admm, pointer + "/admm", weights, problems);
  if (!step.quantize) return;
  check_retrain(step.quantize->retrain, "/quantize/retrain");
  check_rho(step.quantize->admm, pointer + "/quantize/admm", weights, problems);
}

void check_constraints(const RunConfig& c, const Network& network,
                       std::vector<std::string>& problems) {
  const std::vector<Weight> weights = weights_of(network);
  check_levels_stay(c.compress->steps, weights, problems);
  for (std::size_t s = 0; s < c.compress->steps.size(); ++s) {
    check_step(c.compress->steps[s], "/compress/steps/" + std::to_string(s), c, weights, problems);
    const auto& constraints = c.compress->steps[s].constraints;
    for (std::size_t i = 0; i < constraints.size(); ++i)
      check_constraint(constraints[i],
                       "/compress/steps/" + std::to_string(s) + "/constraints/" + std::to_string(i),
                       weights, c.array, problems);
  }
}

void check_times(const RunConfig& c, std::vector<std::string>& problems) {
  if (!c.evaluate || c.evaluate->times_s.empty()) return;
  if (!c.device.drift) {
    problems.emplace_back("/evaluate/times_s: /device has no drift, so nothing changes with time");
    return;
  }
  for (std::size_t i = 0; i < c.evaluate->times_s.size(); ++i) {
    const double time_s = c.evaluate->times_s[i];
    if (time_s >= c.device.drift->t0_s) continue;
    problems.push_back(
        "/evaluate/times_s/" + std::to_string(i) + " = " + Json(time_s).dump() +
        ": must be at least /device/drift/t0_s = " + Json(c.device.drift->t0_s).dump());
  }
}

/// Where rows cannot change lines.
void check_fault_aware(const RunConfig& c, std::vector<std::string>& problems) {
  if (!c.mapping.fault_aware) return;
  const auto refuse = [&problems](const std::string& why) {
    problems.push_back("/mapping/fault_aware: rows stay on their lines with " + why +
                       "; leave it out");
  };
  if (c.array.topology == crossbar::Topology::GateInput) refuse("/array/topology \"gate_input\"");
  if (!find_encoding(c.array.encoding).is_one_sided() || !c.array.slice_bits.empty())
    refuse(R"(an /array/encoding other than "one_sided_pair" or "row_pair", or with )"
           "/array/slice_bits");
  if (c.chip && c.chip->functional_images > 0) refuse("/chip/functional_images");
  if (c.evaluate && c.evaluate->reference_images > 0) refuse("/evaluate/reference_images");
}

/// What images that are read in reference mode ask of the arrays.
void check_reference_mode(const RunConfig& c, std::vector<std::string>& problems) {
  std::string problem = crossbar::block_read_problem(c.array, c.device, c.adc, c.dac);
  if (problem.empty() && c.evaluate && c.evaluate->calibrates_columns)
    problem = "/evaluate/calibrates_columns is set";
  if (problem.empty()) return;
  const auto refuse = [&](const std::string& key, int images) {
    if (images > 0)
      problems.push_back(key + " = " + std::to_string(images) + ": must be 0 where " + problem);
  };
  if (c.chip) refuse("/chip/functional_images", c.chip->functional_images);
  if (c.evaluate) refuse("/evaluate/reference_images", c.evaluate->reference_images);
}

/// What chips as tensors ask of the arrays (inference/torch_chip.h).
void check_torch_device(const RunConfig& c, std::vector<std::string>& problems) {
  if (!c.evaluate || c.evaluate->torch_device == inference::TorchDevice::Cpu) return;
  std::string problem;
  if (c.array.topology == crossbar::Topology::GateInput)
    problem = "/array/topology is \"gate_input\"";
  else if (c.adc.mismatch_sigma > 0.0)
    problem = "/adc/mismatch_sigma is not 0";
  if (!problem.empty())
    problems.push_back("/evaluate/torch_device = \"cuda\": must be \"cpu\" where " + problem);
}

/// What training through the arrays asks of them.
void check_adapt(const RunConfig& c, std::vector<std::string>& problems) {
  if (!c.adapt) return;
  if (c.array.topology == crossbar::Topology::GateInput)
    problems.emplace_back(
        "/adapt: arrays of /array/topology \"gate_input\" are no matrix that weights could be "
        "trained through; leave one of both out");
  if (c.adapt->devices == train::AdaptDevices::FirstChip && c.evaluate &&
      c.evaluate->num_chips != 1)
    problems.push_back("/evaluate/num_chips = " + std::to_string(c.evaluate->num_chips) +
                       ": must be 1 with /adapt/devices = \"first_chip\", for whose cells alone "
                       "the network is trained");
  if (c.evaluate && c.evaluate->calibrates_columns)
    problems.emplace_back(
        "/evaluate/calibrates_columns: trims columns to the codes they hold, and /adapt chooses "
        "codes by what columns give without it; leave one of both out");
}

/// What a device may have that whole networks are not run with.
void check_device(const RunConfig& c, std::vector<std::string>& problems) {
  const bool is_gate = c.array.topology == crossbar::Topology::GateInput;
  if (c.device.iv && c.chip)
    problems.emplace_back(
        "/device/iv: /chip reckons the energy of ohmic cells; leave one of both sections out");
  if (c.device.iv && (c.evaluate || c.adapt) && (is_gate || c.array.transistor_ohm > 0.0))
    problems.emplace_back(
        "/device/iv: nonlinear cells are linearized without a transistor in series; leave the "
        "section out, or set /array/topology to \"passive\" or \"row_select\" and "
        "/array/transistor_ohm to 0");
  if (is_gate && c.dac.bits != 1)
    problems.push_back("/dac/bits = " + std::to_string(c.dac.bits) +
                       ": must be 1 with /array/topology = \"gate_input\", whose gates are on or "
                       "off");
  if (is_gate && c.dac.has_spread())
    problems.emplace_back(
        "/dac: gain_sigma and mismatch_sigma must be 0 with /array/topology = \"gate_input\"");
}

/// Sections that others make necessary, or pointless.
void check_sections(const RunConfig& c, std::vector<std::string>& problems) {
  if (!c.train && is_trained(c))
    problems.emplace_back(
        "/train: is missing; it may be left out when /model says where the weights come from "
        "(weights, sparsity_fraction, sparsity or masks)");
  if (!c.train && !is_trained(c) && c.compress)
    problems.emplace_back("/train: is missing; /compress trains with its batch");
  if (c.train && !is_trained(c) && !c.compress)
    problems.emplace_back(
        "/train: nothing is trained, since /model says where the weights come from; leave one out");
  if (c.compress && models::removes_weights(c.model))
    problems.emplace_back(
        "/compress: /model already removes weights (sparsity_fraction, sparsity or masks); leave "
        "one out");
  if (c.data) return;
  for (const auto& [is_asked, section] :
       {std::pair(is_trained(c), "training"), std::pair(c.compress.has_value(), "/compress"),
        std::pair(c.adapt.has_value(), "/adapt"), std::pair(c.evaluate.has_value(), "/evaluate")})
    if (is_asked)
      problems.push_back(std::string("/data: is missing; ") + section + " needs images");
}

void check_images(const RunConfig& c, const Network& network, std::vector<std::string>& problems) {
  if (!(network.input == data::image_shape(*c.data))) {
    problems.push_back("/model/kind = \"" + c.model.kind +
                       "\": takes images of another shape than /data/kind = \"" + c.data->kind +
                       "\" gives");
  }
  const bool is_generated = data::find_data_set(c.data->kind).is_generated();
  const int wanted = c.evaluate ? c.evaluate->num_images.value_or(0) : 0;
  if (is_generated && wanted > c.data->num_test_images) {
    problems.push_back(
        "/evaluate/num_images = " + std::to_string(wanted) +
        ": there are only /data/num_test_images = " + std::to_string(c.data->num_test_images));
  }
}

void check_sparsity(const RunConfig& c, const Network& network,
                    std::vector<std::string>& problems) {
  const std::vector<Weight> weights = weights_of(network);
  for (std::size_t i = 0; i < c.model.sparsity.size(); ++i) {
    const std::string& pattern = c.model.sparsity[i].weights;
    std::string names;
    bool is_any = false;
    for (const Weight& weight : weights) {
      names += (names.empty() ? "" : ", ") + weight.name;
      is_any = is_any || matches_glob(pattern, weight.name);
    }
    if (!is_any)
      problems.push_back("/model/sparsity/" + std::to_string(i) + "/weights = " +
                         Json(pattern).dump() + ": matches no weight; the network has " + names);
  }
}

/// Copies of layers are chosen by the circuits' time and area.
void check_copies(const RunConfig& c, std::vector<std::string>& problems) {
  if (c.chip) return;
  if (c.mapping.target_throughput_hz)
    problems.emplace_back(
        "/mapping/target_throughput_hz: needs section /chip, which says how fast "
        "arrays are read");
  if (c.mapping.area_budget_m2)
    problems.emplace_back(
        "/mapping/area_budget_m2: needs section /chip, which says how large "
        "arrays are");
}

}  // namespace

std::vector<std::string> cross_section_problems(const RunConfig& c) {
  std::vector<std::string> problems;
  const Network network = models::build_model(c.model.kind);
  check_sections(c, problems);
  if (c.data) check_images(c, network, problems);
  check_sparsity(c, network, problems);
  if (c.compress) check_constraints(c, network, problems);
  check_times(c, problems);
  check_adapt(c, problems);
  check_device(c, problems);
  check_torch_device(c, problems);
  check_reference_mode(c, problems);
  check_fault_aware(c, problems);
  check_copies(c, problems);
  const std::string tile_problem = mapping::tile_problem(c.mapping, c.array.cells().num_arrays());
  if (!tile_problem.empty()) problems.push_back(tile_problem);
  std::set<int> widths;
  for (int slice = 0; slice < c.array.num_slices(); ++slice)
    widths.insert(c.array.cell_bits(slice));
  for (const int bits : widths) {
    const std::string level_problem = crossbar::level_problem(c.device, bits);
    if (!level_problem.empty()) problems.push_back(level_problem);
  }
  return problems;
}

}  // namespace ohmweave::tools
