// SPDX-License-Identifier: Apache-2.0
#include "train/compress_state.h"

#include "core/artifact.h"
#include "core/safetensors.h"
#include "nn/torch_io.h"

namespace ohmweave::train {
namespace {

const char* const kMasksFile = "masks.safetensors";
const char* const kTracesFile = "traces.json";

}  // namespace

nn::TensorMap mask_tensors(const Masks& masks) {
  nn::TensorMap bytes;
  for (const auto& [name, mask] : masks) bytes[name] = mask.to(torch::kUInt8);
  return bytes;
}

Masks masks_of(const nn::TensorMap& bytes) {
  Masks masks;
  for (const auto& [name, mask] : bytes) masks[name] = mask.to(torch::kBool);
  return masks;
}

bool is_better(const CompressState& a, const CompressState& b, JudgeKind judge) {
  if (judge == JudgeKind::Training) return a.training_loss < b.training_loss;
  if (judge == JudgeKind::ValidationAccuracy && a.validation_accuracy != b.validation_accuracy)
    return a.validation_accuracy > b.validation_accuracy;
  return a.validation_loss < b.validation_loss;
}

void save_state(const CompressState& state, const std::filesystem::path& folder) {
  save_network_model(state.model, folder);
  nn::save_tensors(folder / kMasksFile, mask_tensors(state.masks));
  Json json = traces_to_json(state.traces);
  json["validation_loss"] = state.validation_loss;
  json["validation_accuracy"] = state.validation_accuracy;
  json["training_loss"] = state.training_loss;
  write_json_atomically(folder / kTracesFile, json);
}

CompressState load_state(const std::filesystem::path& folder) {
  verify_artifact(folder);
  const Json json = parse_artifact_file((folder / kTracesFile).string());
  return {load_network_model(folder),
          masks_of(nn::load_tensors(folder / kMasksFile)),
          traces_from_json(json),
          json.at("validation_loss").get<double>(),
          json.at("validation_accuracy").get<double>(),
          json.at("training_loss").get<double>()};
}

}  // namespace ohmweave::train
