// SPDX-License-Identifier: Apache-2.0
#include "inference/activity.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "core/error.h"
#include "inference/batches.h"
#include "inference/windows.h"

namespace ohmweave::inference {
namespace {

constexpr int kWindowsAtOnce = 256;

/// Integer sums over images, so that the order of adding cannot matter.
struct LayerCounts {
  std::vector<std::int64_t> set_bits;      // by magnitude bit
  std::vector<std::int64_t> square_digit;  // by group and matrix row
  std::int64_t nonzero_windows = 0;
  std::vector<std::int64_t> nonzero_digits;  // by group and matrix row
  std::vector<std::int64_t> nonzero_reads;   // by digit: windows in which any row's is not 0
};

/// How inputs are cut.
struct Cut {
  int magnitude_bits;
  int digit_bits;
  [[nodiscard]] int num_digits() const { return (magnitude_bits + digit_bits - 1) / digit_bits; }
};

std::int64_t sum_of_square_digits(std::int32_t magnitude, int digit_bits) {
  const std::int32_t mask = (1 << digit_bits) - 1;
  std::int64_t sum = 0;
  for (; magnitude != 0; magnitude >>= digit_bits)
    sum += static_cast<std::int64_t>(magnitude & mask) * (magnitude & mask);
  return sum;
}

/// What one row of a group adds to.
struct RowCounts {
  std::int64_t& square_digit;
  std::int64_t& nonzero_digits;
};

/// Adds the inputs of `count` windows on one row; joins the bits that are set to those that the
/// windows have in other rows.
void count_row(const std::int32_t* inputs, int count, const Cut& cut, LayerCounts& counts,
               const RowCounts& row, std::vector<std::int32_t>& seen_bits) {
  const std::int32_t mask = (1 << cut.digit_bits) - 1;
  for (int w = 0; w < count; ++w) {
    const std::int32_t magnitude = std::abs(inputs[w]);
    if (magnitude == 0) continue;
    seen_bits[w] |= magnitude;
    for (int digit = 0; digit < cut.num_digits(); ++digit)
      if (((magnitude >> (digit * cut.digit_bits)) & mask) != 0) ++row.nonzero_digits;
    row.square_digit += sum_of_square_digits(magnitude, cut.digit_bits);
    for (int bit = 0; bit < cut.magnitude_bits; ++bit)
      counts.set_bits[bit] += (magnitude >> bit) & 1;
  }
}

/// Adds the windows of one group, of whose inputs `seen_bits` are set.
void count_windows(const std::vector<std::int32_t>& seen_bits, const Cut& cut,
                   LayerCounts& counts) {
  const std::int32_t mask = (1 << cut.digit_bits) - 1;
  for (const std::int32_t bits : seen_bits) {
    if (bits != 0) ++counts.nonzero_windows;
    for (int digit = 0; digit < cut.num_digits(); ++digit)
      if (((bits >> (digit * cut.digit_bits)) & mask) != 0) ++counts.nonzero_reads[digit];
  }
}

LayerCounts count_layer(const Windows& windows, int groups, const Cut& cut) {
  const int num_rows = windows.num_rows();
  LayerCounts counts;
  counts.set_bits.resize(static_cast<std::size_t>(cut.magnitude_bits));
  counts.square_digit.resize(static_cast<std::size_t>(num_rows) * groups);
  counts.nonzero_digits.resize(counts.square_digit.size());
  counts.nonzero_reads.resize(static_cast<std::size_t>(cut.num_digits()));
  std::vector<int> rows(static_cast<std::size_t>(num_rows));
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<std::int32_t> inputs(rows.size() * kWindowsAtOnce);
  for (int group = 0; group < groups; ++group) {
    for (std::int64_t first = 0; first < windows.num_windows(); first += kWindowsAtOnce) {
      const int count =
          static_cast<int>(std::min<std::int64_t>(kWindowsAtOnce, windows.num_windows() - first));
      windows.gather(group, rows, {first, count}, inputs.data());
      std::vector<std::int32_t> seen_bits(static_cast<std::size_t>(count), 0);
      for (int row = 0; row < num_rows; ++row)
        count_row(inputs.data() + static_cast<std::ptrdiff_t>(row) * count, count, cut, counts,
                  {counts.square_digit[group * num_rows + row],
                   counts.nonzero_digits[group * num_rows + row]},
                  seen_bits);
      count_windows(seen_bits, cut, counts);
    }
  }
  return counts;
}

void add(LayerCounts& total, const LayerCounts& part) {
  const auto add_all = [](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) {
    to.resize(from.size());
    std::transform(from.begin(), from.end(), to.begin(), to.begin(), std::plus<>());
  };
  add_all(total.set_bits, part.set_bits);
  add_all(total.square_digit, part.square_digit);
  add_all(total.nonzero_digits, part.nonzero_digits);
  add_all(total.nonzero_reads, part.nonzero_reads);
  total.nonzero_windows += part.nonzero_windows;
}

std::vector<double> divided(const std::vector<std::int64_t>& counts, double by) {
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (const std::int64_t count : counts) shares.push_back(static_cast<double>(count) / by);
  return shares;
}

}  // namespace

std::vector<LayerActivity> measure_activity(const QuantizedNetwork& network, const CodeBatch& input,
                                            int digit_bits, int batch, const ForEach& for_each) {
  return measure_activity(network, exact_products(network), input, digit_bits, batch, for_each);
}

std::vector<LayerActivity> measure_activity(const QuantizedNetwork& network,
                                            const LayerProducts& products, const CodeBatch& input,
                                            int digit_bits, int batch, const ForEach& for_each) {
  OHMWEAVE_REQUIRE(input.num_images > 0, "an activity profile needs images");
  const std::vector<int> layers = weight_nodes(network.network);
  const int num_batches = count_batches(input, batch);
  std::vector<std::vector<LayerCounts>> parts(static_cast<std::size_t>(num_batches));
  for_each(num_batches, [&](int b) {
    const std::vector<CodeBatch> outputs =
        run_network(network, products, slice_batch(input, b, batch));
    for (const int node : layers) {
      const Node& layer = network.network.nodes[node];
      const Windows windows(layer, outputs[node].shape, outputs[layer.inputs[0]]);
      parts[b].push_back(count_layer(windows, layer.groups,
                                     {input_format(network, node).magnitude_bits(), digit_bits}));
    }
  });
  const std::vector<Shape> shapes = infer_shapes(network.network);
  std::vector<LayerActivity> result;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerCounts counts;
    for (const std::vector<LayerCounts>& part : parts) add(counts, part[i]);
    const MatrixShape matrix = matrix_shape(network.network, shapes, layers[i]);
    const auto windows = static_cast<double>(matrix.windows * input.num_images);
    const double inputs = windows * matrix.rows * matrix.groups;
    result.push_back(
        {network.network.nodes[layers[i]].name, input.num_images, matrix.windows,
         divided(counts.set_bits, inputs), divided(counts.square_digit, windows),
         static_cast<double>(counts.nonzero_windows) / (windows * matrix.groups),
         divided(counts.nonzero_digits, windows * static_cast<double>(counts.nonzero_reads.size())),
         divided(counts.nonzero_reads, windows * matrix.groups)});
  }
  return result;
}

Json activity_to_json(const std::vector<LayerActivity>& layers) {
  Json list = Json::array();
  for (const LayerActivity& layer : layers) {
    Json entry;
    entry["name"] = layer.name;
    entry["num_images"] = layer.num_images;
    entry["windows_per_image"] = layer.windows_per_image;
    entry["bit_density"] = layer.bit_density;
    entry["mean_square_digit"] = layer.mean_square_digit;
    entry["nonzero_window_fraction"] = layer.nonzero_window_fraction;
    entry["nonzero_digit_fraction"] = layer.nonzero_digit_fraction;
    entry["nonzero_read_fraction"] = layer.nonzero_read_fraction;
    list.push_back(std::move(entry));
  }
  return Json{{"layers", std::move(list)}};
}

}  // namespace ohmweave::inference
