// SPDX-License-Identifier: Apache-2.0
#include "train/training_set.h"

#include <torch/utils.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "nn/evaluate.h"
#include "nn/graph_module.h"

namespace ohmweave::train {
namespace {

constexpr std::int64_t kTeacherBatch = 500;

/// Outputs of `module` for uint8 `images`.
torch::Tensor answers(nn::GraphModule& module, const torch::Tensor& images) {
  std::vector<torch::Tensor> parts;
  for (std::int64_t first = 0; first < images.size(0); first += kTeacherBatch) {
    const std::int64_t last = std::min(first + kTeacherBatch, images.size(0));
    parts.push_back(module.forward(data::normalized(images.slice(0, first, last))).flatten(1));
  }
  return torch::cat(parts);
}

/// Outputs for every image and copy, as TrainingSet::teacher_logits.
torch::Tensor all_answers(nn::GraphModule& module, const TrainingSet& set) {
  std::vector<torch::Tensor> outputs{answers(module, set.data.train.images)};
  for (std::int64_t copy = 0; copy < set.num_copies(); ++copy) {
    outputs.push_back(answers(module, set.copies[copy]));
  }
  return torch::stack(outputs);
}

}  // namespace

TrainingSet load_training_set(const data::DataOptions& options,
                              const std::optional<data::AugmentOptions>& augment,
                              std::uint64_t seed) {
  TrainingSet set;
  set.data = data::load_training_data(options, seed);
  set.options = options;
  if (augment) {
    set.copies = data::distorted_copies(set.data.train.images, *augment,
                                        RandomStream(seed).child("augment"));
    set.original_fraction = augment->original_fraction;
  }
  return set;
}

void add_teachers(TrainingSet& set, const std::vector<NetworkModel>& teachers) {
  OHMWEAVE_REQUIRE(!teachers.empty(), "there is a teacher");
  const torch::NoGradGuard no_grad;
  torch::Tensor sum;
  for (const NetworkModel& model : teachers) {
    nn::GraphModule teacher = nn::make_module(model);
    teacher.eval();
    const torch::Tensor outputs = all_answers(teacher, set);
    sum = sum.defined() ? sum.add_(outputs) : outputs;
  }
  set.teacher_logits = sum.div_(static_cast<double>(teachers.size()));
}

torch::Tensor draw_versions(const TrainingSet& set, double original_fraction,
                            const RandomStream& stream) {
  torch::Tensor versions = torch::zeros({set.num_images()}, torch::kInt64);
  const std::int64_t num_copies = set.num_copies();
  if (num_copies == 0) return versions;
  auto* version = versions.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < set.num_images(); ++i) {
    const auto at = static_cast<std::uint64_t>(2 * i);
    if (stream.uniform(at) < original_fraction) continue;
    version[i] =
        1 + static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(num_copies), at + 1));
  }
  return versions;
}

Batch make_batch(const TrainingSet& set, const torch::Tensor& indices,
                 const torch::Tensor& versions) {
  const data::Split& split = set.data.train;
  const torch::Tensor version = versions.index_select(0, indices);
  torch::Tensor images = split.images.index_select(0, indices);
  if (set.copies.defined()) {
    const torch::Tensor is_copy = version.gt(0);
    const torch::Tensor rows = (version.sub(1) * set.num_images() + indices).masked_select(is_copy);
    images.index_put_({is_copy}, set.copies.flatten(0, 1).index_select(0, rows));
  }
  Batch batch{images, split.labels.index_select(0, indices), {}};
  if (set.teacher_logits.defined()) {
    batch.teacher_logits =
        set.teacher_logits.flatten(0, 1).index_select(0, version * set.num_images() + indices);
  }
  return batch;
}

}  // namespace ohmweave::train
