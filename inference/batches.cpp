// SPDX-License-Identifier: Apache-2.0
#include "inference/batches.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace ohmweave::inference {
namespace {

CodeBatch images_between(const CodeBatch& all, int first, int last) {
  const std::int64_t size = all.shape.size();
  return {
      last - first, all.shape, {all.codes.begin() + first * size, all.codes.begin() + last * size}};
}

}  // namespace

int count_batches(const CodeBatch& all, int batch) {
  OHMWEAVE_REQUIRE(batch >= 1, "a batch holds at least one image");
  return (all.num_images + batch - 1) / batch;
}

CodeBatch slice_batch(const CodeBatch& all, int index, int batch) {
  OHMWEAVE_REQUIRE(index >= 0 && index < count_batches(all, batch), "no such batch");
  return images_between(all, index * batch, std::min(all.num_images, (index + 1) * batch));
}

CodeBatch first_images(const CodeBatch& all, int num_images) {
  OHMWEAVE_REQUIRE(num_images >= 0, "a number of images");
  return images_between(all, 0, std::min(all.num_images, num_images));
}

std::vector<int> classify(const CodeBatch& outputs) {
  const std::int64_t num_classes = outputs.shape.size();
  std::vector<int> classes;
  for (int image = 0; image < outputs.num_images; ++image) {
    const auto first = outputs.codes.begin() + image * num_classes;
    classes.push_back(static_cast<int>(std::max_element(first, first + num_classes) - first));
  }
  return classes;
}

std::int64_t count_correct(const QuantizedNetwork& network, const LayerProducts& products,
                           const CodeBatch& input, const std::vector<int>& labels, int batch,
                           const ForEach& for_each, const std::optional<RandomStream>& reads) {
  OHMWEAVE_REQUIRE(static_cast<int>(labels.size()) >= input.num_images, "one label an image");
  const int num_batches = count_batches(input, batch);
  std::vector<std::int64_t> correct(static_cast<std::size_t>(num_batches), 0);
  for_each(num_batches, [&](int b) {
    const Reading reading{static_cast<std::int64_t>(b) * batch, reads};
    const std::vector<int> classes =
        classify(run_network(network, products, slice_batch(input, b, batch), reading).back());
    for (std::size_t i = 0; i < classes.size(); ++i)
      correct[b] += classes[i] == labels[static_cast<std::size_t>(b) * batch + i] ? 1 : 0;
  });
  return std::accumulate(correct.begin(), correct.end(), std::int64_t{0});
}

}  // namespace ohmweave::inference
