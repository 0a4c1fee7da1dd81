// SPDX-License-Identifier: Apache-2.0
#include "crossbar/converter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

using Edges = std::vector<double>;

std::int64_t cycles_of_sar(int bits) { return bits; }
std::int64_t cycles_of_flash(int /*bits*/) { return 1; }
std::int64_t cycles_of_ramp(int bits) { return std::int64_t{1} << bits; }

int largest_code(int magnitude_bits) { return (1 << magnitude_bits) - 1; }

/// Least x at which a search with these bit weights (least significant first), from the highest bit
/// down, gives at least `code` > 0.
double search_edge(const std::vector<double>& weights, int code) {
  constexpr double kAlways = -std::numeric_limits<double>::infinity();
  double edge = kAlways;  // of the code's lower bits
  for (std::size_t bit = 0; bit < weights.size(); ++bit) {
    const bool is_set = ((code >> bit) & 1) != 0;
    edge = is_set ? weights[bit] + std::max(0.0, edge) : std::min(weights[bit], edge);
  }
  return edge;
}

Edges edges_of_sar(int magnitude_bits, double mismatch_sigma, const RandomStream& stream) {
  std::vector<double> weights;
  for (int bit = 0; bit < magnitude_bits; ++bit) {
    const double units = std::exp2(bit);
    weights.push_back(units + mismatch_sigma * std::sqrt(units) *
                                  stream.normal(static_cast<std::uint64_t>(bit)));
  }
  const int largest = largest_code(magnitude_bits);
  Edges edges;
  for (int code = 1; code <= largest; ++code) edges.push_back(search_edge(weights, code) - 0.5);
  for (int code = 1; code <= largest; ++code) edges.push_back(-edges[code - 1]);
  return edges;
}

Edges edges_of_flash(int magnitude_bits, double mismatch_sigma, const RandomStream& stream) {
  const int largest = largest_code(magnitude_bits);
  Edges rising;
  for (int code = 1 - largest; code <= largest; ++code)
    rising.push_back(code - 0.5 +
                     mismatch_sigma * stream.normal(static_cast<std::uint64_t>(rising.size())));
  std::sort(rising.begin(), rising.end());
  Edges edges(rising.begin() + largest, rising.end());
  edges.insert(edges.end(), rising.rbegin() + largest, rising.rend());
  return edges;
}

Edges edges_of_ramp(int magnitude_bits, double mismatch_sigma, const RandomStream& stream) {
  const int largest = largest_code(magnitude_bits);
  Edges edges;
  std::uint64_t step = 0;
  for (const double direction : {1.0, -1.0}) {
    double reached = 0.5;
    for (int code = 1; code <= largest; ++code) {
      edges.push_back(direction * reached);
      reached += std::max(0.0, 1.0 + mismatch_sigma * stream.normal(step++));
    }
  }
  return edges;
}

}  // namespace

const std::vector<ConverterKind>& converter_kinds() {
  static const std::vector<ConverterKind> table = {
      {AdcKind::Sar, "sar", "successive approximation: a cycle a bit", &cycles_of_sar,
       &edges_of_sar},
      {AdcKind::Flash, "flash", "a comparator for each step: one cycle", &cycles_of_flash,
       &edges_of_flash},
      {AdcKind::Ramp, "ramp", "compares with a rising ramp: 2^bits cycles", &cycles_of_ramp,
       &edges_of_ramp},
  };
  return table;
}

const ConverterKind& find_converter(AdcKind kind) {
  const auto& table = converter_kinds();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const ConverterKind& line) { return line.kind == kind; });
  OHMWEAVE_REQUIRE(found != table.end(), "every kind of converter is in the table");
  return *found;
}

Converter::Converter(const AdcOptions& options, int magnitude_bits, const RandomStream& stream)
    : largest_(static_cast<std::int32_t>((std::int64_t{1} << magnitude_bits) - 1)) {
  gain_ = 1.0 + options.gain_sigma * stream.normal(0);
  offset_ = options.offset_sigma_lsb * stream.normal(1);
  if (options.mismatch_sigma == 0.0) return;
  if (magnitude_bits > kMostMismatchedBits)
    throw ConfigError({"/adc/mismatch_sigma = " + Json(options.mismatch_sigma).dump() +
                       ": goes with converters of at most " + std::to_string(kMostMismatchedBits) +
                       " bits; a layer's have " + std::to_string(magnitude_bits)});
  const std::vector<double> outwards =
      find_converter(options.kind)
          .edges(magnitude_bits, options.mismatch_sigma, stream.child("elements"));
  edges_.assign(outwards.rbegin(), outwards.rbegin() + largest_);
  edges_.insert(edges_.end(), outwards.begin(), outwards.begin() + largest_);
}

std::int32_t Converter::code(double steps) const {
  const double seen = gain_ * steps + offset_;
  const auto largest = static_cast<double>(largest_);
  auto code = static_cast<std::int32_t>(std::nearbyint(std::clamp(seen, -largest, largest)));
  if (edges_.empty()) return code;
  while (code < largest_ && seen >= edge(code + 1)) ++code;
  while (code > -largest_ && seen < edge(code)) --code;
  return code;
}

RandomStream converter_stream(const RandomStream& run, int chip, int array, int converter) {
  OHMWEAVE_REQUIRE(chip >= 0 && array >= 0 && converter >= 0,
                   "chips, arrays and converters count from 0");
  return run
      .child("converters", static_cast<std::uint64_t>(chip), static_cast<std::uint64_t>(array))
      .child("converter", static_cast<std::uint64_t>(converter));
}

RandomStream driver_stream(const RandomStream& run, int chip, int first_array, int row) {
  return run
      .child("drivers", static_cast<std::uint64_t>(chip), static_cast<std::uint64_t>(first_array))
      .child("row", static_cast<std::uint64_t>(row));
}

std::vector<double> driver_levels(const DacOptions& options, const RandomStream& driver) {
  std::vector<double> levels = {0.0};
  const double gain = 1.0 + options.gain_sigma * driver.normal(0);
  const RandomStream steps = driver.child("steps");
  double reached = 0.0;
  for (int digit = 1; digit < (1 << options.bits); ++digit) {
    reached += std::max(
        0.0, 1.0 + options.mismatch_sigma * steps.normal(static_cast<std::uint64_t>(digit)));
    levels.push_back(gain * reached);
  }
  return levels;
}

}  // namespace ohmweave::crossbar
