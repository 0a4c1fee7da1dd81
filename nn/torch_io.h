// SPDX-License-Identifier: Apache-2.0
// Named torch tensors to and from core's torch-free forms and safetensors files (checkpoints,
// masks). Data types: float32, float64, int64, int32, uint8, bool.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "core/safetensors.h"
#include "core/tensor.h"
#include "nn/graph_module.h"

namespace ohmweave::nn {

/// Copies. Throws std::logic_error for a data type that is not listed above.
[[nodiscard]] RawTensors to_raw(const TensorMap& tensors);
/// Copies, on the CPU. Throws DataError starting with `where` for a data type not listed above.
[[nodiscard]] TensorMap from_raw(const RawTensors& tensors, const std::string& where);

/// Copies; the tensor must be float32.
[[nodiscard]] Tensor to_core(const torch::Tensor& tensor);
/// Copies, on the CPU, no gradient.
[[nodiscard]] torch::Tensor to_torch(const Tensor& tensor);

/// Writes a safetensors file atomically.
void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata = {});
/// Throws DataError when the file is missing or damaged.
[[nodiscard]] TensorMap load_tensors(const std::filesystem::path& path);

}  // namespace ohmweave::nn
