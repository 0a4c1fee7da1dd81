// SPDX-License-Identifier: Apache-2.0
#include "admm/grouping.h"

#include <limits>
#include <numeric>

#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// Entries of one filter.
std::int64_t window_inputs(const std::vector<std::int64_t>& shape) {
  OHMWEAVE_REQUIRE(shape.size() >= 2, "a weight has at least two dimensions");
  std::int64_t inputs = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) inputs *= shape[i];
  OHMWEAVE_REQUIRE(shape[0] * inputs <= std::numeric_limits<std::int32_t>::max(),
                   "a weight has less than 2^31 entries");
  return inputs;
}

/// Groups of `run` consecutive window inputs, across the filters of one convolution group.
Grouping input_groups(const std::vector<std::int64_t>& shape, int groups, std::int64_t run) {
  OHMWEAVE_REQUIRE(groups >= 1 && shape[0] % groups == 0, "outputs divide into groups");
  const std::int64_t inputs = window_inputs(shape);
  const std::int64_t runs = inputs / run;
  const std::int64_t filters = shape[0] / groups;
  Grouping result;
  result.count = groups * runs;
  result.of_entry.reserve(static_cast<std::size_t>(shape[0] * inputs));
  for (std::int64_t filter = 0; filter < shape[0]; ++filter) {
    const std::int64_t first = filter / filters * runs;
    for (std::int64_t input = 0; input < inputs; ++input) {
      result.of_entry.push_back(static_cast<std::int32_t>(first + input / run));
    }
  }
  return result;
}

}  // namespace

Grouping filter_groups(const std::vector<std::int64_t>& shape) {
  const std::int64_t inputs = window_inputs(shape);
  Grouping result{"filter", {}, shape[0]};
  result.of_entry.reserve(static_cast<std::size_t>(shape[0] * inputs));
  for (std::int64_t filter = 0; filter < shape[0]; ++filter) {
    result.of_entry.insert(result.of_entry.end(), static_cast<std::size_t>(inputs),
                           static_cast<std::int32_t>(filter));
  }
  return result;
}

Grouping channel_groups(const std::vector<std::int64_t>& shape, int groups) {
  Grouping result = input_groups(shape, groups, window_inputs(shape) / shape[1]);
  result.unit = "channel";
  return result;
}

Grouping shape_groups(const std::vector<std::int64_t>& shape, int groups) {
  Grouping result = input_groups(shape, groups, 1);
  result.unit = "shape";
  return result;
}

Grouping single_weights(const std::vector<std::int64_t>& shape) {
  const std::int64_t entries = shape[0] * window_inputs(shape);
  Grouping result{"weight", std::vector<std::int32_t>(static_cast<std::size_t>(entries)), entries};
  std::iota(result.of_entry.begin(), result.of_entry.end(), 0);
  return result;
}

}  // namespace ohmweave::admm
