// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/artifact.h"
#include "core/error.h"
#include "core/parameter_shapes.h"
#include "core/safetensors.h"

namespace ohmweave::models {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

std::vector<float> floats_of(const RawTensor& tensor, const std::string& what) {
  if (tensor.dtype != "F32") {
    throw DataError(what + " has dtype " + tensor.dtype + ": must be F32");
  }
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

void check_shape(const RawTensor& tensor, const std::vector<std::int64_t>& shape,
                 const std::string& what) {
  if (tensor.shape != shape) {
    throw DataError(what + " is " + shape_text(tensor.shape) + ": must be " + shape_text(shape));
  }
}

std::vector<std::uint8_t> bits_of(const RawTensor& tensor, const std::string& what) {
  std::vector<std::uint8_t> bits;
  if (tensor.dtype == "BOOL" || tensor.dtype == "U8") {
    bits.assign(tensor.bytes.begin(), tensor.bytes.end());
  } else if (tensor.dtype == "F32") {
    for (const float value : floats_of(tensor, what))
      bits.push_back(value == 0.0F ? 0 : value == 1.0F ? 1 : 2);
  } else {
    throw DataError(what + " has dtype " + tensor.dtype + ": must be BOOL, U8 or F32");
  }
  const auto bad = std::find_if(bits.begin(), bits.end(), [](std::uint8_t b) { return b > 1; });
  if (bad != bits.end()) {
    throw DataError(what + ", value " + std::to_string(bad - bits.begin()) +
                    ": must be 0 (no weight here) or 1");
  }
  return bits;
}

Parameters initial_parameters(const Network& network) {
  Parameters parameters;
  for (const ParameterShape& due : parameter_shapes(network)) {
    const bool is_norm = network.nodes[due.node].op == Op::BatchNorm2d;
    const bool is_one =
        is_norm && (ends_with(due.name, ".weight") || ends_with(due.name, ".running_var"));
    const auto size = static_cast<std::size_t>(num_elements(due.shape));
    parameters[due.name] = {due.shape, std::vector<float>(size, is_one ? 1.0F : 0.0F)};
  }
  return parameters;
}

}  // namespace

Parameters random_parameters(const Network& network, const RandomStream& stream) {
  Parameters parameters = initial_parameters(network);
  const std::vector<Shape> shapes = infer_shapes(network);
  for (const int node : weight_nodes(network)) {
    const std::string name = network.nodes[node].name + ".weight";
    std::vector<float>& values = parameters.at(name).values;
    stream.child(name).normals(0, values.size(), values.data());
    const auto sigma =
        static_cast<float>(std::sqrt(2.0 / matrix_shape(network, shapes, node).rows));
    for (float& value : values) value *= sigma;
  }
  return parameters;
}

Parameters read_parameters(const Network& network, const std::filesystem::path& path) {
  const RawTensors tensors = decode_safetensors(read_file(path), path.string());
  const auto what = [&](const std::string& name) {
    return path.string() + ": parameter '" + name + "'";
  };
  Parameters parameters;
  for (const ParameterShape& due : parameter_shapes(network)) {
    const auto found = tensors.find(due.name);
    if (found == tensors.end()) {
      throw DataError(what(due.name) + " is missing: must be " + shape_text(due.shape));
    }
    check_shape(found->second, due.shape, what(due.name));
    Tensor& tensor = parameters[due.name];
    tensor = {due.shape, floats_of(found->second, what(due.name))};
    if (!std::all_of(tensor.values.begin(), tensor.values.end(),
                     [](float value) { return std::isfinite(value); })) {
      throw DataError(what(due.name) + " holds NaN or infinity");
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (parameters.count(name) == 0 && !ends_with(name, ".num_batches_tracked")) {
      throw DataError(what(name) + " belongs to no node of network '" + network.name + "'");
    }
  }
  return parameters;
}

WeightMasks read_masks(const Network& network, const std::filesystem::path& path) {
  WeightMasks masks;
  const WeightMasks weights = full_masks(network);
  const std::vector<Shape> shapes = infer_shapes(network);
  for (const auto& [name, tensor] : decode_safetensors(read_file(path), path.string())) {
    const std::string what = path.string() + ": mask '" + name + "'";
    if (weights.count(name) == 0) {
      throw DataError(what + " is of no weight of network '" + network.name + "'");
    }
    const int node = network.index_of(name.substr(0, name.size() - std::strlen(".weight")));
    check_shape(tensor, weight_tensor_shape(network, shapes, node), what);
    masks[name] = bits_of(tensor, what);
  }
  std::string missing;
  for (const auto& [name, kept] : weights)
    if (masks.count(name) == 0) missing += (missing.empty() ? "" : ", ") + name;
  if (!missing.empty()) {
    throw DataError(path.string() + ": masks are missing for " + missing +
                    "; a weight that keeps everything has a mask of ones");
  }
  return masks;
}

WeightMasks full_masks(const Network& network) {
  WeightMasks masks;
  const std::vector<Shape> shapes = infer_shapes(network);
  for (const int node : weight_nodes(network)) {
    const std::int64_t size = matrix_shape(network, shapes, node).num_weights();
    masks[network.nodes[node].name + ".weight"].assign(static_cast<std::size_t>(size), 1);
  }
  return masks;
}

void apply_masks(const WeightMasks& masks, Parameters& parameters) {
  for (const auto& [name, mask] : masks) {
    std::vector<float>& values = parameters.at(name).values;
    OHMWEAVE_REQUIRE(values.size() == mask.size(), "the mask of '" + name + "' has its size");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (mask[i] == 0) values[i] = 0.0F;
    }
  }
}

}  // namespace ohmweave::models
