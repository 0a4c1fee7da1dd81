// SPDX-License-Identifier: Apache-2.0
#include "models/vgg.h"

#include <string>
#include <vector>

#include "models/builder.h"

namespace ohmweave::models {
namespace {

/// Filters of the convolutions of each stage.
using Stages = std::vector<std::vector<int>>;

Stages stages_of_vgg8() { return {{128, 128}, {256, 256}, {512, 512}}; }

Stages stages_of_vgg11() { return {{64}, {128}, {256, 256}, {512, 512}, {512, 512}}; }

Stages stages_of_vgg16() {
  return {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
}

void append_stages(Builder& b, const Stages& stages, bool has_batch_norm) {
  int layer = 0;
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    for (const int filters : stages[stage]) {
      const std::string number = std::to_string(++layer);
      if (has_batch_norm) {
        b.conv_norm("conv" + number, "bn" + number, filters, {3, 1, 1});
      } else {
        b.conv2d("conv" + number, filters, {3, 1, 1});
      }
      b.relu("relu" + number);
    }
    b.max_pool2d("pool" + std::to_string(stage + 1), {2, 2});
  }
  b.flatten("flatten");
}

Network for_cifar(const std::string& name, const Stages& stages) {
  Builder b(name, {3, 32, 32});
  append_stages(b, stages, true);
  b.linear("fc", 10);
  return b.build();
}

Network for_imagenet(const std::string& name, const Stages& stages) {
  Builder b(name, {3, 224, 224});
  append_stages(b, stages, false);
  for (const std::string number : {"1", "2"}) {
    b.linear("fc" + number, 4096);
    b.relu("relu_fc" + number);
    b.dropout("dropout" + number, 0.5);
  }
  b.linear("fc3", 1000);
  return b.build();
}

}  // namespace

Network vgg8_cifar() {
  Builder b("vgg8_cifar", {3, 32, 32});
  append_stages(b, stages_of_vgg8(), true);
  b.linear("fc1", 1024);
  b.relu("relu7");
  b.linear("fc2", 10);
  return b.build();
}
Network vgg11_cifar() { return for_cifar("vgg11_cifar", stages_of_vgg11()); }
Network vgg16_cifar() { return for_cifar("vgg16_cifar", stages_of_vgg16()); }
Network vgg11_imagenet() { return for_imagenet("vgg11_imagenet", stages_of_vgg11()); }
Network vgg16_imagenet() { return for_imagenet("vgg16_imagenet", stages_of_vgg16()); }

}  // namespace ohmweave::models
