// SPDX-License-Identifier: Apache-2.0
// How far conductances scatter, as a function of the conductance, and normal draws of that spread.
//   fraction_of_range:  sigma = fraction * (g_max - g_min)
//   proportional:       sigma = fraction * g
//   polynomial:         sigma = sum_i coefficients_siemens[i] * (g / reference_siemens)^i
//   table:              sigma = straight lines between (at_siemens[i], sigma_siemens[i])
// A polynomial is known on [g_min, g_max] only and a table between its ends: beyond them sigma is
// that of the nearer end.
#pragma once

#include <string>
#include <vector>

#include "core/fields.h"
#include "core/random.h"

namespace ohmweave::crossbar {

enum class SpreadModel { FractionOfRange, Proportional, Polynomial, Table };

/// Sections /device/programming and /device/read_noise.
struct SpreadOptions {
  SpreadModel model = SpreadModel::Proportional;
  double fraction = 0.0;                     // fraction_of_range, proportional
  std::vector<double> coefficients_siemens;  // polynomial, from the constant term on
  double reference_siemens = 0.0;            // polynomial: where its variable is 1
  std::vector<double> at_siemens;            // table: rising conductances
  std::vector<double> sigma_siemens;         // table: one standard deviation for each
};
void declare(Fields& f, SpreadOptions& o);

/// The conductances a device is made for.
struct ConductanceRange {
  double min_siemens = 0.0;
  double max_siemens = 0.0;
};

/// Standard deviation at conductance `siemens`, in siemens. Throws NumericError where a polynomial
/// is negative.
[[nodiscard]] double spread_sigma_siemens(const SpreadOptions& spread,
                                          const ConductanceRange& range, double siemens);

/// Whether sigma is at least 0 at 1025 even steps of the range: what a config is checked for.
[[nodiscard]] bool is_spread_never_negative(const SpreadOptions& spread,
                                            const ConductanceRange& range);

/// Whether every element is greater than the one before.
[[nodiscard]] bool is_rising(const std::vector<double>& values);

/// The value at `x` of straight lines between (at[i], values[i]), at rising; constant beyond the
/// ends. One value without an `at` holds everywhere.
[[nodiscard]] double interpolated(const std::vector<double>& at, const std::vector<double>& values,
                                  double x);

/// Normal draws that are drawn again until they are positive: the normal distribution truncated to
/// (0, infinity). At a mean of k sigmas its mean is higher by sigma * phi(k) / Phi(k).
/// The n-th attempt at a position reads stream.child(purpose, n), so draws stay keyed.
class PositiveNormal {
 public:
  PositiveNormal(const RandomStream& stream, std::string purpose)
      : stream_(stream), first_(stream.child(purpose)), purpose_(std::move(purpose)) {}
  /// mean >= 0; a sigma of 0 gives the mean.
  [[nodiscard]] double draw(double mean, double sigma, std::uint64_t position) const;

 private:
  RandomStream stream_;
  RandomStream first_;
  std::string purpose_;
};

}  // namespace ohmweave::crossbar
