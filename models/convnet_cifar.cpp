// SPDX-License-Identifier: Apache-2.0
#include "models/convnet_cifar.h"

#include "models/builder.h"

namespace ohmweave::models {

Network convnet_cifar() {
  Builder b("convnet_cifar", {3, 32, 32});
  b.conv2d("conv1", 32, {5, 1, 2});
  b.relu("relu1");
  b.max_pool2d("pool1", {2, 2});
  b.conv2d("conv2", 32, {5, 1, 2});
  b.relu("relu2");
  b.avg_pool2d("pool2", {2, 2});
  b.conv2d("conv3", 64, {5, 1, 2});
  b.relu("relu3");
  b.avg_pool2d("pool3", {2, 2});
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

}  // namespace ohmweave::models
