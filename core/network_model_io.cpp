// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/artifact.h"
#include "core/error.h"
#include "core/network_model.h"
#include "core/parameter_shapes.h"
#include "core/safetensors.h"

namespace ohmweave {
namespace {

constexpr const char* kGraphFile = "network.json";
constexpr const char* kParameterFile = "model.safetensors";

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

void check_parameter(const Parameters& parameters, const std::string& name,
                     const std::vector<std::int64_t>& shape) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    throw DataError("parameter '" + name + "': missing; must be " + shape_text(shape));
  }
  const Tensor& tensor = found->second;
  if (tensor.shape != shape ||
      static_cast<std::int64_t>(tensor.values.size()) != num_elements(shape)) {
    throw DataError("parameter '" + name + "': is " + shape_text(tensor.shape) + " with " +
                    std::to_string(tensor.values.size()) + " values, must be " + shape_text(shape));
  }
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    if (std::isfinite(tensor.values[i])) continue;
    throw DataError("parameter '" + name + "': value " + std::to_string(i) + " is " +
                    std::to_string(tensor.values[i]) + ", must be finite");
  }
}

bool is_weight_node(const Network& network, const std::string& name) {
  const int node = network.index_of(name);
  return node >= 0 && has_weights(network.nodes[static_cast<std::size_t>(node)].op);
}

void check_ranges(const NetworkModel& model) {
  for (const auto& [name, range] : model.ranges) {
    if (model.network.index_of(name) < 0) {
      throw DataError("activation range of '" + name + "': the network has no such node");
    }
    if (!std::isfinite(range.min) || !std::isfinite(range.max) || range.min > range.max ||
        !std::isfinite(range.percentile_magnitude) || range.percentile_magnitude < 0.0) {
      throw DataError("activation range of '" + name +
                      "': must be finite with min <= max and percentile_magnitude >= 0");
    }
  }
}

void check_level_scales(const NetworkModel& model) {
  for (const auto& [name, scale] : model.level_scales) {
    if (!is_weight_node(model.network, name)) {
      throw DataError("level scale of '" + name + "': the network has no such weight node");
    }
    if (!std::isfinite(scale) || scale <= 0.0) {
      throw DataError("level scale of '" + name + "' = " + std::to_string(scale) +
                      ": must be positive");
    }
  }
}

void check_values(const std::string& where, const std::vector<float>& codebook) {
  if (codebook.empty()) throw DataError(where + ": is empty, must have 1 or more values");
  for (std::size_t i = 0; i < codebook.size(); ++i) {
    const float value = codebook[i];
    if (std::isfinite(value) && value != 0.0F && (i == 0 || codebook[i - 1] < value)) continue;
    throw DataError(where + ": value " + std::to_string(i) + " is " + std::to_string(value) +
                    ", must be finite, not 0 and above the value before it");
  }
}

/// After the parameters have been checked.
void check_codebooks(const NetworkModel& model) {
  for (const auto& [name, codebook] : model.codebooks) {
    const std::string where = "codebook of '" + name + "'";
    if (!is_weight_node(model.network, name)) {
      throw DataError(where + ": the network has no such weight node");
    }
    if (model.level_scales.count(name) != 0) {
      throw DataError(where + ": the layer has a level scale too, must have one of the two");
    }
    check_values(where, codebook);
    const std::vector<float>& weights = model.parameters.at(name + ".weight").values;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] == 0.0F) continue;
      if (std::binary_search(codebook.begin(), codebook.end(), weights[i])) continue;
      throw DataError("layer '" + name + "': weight " + std::to_string(i) + " = " +
                      std::to_string(weights[i]) +
                      " is off its codebook: must be 0 or one of its " +
                      std::to_string(codebook.size()) + " values");
    }
  }
}

double number_at(const Json& object, const char* key, const std::string& where) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) {
    throw DataError(where + ": must have the number '" + key + "'");
  }
  return object[key].get<double>();
}

const Json& object_at(const Json& json, const char* key, const std::string& where) {
  if (!json.is_object() || !json.contains(key) || !json[key].is_object()) {
    throw DataError(where + ": must have the object '" + key + "'");
  }
  return json[key];
}

