// SPDX-License-Identifier: Apache-2.0
// Weights, parameters and multiplications of the networks against published counts, each with its
// source, and the shapes that padding, stride and shortcuts must give.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/models.h"

namespace ohmweave::models {
namespace {

struct Size {
  std::int64_t num_weights = 0;
  std::int64_t num_parameters = 0;  // with biases and two a channel of batch norm
  std::int64_t num_macs = 0;        // convolutions and linear layers of one image
};

Size size_of(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  Size size;
  for (const int node : weight_nodes(network)) {
    const MatrixShape matrix = matrix_shape(network, shapes, node);
    size.num_weights += matrix.num_weights();
    size.num_macs += matrix.num_macs();
    if (network.nodes[node].has_bias) size.num_parameters += network.nodes[node].out_channels;
  }
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].op == Op::BatchNorm2d) size.num_parameters += 2 * shapes[i].channels;
  }
  size.num_parameters += size.num_weights;
  return size;
}

double millions(std::int64_t count) { return static_cast<double>(count) * 1e-6; }

Shape shape_of(const Network& network, const std::string& node) {
  const int index = network.index_of(node);
  EXPECT_GE(index, 0) << network.name << " has no node " << node;
  return index < 0 ? Shape{} : infer_shapes(network)[index];
}

/// What torchvision states for its trained weights: num_params, and _ops in billions of
/// multiply-adds, rounded to `step`. Source: torchvision_models.
struct TorchvisionCase {
  const char* kind;
  std::int64_t num_parameters;
  double giga_macs;
  double step;
};

TEST(PublishedSizes, AreThoseOfTorchvision) {
  const std::vector<TorchvisionCase> cases{{"alexnet_imagenet", 61100840, 0.714, 0.001},
                                           {"vgg11_imagenet", 132863336, 7.609, 0.001},
                                           {"vgg16_imagenet", 138357544, 15.47, 0.01},
                                           {"resnet18_imagenet", 11689512, 1.814, 0.001},
                                           {"resnet50_imagenet", 25557032, 4.089, 0.001},
                                           {"mobilenet_v2_imagenet", 3504872, 0.301, 0.001}};

  for (const TorchvisionCase& published : cases) {
    const Size size = size_of(build_model(published.kind));

    EXPECT_EQ(size.num_parameters, published.num_parameters) << published.kind;
    EXPECT_NEAR(millions(size.num_macs) * 1e-3, published.giga_macs, published.step / 2)
        << published.kind;
  }
}

// howard_arxiv_2017, table 8: 569 M multiply-adds, 4.2 M parameters.
TEST(PublishedSizes, MobilenetV1IsThatOfItsPaper) {
  const Size size = size_of(build_model("mobilenet_v1_imagenet"));

  EXPECT_NEAR(millions(size.num_macs), 569.0, 0.5);
  EXPECT_NEAR(millions(size.num_parameters), 4.2, 0.05);
}

// han_neurips_2015, table 4 counts weights by layer: 35 K, 307 K, 885 K, 663 K, 442 K, 38 M, 17 M,
// 4 M, 61 M in all; some of them are rounded and some cut off.
TEST(PublishedSizes, AlexnetInGroupsHasTheLayersThatPruningPapersCount) {
  const Network network = build_model("alexnet_groups_imagenet");
  const std::vector<Shape> shapes = infer_shapes(network);
  const std::vector<double> published{35e3, 307e3, 885e3, 663e3, 442e3, 38e6, 17e6, 4e6};

  const std::vector<int> nodes = weight_nodes(network);

  ASSERT_EQ(nodes.size(), published.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const double unit = i < 5 ? 1e3 : 1e6;
    const auto weights = static_cast<double>(matrix_shape(network, shapes, nodes[i]).num_weights());
    EXPECT_NEAR(weights, published[i], unit) << "layer " << i;
  }
  EXPECT_NEAR(millions(size_of(network).num_weights), 61.0, 0.5);
}

TEST(PublishedSizes, Lenet5Has430500Weights) {
  const Size size = size_of(build_model("lenet5"));

  EXPECT_EQ(size.num_weights, 430500);
  EXPECT_EQ(size.num_parameters, 430500 + 580);
  // conv1 500 weights x 24^2 windows, conv2 25,000 x 8^2, then each weight of fc1 and fc2 once.
  EXPECT_EQ(size.num_macs, 500 * 576 + 25000 * 64 + 400000 + 5000);
}

