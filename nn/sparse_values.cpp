// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_values.h"

#include <cstddef>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/parameter_shapes.h"

namespace ohmweave::nn {
namespace {

bool is_trained(const std::string& name) {
  const auto ends_with = [&](const std::string& end) {
    return name.size() >= end.size() &&
           name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  return !ends_with(".running_mean") && !ends_with(".running_var");
}

std::vector<std::int64_t> allowed_places(const std::string& where, const SparseMasks& masks,
                                         const ParameterShape& parameter) {
  const auto found = masks.find(parameter.name);
  if (found == masks.end()) {
    throw DataError(where + "the mask of '" + parameter.name + "' is missing");
  }
  const std::vector<std::uint8_t>& mask = found->second;
  const std::int64_t size = num_elements(parameter.shape);
  if (static_cast<std::int64_t>(mask.size()) != size) {
    throw DataError(where + "the mask of '" + parameter.name + "' has " +
                    std::to_string(mask.size()) + " entries; must have " + std::to_string(size));
  }
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < size; ++i) {
    if (mask[static_cast<std::size_t>(i)] != 0) places.push_back(i);
  }
  return places;
}

std::string unknown_mask(const std::string& name) {
  return "the mask of '" + name + "' belongs to no weight";
}

void check_names(const std::string& where, const SparseMasks& masks,
                 const std::vector<SparseRange>& ranges) {
  for (const auto& [name, mask] : masks) {
    bool is_known = false;
    for (const SparseRange& range : ranges) is_known |= range.is_weight && range.name == name;
    if (!is_known) throw DataError(where + unknown_mask(name));
  }
}

}  // namespace

std::vector<SparseRange> sparse_ranges(const Network& network, const SparseMasks& masks) {
  const std::string where = "network '" + network.name + "': ";
  std::vector<SparseRange> weights;
  std::vector<SparseRange> others;
  for (const ParameterShape& parameter : parameter_shapes(network)) {
    if (!is_trained(parameter.name)) continue;
    SparseRange range{parameter.name, parameter.node, false, 0, {}};
    const Node& node = network.nodes[static_cast<std::size_t>(parameter.node)];
    range.is_weight = has_weights(node.op) && parameter.name == node.name + ".weight";
    if (range.is_weight) {
      range.places = allowed_places(where, masks, parameter);
      weights.push_back(std::move(range));
    } else {
      range.places.resize(static_cast<std::size_t>(num_elements(parameter.shape)));
      std::iota(range.places.begin(), range.places.end(), 0);
      others.push_back(std::move(range));
    }
  }
  check_names(where, masks, weights);
  weights.insert(weights.end(), others.begin(), others.end());
  std::int64_t first = 0;
  for (SparseRange& range : weights) {
    range.first = first;
    first += static_cast<std::int64_t>(range.places.size());
  }
  return weights;
}

std::int64_t num_values(const std::vector<SparseRange>& ranges) {
  if (ranges.empty()) return 0;
  return ranges.back().first + static_cast<std::int64_t>(ranges.back().places.size());
}

std::vector<float> gather_values(const std::vector<SparseRange>& ranges,
                                 const Parameters& parameters) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(num_values(ranges)));
  for (const SparseRange& range : ranges) {
    const Tensor& tensor = parameters.at(range.name);
    for (const std::int64_t place : range.places) {
      values.push_back(tensor.values.at(static_cast<std::size_t>(place)));
    }
  }
  return values;
}

void scatter_values(const std::vector<SparseRange>& ranges, const std::vector<float>& values,
                    Parameters& parameters) {
  for (const SparseRange& range : ranges) {
    Tensor& tensor = parameters.at(range.name);
    auto value = static_cast<std::size_t>(range.first);
    for (const std::int64_t place : range.places) {
      tensor.values.at(static_cast<std::size_t>(place)) = values.at(value++);
    }
  }
}

}  // namespace ohmweave::nn