Json model_to_json(const NetworkModel& model) {
  Json json = {{"network", network_to_json(model.network)},
               {"ranges", Json::object()},
               {"level_scales", Json::object()}};
  for (const auto& [name, range] : model.ranges) {
    json["ranges"][name] = {{"min", range.min},
                            {"max", range.max},
                            {"percentile_magnitude", range.percentile_magnitude}};
  }
  for (const auto& [name, scale] : model.level_scales) json["level_scales"][name] = scale;
  for (const auto& [name, codebook] : model.codebooks) {
    json["codebooks"][name] = std::vector<double>(codebook.begin(), codebook.end());
  }
  return json;
}

std::vector<float> codebook_from_json(const Json& json, const std::string& at) {
  if (!json.is_array()) throw DataError(at + ": not a list of numbers");
  std::vector<float> codebook;
  for (const Json& entry : json) {
    const std::string place = at + "/" + std::to_string(codebook.size());
    if (!entry.is_number()) throw DataError(place + ": not a number");
    const auto value = entry.get<double>();
    const bool fits = std::fabs(value) <= std::numeric_limits<float>::max();
    if (!fits || static_cast<double>(static_cast<float>(value)) != value) {
      throw DataError(place + ": " + entry.dump() + " must be exactly a float32");
    }
    codebook.push_back(static_cast<float>(value));
  }
  return codebook;
}

NetworkModel model_from_json(const Json& json, const std::string& where) {
  NetworkModel model;
  model.network = network_from_json(object_at(json, "network", where));
  for (const auto& [name, range] : object_at(json, "ranges", where).items()) {
    std::string at = where;
    at.append(": /ranges/").append(name);
    model.ranges[name] = {number_at(range, "min", at), number_at(range, "max", at),
                          number_at(range, "percentile_magnitude", at)};
  }
  for (const auto& [name, scale] : object_at(json, "level_scales", where).items()) {
    std::string at = where;
    at.append(": /level_scales/").append(name);
    if (!scale.is_number()) throw DataError(at + ": not a number");
    model.level_scales[name] = scale.get<double>();
  }
  if (!json.contains("codebooks")) return model;
  for (const auto& [name, codebook] : object_at(json, "codebooks", where).items()) {
    std::string at = where;
    at.append(": /codebooks/").append(name);
    model.codebooks[name] = codebook_from_json(codebook, at);
  }
  return model;
}

Json parse_graph_file(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    return parse_json(text, path.string());
  } catch (const ConfigError& e) {  // a file of ours, not the user's config
    throw DataError(e.what());
  }
}

}  // namespace

std::vector<ParameterShape> parameter_shapes(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<ParameterShape> expected;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const Node& node = network.nodes[i];
    const int index = static_cast<int>(i);
    if (has_weights(node.op)) {
      expected.push_back(
          {index, node.name + ".weight", weight_tensor_shape(network, shapes, index)});
      if (node.has_bias) expected.push_back({index, node.name + ".bias", {node.out_channels}});
    } else if (node.op == Op::BatchNorm2d) {
      for (const char* suffix : {".weight", ".bias", ".running_mean", ".running_var"}) {
        expected.push_back({index, node.name + suffix, {shapes[i].channels}});
      }
    }
  }
  return expected;
}

void validate(const NetworkModel& model) {
  const std::vector<ParameterShape> expected = parameter_shapes(model.network);
  for (const ParameterShape& parameter : expected) {
    check_parameter(model.parameters, parameter.name, parameter.shape);
  }
  if (model.parameters.size() != expected.size()) {
    std::map<std::string, Tensor> rest = model.parameters;
    for (const ParameterShape& parameter : expected) rest.erase(parameter.name);
    throw DataError("parameter '" + rest.begin()->first + "': no node of the network uses it");
  }
  check_ranges(model);
  check_level_scales(model);
  check_codebooks(model);
}

void save_network_model(const NetworkModel& model, const std::filesystem::path& folder) {
  validate(model);
  write_safetensors(folder / kParameterFile, model.parameters);
  write_json_atomically(folder / kGraphFile, model_to_json(model));
}

NetworkModel load_network_model(const std::filesystem::path& folder) {
  const std::filesystem::path graph_file = folder / kGraphFile;
  try {
    NetworkModel model = model_from_json(parse_graph_file(graph_file), graph_file.string());
    model.parameters = read_safetensors(folder / kParameterFile);
    validate(model);
    return model;
  } catch (const DataError& e) {
    const std::string message = e.what();
    if (message.find(folder.string()) != std::string::npos) throw;
    throw DataError(folder.string() + ": " + message);
  }
}

}  // namespace ohmweave
