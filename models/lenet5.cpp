// SPDX-License-Identifier: Apache-2.0
#include "models/lenet5.h"

#include "models/builder.h"

namespace ohmweave::models {

Network lenet5() {
  Builder b("lenet5", {1, 28, 28});
  b.conv2d("conv1", 20, {5});
  b.relu("relu1");
  b.max_pool2d("pool1", {2, 2});
  b.conv2d("conv2", 50, {5});
  b.relu("relu2");
  b.max_pool2d("pool2", {2, 2});
  b.flatten("flatten");
  b.linear("fc1", 500);
  b.relu("relu3");
  b.dropout("dropout", 0.5);
  b.linear("fc2", 10);
  return b.build();
}

}  // namespace ohmweave::models
