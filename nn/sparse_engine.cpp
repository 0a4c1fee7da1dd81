// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_engine.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/error.h"

namespace ohmweave::nn::sparse {
namespace {

constexpr int kPacksPerRound = 64;  // gradients of so many packs are held before they are added up
constexpr std::size_t kAlignment = 64;  // bytes

Channels channels(const MapPlaces& places) { return {places.offsets.data(), places.line_step}; }

void view_inputs(const Plan& plan, const Step& step, StepView& view) {
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    view.inputs[i] = channels(step.input_places[i]);
    view.input_trains[i] = plan.steps[index(step.inputs[i].step)].trains;
  }
  view.input_height = step.input.height;
  view.input_width = step.input.width;
}

StepView view_step(const Plan& plan, const Step& step, const float* values,
                   const Statistics& statistics) {
  StepView view;
  view.source = step.source;
  view.finish = step.finish;
  view.has_pool = step.has_pool;
  view.pool = step.pool;
  view.rounding = step.rounding;
  view.pre_height = step.pre.height;
  view.pre_width = step.pre.width;
  view.height = step.output.height;
  view.width = step.output.width;
  view.live = step.live.data();
  view.num_live = static_cast<int>(step.live.size());
  view.output = channels(step.places);
  view_inputs(plan, step, view);
  view.window = step.window;
  view.routes = step.routes;
  view.starts = step.starts.data();
  view.offsets = step.offsets.data();
  view.weights = values + step.first_weight;
  view.first_weight = view.first_factor = step.first_weight;
  if (step.first_bias >= 0) view.bias = values + step.first_bias;
  view.first_bias = step.first_bias;
  view.mean = statistics.mean.data();
  view.inverse_deviation = statistics.inverse_deviation.data();
  return view;
}

/// Adds `part`, of size numbers, to the moments of num_numbers numbers.
void join(Moments& total, std::int64_t num_numbers, const Moments& part, std::int64_t size) {
  const auto before = static_cast<double>(num_numbers);
  const auto added = static_cast<double>(size);
  const double apart = part.mean - total.mean;
  total.squares += part.squares + apart * apart * before * added / (before + added);
  total.mean += apart * added / (before + added);
}

void store(Statistics& statistics, std::size_t channel, const Moments& moments,
           std::int64_t num_numbers) {
  const double variance = moments.squares / static_cast<double>(num_numbers);
  statistics.mean[channel] = static_cast<float>(moments.mean);
  statistics.variance[channel] = static_cast<float>(variance);
  statistics.inverse_deviation[channel] =
      static_cast<float>(1.0 / std::sqrt(variance + kBatchNormEpsilon));
}

}  // namespace

void AlignedFloats::resize(std::int64_t size) {
  storage_.assign(index(size) + kAlignment / sizeof(float), 0.0F);
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  skipped_ = (kAlignment - address % kAlignment) % kAlignment / sizeof(float);
}

struct Engine::Run {
  const Pass& pass;
  std::vector<StepView> views;
  SparseGradients result;
  std::vector<float> no_means;  // zeros: for statistics that do not depend on the batch
  int first_pack = 0;           // of this round

  [[nodiscard]] bool is_backward() const { return pass.logit_gradient != nullptr; }
  [[nodiscard]] bool is_batch() const { return pass.which == NormStatistics::Batch; }
};

SparseGradients Engine::run(const Pass& pass, std::vector<Statistics>& statistics,
                            Workers& workers) {
  Run run{pass, {}, {}, {}, 0};
  const std::int64_t num_images = pass.images->size();
  const auto num_packs = static_cast<int>((num_images + kLanes - 1) / kLanes);
  std::size_t most_channels = 0;
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) {
    run.views.push_back(view_step(plan_, plan_.steps[s], pass.values->data(), statistics[s]));
    most_channels = std::max(most_channels, index(plan_.steps[s].output.channels));
  }
  run.no_means.assign(most_channels, 0.0F);
  run.result.logits.assign(index(num_images) * plan_.logits.size(), 0.0F);
  if (run.is_backward()) run.result.gradient.assign(index(plan_.num_values), 0.0F);
  if (pass.wants_squares) run.result.squares.assign(index(plan_.num_values), 0.0F);
  prepare(pass, num_packs, workers.num_threads());
  if (run.is_batch() && plan_.num_segments > 1) {
    run_segments(run, statistics, workers);
    return std::move(run.result);
  }
  for (int first = 0; first < num_packs; first += kPacksPerRound) {
    run_packs(run, first, std::min(kPacksPerRound, num_packs - first), workers);
  }
  return std::move(run.result);
}

