// SPDX-License-Identifier: Apache-2.0
#include "power_area/settling.h"

#include <cmath>
#include <vector>

#include "power_area/cost/analog.h"

namespace ohmweave::power_area {

namespace {

/// Solves the ladder for the voltages that the currents `inject` (one a cell) cause, the source at
/// rest: the resistance matrix of the line times `inject`. Thomas' algorithm in resistances, so
/// that a resistance of zero needs no conductance of infinity: going outward, `ohm` is what the
/// line behind a node is seen as, and `volts` what it would drive it to.
std::vector<double> line_volts(const Line& line, const std::vector<double>& inject) {
  std::vector<double> ohm(inject.size());
  std::vector<double> open(inject.size());  // volts of node i without what comes after it
  double behind_ohm = line.end_ohm;
  double behind_volts = 0.0;
  for (std::size_t i = 0; i < inject.size(); ++i) {
    const double series = behind_ohm + line.segment_ohm;
    const double load = 1.0 + series * line.cell_siemens;
    ohm[i] = series / load;
    open[i] = (behind_volts + series * inject[i]) / load;
    behind_ohm = ohm[i];
    behind_volts = open[i];
  }
  // The last node sees nothing beyond it; going back, the current through each segment follows.
  std::vector<double> volts(inject.size());
  double current = 0.0;  // from node i on to node i + 1
  for (std::size_t i = inject.size(); i-- > 0;) {
    volts[i] = open[i] - ohm[i] * current;
    // What flows into node i from behind = what leaves it.
    current = current + line.cell_siemens * volts[i] - inject[i];
  }
  return volts;
}

/// Voltages along the line with its source at 1 V.
std::vector<double> driven_volts(const Line& line) {
  // 1 V at the source is a current through the first resistance: by superposition, 1 V everywhere
  // less what the cells' conductances draw from a line at 1 V.
  std::vector<double> drawn(static_cast<std::size_t>(line.num_cells), -line.cell_siemens);
  std::vector<double> volts = line_volts(line, drawn);
  for (double& v : volts) v += 1.0;
  return volts;
}

}  // namespace

double line_delay_s(const Line& line) {
  const std::vector<double> rest = driven_volts(line);
  std::vector<double> charge;
  charge.reserve(rest.size());
  for (const double v : rest) charge.push_back(line.cell_farad * v);
  return line_volts(line, charge).back() / rest.back();
}

double array_delay_s(const crossbar::ArrayOptions& array, double siemens,
                     const ComponentLibrary& library) {
  const double area_m2 = cell_area_m2(library, array.topology != crossbar::Topology::Passive);
  const double farad =
      library.si("wire_capacitance") * std::sqrt(area_m2) + library.si("cell_capacitance");
  const Line row{array.cols, array.row_ohm, array.driver_ohm, farad, siemens};
  // Both cells of a pair whose gates are one word line hang at one place of the column.
  const int places = array.num_inputs() * array.drivers_per_input();
  const int cells_at_place = array.rows / places;
  const Line column{places, array.col_ohm, array.sense_ohm, cells_at_place * farad,
                    cells_at_place * siemens};
  return line_delay_s(row) + line_delay_s(column);
}

double settling_s(const crossbar::ArrayOptions& array, const crossbar::DeviceOptions& device,
                  const ComponentLibrary& library, int magnitude_bits) {
  const double front_s =
      library.si("array_settle_time") / (std::log(2.0) * (library.si("array_settle_bits") + 1.0));
  const double wires_s = array_delay_s(array, device.g_min_siemens, library);
  return std::log(2.0) * (magnitude_bits + 1.0) * (front_s + wires_s);
}

}  // namespace ohmweave::power_area
