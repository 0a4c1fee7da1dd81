// SPDX-License-Identifier: Apache-2.0
#include "train/sparse_learner.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "train/loss.h"

namespace ohmweave::train {
namespace {

constexpr std::int64_t kEvaluationBatch = 1000;

nn::SparseImages as_images(const torch::Tensor& images) {
  OHMWEAVE_REQUIRE(images.is_contiguous() && images.scalar_type() == torch::kUInt8,
                   "a batch's images are contiguous bytes");
  return nn::consecutive_images(images.data_ptr<std::uint8_t>(), images.size(0), images[0].numel());
}

/// Turns a group's logits into the gradient of -log p(label), the label drawn from the softmax at
/// `temperature`.
void draw_labels(const nn::LogitGroup& group, double temperature, const RandomStream& stream) {
  for (int i = 0; i < group.num_images; ++i) {
    const std::int64_t first = std::int64_t{i} * group.num_classes;
    const float* logits = group.logits + first;
    float* gradient = group.gradient + first;
    softmax(logits, group.num_classes, temperature, gradient);
    double left = stream.uniform(static_cast<std::uint64_t>(group.first_image + i));
    int label = 0;
    while (label + 1 < group.num_classes && left >= gradient[label]) left -= gradient[label++];
    gradient[label] -= 1.0F;
    for (int c = 0; c < group.num_classes; ++c) {
      gradient[c] = static_cast<float>(gradient[c] / temperature);
    }
  }
}

}  // namespace

SparseLearner::SparseLearner(const nn::GraphModule& module, const Masks& masks)
    : network_(module.network(), module.state(), as_bytes(masks),
               {at::get_num_threads(), nn::best_instruction_set()}) {
  std::vector<float>& values = network_.values();
  values_ = torch::from_blob(values.data(), {static_cast<std::int64_t>(values.size())});
  for (const nn::SparseRange& range : network_.ranges()) {
    const auto count = static_cast<std::int64_t>(range.places.size());
    parameters_[range.name] = values_.narrow(0, range.first, count);
    places_[range.name] = torch::tensor(range.places, torch::kInt64);
    shapes_[range.name] = module.parameter(range.name).sizes().vec();
  }
  tensors_ = parameters_;
  for (const Node& node : network_.network().nodes) {
    if (node.op != Op::BatchNorm2d) continue;
    for (const char* suffix : {".running_mean", ".running_var"}) {
      std::vector<float>& average = network_.running_average(node.name + suffix);
      tensors_[node.name + suffix] =
          torch::from_blob(average.data(), {static_cast<std::int64_t>(average.size())});
    }
  }
}

double SparseLearner::compute_gradients(const Batch& batch,
                                        const std::optional<DistillOptions>& distill,
                                        const RandomStream& /*dropout*/) {
  const torch::NoGradGuard no_grad;
  const std::int64_t count = batch.labels.numel();
  const auto* labels = batch.labels.data_ptr<std::int64_t>();
  const torch::Tensor teacher = distill ? batch.teacher_logits.contiguous() : torch::empty({0});
  const auto* teacher_logits = teacher.data_ptr<float>();
  std::vector<double> losses(static_cast<std::size_t>(count));
  const nn::SparseGradients result = network_.backward(
      as_images(batch.images), nn::NormStatistics::Batch, [&](const nn::LogitGroup& group) {
        for (int i = 0; i < group.num_images; ++i) {
          const std::int64_t image = group.first_image + i;
          const std::int64_t first = std::int64_t{i} * group.num_classes;
          const ImageAnswer answer{group.logits + first,
                                   distill ? teacher_logits + image * group.num_classes : nullptr,
                                   group.num_classes, static_cast<int>(labels[image])};
          losses[image] = image_loss(answer, distill, group.gradient + first);
        }
      });
  const torch::Tensor gradient = torch::tensor(result.gradient) / static_cast<double>(count);
  for (const nn::SparseRange& range : network_.ranges()) {
    parameters_.at(range.name).mutable_grad() =
        gradient.narrow(0, range.first, static_cast<std::int64_t>(range.places.size()));
  }
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  return sum / static_cast<double>(count);
}

std::string SparseLearner::first_broken_node(const torch::Tensor& images) {
  nn::GraphModule module(network_.network());
  module.load(network_.to_parameters());
  return DenseLearner(module).first_broken_node(images);
}

nn::Score SparseLearner::evaluate(const data::Split& split) {
  nn::Score score;
  score.num_images = split.labels.numel();
  if (score.num_images == 0) throw DataError("evaluation: there are no images");
  const auto* labels = split.labels.data_ptr<std::int64_t>();
  std::vector<float> ignored;
  for (std::int64_t first = 0; first < score.num_images; first += kEvaluationBatch) {
    const std::int64_t last = std::min(first + kEvaluationBatch, score.num_images);
    const std::vector<float> logits =
        network_.forward(as_images(split.images.slice(0, first, last)));
    const auto classes = static_cast<int>(logits.size() / static_cast<std::size_t>(last - first));
    ignored.resize(static_cast<std::size_t>(classes));
    for (std::int64_t i = first; i < last; ++i) {
      const float* answer = logits.data() + (i - first) * classes;
      const auto label = static_cast<int>(labels[i]);
      score.loss += image_loss({answer, nullptr, classes, label}, std::nullopt, ignored.data());
      score.num_correct += std::max_element(answer, answer + classes) - answer == label ? 1 : 0;
    }
  }
  score.loss /= static_cast<double>(score.num_images);
  score.accuracy = static_cast<double>(score.num_correct) / static_cast<double>(score.num_images);
  return score;
}

void SparseLearner::store(nn::GraphModule& module) const { module.load(network_.to_parameters()); }

torch::Tensor SparseLearner::expanded(const std::string& name, const torch::Tensor& compact) const {
  if (shapes_.count(name) == 0) return compact;  // a running average
  torch::Tensor full = torch::zeros(shapes_.at(name), compact.options());
  full.view(-1).index_copy_(0, places_.at(name), compact);
  return full;
}

torch::Tensor SparseLearner::compacted(const std::string& name, const torch::Tensor& full) const {
  if (shapes_.count(name) == 0) return full;
  return full.reshape(-1).index_select(0, places_.at(name));
}

void SparseLearner::set_activation_formats(const std::map<std::string, CodeFormat>& formats) {
  network_.set_activation_formats(formats);
}

std::vector<float> mean_squares(nn::SparseNetwork& network, const torch::Tensor& images,
                                double temperature, const RandomStream& stream) {
  nn::SparseGradients result = network.backward_with_squares(
      as_images(images.contiguous()),
      [&](const nn::LogitGroup& group) { draw_labels(group, temperature, stream); });
  for (float& square : result.squares) square /= static_cast<float>(images.size(0));
  return std::move(result.squares);
}

nn::TensorMap SparseLearner::fisher(const torch::Tensor& images, double temperature,
                                    const RandomStream& stream) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor mean = torch::tensor(mean_squares(network_, images, temperature, stream));
  nn::TensorMap fisher;
  for (const nn::SparseRange& range : network_.ranges()) {
    fisher[range.name] =
        mean.narrow(0, range.first, static_cast<std::int64_t>(range.places.size())).clone();
  }
  return fisher;
}

}  // namespace ohmweave::train