void Engine::prepare(const Pass& pass, int num_packs, int num_threads) {
  const bool stops = pass.which == NormStatistics::Batch && plan_.num_segments > 1;
  const std::size_t num_buffers = index(stops ? num_packs : num_threads);
  while (buffers_.size() < num_buffers) {
    Buffers& buffers = buffers_.emplace_back();
    buffers.values.resize(plan_.num_floats);
    buffers.gradients.resize(plan_.num_floats);
    buffers.routes.resize(index(plan_.num_routes));
  }
  while (scratch_.size() < index(num_threads)) {
    Scratch& scratch = scratch_.emplace_back();
    scratch.channel.resize(plan_.channel_floats);
    scratch.sums.resize(plan_.sum_floats);
    scratch.logits.resize(plan_.logits.size() * kLanes);
    scratch.logit_gradients.resize(plan_.logits.size() * kLanes);
  }
  if (pass.logit_gradient == nullptr) return;
  const int num_held = stops ? num_packs : std::min(num_packs, kPacksPerRound);
  // Every pass writes the gradients of the same values: those that nobody reads keep their 0.
  const std::size_t size = index(num_held * plan_.num_values);
  if (pack_gradients_.size() < size) pack_gradients_.resize(size, 0.0F);
  if (pass.wants_squares && pack_squares_.size() < size) pack_squares_.resize(size, 0.0F);
}

PackView Engine::pack_view(const Run& run, int pack, int worker) {
  const bool stops = run.is_batch() && plan_.num_segments > 1;
  Buffers& buffers = buffers_[index(stops ? pack : worker)];
  Scratch& scratch = scratch_[index(worker)];
  PackView view;
  const std::int64_t first = static_cast<std::int64_t>(run.first_pack + pack) * kLanes;
  view.num_images =
      static_cast<int>(std::min<std::int64_t>(kLanes, run.pass.images->size() - first));
  view.values = buffers.values.data();
  view.gradients = buffers.gradients.data();
  view.routes = buffers.routes.data();
  view.channel = scratch.channel.data();
  view.sums = scratch.sums.data();
  const std::int64_t own = pack * plan_.num_values;
  if (run.is_backward()) view.gradient = pack_gradients_.data() + own;
  if (run.pass.wants_squares) view.squares = pack_squares_.data() + own;
  return view;
}

void Engine::load(const Run& run, int pack, const PackView& view) const {
  const SparseImages& images = *run.pass.images;
  const std::size_t first = index(run.first_pack + pack) * kLanes;
  if (images.bytes.empty()) {
    kernels_.load_floats(run.views[0], view, images.floats.data() + first);
  } else {
    kernels_.load_bytes(run.views[0], view, images.bytes.data() + first);
  }
}

void Engine::forward_segment(const Run& run, int segment, const PackView& view) const {
  for (std::size_t s = 1; s < plan_.steps.size(); ++s) {
    if (plan_.steps[s].segment == segment) kernels_.forward(run.views[s], view);
  }
}

void Engine::backward_segment(const Run& run, int segment, const PackView& view) const {
  const GradientMeans no_means{run.no_means.data(), run.no_means.data()};
  for (std::size_t s = plan_.steps.size(); s-- > 1;) {
    const Step& step = plan_.steps[s];
    if (step.segment != segment || !step.trains) continue;
    kernels_.backward(run.views[s], view);
    if (step.source == Source::Normalize && !run.is_batch()) {
      kernels_.normalize_input(run.views[s], view, no_means);
    }
  }
}

/// Where forward becomes backward: the logits go out, their gradients come in.
void Engine::turn(Run& run, int pack, int worker, const PackView& view) {
  const std::size_t num_classes = plan_.logits.size();
  Scratch& scratch = scratch_[index(worker)];
  LogitGroup group;
  group.first_image = static_cast<std::int64_t>(run.first_pack + pack) * kLanes;
  group.num_images = view.num_images;
  group.num_classes = static_cast<int>(num_classes);
  for (int i = 0; i < view.num_images; ++i) {
    for (std::size_t c = 0; c < num_classes; ++c) {
      const float logit = view.values[plan_.logits[c] + i];
      if (!std::isfinite(logit)) {
        throw NumericError("network '" + name_ + "': a logit of image " +
                           std::to_string(group.first_image + i) +
                           " of the batch is NaN or infinite");
      }
      scratch.logits[index(i) * num_classes + c] = logit;
    }
  }
  std::copy_n(scratch.logits.begin(), index(view.num_images) * num_classes,
              run.result.logits.begin() +
                  static_cast<std::ptrdiff_t>(index(group.first_image) * num_classes));
  if (!run.is_backward()) return;
  std::fill(scratch.logit_gradients.begin(), scratch.logit_gradients.end(), 0.0F);
  group.logits = scratch.logits.data();
  group.gradient = scratch.logit_gradients.data();
  (*run.pass.logit_gradient)(group);
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) {
    if (plan_.steps[s].trains) kernels_.clear_gradient(run.views[s], view);
  }
  for (int i = 0; i < kLanes; ++i) {
    for (std::size_t c = 0; c < num_classes; ++c) {
      view.gradients[plan_.logits[c] + i] = scratch.logit_gradients[index(i) * num_classes + c];
    }
  }
}

