// SPDX-License-Identifier: Apache-2.0
#include "models/float_run.h"

#include <gtest/gtest.h>

#include "models/builder.h"
#include "tests/core/residual_model.h"

namespace ohmweave::models {
namespace {

/// Every node against the twin in double precision.
void expect_twin(const Network& network, const RandomStream& stream) {
  const NetworkModel model{network, sample::random_parameters(network, stream), {}, {}, {}};
  const std::vector<float> image = sample::random_image(network.input, stream.child("image"));
  const std::vector<sample::Map> twin = sample::run_float(model, image);
  std::size_t num_seen = 0;

  run_float(model, image, [&](int node, const FloatMap& output) {
    ++num_seen;
    ASSERT_EQ(output.size(), twin[node].size()) << network.nodes[node].name;
    for (std::size_t i = 0; i < output.size(); ++i)
      ASSERT_NEAR(output[i], twin[node][i], 1e-4 * (1.0 + std::fabs(twin[node][i])))
          << network.nodes[node].name << ", value " << i;
  });

  EXPECT_EQ(num_seen, network.nodes.size());
}

TEST(FloatRun, EqualsTheTwinOnAResidualNetwork) {
  expect_twin(sample::residual_network(), RandomStream(1));
}

TEST(FloatRun, EqualsTheTwinOnDepthwiseLayersStridesAndOddSizes) {
  // 7 filters and 5 x 3 places: neither fills the tiles that the kernel works on.
  Builder b("odd", {3, 19, 11});
  b.conv2d("large", 7, {5, 4, 2});
  b.relu("relu");
  b.conv_norm("depthwise", "norm", 7, {3, 1, 1, 7});
  const int body = b.conv_norm("pointwise", "pointwise_norm", 14, {1});
  b.from(b.last()).conv2d("groups", 14, {3, 1, 1, 2});
  b.add("sum", body, b.last());
  b.max_pool2d("max", {3, 2, 1});
  b.avg_pool2d("mean", {2, 1});
  b.flatten("flatten");
  b.linear("fc", 9);

  expect_twin(b.build(), RandomStream(2));
}

}  // namespace
}  // namespace ohmweave::models
