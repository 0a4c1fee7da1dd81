// SPDX-License-Identifier: Apache-2.0
#include "tools/weight_stages.h"

#include <algorithm>
#include <utility>

#include "core/artifact.h"
#include "core/error.h"
#include "core/glob.h"
#include "core/network_model.h"
#include "core/owz.h"
#include "core/safetensors.h"
#include "core/storage.h"
#include "data/table.h"
#include "models/line_sparsity.h"
#include "models/models.h"
#include "models/ranges.h"
#include "models/weights.h"

namespace ohmweave::tools {
namespace {

constexpr float kPixelScale = 1.0F / 255.0F;  // as data::normalized()

/// The first images of /data's training part, or noise.
std::vector<models::FloatMap> calibration_images(const RunConfig& config, const Network& network) {
  const int count = models::num_calibration_images(network);
  if (!config.data) {
    return models::noise_images(network, count, RandomStream(config.seed).child("calibration"));
  }
  const data::Images images =
      data::find_data_set(config.data->kind).load(*config.data, data::Part::Train, config.seed);
  std::vector<models::FloatMap> maps;
  const auto size = static_cast<std::size_t>(images.shape.size());
  for (std::int64_t i = 0; i < std::min<std::int64_t>(count, images.size()); ++i) {
    models::FloatMap& map = maps.emplace_back();
    const std::uint8_t* first = images.pixels.data() + static_cast<std::size_t>(i) * size;
    for (std::size_t p = 0; p < size; ++p)
      map.push_back(static_cast<float>(first[p]) * kPixelScale);
  }
  return maps;
}

std::string weights_path(const models::ModelOptions& options) {
  return data::expand_environment(options.weights->path, "/model/weights/path");
}

std::string masks_path(const models::ModelOptions& options) {
  return data::expand_environment(*options.masks, "/model/masks");
}

WeightMasks masks_of(const RunConfig& config, const Network& network) {
  if (config.model.masks) return models::read_masks(network, masks_path(config.model));
  models::SparsityFractions fractions;
  for (const auto& [name, mask] : models::full_masks(network)) {
    fractions[name] = config.model.sparsity_fraction.value_or(0.0);
    for (const models::LayerSparsity& layer : config.model.sparsity) {
      if (matches_glob(layer.weights, name)) fractions[name] = layer.fraction;
    }
  }
  return models::remove_lines(network, fractions, config.array.cols,
                              RandomStream(config.seed).child("sparsity"));
}

void save_masks(const NetworkModel& model, const WeightMasks& masks,
                const std::filesystem::path& path) {
  RawTensors tensors;
  for (const auto& [name, mask] : masks) {
    tensors[name] = {"U8", model.parameters.at(name).shape, {mask.begin(), mask.end()}};
  }
  write_file_atomically(path, encode_safetensors(tensors, {}));
}

/// The network in a compressed one's archive, which must be of the model that the config names.
NetworkModel archived_model(const models::ModelOptions& options) {
  const std::string path = weights_path(options);
  NetworkModel model = decode_owz(read_file(path), path);
  const std::string name = models::build_model(options.kind).name;
  if (model.network.name != name)
    throw DataError(path + ": holds network '" + model.network.name + "', /model/kind is " +
                    Json(options.kind).dump());
  return model;
}

/// Without ranges.
NetworkModel own_model(const RunConfig& config) {
  const models::ModelOptions& options = config.model;
  const models::WeightsKind kind =
      options.weights ? options.weights->kind : models::WeightsKind::Random;
  if (kind == models::WeightsKind::Archive) return archived_model(options);
  NetworkModel model;
  model.network = models::build_model(options.kind);
  model.parameters =
      kind == models::WeightsKind::File
          ? models::read_parameters(model.network, weights_path(options))
          : models::random_parameters(model.network, RandomStream(config.seed).child("weights"));
  return model;
}

}  // namespace

void own_weights_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  NetworkModel model = own_model(config);
  model.ranges = models::measured_ranges(model, calibration_images(config, model.network));
  save_network_model(model, output);
}

void removed_weights_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  NetworkModel model = load_network_model(run.folder / "dense");
  const WeightMasks masks = masks_of(config, model.network);
  models::apply_masks(masks, model.parameters);
  model.ranges = models::measured_ranges(model, calibration_images(config, model.network));
  save_network_model(model, output);
  save_masks(model, masks, output / "masks.safetensors");
  write_json_atomically(output / "compression.json", weight_summary(model));
  if (config.evaluate) write_file_atomically(output / "model.owz", encode_owz(model));
}

std::string weight_files_fingerprint(const models::ModelOptions& options) {
  std::string hashes;
  if (options.weights && !options.weights->path.empty()) {
    hashes += sha256_of_file(weights_path(options));
  }
  if (options.masks) hashes += sha256_of_file(masks_path(options));
  return hashes.empty() ? "" : sha256(hashes);
}

}  // namespace ohmweave::tools
