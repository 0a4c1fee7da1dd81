// SPDX-License-Identifier: Apache-2.0
#include "inference/activity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "small_networks.h"

namespace ohmweave::inference {
namespace {

TEST(Activity, CountsBitsAndDigitsByHand) {
  // Two images of two features, 3 magnitude bits: (0, 5 = 101b) and (0, -6 = 110b).
  QuantizedNetwork network = linear_network(2, 1, {1, 1});
  network.nodes[0].output = {1.0, 4, true};
  const CodeBatch input{2, {2, 1, 1}, {0, 5, 0, -6}};

  const LayerActivity bits = measure_activity(network, input, 1, 10).at(0);

  EXPECT_EQ(bits.name, "fc");
  EXPECT_EQ(bits.num_images, 2);
  EXPECT_EQ(bits.windows_per_image, 1);
  EXPECT_EQ(bits.bit_density, (std::vector<double>{0.25, 0.25, 0.5}));
  EXPECT_EQ(bits.mean_square_digit, (std::vector<double>{0.0, 2.0}));
  EXPECT_EQ(bits.nonzero_window_fraction, 1.0);
  // Two of three bits are set in either input that is not 0.
  ASSERT_EQ(bits.nonzero_digit_fraction.size(), 2U);
  EXPECT_EQ(bits.nonzero_digit_fraction[0], 0.0);
  EXPECT_DOUBLE_EQ(bits.nonzero_digit_fraction[1], 2.0 / 3);
  EXPECT_EQ(bits.nonzero_read_fraction, (std::vector<double>{0.5, 0.5, 1.0}));

  // Digits of 2 bits: 5 = (1, 1) and 6 = (2, 1), squares 2 and 5.
  const LayerActivity pairs = measure_activity(network, input, 2, 10).at(0);
  EXPECT_EQ(pairs.mean_square_digit, (std::vector<double>{0.0, 3.5}));
  EXPECT_EQ(pairs.nonzero_digit_fraction, (std::vector<double>{0.0, 1.0}));
  EXPECT_EQ(pairs.nonzero_read_fraction, (std::vector<double>{1.0, 1.0}));
}

TEST(Activity, CountsPaddingAsZerosAndSeesEmptyWindows) {
  // One pixel of value 1, 1 x 1 kernel, one ring of padding: 1 of 9 windows is not empty.
  Network graph;
  graph.input = {1, 1, 1};
  graph.nodes = {make_node("input", Op::Input, {}), make_conv("conv", 0, 1, 1, 1, 1)};
  const QuantizedNetwork network = with_random_integers(graph, 0.0, RandomStream(1));

  const LayerActivity layer = measure_activity(network, {1, {1, 1, 1}, {1}}, 1, 1).at(0);

  EXPECT_EQ(layer.windows_per_image, 9);
  EXPECT_DOUBLE_EQ(layer.nonzero_window_fraction, 1.0 / 9);
  EXPECT_DOUBLE_EQ(layer.bit_density.at(0), 1.0 / 9);
  EXPECT_DOUBLE_EQ(layer.mean_square_digit.at(0), 1.0 / 9);
}

TEST(Activity, EqualsCountingOverTheReferenceWindows) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(31));
  const CodeBatch input = random_input(network, 5, RandomStream(32));
  const std::vector<Shape> shapes = infer_shapes(network.network);
  const int node = network.network.index_of("inner");  // grouped, signed inputs, padding
  const Node& conv = network.network.nodes[node];
  const MatrixShape matrix = matrix_shape(network.network, shapes, node);
  std::vector<double> squares(static_cast<std::size_t>(matrix.rows) * matrix.groups, 0.0);
  double num_top_bits = 0.0;
  double num_nonzero_windows = 0.0;
  std::vector<double> num_nonzero_digits(squares.size(), 0.0);
  std::vector<double> num_nonzero_reads(4, 0.0);  // digits of 2 bits
  for (int image = 0; image < 5; ++image) {
    const auto codes = run_integer_reference(network, image_of(input, image))[conv.inputs[0]];
    for (int group = 0; group < matrix.groups; ++group) {
      for (int place = 0; place < matrix.windows; ++place) {
        const auto window = gather_window(conv, shapes[conv.inputs[0]], codes, group,
                                          place / shapes[node].width, place % shapes[node].width);
        const bool is_zero =
            std::all_of(window.begin(), window.end(), [](std::int64_t x) { return x == 0; });
        num_nonzero_windows += is_zero ? 0.0 : 1.0;
        for (int digit = 0; digit < 4; ++digit) {
          const auto is_set = [digit](std::int64_t x) {
            return (std::abs(x) >> (2 * digit)) % 4 != 0;
          };
          const auto count = std::count_if(window.begin(), window.end(), is_set);
          for (int row = 0; row < matrix.rows; ++row)
            num_nonzero_digits[group * matrix.rows + row] += is_set(window[row]) ? 1.0 : 0.0;
          num_nonzero_reads[digit] += count > 0 ? 1.0 : 0.0;
        }
        for (int row = 0; row < matrix.rows; ++row) {
          num_top_bits += std::abs(window[row]) >= 64 ? 1.0 : 0.0;
          for (std::int64_t rest = std::abs(window[row]); rest > 0; rest /= 4)
            squares[group * matrix.rows + row] += static_cast<double>((rest % 4) * (rest % 4));
        }
      }
    }
  }