TEST(Shapes, ThoseOfLenet5) {
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

TEST(PublishedSizes, Vgg8CifarHas616MillionMultiplications) {
  const Size size = size_of(build_model("vgg8_cifar"));

  EXPECT_EQ(size.num_weights, 12973440);  // 12.97 M
  // conv1 at 32 x 32, then five convolutions of two different costs, then fc1 and fc2: 615.9 M.
  EXPECT_EQ(size.num_macs, 3456 * 1024 + 3 * 150994944 + 2 * 75497472 + 8388608 + 10240);
}

TEST(PublishedSizes, Vgg16CifarHas313MillionMultiplications) {
  const Network network = build_model("vgg16_cifar");

  const Size size = size_of(network);

  // 9 * (3*64 + 64*64 + 64*128 + 128^2 + 128*256 + 2*256^2 + 256*512 + 5*512^2) + 512*10
  EXPECT_EQ(size.num_weights, 14710464 + 5120);
  // The stages' weights times 32^2, 16^2, 8^2, 4^2 and 2^2 windows, then the linear layer once.
  EXPECT_EQ(size.num_macs, 38592LL * 1024 + 221184LL * 256 + 1474560LL * 64 + 5898240LL * 16 +
                               7077888LL * 4 + 5120);
  EXPECT_NEAR(millions(size.num_macs), 313.2, 0.05);
  EXPECT_EQ(weight_nodes(network).size(), 14U);
}

TEST(PublishedSizes, Resnet18CifarHas555MillionMultiplications) {
  const Size size = size_of(build_model("resnet18_cifar"));

  EXPECT_NEAR(millions(size.num_weights), 11.16, 0.005);
  EXPECT_NEAR(millions(size.num_macs), 555.4, 0.05);
}

// he_cvpr_2016, table 6: 0.27 M parameters; the padded shortcuts of the paper need no product, so
// its 40.55 M multiplications, by hand, are those without the projections.
TEST(PublishedSizes, Resnet20HasThePapersLayersAndTwoProjections) {
  const Size size = size_of(build_model("resnet20_cifar"));

  EXPECT_EQ(size.num_macs, 40551040 + 16 * 32 * 256 + 32 * 64 * 64);
  EXPECT_NEAR(millions(size.num_parameters), 0.27, 0.005);
}

TEST(PublishedSizes, ConvnetIsThatOfItsLayers) {
  const Size size = size_of(build_model("convnet_cifar"));

  EXPECT_EQ(size.num_weights, 75 * 32 + 800 * 32 + 800 * 64 + 10240);
  EXPECT_EQ(size.num_macs, 2400 * 1024 + 25600 * 256 + 51200 * 64 + 10240);
}

TEST(Shapes, Vgg16CifarEndsOn2x2Maps) {
  const Network network = build_model("vgg16_cifar");

  EXPECT_EQ(shape_of(network, "conv11"), (Shape{512, 2, 2}));
  EXPECT_EQ(shape_of(network, "conv13"), (Shape{512, 2, 2}));
  EXPECT_EQ(shape_of(network, "pool5"), (Shape{512, 1, 1}));
}

TEST(Shapes, Resnet18CifarHalvesItsMapsThreeTimes) {
  const Network network = build_model("resnet18_cifar");

  EXPECT_EQ(shape_of(network, "layer1.1.relu"), (Shape{64, 32, 32}));
  EXPECT_EQ(shape_of(network, "layer2.0.downsample.0"), (Shape{128, 16, 16}));
  EXPECT_EQ(shape_of(network, "layer4.1.add"), (Shape{512, 4, 4}));
  EXPECT_EQ(shape_of(network, "avgpool"), (Shape{512, 1, 1}));
  EXPECT_EQ(network.index_of("layer1.0.downsample.0"), -1);
}

TEST(Shapes, Resnet50ImagenetStridesInTheMiddleOfABlock) {
  const Network network = build_model("resnet50_imagenet");

  EXPECT_EQ(shape_of(network, "conv1"), (Shape{64, 112, 112}));
  EXPECT_EQ(shape_of(network, "maxpool"), (Shape{64, 56, 56}));
  EXPECT_EQ(shape_of(network, "layer1.0.downsample.0"), (Shape{256, 56, 56}));
  EXPECT_EQ(shape_of(network, "layer2.0.conv1"), (Shape{128, 56, 56}));
  EXPECT_EQ(shape_of(network, "layer2.0.conv2"), (Shape{128, 28, 28}));
  EXPECT_EQ(shape_of(network, "layer4.2.add"), (Shape{2048, 7, 7}));
}

TEST(Shapes, AResidualJoinReadsBodyAndShortcut) {
  const Network network = build_model("resnet18_cifar");

  const Node& plain = network.nodes[network.index_of("layer1.0.add")];
  const Node& projected = network.nodes[network.index_of("layer2.0.add")];

  EXPECT_EQ(plain.inputs,
            (std::vector<int>{network.index_of("layer1.0.bn2"), network.index_of("relu")}));
  EXPECT_EQ(projected.inputs, (std::vector<int>{network.index_of("layer2.0.bn2"),
                                                network.index_of("layer2.0.downsample.1")}));
}

TEST(Shapes, DepthwiseLayersHaveOneMatrixAChannel) {
  const Network network = build_model("mobilenet_v2_imagenet");
  const std::vector<Shape> shapes = infer_shapes(network);

  const int node = network.index_of("block2.depthwise");
  const MatrixShape matrix = matrix_shape(network, shapes, node);

  EXPECT_EQ(matrix.groups, 96);
  EXPECT_EQ(matrix.rows, 9);
  EXPECT_EQ(matrix.columns, 1);
  EXPECT_EQ(matrix.windows, 56 * 56);
  EXPECT_EQ(weight_tensor_shape(network, shapes, node), (std::vector<std::int64_t>{96, 1, 3, 3}));
}

// Residuals only where the stride is 1 and the channels stay: 10 of the 17 blocks of table 2.
TEST(Shapes, MobilenetV2HasTenResiduals) {
  const Network network = build_model("mobilenet_v2_imagenet");

  const auto num_adds = std::count_if(network.nodes.begin(), network.nodes.end(),
                                      [](const Node& node) { return node.op == Op::Add; });

  EXPECT_EQ(num_adds, 10);
}

TEST(Shapes, MobilenetsForCifarEndOnSmallMaps) {
  EXPECT_EQ(shape_of(build_model("mobilenet_v1_cifar"), "pointwise13"), (Shape{1024, 2, 2}));
  EXPECT_EQ(shape_of(build_model("mobilenet_v2_cifar"), "conv2"), (Shape{1280, 4, 4}));
}

}  // namespace
}  // namespace ohmweave::models
