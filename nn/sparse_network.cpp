// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_network.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "core/network_model.h"
#include "nn/sparse_engine.h"
#include "nn/sparse_plan.h"
#include "nn/sparse_workers.h"

namespace ohmweave::nn {
namespace {

/// As GraphModule's kBatchNormMomentum.
constexpr double kMomentum = 0.1;

using sparse::Statistics;

Parameters checked(const Network& network, const Parameters& parameters) {
  validate(NetworkModel{network, parameters, {}, {}, {}});
  return parameters;
}

const sparse::KernelTable& kernels_for(const SparseOptions& options) {
  if (options.num_threads < 1) {
    throw ConfigError({"sparse network: num_threads = " + std::to_string(options.num_threads) +
                       ": must be at least 1"});
  }
  if (!is_supported(options.instruction_set)) {
    throw ConfigError(
        {"sparse network: instruction_set: this processor or build has no such "
         "instructions; best_instruction_set() names one it has"});
  }
#ifdef OHMWEAVE_SPARSE_X86
  if (options.instruction_set == InstructionSet::Avx512) return sparse::avx512_kernels();
  if (options.instruction_set == InstructionSet::Avx2) return sparse::avx2_kernels();
#endif
  return sparse::portable_kernels();
}

}  // namespace

bool is_supported(InstructionSet instruction_set) {
#ifdef OHMWEAVE_SPARSE_X86
  const bool has_avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (instruction_set == InstructionSet::Avx2) return has_avx2;
  if (instruction_set == InstructionSet::Avx512) {
    return has_avx2 && __builtin_cpu_supports("avx512f") != 0;
  }
#endif
  return instruction_set == InstructionSet::Portable;
}

InstructionSet best_instruction_set() {
  if (is_supported(InstructionSet::Avx512)) return InstructionSet::Avx512;
  return is_supported(InstructionSet::Avx2) ? InstructionSet::Avx2 : InstructionSet::Portable;
}

SparseImages consecutive_images(const std::uint8_t* first, std::int64_t count,
                                std::int64_t image_size) {
  SparseImages images;
  for (std::int64_t i = 0; i < count; ++i) images.bytes.push_back(first + i * image_size);
  return images;
}

SparseImages consecutive_images(const float* first, std::int64_t count, std::int64_t image_size) {
  SparseImages images;
  for (std::int64_t i = 0; i < count; ++i) images.floats.push_back(first + i * image_size);
  return images;
}

struct SparseNetwork::State {
  State(const Network& given, const Parameters& given_parameters, const SparseMasks& masks,
        const SparseOptions& options)
      : network(given),
        parameters(checked(given, given_parameters)),
        ranges(sparse_ranges(given, masks)),
        values(gather_values(ranges, parameters)),
        kernels(kernels_for(options)),
        engine(network.name, sparse::make_plan(network, ranges, {}), kernels),
        workers(options.num_threads) {}

  [[nodiscard]] const std::string& norm_name(const sparse::Step& step) const {
    return network.nodes[static_cast<std::size_t>(step.first_node)].name;
  }
  [[nodiscard]] std::vector<Statistics> running_statistics() const;
  void move_running_statistics(const std::vector<Statistics>& batch);
  void check(const SparseImages& images, NormStatistics which) const;
  SparseGradients run(const sparse::Pass& pass);