void Engine::run_packs(Run& run, int first_pack, int num_packs, Workers& workers) {
  run.first_pack = first_pack;
  workers.run(num_packs, [&](int pack, int worker) {
    const PackView view = pack_view(run, pack, worker);
    load(run, pack, view);
    for (int s = 0; s < plan_.num_segments; ++s) forward_segment(run, s, view);
    turn(run, pack, worker, view);
    if (!run.is_backward()) return;
    for (int s = plan_.num_segments - 1; s >= 0; --s) backward_segment(run, s, view);
  });
  if (run.is_backward()) add_gradients(run, num_packs);
}

/// Adds up the packs in order.
void Engine::add_gradients(Run& run, int num_packs) const {
  const auto add = [&](const std::vector<float>& packs, std::vector<float>& sum) {
    for (int pack = 0; pack < num_packs; ++pack) {
      const float* from = packs.data() + pack * plan_.num_values;
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += from[i];
    }
  };
  add(pack_gradients_, run.result.gradient);
  add(pack_squares_, run.result.squares);
}

void Engine::set_statistics(const Run& run, int segment, std::vector<Statistics>& statistics,
                            Workers& workers) {
  const std::int64_t num_images = run.pass.images->size();
  const auto num_packs = static_cast<int>((num_images + kLanes - 1) / kLanes);
  for (std::size_t s = 1; s < plan_.steps.size(); ++s) {
    const Step& step = plan_.steps[s];
    if (step.segment != segment || step.source != Source::Normalize) continue;
    const std::size_t num_channels = index(step.output.channels);
    std::vector<Moments> moments(num_channels * index(num_packs));
    workers.run(num_packs, [&](int pack, int worker) {
      kernels_.moments(run.views[s], pack_view(run, pack, worker),
                       moments.data() + num_channels * index(pack));
    });
    const std::int64_t num_places = static_cast<std::int64_t>(step.input.height) * step.input.width;
    statistics[s].num_numbers = num_images * num_places;
    for (const std::int32_t c : step.live) {
      Moments total;
      std::int64_t num_numbers = 0;
      for (int pack = 0; pack < num_packs; ++pack) {
        const std::int64_t size = std::min<std::int64_t>(kLanes, num_images - pack * kLanes);
        join(total, num_numbers, moments[num_channels * index(pack) + index(c)], size * num_places);
        num_numbers += size * num_places;
      }
      store(statistics[s], index(c), total, num_numbers);
    }
  }
}

void Engine::run_segments(Run& run, std::vector<Statistics>& statistics, Workers& workers) {
  const auto num_packs = static_cast<int>((run.pass.images->size() + kLanes - 1) / kLanes);
  const int last = plan_.num_segments - 1;
  for (int s = 0; s <= last; ++s) {
    if (s > 0) set_statistics(run, s, statistics, workers);
    workers.run(num_packs, [&](int pack, int worker) {
      const PackView view = pack_view(run, pack, worker);
      if (s == 0) load(run, pack, view);
      forward_segment(run, s, view);
      if (s < last) return;
      turn(run, pack, worker, view);
      backward_segment(run, last, view);
    });
  }
  for (int s = last - 1; s >= 0; --s) {
    std::vector<std::vector<float>> means(2 * plan_.steps.size());
    for (std::size_t k = 1; k < plan_.steps.size(); ++k) {
      const Step& step = plan_.steps[k];
      if (step.segment != s + 1 || step.source != Source::Normalize) continue;
      means[2 * k] = gradient_means(step, step.first_bias, statistics[k], num_packs);
      means[2 * k + 1] = gradient_means(step, step.first_weight, statistics[k], num_packs);
    }
    workers.run(num_packs, [&](int pack, int worker) {
      const PackView view = pack_view(run, pack, worker);
      for (std::size_t k = 1; k < plan_.steps.size(); ++k) {
        const GradientMeans own{means[2 * k].data(), means[2 * k + 1].data()};
        if (!means[2 * k].empty()) kernels_.normalize_input(run.views[k], view, own);
      }
      backward_segment(run, s, view);
    });
  }
  add_gradients(run, num_packs);
}

/// The gradients of a Normalize step's values from `first` on, by channel, over the batch.
std::vector<float> Engine::gradient_means(const Step& step, std::int32_t first,
                                          const Statistics& statistics, int num_packs) const {
  std::vector<float> means(index(step.output.channels), 0.0F);
  for (const std::int32_t c : step.live) {
    double sum = 0.0;
    for (int pack = 0; pack < num_packs; ++pack) {
      sum += static_cast<double>(pack_gradients_[index(pack * plan_.num_values + first + c)]);
    }
    means[index(c)] = static_cast<float>(sum / static_cast<double>(statistics.num_numbers));
  }
  return means;
}

}  // namespace ohmweave::nn::sparse
