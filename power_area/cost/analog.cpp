// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/analog.h"

#include <algorithm>

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

constexpr int kMaxAdcBits = 24;    // no library reaches this far
constexpr int kMaxDriverBits = 4;  // beyond it 2^b - 1 unit drivers are no sensible circuit

std::string adc_key(int bits, const char* what) {
  return "adc_" + std::to_string(bits) + "b_" + what;
}

bool has_adc(const ComponentLibrary& library, int bits) {
  return library.contains(adc_key(bits, "energy")) && library.contains(adc_key(bits, "area"));
}

std::string share_rule(const ComponentLibrary& library) {
  return "; leakage derived: share of the power by " + library.citation("leakage_share");
}

/// Energy of one action of a block that acts once a read in its source. The action is an event (a
/// line charged, a sample taken), so its energy is the same however long a read of ours lasts; only
/// cells conduct for as long as they are driven.
double energy_of_published_read_j(const ComponentLibrary& library, double power_w) {
  return power_w * library.si("array_read_cycle");
}

}  // namespace

int most_driver_bits() { return kMaxDriverBits; }

int most_adc_bits(const ComponentLibrary& library) {
  int bits = kMaxAdcBits;
  while (bits > 0 && !has_adc(library, bits)) --bits;
  return bits;
}

Component crossbar_cells(const ComponentLibrary& library, const Size& size) {
  const std::string cell = size.has_transistor ? "cell_1t1r" : "cell_crossbar";
  const double feature_m = library.si("feature_size");
  const double num_cells = static_cast<double>(size.rows) * size.cols;
  constexpr double kPublishedCells = 128.0 * 128.0;
  Component c;
  c.name = "crossbar_cells";
  c.action = "read";
  c.area_m2 = num_cells * library.si(cell) * feature_m * feature_m;
  c.leakage_w = 0.0;
  c.energy_j =
      energy_of_published_read_j(library, library.si("array_power")) * num_cells / kPublishedCells;
  c.node_nm = library.record("feature_size").node_nm;
  c.source = library.citation(cell) + " at " + library.citation("feature_size") +
             "; energy derived: V^2 g over " + library.citation("array_settle_time") +
             " with the conductances of chip sample 0; leakage derived: non-volatile cells are "
             "unbiased between reads";
  return c;
}

Component row_driver(const ComponentLibrary& library, const Size& size) {
  if (size.bits < 1 || size.bits > kMaxDriverBits)
    throw ConfigError({"/dac/bits = " + std::to_string(size.bits) +
                       ": the row driver model covers 1 to " + std::to_string(kMaxDriverBits) +
                       " bits"});
  const auto units = static_cast<double>((1 << size.bits) - 1);
  const double share = leakage_share(library);
  const double power_w = units * library.si("row_driver_power");
  Component c;
  c.name = "row_driver";
  c.action = "drive";
  c.area_m2 = units * library.si("row_driver_area");
  c.leakage_w = share * power_w;
  c.energy_j = energy_of_published_read_j(library, (1.0 - share) * power_w);
  c.node_nm = library.record("row_driver_power").node_nm;
  c.source = library.citation("row_driver_power") + "; derived: 2^bits - 1 unit drivers, " +
             "energy of a drive = power * the source's read cycle, whatever the read time here" +
             share_rule(library);
  return c;
}

Component sample_hold(const ComponentLibrary& library, const Size&) {
  const double share = leakage_share(library);
  Component c;
  c.name = "sample_hold";
  c.action = "hold";
  c.area_m2 = library.si("sample_hold_area");
  c.leakage_w = share * library.si("sample_hold_power");
  c.energy_j = energy_of_published_read_j(library, (1.0 - share) * library.si("sample_hold_power"));
  c.node_nm = library.record("sample_hold_power").node_nm;
  c.source =
      library.citation("sample_hold_power") +
      "; derived: energy of a hold = power * the source's read cycle, whatever the read time "
      "here" +
      share_rule(library);
  return c;
}

Component adc(const ComponentLibrary& library, const Size& size) {
  const int high = most_adc_bits(library);
  if (high == 0 || size.bits > high)
    throw ConfigError({"/adc/bits: converters of " + std::to_string(size.bits) +
                       " bits (sign included) are needed; the converter model of '" +
                       library.name() + "' covers at most " + std::to_string(high) +
                       " bits: lower /adc/bits, /array/rows_active, /array/bits_per_cell or "
                       "/dac/bits"});
  int built = std::max(size.bits, 1);
  while (!has_adc(library, built)) ++built;
  const double share = leakage_share(library);
  const double energy_j = library.si(adc_key(built, "energy"));
  Component c;
  c.name = "adc";
  c.action = "conversion";
  c.area_m2 = library.si(adc_key(built, "area"));
  c.leakage_w = share * energy_j * library.si("adc_rate");
  c.energy_j = (1.0 - share) * energy_j;
  c.node_nm = library.record(adc_key(built, "energy")).node_nm;
  c.source = library.citation(adc_key(built, "energy")) + share_rule(library);
  if (built != size.bits)
    c.source += "; derived: " + std::to_string(size.bits) + " bits needed, built with the least " +
                "covered, " + std::to_string(built);
  return c;
}

}  // namespace ohmweave::power_area