  Network network;
  Parameters parameters;  // running averages; of the rest only the shapes are of use
  std::vector<SparseRange> ranges;
  std::vector<float> values;
  const sparse::KernelTable& kernels;
  sparse::Engine engine;
  sparse::Workers workers;
};

std::vector<Statistics> SparseNetwork::State::running_statistics() const {
  std::vector<Statistics> result;
  for (const sparse::Step& step : engine.plan().steps) {
    Statistics& statistics = result.emplace_back();
    if (step.source != sparse::Source::Normalize) continue;
    statistics.mean = parameters.at(norm_name(step) + ".running_mean").values;
    statistics.variance = parameters.at(norm_name(step) + ".running_var").values;
    for (const float variance : statistics.variance) {
      statistics.inverse_deviation.push_back(
          static_cast<float>(1.0 / std::sqrt(static_cast<double>(variance) + kBatchNormEpsilon)));
    }
  }
  return result;
}

void SparseNetwork::State::move_running_statistics(const std::vector<Statistics>& batch) {
  const auto move = [](float& running, double value) {
    running =
        static_cast<float>((1.0 - kMomentum) * static_cast<double>(running) + kMomentum * value);
  };
  for (std::size_t s = 0; s < batch.size(); ++s) {
    const sparse::Step& step = engine.plan().steps[s];
    if (step.source != sparse::Source::Normalize) continue;
    std::vector<float>& mean = parameters.at(norm_name(step) + ".running_mean").values;
    std::vector<float>& variance = parameters.at(norm_name(step) + ".running_var").values;
    const auto num_numbers = static_cast<double>(batch[s].num_numbers);
    for (const std::int32_t channel : step.live) {
      const auto c = static_cast<std::size_t>(channel);
      move(mean[c], static_cast<double>(batch[s].mean[c]));
      move(variance[c],
           static_cast<double>(batch[s].variance[c]) * num_numbers / (num_numbers - 1.0));
    }
  }
}

void SparseNetwork::State::check(const SparseImages& images, NormStatistics which) const {
  OHMWEAVE_REQUIRE(images.bytes.empty() || images.floats.empty(), "images of one kind");
  OHMWEAVE_REQUIRE(static_cast<std::int64_t>(values.size()) == num_values(ranges),
                   "values() keeps its size");
  for (const SparseRange& range : ranges) {
    for (std::size_t i = 0; i < range.places.size(); ++i) {
      if (!std::isfinite(values[static_cast<std::size_t>(range.first) + i])) {
        throw NumericError("network '" + network.name + "': '" + range.name +
                           "' holds NaN or infinity");
      }
    }
  }
  for (const sparse::Step& step : engine.plan().steps) {
    const bool is_norm = step.source == sparse::Source::Normalize;
    if (is_norm && which == NormStatistics::Batch &&
        images.size() * step.input.height * step.input.width < 2) {
      throw DataError("network '" + network.name + "', node '" + norm_name(step) +
                      "': a batch of one number a channel has no variance; must be at least two");
    }
  }
}

SparseGradients SparseNetwork::State::run(const sparse::Pass& given) {
  check(*given.images, given.which);
  sparse::Pass pass = given;
  pass.values = &values;
  std::vector<Statistics> statistics = running_statistics();
  SparseGradients result = engine.run(pass, statistics, workers);
  if (pass.which == NormStatistics::Batch && result.logits.size() > 0) {
    move_running_statistics(statistics);
  }
  return result;
}

SparseNetwork::SparseNetwork(const Network& network, const Parameters& parameters,
                             const SparseMasks& masks, const SparseOptions& options)
    : state_(std::make_unique<State>(network, parameters, masks, options)) {}
SparseNetwork::SparseNetwork(SparseNetwork&&) noexcept = default;
SparseNetwork& SparseNetwork::operator=(SparseNetwork&&) noexcept = default;
SparseNetwork::~SparseNetwork() = default;

const Network& SparseNetwork::network() const { return state_->network; }
std::vector<float>& SparseNetwork::values() { return state_->values; }
const std::vector<float>& SparseNetwork::values() const { return state_->values; }
const std::vector<SparseRange>& SparseNetwork::ranges() const { return state_->ranges; }

std::vector<float>& SparseNetwork::running_average(const std::string& name) {
  const auto found = state_->parameters.find(name);
  const auto is_this = [&name](const SparseRange& range) { return range.name == name; };
  OHMWEAVE_REQUIRE(found != state_->parameters.end() &&
                       std::none_of(state_->ranges.begin(), state_->ranges.end(), is_this),
                   "'" + name + "' is a running average");
  return found->second.values;
}

Parameters SparseNetwork::to_parameters() const {
  Parameters parameters = state_->parameters;
  for (const SparseRange& range : state_->ranges) {
    Tensor& tensor = parameters.at(range.name);
    tensor.values.assign(tensor.values.size(), 0.0F);
  }
  scatter_values(state_->ranges, state_->values, parameters);
  return parameters;
}

void SparseNetwork::set_activation_formats(const std::map<std::string, CodeFormat>& formats) {
  state_->engine =
      sparse::Engine(state_->network.name,
                     sparse::make_plan(state_->network, state_->ranges, formats), state_->kernels);
}

std::vector<float> SparseNetwork::forward(const SparseImages& images) {
  sparse::Pass pass;
  pass.images = &images;
  return state_->run(pass).logits;
}

SparseGradients SparseNetwork::backward(const SparseImages& images, NormStatistics statistics,
                                        const LogitGradient& logit_gradient) {
  sparse::Pass pass;
  pass.images = &images;
  pass.which = statistics;
  pass.logit_gradient = &logit_gradient;
  return state_->run(pass);
}

SparseGradients SparseNetwork::backward_with_squares(const SparseImages& images,
                                                     const LogitGradient& logit_gradient) {
  sparse::Pass pass;
  pass.images = &images;
  pass.logit_gradient = &logit_gradient;
  pass.wants_squares = true;
  return state_->run(pass);
}

}  // namespace ohmweave::nn