  const std::vector<LayerActivity> layers = measure_activity(network, input, 2, 2);

  ASSERT_EQ(layers.size(), 5U);
  const LayerActivity& layer = layers[1];
  const double num_windows = 5.0 * static_cast<double>(matrix.windows);
  EXPECT_EQ(layer.name, "inner");
  ASSERT_EQ(layer.bit_density.size(), 7U);  // signed 8-bit codes
  EXPECT_DOUBLE_EQ(layer.bit_density[6], num_top_bits / (num_windows * matrix.rows * 2));
  EXPECT_DOUBLE_EQ(layer.nonzero_window_fraction, num_nonzero_windows / (num_windows * 2));
  ASSERT_EQ(layer.nonzero_read_fraction.size(), 4U);
  for (int digit = 0; digit < 4; ++digit)
    EXPECT_DOUBLE_EQ(layer.nonzero_read_fraction[digit],
                     num_nonzero_reads[digit] / (num_windows * 2));
  ASSERT_EQ(layer.mean_square_digit.size(), squares.size());
  ASSERT_EQ(layer.nonzero_digit_fraction.size(), squares.size());
  for (std::size_t i = 0; i < squares.size(); ++i) {
    EXPECT_DOUBLE_EQ(layer.mean_square_digit[i], squares[i] / num_windows);
    EXPECT_DOUBLE_EQ(layer.nonzero_digit_fraction[i], num_nonzero_digits[i] / (num_windows * 4));
  }
}

TEST(Activity, DoesNotDependOnTheBatch) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(33));
  const CodeBatch input = random_input(network, 7, RandomStream(34));

  EXPECT_EQ(activity_to_json(measure_activity(network, input, 1, 1)).dump(),
            activity_to_json(measure_activity(network, input, 1, 4)).dump());
}

TEST(Activity, IsWrittenWithItsKeys) {
  const Json json = activity_to_json({{"conv", 2, 9, {0.5}, {1.0, 0.25}, 0.75, {0.5, 0.0}, {1.0}}});

  EXPECT_EQ(json.dump(), R"({"layers":[{"name":"conv","num_images":2,"windows_per_image":9,)"
                         R"("bit_density":[0.5],"mean_square_digit":[1.0,0.25],)"
                         R"("nonzero_window_fraction":0.75,"nonzero_digit_fraction":[0.5,0.0],)"
                         R"("nonzero_read_fraction":[1.0]}]})");
}

}  // namespace
}  // namespace ohmweave::inference
