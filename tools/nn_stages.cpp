// SPDX-License-Identifier: Apache-2.0
#include "tools/nn_stages.h"

#include <ATen/Parallel.h>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "core/random.h"
#include "inference/stages.h"
#include "inference/torch_chip.h"
#include "mapping/placement.h"
#include "models/models.h"
#include "tools/run_config.h"
#include "train/stages.h"

namespace ohmweave::tools {
namespace {

namespace fs = std::filesystem;

/// The checkpoint folder of exactly this stage and stamp; those of other stamps are removed.
fs::path open_work_folder(const fs::path& run, const std::string& stage, const std::string& stamp) {
  const fs::path all = run / ".work" / stage;
  fs::path mine = all / stamp.substr(0, 16);
  std::error_code error;
  fs::create_directories(mine, error);
  if (error) throw DataError(mine.string() + ": cannot be created: " + error.message());
  for (const auto& entry : fs::directory_iterator(all)) {
    if (entry.path() != mine) fs::remove_all(entry.path());
  }
  return mine;
}

mapping::Placement load_placement(const fs::path& run) {
  return mapping::placement_from_json(
      parse_artifact_file((run / "map" / "placement.json").string()));
}

void run_adapt(const RunConfig& config, const fs::path& run, const std::string& stamp,
               const train::StageContext& context) {
  train::AdaptInputs inputs;
  inputs.model = load_network_model(run / (is_compressed(config) ? "compress" : "dense"));
  inputs.quantization = quantization_options(config);
  inputs.placement = load_placement(run);
  inputs.hardware.device = config.device;
  inputs.hardware.array = config.array;
  inputs.hardware.fault_aware = config.mapping.fault_aware;
  inputs.stamp = stamp;
  train::adapt_stage(inputs, *config.data, *config.adapt, context);
}

void run_evaluate(const RunConfig& config, const fs::path& run,
                  const inference::EvaluateContext& context) {
  inference::EvaluateInputs inputs;
  const QuantizationOptions quantization = quantization_options(config);
  inputs.dense = load_network_model(run / "dense");
  inputs.baseline = quantize(inputs.dense, quantization);
  inputs.mapped = inputs.baseline;
  if (is_compressed(config)) {
    inputs.compressed = load_network_model(run / "compress");
    inputs.owz = read_file(run / "compress" / "model.owz");
    inputs.mapped = quantize(*inputs.compressed, quantization);
  }
  if (config.adapt) inputs.adapted = quantize(load_network_model(run / "adapt"), quantization);
  inputs.placement = load_placement(run);
  inputs.data = *config.data;
  inputs.device = config.device;
  inputs.array = config.array;
  inputs.adc = config.adc;
  inputs.dac = config.dac;
  if (config.chip) inputs.columns_per_adc = config.chip->columns_per_adc;
  inputs.fault_aware = config.mapping.fault_aware;
  inputs.options = *config.evaluate;
  inputs.seed = config.seed;
  if (config.chip) inputs.functional_images = config.chip->functional_images;
  inference::evaluate_stage(inputs, context);
}

train::LevelGrid level_grid(const RunConfig& config) {
  return {quantization_options(config), config.array.num_inputs(), config.array.cols};
}

/// `file`: where the config comes from, which error texts name.
void check_compression(const RunConfig& config, const fs::path& file) {
  if (!config.compress) return;
  try {
    train::check_compression(models::build_model(config.model.kind), *config.compress,
                             level_grid(config));
  } catch (const ConfigError& error) {
    throw ConfigError(file.string(), error.problems());
  }
}

}  // namespace

void check_constraints(const fs::path& config, const std::vector<std::string>& overrides) {
  check_compression(load_config(config, overrides, find_presets_folder(), {}).config, config);
}

void run_torch_stage(const std::string& stage, const fs::path& folder, const std::string& stamp,
                     Verbosity verbosity) {
  const fs::path file = folder / "config.json";
  const RunConfig config = load_resolved_config(file, {}).config;
  if (stage == "dense") check_compression(config, file);  // before any time is spent
  if (config.evaluate && config.evaluate->torch_device == inference::TorchDevice::Cuda)
    (void)inference::torch_device("cuda", "/evaluate/torch_device");
  at::set_num_threads(config.threads);
  ConsoleProgress progress(stage, folder / "events.jsonl", verbosity);
  const fs::path work = open_work_folder(folder, stage, stamp);
  write_artifact(folder / stage, stamp, [&](const fs::path& output) {
    const RandomStream stream(config.seed);
    const train::StageContext context{output, work, config.seed, stream, progress};
    if (stage == "dense") {
      train::dense_stage(models::build_model(config.model.kind), *config.data, *config.train,
                         context);
    } else if (stage == "compress") {
      train::compress_stage(load_network_model(folder / "dense"), *config.data, *config.train,
                            *config.compress, level_grid(config), context);
    } else if (stage == "adapt") {
      run_adapt(config, folder, stamp, context);
    } else {
      run_evaluate(config, folder, {output, work, stream, progress});
    }
  });
}

}  // namespace ohmweave::tools
