// SPDX-License-Identifier: Apache-2.0
#include "models/mobilenet.h"

#include <string>
#include <vector>

#include "models/builder.h"

namespace ohmweave::models {
namespace {

enum class Images { Cifar, Imagenet };

Builder begun(const std::string& name, Images images) {
  const int side = images == Images::Cifar ? 32 : 224;
  return Builder(name, {3, side, side});
}

/// A convolution with batch norm and ReLU: "<name>", "<name>.bn", "<name>.relu".
void append_rectified(Builder& b, const std::string& name, int filters, Window window) {
  b.conv_norm(name, name + ".bn", filters, window);
  b.relu(name + ".relu");
}

/// A map of `side` x `side` features averaged, then the classifier.
Network finished(Builder& b, Images images, int side, double dropout_fraction) {
  b.avg_pool2d("avgpool", {side, side});
  b.flatten("flatten");
  if (dropout_fraction > 0.0) b.dropout("dropout", dropout_fraction);
  b.linear("fc", images == Images::Cifar ? 10 : 1000);
  return b.build();
}

struct Pair {
  int filters = 0;
  int stride = 1;
};

Network v1(const std::string& name, Images images) {
  const std::vector<Pair> pairs{{64, 1},  {128, 2},  {128, 1}, {256, 2}, {256, 1},
                                {512, 2}, {512, 1},  {512, 1}, {512, 1}, {512, 1},
                                {512, 1}, {1024, 2}, {1024, 1}};
  Builder b = begun(name, images);
  append_rectified(b, "conv1", 32, {3, images == Images::Cifar ? 1 : 2, 1});
  int channels = 32;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    append_rectified(b, "depthwise" + number, channels, {3, pairs[i].stride, 1, channels});
    append_rectified(b, "pointwise" + number, pairs[i].filters, {1});
    channels = pairs[i].filters;
  }
  return finished(b, images, images == Images::Cifar ? 2 : 7, 0.0);
}

/// A row of the source's table: expansion, channels, blocks, stride of the first block.
struct Stage {
  int expansion = 6;
  int channels = 0;
  int num_blocks = 1;
  int stride = 1;
};

void append_inverted_residual(Builder& b, const std::string& name, int channels_in,
                              const Stage& block) {
  const int input = b.last();
  const int wide = channels_in * block.expansion;
  if (block.expansion != 1) append_rectified(b, name + "expand", wide, {1});
  append_rectified(b, name + "depthwise", wide, {3, block.stride, 1, wide});
  const int body = b.conv_norm(name + "project", name + "project.bn", block.channels, {1});
  if (block.stride == 1 && channels_in == block.channels) b.add(name + "add", body, input);
}

Network v2(const std::string& name, Images images) {
  const int early_stride = images == Images::Cifar ? 1 : 2;
  const std::vector<Stage> stages{
      {1, 16, 1, 1}, {6, 24, 2, early_stride}, {6, 32, 3, 2}, {6, 64, 4, 2},
      {6, 96, 3, 1}, {6, 160, 3, 2},           {6, 320, 1, 1}};
  Builder b = begun(name, images);
  append_rectified(b, "conv1", 32, {3, early_stride, 1});
  int channels = 32;
  int number = 0;
  for (const Stage& stage : stages) {
    for (int i = 0; i < stage.num_blocks; ++i) {
      Stage block = stage;
      if (i > 0) block.stride = 1;
      append_inverted_residual(b, "block" + std::to_string(++number) + ".", channels, block);
      channels = stage.channels;
    }
  }
  append_rectified(b, "conv2", 1280, {1});
  return finished(b, images, images == Images::Cifar ? 4 : 7, 0.2);
}

}  // namespace

Network mobilenet_v1_cifar() { return v1("mobilenet_v1_cifar", Images::Cifar); }
Network mobilenet_v1_imagenet() { return v1("mobilenet_v1_imagenet", Images::Imagenet); }
Network mobilenet_v2_cifar() { return v2("mobilenet_v2_cifar", Images::Cifar); }
Network mobilenet_v2_imagenet() { return v2("mobilenet_v2_imagenet", Images::Imagenet); }

}  // namespace ohmweave::models
