// SPDX-License-Identifier: Apache-2.0
#include "train/precision.h"

#include <cmath>
#include <limits>
#include <string>

#include "admm/level_search.h"
#include "admm/scaled_levels.h"
#include "core/error.h"

namespace ohmweave::train {
namespace {

double quantization_loss(const LayerWeights& layer, int levels) {
  const admm::LevelList list(admm::uniform_level_list(levels));
  const torch::Tensor values = layer.values.detach().contiguous();
  const torch::Tensor fisher = layer.fisher.detach().contiguous();
  std::vector<admm::WeightedValue> weighted;
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    weighted.push_back({values.data_ptr<float>()[i], fisher.data_ptr<float>()[i]});
  }
  const admm::ScaleFit fit = admm::fit_scale(weighted, list);
  double loss = 0.0;
  for (std::size_t i = 0; i < weighted.size(); ++i) {
    const double error = static_cast<double>(weighted[i].value) -
                         static_cast<double>(fit.scale) * list.levels()[fit.codes[i]];
    loss += 0.5 * weighted[i].weight * error * error;
  }
  return loss;
}

}  // namespace

std::vector<LevelChoice> level_choices(const LayerWeights& layer, int most_levels) {
  std::vector<LevelChoice> choices;
  int code_bits = 1;
  for (int levels = 1; levels <= most_levels; levels *= 2, ++code_bits) {
    choices.push_back({levels, static_cast<double>(code_bits * layer.values.numel()),
                       quantization_loss(layer, levels)});
  }
  return choices;
}

std::map<std::string, int> levels_within(const std::map<std::string, LayerWeights>& layers,
                                         int most_levels, double bits) {
  std::map<std::string, std::vector<LevelChoice>> left;  // the last one is taken now
  double used = 0.0;
  for (const auto& [name, layer] : layers) {
    left[name] = level_choices(layer, most_levels);
    used += left[name].back().bits;
  }
  while (used > bits) {
    std::vector<LevelChoice>* cheapest = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (auto& [name, choices] : left) {
      if (choices.size() < 2) continue;
      const LevelChoice& now = choices[choices.size() - 1];
      const LevelChoice& next = choices[choices.size() - 2];
      const double price = (next.loss - now.loss) / (now.bits - next.bits);
      if (cheapest != nullptr && price >= least) continue;
      least = price;
      cheapest = &choices;
    }
    if (cheapest == nullptr) {
      throw ConfigError({"bits_per_weight: the weights take " + std::to_string(used) +
                         " bits at one level a sign; must be at least 1"});
    }
    used -= (*cheapest)[cheapest->size() - 1].bits - (*cheapest)[cheapest->size() - 2].bits;
    cheapest->pop_back();
  }
  std::map<std::string, int> levels;
  for (const auto& [name, choices] : left) levels[name] = choices.back().levels;
  return levels;
}

}  // namespace ohmweave::train
