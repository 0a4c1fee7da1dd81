// SPDX-License-Identifier: Apache-2.0
#include "nn/torch_io.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/artifact.h"
#include "core/error.h"

namespace ohmweave::nn {
namespace {

struct TypeName {
  torch::ScalarType type;
  const char* name;  // as safetensors writes it
};
constexpr std::array<TypeName, 6> kTypes = {{{torch::kFloat32, "F32"},
                                             {torch::kFloat64, "F64"},
                                             {torch::kInt64, "I64"},
                                             {torch::kInt32, "I32"},
                                             {torch::kUInt8, "U8"},
                                             {torch::kBool, "BOOL"}}};

std::string type_name(const std::string& tensor, torch::ScalarType type) {
  for (const TypeName& known : kTypes) {
    if (known.type == type) return known.name;
  }
  throw_logic_error(__FILE__, __LINE__, "data type can be stored",
                    "tensor '" + tensor + "' of type " + torch::toString(type));
}

}  // namespace

RawTensors to_raw(const TensorMap& tensors) {
  RawTensors result;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor values = tensor.detach().to(torch::kCPU).contiguous();
    RawTensor& raw = result[name];
    raw.dtype = type_name(name, values.scalar_type());
    raw.shape = values.sizes().vec();
    raw.bytes.assign(static_cast<const char*>(values.data_ptr()), values.nbytes());
  }
  return result;
}

TensorMap from_raw(const RawTensors& tensors, const std::string& where) {
  TensorMap result;
  const auto problem = [&](const std::string& name, const std::string& what) {
    return DataError(where + ": tensor '" + name + "' " + what);
  };
  for (const auto& [name, raw] : tensors) {
    const TypeName* found = nullptr;
    for (const TypeName& known : kTypes) {
      if (raw.dtype == known.name) found = &known;
    }
    if (found == nullptr) {
      throw problem(name, "is of type " + raw.dtype + "; must be F32, F64, I64, I32, U8 or BOOL");
    }
    torch::Tensor tensor = torch::empty(raw.shape, found->type);
    if (tensor.nbytes() != raw.bytes.size()) {
      throw problem(name, "has " + std::to_string(raw.bytes.size()) + " bytes; its shape takes " +
                              std::to_string(tensor.nbytes()));
    }
    if (!raw.bytes.empty()) std::memcpy(tensor.data_ptr(), raw.bytes.data(), raw.bytes.size());
    result[name] = std::move(tensor);
  }
  return result;
}

Tensor to_core(const torch::Tensor& tensor) {
  OHMWEAVE_REQUIRE(tensor.scalar_type() == torch::kFloat32, "parameters are float32");
  const torch::Tensor values = tensor.detach().to(torch::kCPU).contiguous();
  const auto* first = values.data_ptr<float>();
  return {values.sizes().vec(), std::vector<float>(first, first + values.numel())};
}

torch::Tensor to_torch(const Tensor& tensor) {
  torch::Tensor result = torch::empty(tensor.shape, torch::kFloat32);
  OHMWEAVE_REQUIRE(static_cast<std::size_t>(result.numel()) == tensor.values.size(),
                   "as many values as the shape says");
  std::copy(tensor.values.begin(), tensor.values.end(), result.data_ptr<float>());
  return result;
}

void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata) {
  write_file_atomically(path, encode_safetensors(to_raw(tensors), metadata));
}

TensorMap load_tensors(const std::filesystem::path& path) {
  return from_raw(decode_safetensors(read_file(path), path.string()), path.string());
}

}  // namespace ohmweave::nn
