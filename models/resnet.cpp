// SPDX-License-Identifier: Apache-2.0
#include "models/resnet.h"

#include <string>
#include <vector>

#include "models/builder.h"

namespace ohmweave::models {
namespace {

enum class Block { Basic, Bottleneck };

struct ResidualStage {
  int width = 64;  // filters of its 3x3 convolutions
  int num_blocks = 2;
};

struct Recipe {
  std::string name;
  Shape input;
  Block block = Block::Basic;
  std::vector<ResidualStage> stages;
  int num_classes = 10;
};

int channels_out(Block block, int width) { return block == Block::Basic ? width : 4 * width; }

/// The convolutions of one block; gives the node that is added to the shortcut.
int append_body(Builder& b, const std::string& name, Block block, Window window, int width) {
  if (block == Block::Bottleneck) {
    b.conv_norm(name + "conv1", name + "bn1", width, {1});
    b.relu(name + "relu1");
    b.conv_norm(name + "conv2", name + "bn2", width, window);
    b.relu(name + "relu2");
    return b.conv_norm(name + "conv3", name + "bn3", 4 * width, {1});
  }
  b.conv_norm(name + "conv1", name + "bn1", width, window);
  b.relu(name + "relu1");
  return b.conv_norm(name + "conv2", name + "bn2", width, {3, 1, 1});
}

/// One block from `channels_in` channels. `name` ends in a dot.
void append_block(Builder& b, const std::string& name, const Recipe& recipe, int width, int stride,
                  int channels_in) {
  const int input = b.last();
  const int channels = channels_out(recipe.block, width);
  const int body = append_body(b, name, recipe.block, {3, stride, 1}, width);
  int shortcut = input;
  if (stride != 1 || channels != channels_in) {
    shortcut = b.from(input).conv_norm(name + "downsample.0", name + "downsample.1", channels,
                                       {1, stride});
  }
  b.add(name + "add", body, shortcut);
  b.relu(name + "relu");
}

void append_stem(Builder& b, const Recipe& recipe) {
  const int width = recipe.stages.front().width;
  const bool is_large = recipe.input.height > 32;
  b.conv_norm("conv1", "bn1", width, is_large ? Window{7, 2, 3} : Window{3, 1, 1});
  b.relu("relu");
  if (is_large) b.max_pool2d("maxpool", {3, 2, 1});
}

Network built(const Recipe& recipe) {
  Builder b(recipe.name, recipe.input);
  append_stem(b, recipe);
  int channels = recipe.stages.front().width;
  int side = recipe.input.height > 32 ? recipe.input.height / 4 : recipe.input.height;
  for (std::size_t s = 0; s < recipe.stages.size(); ++s) {
    const ResidualStage& stage = recipe.stages[s];
    for (int i = 0; i < stage.num_blocks; ++i) {
      const int stride = s > 0 && i == 0 ? 2 : 1;
      const std::string name = "layer" + std::to_string(s + 1) + "." + std::to_string(i) + ".";
      append_block(b, name, recipe, stage.width, stride, channels);
      channels = channels_out(recipe.block, stage.width);
      side /= stride;
    }
  }
  b.avg_pool2d("avgpool", {side, side});
  b.flatten("flatten");
  b.linear("fc", recipe.num_classes);
  return b.build();
}

constexpr Shape kCifar{3, 32, 32};
constexpr Shape kImagenet{3, 224, 224};

std::vector<ResidualStage> stages_of_resnet18() { return {{64, 2}, {128, 2}, {256, 2}, {512, 2}}; }
std::vector<ResidualStage> stages_of_resnet50() { return {{64, 3}, {128, 4}, {256, 6}, {512, 3}}; }

}  // namespace

Network resnet20_cifar() {
  return built({"resnet20_cifar", kCifar, Block::Basic, {{16, 3}, {32, 3}, {64, 3}}, 10});
}
Network resnet18_cifar() {
  return built({"resnet18_cifar", kCifar, Block::Basic, stages_of_resnet18(), 10});
}
Network resnet50_cifar() {
  return built({"resnet50_cifar", kCifar, Block::Bottleneck, stages_of_resnet50(), 10});
}
Network resnet18_imagenet() {
  return built({"resnet18_imagenet", kImagenet, Block::Basic, stages_of_resnet18(), 1000});
}
Network resnet50_imagenet() {
  return built({"resnet50_imagenet", kImagenet, Block::Bottleneck, stages_of_resnet50(), 1000});
}

}  // namespace ohmweave::models
