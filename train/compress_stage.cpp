// SPDX-License-Identifier: Apache-2.0
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
#include "train/stages.h"

namespace ohmweave::train {
namespace {

const char* const kMasksFile = "masks.safetensors";
const char* const kTracesFile = "traces.json";

nn::TensorMap as_bytes(const Masks& masks) {
  nn::TensorMap bytes;
  for (const auto& [name, mask] : masks) bytes[name] = mask.to(torch::kUInt8);
  return bytes;
}

Masks as_masks(const nn::TensorMap& bytes) {
  Masks masks;
  for (const auto& [name, mask] : bytes) masks[name] = mask.to(torch::kBool);
  return masks;
}

void save_state(const CompressState& state, const std::filesystem::path& folder) {
  save_network_model(state.model, folder);
  nn::save_tensors(folder / kMasksFile, as_bytes(state.masks));
  write_json_atomically(folder / kTracesFile, traces_to_json(state.traces));
}

CompressState load_state(const std::filesystem::path& folder) {
  verify_artifact(folder);
  return {load_network_model(folder), as_masks(nn::load_tensors(folder / kMasksFile)),
          traces_from_json(parse_artifact_file((folder / kTracesFile).string()))};
}

Json grid_to_json(const LevelGrid& grid) {
  return {{"weight_bits", grid.quantization.weight_bits},
          {"activation_bits", grid.quantization.activation_bits},
          {"activation_range", static_cast<int>(grid.quantization.activation_range)},
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
}

void write_results(const CompressState& state, const LevelGrid& grid,
                   const std::filesystem::path& output) {
  const std::string archive = encode_owz(state.model);
  check_finished(state.model, archive);
  save_network_model(state.model, output);
  nn::save_tensors(output / kMasksFile, as_bytes(state.masks));
  write_file_atomically(output / "model.owz", archive);
  write_json_atomically(output / "compression.json",
                        compression_summary(state.model, grid.quantization.weight_bits,
                                            static_cast<std::int64_t>(archive.size())));
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
                       {"grid", grid_to_json(grid)}};
    stamp = sha256(json.dump());
    contexts.push_back({set, context.progress, name, "/compress/steps/" + std::to_string(i),
                        context.work / (name + ".work"), stamp, train_options.batch, grid,
                        context.stream.child("step", i), options.distill, options.engine});
  }
  return contexts;
}

}  // namespace

void compress_stage(const NetworkModel& dense, const data::DataOptions& data_options,
                    const TrainOptions& train_options, const CompressOptions& options,
                    const LevelGrid& grid, const StageContext& context) {
  TrainingSet set = load_training_set(data_options, train_options.augment, context.seed);
  const std::vector<StepContext> contexts =
      step_contexts(set, options, grid, train_options, context,
                    first_stamp(dense, data_options, train_options, context));
  CompressState state{dense, {}, {}};
  {
    const nn::GraphModule module = nn::make_module(dense);
    state.masks = full_masks(module);
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      check_step(options.steps[i], module, contexts[i]);  // before any time is spent
    }
  }
  if (options.distill) {
    nn::GraphModule teacher = nn::make_module(dense);
    add_teacher(set, teacher);
  }
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const std::filesystem::path folder = context.work / contexts[i].name;
    if (!is_stamped(folder, contexts[i].stamp)) {
      const CompressState next = run_step(std::move(state), options.steps[i], contexts[i]);
      write_artifact(folder, contexts[i].stamp,
                     [&next](const std::filesystem::path& partial) { save_state(next, partial); });
      std::filesystem::remove_all(contexts[i].folder);
    }
    state = load_state(folder);
  }
  if (state.model.ranges.empty()) {
    nn::GraphModule module = nn::make_module(state.model);
    state.model.ranges = calibrate(module, set);
  }
  write_results(state, grid, context.output);
}

}  // namespace ohmweave::train
