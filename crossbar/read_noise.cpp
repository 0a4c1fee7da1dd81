// SPDX-License-Identifier: Apache-2.0
#include "crossbar/read_noise.h"

#include <cmath>

#include "core/error.h"

namespace ohmweave::crossbar {

double read_noise_variance(const DeviceOptions& options, double siemens) {
  if (!options.read_noise) return 0.0;
  const double sigma = spread_sigma_siemens(*options.read_noise, options.range(), siemens);
  return sigma * sigma;
}

Matrix read_noise_variance(const DeviceOptions& options, const Matrix& siemens) {
  return siemens.unaryExpr([&](double g) { return read_noise_variance(options, g); });
}

std::vector<double> column_noise_variance(const Matrix& variance,
                                          const std::vector<double>& voltages_v) {
  OHMWEAVE_REQUIRE(static_cast<Eigen::Index>(voltages_v.size()) == variance.rows(),
                   "one voltage per row");
  const Eigen::Map<const Eigen::VectorXd> voltages(voltages_v.data(), variance.rows());
  const Eigen::VectorXd result = variance.transpose() * voltages.cwiseAbs2();
  return {result.begin(), result.end()};
}

std::vector<double> read_siemens(const DeviceOptions& options, const std::vector<double>& siemens,
                                 const RandomStream& read_stream) {
  std::vector<double> read = siemens;
  if (!options.read_noise) return read;
  for (std::size_t i = 0; i < read.size(); ++i)
    read[i] += std::sqrt(read_noise_variance(options, siemens[i])) * read_stream.normal(i);
  return read;
}

Matrix read_siemens(const DeviceOptions& options, const Matrix& siemens,
                    const RandomStream& read_stream) {
  const std::vector<double> cells(siemens.data(), siemens.data() + siemens.size());
  const std::vector<double> read = read_siemens(options, cells, read_stream);
  return Eigen::Map<const Matrix>(read.data(), siemens.rows(), siemens.cols());
}

}  // namespace ohmweave::crossbar
