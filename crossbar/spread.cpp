// SPDX-License-Identifier: Apache-2.0
#include "crossbar/spread.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kLargestFraction = 2.0;
constexpr int kNumCheckedSteps = 1024;
constexpr int kMostAttempts = 200;  // each succeeds with probability 1/2 or more

double polynomial(const std::vector<double>& coefficients, double x) {
  double value = 0.0;
  for (auto c = coefficients.rbegin(); c != coefficients.rend(); ++c) value = value * x + *c;
  return value;
}

double unchecked_sigma(const SpreadOptions& spread, const ConductanceRange& range, double siemens) {
  switch (spread.model) {
    case SpreadModel::FractionOfRange:
      return spread.fraction * (range.max_siemens - range.min_siemens);
    case SpreadModel::Proportional:
      return spread.fraction * siemens;
    case SpreadModel::Polynomial:
      return polynomial(
          spread.coefficients_siemens,
          std::clamp(siemens, range.min_siemens, range.max_siemens) / spread.reference_siemens);
    case SpreadModel::Table:
      return interpolated(spread.at_siemens, spread.sigma_siemens, siemens);
  }
  return 0.0;
}

}  // namespace

bool is_rising(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(),
                            [](double a, double b) { return !(a < b); }) == values.end();
}

void declare(Fields& f, SpreadOptions& o) {
  f.choice("model", o.model,
           {{SpreadModel::FractionOfRange, "fraction_of_range", "fraction * (g_max - g_min)"},
            {SpreadModel::Proportional, "proportional", "fraction * g"},
            {SpreadModel::Polynomial, "polynomial",
             "sum of coefficients_siemens[i] * (g / reference_siemens)^i"},
            {SpreadModel::Table, "table",
             "straight lines between measured points, constant beyond them"}},
           "standard deviation as a function of the conductance g");
  f.number("fraction", o.fraction, {0.0, kLargestFraction, false},
           "standard deviation as a fraction of the range or of g");
  f.numbers("coefficients_siemens", o.coefficients_siemens, {},
            "of the polynomial, from its constant term on");
  f.number("reference_siemens", o.reference_siemens, kNonNegative,
           "conductance at which the polynomial's variable is 1");
  f.numbers("at_siemens", o.at_siemens, kNonNegative, "conductances of the table, rising");
  f.numbers("sigma_siemens", o.sigma_siemens, kNonNegative, "standard deviation at each of them");
  const bool is_polynomial = o.model == SpreadModel::Polynomial;
  const bool is_table = o.model == SpreadModel::Table;
  f.rule(o.fraction == 0.0 || (!is_polynomial && !is_table), "fraction",
         "belongs to the models fraction_of_range and proportional");
  f.rule(is_polynomial != (o.coefficients_siemens.empty()), "coefficients_siemens",
         is_polynomial ? "the model polynomial needs at least one" : "belongs to the polynomial");
  f.rule(is_polynomial == (o.reference_siemens > 0.0), "reference_siemens",
         is_polynomial ? "the model polynomial needs it, greater than 0"
                       : "belongs to the polynomial");
  f.rule(is_table != o.at_siemens.empty(), "at_siemens",
         is_table ? "the model table needs at least one" : "belongs to the table");
  f.rule(is_rising(o.at_siemens), "at_siemens", "must rise from each number to the next");
  f.rule(o.sigma_siemens.size() == o.at_siemens.size(), "sigma_siemens",
         "must have as many numbers as at_siemens, " + std::to_string(o.at_siemens.size()));
}

double spread_sigma_siemens(const SpreadOptions& spread, const ConductanceRange& range,
                            double siemens) {
  const double sigma = unchecked_sigma(spread, range, siemens);
  if (sigma >= 0.0) return sigma;
  std::ostringstream text;
  text << "device: the polynomial standard deviation is " << sigma << " S at " << siemens << " S";
  throw NumericError(text.str());
}

bool is_spread_never_negative(const SpreadOptions& spread, const ConductanceRange& range) {
  for (int i = 0; i <= kNumCheckedSteps; ++i) {
    const double x = static_cast<double>(i) / kNumCheckedSteps;
    const double siemens = range.min_siemens + x * (range.max_siemens - range.min_siemens);
    if (!(unchecked_sigma(spread, range, siemens) >= 0.0)) return false;
  }
  return true;
}

double interpolated(const std::vector<double>& at, const std::vector<double>& values, double x) {
  OHMWEAVE_REQUIRE(!values.empty() && (at.size() == values.size() || values.size() == 1),
                   "a table has as many values as places");
  if (values.size() == 1 || x <= at.front()) return values.front();
  if (x >= at.back()) return values.back();
  const auto above =
      static_cast<std::size_t>(std::upper_bound(at.begin(), at.end(), x) - at.begin());
  const double share = (x - at[above - 1]) / (at[above] - at[above - 1]);
  return values[above - 1] + share * (values[above] - values[above - 1]);
}

double PositiveNormal::draw(double mean, double sigma, std::uint64_t position) const {
  OHMWEAVE_REQUIRE(mean >= 0.0 && sigma >= 0.0,
                   "draws have a mean and a sigma that is not negative");
  if (sigma == 0.0) return mean;
  double value = mean + sigma * first_.normal(position);
  for (std::uint64_t attempt = 1; value <= 0.0; ++attempt) {
    OHMWEAVE_REQUIRE(attempt < kMostAttempts, "a draw is positive at last");
    value = mean + sigma * stream_.child(purpose_, attempt).normal(position);
  }
  return value;
}

}  // namespace ohmweave::crossbar
