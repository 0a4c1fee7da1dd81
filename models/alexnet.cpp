// SPDX-License-Identifier: Apache-2.0
#include "models/alexnet.h"

#include <array>
#include <string>

#include "models/builder.h"

namespace ohmweave::models {
namespace {

struct ConvLayer {
  int filters = 0;
  Window window;
  bool is_pooled = false;
};

Network built(const std::string& name, Shape input, const std::array<ConvLayer, 5>& layers) {
  Builder b(name, input);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    b.conv2d("conv" + number, layers[i].filters, layers[i].window);
    b.relu("relu" + number);
    if (layers[i].is_pooled) b.max_pool2d("pool" + number, {3, 2});
  }
  b.flatten("flatten");
  for (const std::string number : {"1", "2"}) {
    b.dropout("dropout" + number, 0.5);
    b.linear("fc" + number, 4096);
    b.relu("relu_fc" + number);
  }
  b.linear("fc3", 1000);
  return b.build();
}

}  // namespace

Network alexnet_imagenet() {
  return built("alexnet_imagenet", {3, 224, 224},
               {{{64, {11, 4, 2}, true},
                 {192, {5, 1, 2}, true},
                 {384, {3, 1, 1}, false},
                 {256, {3, 1, 1}, false},
                 {256, {3, 1, 1}, true}}});
}

Network alexnet_groups_imagenet() {
  return built("alexnet_groups_imagenet", {3, 227, 227},
               {{{96, {11, 4, 0}, true},
                 {256, {5, 1, 2, 2}, true},
                 {384, {3, 1, 1}, false},
                 {384, {3, 1, 1, 2}, false},
                 {256, {3, 1, 1, 2}, true}}});
}

}  // namespace ohmweave::models
