// SPDX-License-Identifier: Apache-2.0
#include "crossbar/write_verify.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "crossbar/device.h"
#include "crossbar/read_noise.h"

namespace ohmweave::crossbar {
namespace {

/// Lognormal of mean 1 from a standard normal.
double unit_mean_lognormal(double sigma, double z) {
  return sigma == 0.0 ? 1.0 : std::exp(sigma * z - 0.5 * sigma * sigma);
}

/// One cell while it is written.
struct Cell {
  double siemens = 0.0;
  int num_pulses = 0;
  bool is_near = false;
  double energy_j = 0.0;
};

class Writer {
 public:
  Writer(const DeviceOptions& options, const RandomStream& array_stream)
      : options_(options),
        write_(*options.write),
        stuck_(options, array_stream),
        stream_(array_stream.child("write")),
        cell_stream_(stream_.child("cell")) {}

  Cell write(double start_siemens, double target_siemens, std::uint64_t position) {
    const std::optional<double> fault = stuck_.siemens(position);
    Cell cell;
    cell.siemens = fault.value_or(start_siemens);
    const double cell_factor =
        unit_mean_lognormal(write_.cell_sigma, cell_stream_.normal(position));
    double distance = verify(cell, target_siemens, position);
    int run_length = 0;
    double growth = 1.0;
    bool was_set = false;
    while (!cell.is_near && cell.num_pulses < write_.max_pulses) {
      const bool is_set = distance < 0.0;
      const bool is_further = run_length > 0 && is_set == was_set;
      run_length = is_further ? run_length + 1 : 1;
      growth = is_further ? growth * write_.step_growth : 1.0;
      was_set = is_set;
      const double base_v = is_set ? write_.set_voltage_v : write_.reset_voltage_v;
      const double voltage_v = base_v + (run_length - 1) * write_.voltage_step_v;
      cell.energy_j += cell.siemens * voltage_v * voltage_v * write_.pulse_s;
      if (!fault) move(cell, is_set, write_.step_fraction * growth * cell_factor, position);
      ++cell.num_pulses;
      distance = verify(cell, target_siemens, position);
    }
    return cell;
  }

 private:
  /// Reads the cell, notes whether it is near; returns read - target.
  double verify(Cell& cell, double target_siemens, std::uint64_t position) {
    double read = cell.siemens;
    if (options_.read_noise) {
      read += std::sqrt(read_noise_variance(options_, cell.siemens)) *
              numbered(verify_streams_, "verify", cell.num_pulses).normal(position);
    }
    cell.energy_j +=
        cell.siemens * write_.verify_voltage_v * write_.verify_voltage_v * write_.verify_s;
    const double width_siemens = options_.g_max_siemens - options_.g_min_siemens;
    cell.is_near = std::abs(read - target_siemens) <= write_.tolerance_fraction * width_siemens;
    return read - target_siemens;
  }

  void move(Cell& cell, bool is_set, double exponent, std::uint64_t position) {
    if (write_.pulse_sigma > 0.0) {
      exponent *= unit_mean_lognormal(
          write_.pulse_sigma, numbered(pulse_streams_, "pulse", cell.num_pulses).normal(position));
    }
    const double limit = is_set ? options_.g_max_siemens : options_.g_min_siemens;
    cell.siemens = limit + (cell.siemens - limit) * std::exp(-exponent);
  }

  /// Streams of the n-th pulse or read, made once for all cells.
  const RandomStream& numbered(std::vector<RandomStream>& streams, const char* purpose, int n) {
    while (streams.size() <= static_cast<std::size_t>(n))
      streams.push_back(stream_.child(purpose, streams.size()));
    return streams[static_cast<std::size_t>(n)];
  }

  const DeviceOptions& options_;
  const WriteOptions& write_;
  StuckCells stuck_;
  RandomStream stream_;
  RandomStream cell_stream_;
  std::vector<RandomStream> verify_streams_;
  std::vector<RandomStream> pulse_streams_;
};

double write_time_s(const WriteOptions& write, const std::vector<int>& num_pulses) {
  double time_s = 0.0;
  const auto group = static_cast<std::size_t>(write.cells_at_once);
  for (std::size_t first = 0; first < num_pulses.size(); first += group) {
    const std::size_t end = std::min(first + group, num_pulses.size());
    const int longest = *std::max_element(num_pulses.begin() + static_cast<std::ptrdiff_t>(first),
                                          num_pulses.begin() + static_cast<std::ptrdiff_t>(end));
    time_s += longest * write.pulse_s + (longest + 1) * write.verify_s;
  }
  return time_s;
}

}  // namespace

WriteResult write_cells(const DeviceOptions& options, const std::vector<double>& targets_siemens,
                        const RandomStream& array_stream,
                        const std::vector<double>& start_siemens) {
  OHMWEAVE_REQUIRE(options.write.has_value(), "a device that is written has a section write");
  OHMWEAVE_REQUIRE(start_siemens.empty() || start_siemens.size() == targets_siemens.size(),
                   "a start for each target");
  Writer writer(options, array_stream);
  WriteResult result;
  result.siemens.reserve(targets_siemens.size());
  for (std::size_t i = 0; i < targets_siemens.size(); ++i) {
    const double start = start_siemens.empty() ? options.g_min_siemens : start_siemens[i];
    const Cell cell = writer.write(start, targets_siemens[i], i);
    result.siemens.push_back(cell.siemens);
    result.num_pulses.push_back(cell.num_pulses);
    result.is_failed.push_back(cell.is_near ? 0 : 1);
    result.num_failed += cell.is_near ? 0 : 1;
    result.total_pulses += cell.num_pulses;
    result.energy_j += cell.energy_j;
  }
  result.time_s = write_time_s(*options.write, result.num_pulses);
  return result;
}

}  // namespace ohmweave::crossbar
