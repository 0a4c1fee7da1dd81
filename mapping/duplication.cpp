// SPDX-License-Identifier: Apache-2.0
#include "mapping/duplication.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/fields.h"
#include "core/whole_numbers.h"

namespace ohmweave::mapping {
namespace {

using Copies = std::vector<std::int64_t>;

// A period that is a whole number of window times but for rounding counts as that number.
constexpr double kRoundingSlack = 1e-9;

std::string number(double value) { return Json(value).dump(); }

/// Windows that one copy has time for; 0: not even one.
std::int64_t windows_within(const LayerLoad& layer, double period_s) {
  const double windows = std::floor(period_s / layer.seconds_per_window + kRoundingSlack);
  return static_cast<std::int64_t>(std::min(windows, static_cast<double>(layer.windows)));
}

Copies copies_for_period(const std::vector<LayerLoad>& layers, double period_s) {
  Copies copies;
  for (const LayerLoad& layer : layers)
    copies.push_back(ceil_div(layer.windows, windows_within(layer, period_s)));
  return copies;
}

/// Every period that numbers of copies can give, falling; none shorter than the slowest layer with
/// a copy for each window.
std::vector<double> possible_periods(const std::vector<LayerLoad>& layers) {
  double shortest = 0.0;
  for (const LayerLoad& layer : layers) shortest = std::max(shortest, layer.seconds_per_window);
  std::vector<double> periods;
  for (const LayerLoad& layer : layers) {
    // ceil(W / n) takes about 2 sqrt(W) values.
    for (std::int64_t windows = layer.windows; windows > 0;) {
      const double period = static_cast<double>(windows) * layer.seconds_per_window;
      if (period < shortest * (1.0 - kRoundingSlack)) break;
      periods.push_back(period);
      const std::int64_t copies = ceil_div(layer.windows, windows);
      windows = std::min(windows - 1, ceil_div(layer.windows, copies + 1));
    }
  }
  std::sort(periods.begin(), periods.end(), std::greater<>());
  periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
  return periods;
}

void check_loads(const std::vector<LayerLoad>& layers) {
  for (const LayerLoad& layer : layers)
    OHMWEAVE_REQUIRE(layer.windows > 0 && layer.seconds_per_window > 0.0,
                     "a layer without windows or time: " + layer.name);
}

}  // namespace

double period_s(const std::vector<LayerLoad>& layers, const std::vector<std::int64_t>& copies) {
  OHMWEAVE_REQUIRE(layers.size() == copies.size(), "one number of copies a layer");
  double period = 0.0;
  for (std::size_t i = 0; i < layers.size(); ++i)
    period = std::max(period, static_cast<double>(ceil_div(layers[i].windows, copies[i])) *
                                  layers[i].seconds_per_window);
  return period;
}

std::vector<std::int64_t> copies_for_throughput(const std::vector<LayerLoad>& layers,
                                                double throughput_hz) {
  check_loads(layers);
  const double period = 1.0 / throughput_hz;
  const auto slowest =
      std::max_element(layers.begin(), layers.end(), [](const LayerLoad& a, const LayerLoad& b) {
        return a.seconds_per_window < b.seconds_per_window;
      });
  if (slowest != layers.end() && windows_within(*slowest, period) == 0)
    throw ConfigError({"/mapping/target_throughput_hz = " + number(throughput_hz) +
                       ": must be at most " + number(1.0 / slowest->seconds_per_window) +
                       ": one window of layer '" + slowest->name + "' takes " +
                       number(slowest->seconds_per_window) + " s, however many copies there are"});
  return copies_for_period(layers, period);
}

std::vector<std::int64_t> copies_for_area(const std::vector<LayerLoad>& layers, double budget_m2,
                                          const ChipArea& area_m2) {
  check_loads(layers);
  Copies best(layers.size(), 1);
  const double least_m2 = area_m2(best);
  if (least_m2 > budget_m2)
    throw ConfigError({"/mapping/area_budget_m2 = " + number(budget_m2) + ": must be at least " +
                       number(least_m2) + ", the area of the chip with one copy of every layer"});
  const std::vector<double> periods = possible_periods(layers);
  std::size_t good = 0;  // periods[0] needs one copy each
  std::size_t bad = periods.size();
  while (good + 1 < bad) {
    const std::size_t middle = (good + bad) / 2;
    const Copies copies = copies_for_period(layers, periods[middle]);
    if (area_m2(copies) <= budget_m2) {
      good = middle;
      best = copies;
    } else {
      bad = middle;
    }
  }
  return best;
}

}  // namespace ohmweave::mapping
