// SPDX-License-Identifier: Apache-2.0
#include "crossbar/mismatch.h"

#include <cmath>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

std::vector<double> normal_factors(double sigma, std::size_t count, const RandomStream& stream) {
  const PositiveNormal draws(stream, "mismatch");
  std::vector<double> factors(count);
  for (std::size_t i = 0; i < count; ++i) factors[i] = draws.draw(1.0, sigma, i);
  return factors;
}

}  // namespace

std::vector<double> correlated_normals(std::size_t count, int cols, double length_cells,
                                       const RandomStream& stream) {
  OHMWEAVE_REQUIRE(cols >= 1 && length_cells > 0.0, "a field has columns and a length");
  const double rho = std::exp(-1.0 / length_cells);
  const double fresh = std::sqrt(-std::expm1(-2.0 / length_cells));  // sqrt(1 - rho^2)
  const auto width = static_cast<std::size_t>(cols);
  std::vector<double> field(count);
  double along_row = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    const double z = stream.normal(i);
    along_row = i % width == 0 ? z : rho * along_row + fresh * z;
    field[i] = i < width ? along_row : rho * field[i - width] + fresh * along_row;
  }
  return field;
}

std::vector<double> mismatch_factors(const DeviceOptions& options, std::size_t count, int cols,
                                     const RandomStream& stream) {
  const double sigma = options.mismatch_sigma;
  std::vector<double> factors(count, 1.0);
  if (sigma == 0.0) return factors;
  if (options.mismatch_shape == MismatchShape::Normal) return normal_factors(sigma, count, stream);

  const RandomStream independent = stream.child("mismatch");
  const double smooth_share = options.mismatch_correlated_fraction;
  if (smooth_share == 0.0) {
    for (std::size_t i = 0; i < count; ++i) factors[i] = std::exp(sigma * independent.normal(i));
    return factors;
  }
  const std::vector<double> smooth = correlated_normals(
      count, cols, options.mismatch_correlation_cells, stream.child("smooth mismatch"));
  for (std::size_t i = 0; i < count; ++i) {
    const double z =
        std::sqrt(smooth_share) * smooth[i] + std::sqrt(1.0 - smooth_share) * independent.normal(i);
    factors[i] = std::exp(sigma * z);
  }
  return factors;
}

}  // namespace ohmweave::crossbar
