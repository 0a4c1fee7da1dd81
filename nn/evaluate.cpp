// SPDX-License-Identifier: Apache-2.0
#include "nn/evaluate.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"

namespace ohmweave::nn {
namespace {

constexpr std::int64_t kEvaluationBatch = 1000;
constexpr std::int64_t kObservationBatch = 250;
constexpr std::int64_t kPercentilePerMyriad = 9999;  // the 99.99th

/// Evaluation mode for a scope.
class EvaluationMode {
 public:
  explicit EvaluationMode(GraphModule& module) : module_(module), trains_(module.is_training()) {
    module_.eval();
  }
  ~EvaluationMode() { module_.train(trains_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  GraphModule& module_;
  bool trains_;
};

/// Activation formats off for a scope.
class FormatsOff {
 public:
  explicit FormatsOff(GraphModule& module)
      : module_(module), formats_(module.activation_formats()) {
    module_.set_activation_formats({});
  }
  ~FormatsOff() { module_.set_activation_formats(std::move(formats_)); }
  FormatsOff(const FormatsOff&) = delete;
  FormatsOff& operator=(const FormatsOff&) = delete;

 private:
  GraphModule& module_;
  std::map<std::string, CodeFormat> formats_;
};

/// The range of a stream of numbers whose length is known beforehand. The percentile is exact and
/// takes little memory: only magnitudes that can still be among the largest `rank` are kept.
class RangeObserver {
 public:
  explicit RangeObserver(std::int64_t num_values)
      : rank_(static_cast<std::size_t>(num_values -
                                       (kPercentilePerMyriad * num_values + 9999) / 10000 + 1)) {}

  void see(const torch::Tensor& output) {
    const torch::Tensor values = output.to(torch::kCPU).contiguous();
    const auto* value = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      min_ = std::min(min_, value[i]);
      max_ = std::max(max_, value[i]);
      const float magnitude = std::abs(value[i]);
      if (magnitude > floor_ || largest_.size() < rank_) largest_.push_back(magnitude);
      if (largest_.size() >= 2 * rank_ + 1024) shrink();
    }
  }

  [[nodiscard]] ActivationRange range() {
    shrink();
    return {min_, max_, floor_};
  }

 private:
  /// Keeps the `rank_` largest; the least of them is the percentile so far.
  void shrink() {
    const auto last = largest_.begin() + static_cast<std::ptrdiff_t>(rank_) - 1;
    std::nth_element(largest_.begin(), last, largest_.end(), std::greater<>());
    floor_ = *last;
    largest_.resize(rank_);
  }

  std::size_t rank_;
  std::vector<float> largest_;
  float floor_ = -1.0F;
  float min_ = std::numeric_limits<float>::infinity();
  float max_ = -std::numeric_limits<float>::infinity();
};

torch::Device device_of(const GraphModule& module) {
  const auto parameters = module.parameters();
  return parameters.empty() ? torch::Device(torch::kCPU) : parameters.front().device();
}

}  // namespace

Score evaluate(GraphModule& module, const data::Split& split) {
  const torch::NoGradGuard no_grad;
  const EvaluationMode evaluation(module);
  const torch::Device device = device_of(module);
  Score score;
  score.num_images = split.labels.size(0);
  if (score.num_images == 0) throw DataError("evaluation: there are no images");
  for (std::int64_t start = 0; start < score.num_images; start += kEvaluationBatch) {
    const std::int64_t end = std::min(start + kEvaluationBatch, score.num_images);
    const torch::Tensor labels = split.labels.slice(0, start, end).to(device);
    const torch::Tensor images = split.images.slice(0, start, end).to(device);
    const torch::Tensor outputs = module.forward(data::normalized(images)).flatten(1);
    score.loss +=
        torch::nll_loss(outputs.to(torch::kFloat64).log_softmax(1), labels, {}, at::Reduction::Sum)
            .item<double>();
    score.num_correct += outputs.argmax(1).eq(labels).sum().item<std::int64_t>();
  }
  if (!std::isfinite(score.loss)) {
    throw NumericError("evaluation: network '" + module.network().name +
                       "' gives outputs that are not finite");
  }
  score.loss /= static_cast<double>(score.num_images);
  score.accuracy = static_cast<double>(score.num_correct) / static_cast<double>(score.num_images);
  return score;
}

std::map<std::string, ActivationRange> observe_ranges(GraphModule& module,
                                                      const torch::Tensor& normalized_images) {
  const torch::NoGradGuard no_grad;
  const EvaluationMode evaluation(module);
  const FormatsOff formats_off(module);
  const std::int64_t num_images = normalized_images.size(0);
  if (num_images == 0) throw DataError("activation ranges: there are no images to observe");
  std::map<std::string, RangeObserver> observers;
  for (std::size_t i = 0; i < module.shapes().size(); ++i) {
    observers.emplace(module.network().nodes[i].name,
                      RangeObserver(num_images * module.shapes()[i].size()));
  }
  const torch::Device device = device_of(module);
  for (std::int64_t start = 0; start < num_images; start += kObservationBatch) {
    const std::int64_t end = std::min(start + kObservationBatch, num_images);
    const torch::Tensor outputs =
        module.forward(normalized_images.slice(0, start, end).to(device),
                       [&](const std::string& node, const torch::Tensor& output) {
                         observers.at(node).see(output);
                       });
  }
  std::map<std::string, ActivationRange> ranges;
  for (auto& [name, observer] : observers) ranges[name] = observer.range();
  return ranges;
}

GraphModule make_module(const NetworkModel& model) {
  GraphModule module(model.network);
  module.load(model.parameters);
  module.eval();
  return module;
}

NetworkModel to_model(const GraphModule& module,
                      const std::map<std::string, ActivationRange>& ranges) {
  return {module.network(), module.state(), ranges, {}, {}};
}

}  // namespace ohmweave::nn
