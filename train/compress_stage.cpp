// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "core/safetensors.h"
#include "core/storage.h"
#include "nn/evaluate.h"
#include "nn/torch_io.h"
#include "train/calibration.h"
#include "train/compress_step.h"
#include "train/dense_training.h"
#include "train/stages.h"

namespace ohmweave::train {
namespace {

Json grid_to_json(const LevelGrid& grid) {
  return {{"weight_bits", grid.quantization.weight_bits},
          {"activation_bits", grid.quantization.activation_bits},
          {"activation_range", static_cast<int>(grid.quantization.activation_range)},
          {"code_values", grid.quantization.code_values},
          {"array_rows", grid.array_rows},
          {"array_cols", grid.array_cols}};
}

template <class Options>
Json optional_to_json(const std::optional<Options>& options) {
  return options ? write_config(*options) : Json();
}

/// Hash of what the first step depends on besides its own options.
std::string first_stamp(const NetworkModel& dense, const data::DataOptions& data_options,
                        const TrainOptions& train_options, const StageContext& context) {
  RawTensors parameters;
  for (const auto& [name, tensor] : dense.parameters) {
    parameters[name] = nn::to_raw({{name, nn::to_torch(tensor)}}).at(name);
  }
  const Json json = {{"network", network_to_json(dense.network)},
                     {"parameters", sha256(encode_safetensors(parameters, {}))},
                     {"data", data::data_fingerprint(data_options)},
                     {"data_options", write_config(data_options)},
                     {"batch", train_options.batch},
                     {"augment", optional_to_json(train_options.augment)},
                     {"seed", context.seed},
                     {"stream", context.stream.bits(0)}};
  return sha256(json.dump());
}

void check_finished(const NetworkModel& model, const std::string& archive) {
  const NetworkModel decoded = decode_owz(archive, "model.owz");
  for (const auto& [name, tensor] : model.parameters) {
    const auto found = decoded.parameters.find(name);
    OHMWEAVE_REQUIRE(found != decoded.parameters.end() && found->second.values == tensor.values,
                     "model.owz gives back '" + name + "' bit for bit");
  }
  OHMWEAVE_REQUIRE(decoded.codebooks == model.codebooks, "model.owz gives back the codebooks");
}

void write_results(const CompressState& state, const std::filesystem::path& output) {
  const std::string archive = encode_owz(state.model);
  check_finished(state.model, archive);
  save_network_model(state.model, output);
  nn::save_tensors(output / "masks.safetensors", mask_tensors(state.masks));
  write_file_atomically(output / "model.owz", archive);
  write_json_atomically(
      output / "compression.json",
      compression_summary(state.model, static_cast<std::int64_t>(archive.size())));
  write_file_atomically(output / "admm.csv", admm_csv(state.traces));
  write_file_atomically(output / "train.csv", train_csv(state.traces));
}

/// Contexts of all steps, each stamped with the hash of everything before it.
std::vector<StepContext> step_contexts(const TrainingSet& set, const CompressOptions& options,
                                       const LevelGrid& grid, const TrainOptions& train_options,
                                       const StageContext& context, std::string stamp) {
  std::vector<StepContext> contexts;
  for (std::size_t i = 0; i < options.steps.size(); ++i) {
    const std::string name = "step_" + std::to_string(i + 1);
    const Json json = {{"before", stamp},
                       {"step", write_config(options.steps[i])},
                       {"distill", optional_to_json(options.distill)},
                       {"engine", static_cast<int>(options.engine)},
                       {"fisher", write_config(options.fisher)},
                       {"beam", write_config(options.beam)},
                       {"grid", grid_to_json(grid)}};
    stamp = sha256(json.dump());
    contexts.push_back({set, context.progress, name, "/compress/steps/" + std::to_string(i),
                        context.work / (name + ".work"), stamp, train_options.batch, grid,
                        context.stream.child("step", i), options.distill, options.engine,
                        options.fisher});
  }
  return contexts;
}

/// One try of a step from one parent; the first of a beam has the step's own name and numbers.
StepContext child_context(const StepContext& step, std::size_t parent, int child) {
  if (parent == 0 && child == 0) return step;
  StepContext context = step;
  const std::string suffix = "_" + std::to_string(parent + 1) + "_" + std::to_string(child + 1);
  context.name += suffix;
  context.folder = step.folder.parent_path() / (step.name + suffix + ".work");
  context.stamp = sha256(step.stamp + suffix);
  context.stream = step.stream.child("child", parent, static_cast<std::uint64_t>(child));
  return context;
}

/// Where the result of a try is kept.
std::filesystem::path kept_folder(const StepContext& context) {
  return context.folder.parent_path() / context.name;
}

/// True if a try of the step may have to be trained.
bool has_work(const StepContext& context, const BeamOptions& beam) {
  for (int parent = 0; parent < beam.parents; ++parent) {
    for (int child = 0; child < beam.children; ++child) {
      const StepContext one = child_context(context, static_cast<std::size_t>(parent), child);
      if (!is_stamped(kept_folder(one), one.stamp)) return true;
    }
  }
  return false;
}

/// The result of one try, kept as an artifact.
CompressState run_kept_step(const CompressState& parent, const CompressStep& step,
                            const StepContext& context) {
  const std::filesystem::path folder = kept_folder(context);
  if (!is_stamped(folder, context.stamp)) {
    const CompressState next = run_step(parent, step, context);
    write_artifact(folder, context.stamp,
                   [&next](const std::filesystem::path& partial) { save_state(next, partial); });
    std::filesystem::remove_all(context.folder);
  }
  return load_state(folder);
}

/// The best results of a step, best first; of equal ones the earlier.
std::vector<CompressState> run_beam(const std::vector<CompressState>& parents,
                                    const CompressStep& step, const StepContext& context,
                                    const BeamOptions& beam) {
  std::vector<CompressState> results;
  for (std::size_t parent = 0; parent < parents.size(); ++parent) {
    for (int child = 0; child < beam.children; ++child) {
      results.push_back(
          run_kept_step(parents[parent], step, child_context(context, parent, child)));
    }
  }
  std::stable_sort(results.begin(), results.end(),
                   [&beam](const CompressState& a, const CompressState& b) {
                     return is_better(a, b, beam.judge);
                   });
  results.resize(std::min(results.size(), static_cast<std::size_t>(beam.parents)));
  return results;
}

}  // namespace

void compress_stage(const NetworkModel& dense, const data::DataOptions& data_options,
                    const TrainOptions& train_options, const CompressOptions& options,
                    const LevelGrid& grid, const StageContext& context) {
  check_compression(dense.network, options, grid);
  TrainingSet set = load_training_set(data_options, train_options.augment, context.seed);
  const std::string stamp = first_stamp(dense, data_options, train_options, context);
  const std::vector<StepContext> contexts =
      step_contexts(set, options, grid, train_options, context, stamp);
  std::vector<CompressState> best{{dense, {}, {}}};
  {
    const nn::GraphModule module = nn::make_module(dense);
    best.front().masks = full_masks(module);
  }
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (options.distill && !set.teacher_logits.defined() && has_work(contexts[i], options.beam)) {
      std::vector<NetworkModel> teachers =
          train_teachers(dense.network, options.distill->teachers - 1, set, train_options,
                         {context.work, stamp, context.stream.child("teachers"), context.progress});
      teachers.push_back(dense);
      add_teachers(set, teachers);
    }
    best = run_beam(best, options.steps[i], contexts[i], options.beam);
  }
  CompressState state = std::move(best.front());
  if (state.model.ranges.empty()) {
    nn::GraphModule module = nn::make_module(state.model);
    state.model.ranges = calibrate(module, set);
  }
  write_results(state, context.output);
}

}  // namespace ohmweave::train
