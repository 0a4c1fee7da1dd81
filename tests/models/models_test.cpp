// SPDX-License-Identifier: Apache-2.0
// What every network of the table promises, and the published sizes of each.
#include "models/models.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "models/options.h"

namespace ohmweave::models {
namespace {

struct Size {
  std::int64_t num_weights = 0;
  std::int64_t num_biases = 0;
  std::int64_t num_macs = 0;
};

Size size_of(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  Size size;
  for (const int node : weight_nodes(network)) {
    const MatrixShape matrix = matrix_shape(network, shapes, node);
    size.num_weights += matrix.num_weights();
    size.num_macs += matrix.num_macs();
    if (network.nodes[node].has_bias) size.num_biases += network.nodes[node].out_channels;
  }
  return size;
}

TEST(ModelTable, HasSummariesAndUniqueNames) {
  std::set<std::string> names;

  for (const ModelEntry& entry : model_table()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is in the table twice";
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
  }

  EXPECT_EQ(model_words().size(), names.size());
}

TEST(ModelTable, EveryNetworkIsSoundAndNamedLikeItsLine) {
  for (const ModelEntry& entry : model_table()) {
    const Network network = entry.build();

    EXPECT_EQ(network.name, entry.name);
    EXPECT_FALSE(weight_nodes(network).empty()) << entry.name;
    EXPECT_EQ(infer_shapes(network).size(), network.nodes.size()) << entry.name;
    EXPECT_EQ(network.nodes.back().op, Op::Linear) << entry.name << " does not end in logits";
  }
}

TEST(ModelTable, EveryNetworkSurvivesItsJson) {
  for (const ModelEntry& entry : model_table()) {
    const Json json = network_to_json(entry.build());

    EXPECT_EQ(network_to_json(network_from_json(json)), json) << entry.name;
  }
}

TEST(Lenet5, HasThePublishedSize) {
  const Size size = size_of(build_model("lenet5"));

  EXPECT_EQ(size.num_weights, 430500);
  EXPECT_EQ(size.num_biases, 580);
  // conv1 500 weights x 24^2 windows, conv2 25,000 x 8^2, then each weight of fc1 and fc2 once.
  EXPECT_EQ(size.num_macs, 500 * 576 + 25000 * 64 + 400000 + 5000);
}

TEST(Lenet5, HasThePublishedShapes) {
  const Network network = build_model("lenet5");
  const std::vector<Shape> shapes = infer_shapes(network);

  EXPECT_EQ(shapes[network.index_of("conv1")], (Shape{20, 24, 24}));
  EXPECT_EQ(shapes[network.index_of("pool1")], (Shape{20, 12, 12}));
  EXPECT_EQ(shapes[network.index_of("conv2")], (Shape{50, 8, 8}));
  EXPECT_EQ(shapes[network.index_of("pool2")], (Shape{50, 4, 4}));
  EXPECT_EQ(shapes[network.index_of("fc1")], (Shape{500, 1, 1}));
  EXPECT_EQ(shapes.back(), (Shape{10, 1, 1}));
  EXPECT_EQ(weight_tensor_shape(network, shapes, network.index_of("conv2")),
            (std::vector<std::int64_t>{50, 20, 5, 5}));
  EXPECT_EQ(weight_tensor_shape(network, shapes, network.index_of("fc1")),
            (std::vector<std::int64_t>{500, 800}));
}

TEST(Vgg8Cifar, HasThePublishedNumberOfWeightsAndMacs) {
  const Size size = size_of(build_model("vgg8_cifar"));

  EXPECT_EQ(size.num_weights, 12973440);  // 12.97 M
  // conv1 at 32 x 32, then five convolutions of two different costs, then fc1 and fc2: 615.9 M.
  EXPECT_EQ(size.num_macs, 3456 * 1024 + 3 * 150994944 + 2 * 75497472 + 8388608 + 10240);
}

TEST(BuildModel, NamesTheNearestKnownModel) {
  try {
    static_cast<void>(build_model("lenet_5"));
    FAIL() << "an unknown model was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "/model/kind = \"lenet_5\": must be one of: lenet5, vgg8_cifar; nearest: lenet5");
  }
}

TEST(ModelOptions, RefuseAnUnknownKind) {
  const Json json = {{"kind", "lenet6"}};

  try {
    static_cast<void>(read_config<ModelOptions>(json, "/model"));
    FAIL() << "an unknown model was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "/model/kind = \"lenet6\": must be one of: lenet5, vgg8_cifar; nearest: lenet5");
  }
}

TEST(ModelOptions, DefaultIsInTheTable) { EXPECT_NO_THROW(build_model(ModelOptions().kind)); }

}  // namespace
}  // namespace ohmweave::models
