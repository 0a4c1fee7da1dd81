// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.h"

#include <cstring>

#include "core/error.h"
#include "nn/torch_io.h"

namespace ohmweave::train {
namespace {

const char* const kRecordName = "record";  // JSON text as bytes: tensors and record share one file

torch::Tensor text_tensor(const std::string& text) {
  torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
  std::memcpy(bytes.data_ptr(), text.data(), text.size());
  return bytes;
}

std::string tensor_text(const torch::Tensor& bytes) {
  return {static_cast<const char*>(bytes.data_ptr()), static_cast<std::size_t>(bytes.numel())};
}

}  // namespace

void save_checkpoint(const CheckpointPlace& place, const Checkpoint& checkpoint) {
  const Json record = {{"stamp", place.stamp}, {"record", checkpoint.record}};
  nn::TensorMap tensors = checkpoint.tensors;
  tensors[kRecordName] = text_tensor(record.dump());
  std::filesystem::create_directories(place.path.parent_path());
  nn::save_tensors(place.path, tensors);
}

std::optional<Checkpoint> load_checkpoint(const CheckpointPlace& place) {
  if (!std::filesystem::exists(place.path)) return std::nullopt;
  Checkpoint checkpoint;
  checkpoint.tensors = nn::load_tensors(place.path);
  const auto found = checkpoint.tensors.find(kRecordName);
  if (found == checkpoint.tensors.end()) {
    throw DataError(place.path.string() + ": is no checkpoint (it holds no record)");
  }
  const Json json = Json::parse(tensor_text(found->second), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("stamp") || !json.contains("record")) {
    throw DataError(place.path.string() + ": the checkpoint's record is damaged");
  }
  if (json["stamp"] != place.stamp) return std::nullopt;
  checkpoint.tensors.erase(found);
  checkpoint.record = json["record"];
  return checkpoint;
}

void put_group(nn::TensorMap& tensors, const std::string& prefix, const nn::TensorMap& group) {
  for (const auto& [name, tensor] : group) tensors[prefix + name] = tensor;
}

nn::TensorMap get_group(const nn::TensorMap& tensors, const std::string& prefix) {
  nn::TensorMap group;
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind(prefix, 0) == 0) group[name.substr(prefix.size())] = tensor;
  }
  return group;
}

}  // namespace ohmweave::train
