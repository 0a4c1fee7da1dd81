// SPDX-License-Identifier: Apache-2.0
// Config section /device: what one memristor is. Models: docs/crossbar.md, section 4.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "crossbar/spread.h"

namespace ohmweave::crossbar {

/// Measured mean conductances of the 2^bits levels of a cell, an element of /device/level_means.
struct LevelMeans {
  std::vector<double> siemens;  // rising; 2, 4, ... 256 of them
};
void declare(Fields& f, LevelMeans& o);

enum class MismatchShape { Lognormal, Normal };

enum class DriftModel { PowerLaw, LogTime };

/// Section /device/drift: conductance against time and temperature (drift.h). Lists hold one value
/// for all conductances, or one for each of at_siemens with straight lines between.
struct DriftOptions {
  DriftModel model = DriftModel::PowerLaw;
  double t0_s = 1.0;                             // age at which the programmed values were read
  std::vector<double> at_siemens;                // conductances after programming, rising
  std::vector<double> nu_mean;                   // power_law: exponent
  std::vector<double> nu_sigma;                  // power_law: its spread over cells
  std::vector<double> shift_siemens_per_decade;  // log_time: mean change per factor 10 of time
  std::vector<double> sigma_siemens_per_decade;  // log_time: its spread over cells
  double activation_energy_ev = 0.0;             // 0: as fast at every temperature
  double reference_temperature_k = 300.0;        // temperature at which the numbers hold
};
void declare(Fields& f, DriftOptions& o);

/// Section /device/iv: nonlinear cells, i = G * v_effective(v), odd in v. Either sinh_per_v,
/// v_effective = sinh(k v) / k, or a table of straight lines.
struct IvOptions {
  double sinh_per_v = 0.0;
  std::vector<double> voltage_v;    // rising from 0
  std::vector<double> effective_v;  // rising from 0: current over the conductance G
};
void declare(Fields& f, IvOptions& o);

/// Section /device/write: programming by pulses with a read after each (write_verify.h).
struct WriteOptions {
  double pulse_s = 1e-7;
  double set_voltage_v = 1.5;        // first pulse that raises the conductance
  double reset_voltage_v = 1.5;      // first pulse that lowers it (magnitude)
  double voltage_step_v = 0.0;       // added for each further pulse of the same direction
  double step_fraction = 0.05;       // share of the way to the limit that a first pulse goes
  double step_growth = 1.0;          // factor for each further pulse of the same direction
  double pulse_sigma = 0.0;          // sigma of ln(step), fresh for each pulse, mean factor 1
  double cell_sigma = 0.0;           // the same, frozen for each cell
  double tolerance_fraction = 0.02;  // accepted |read - target| over g_max - g_min
  int max_pulses = 100;              // then the cell counts as failed
  double verify_s = 1e-7;            // one read
  double verify_voltage_v = 0.2;     //
  int cells_at_once = 1;             // cells of an array that are written in parallel
};
void declare(Fields& f, WriteOptions& o);

/// A `preset` (configs/presets/devices/<preset>.json) fills the rest; given keys override it, a
/// given section as a whole.
struct DeviceOptions {
  std::string preset;               // empty = none; noted here, filled in by whoever loads files
  std::string kind = "level_grid";  // a name of the device table (device.h)
  double g_min_siemens = 1e-6;      // least conductance: level 0 of uniform levels
  double g_max_siemens = 1e-4;      // greatest conductance: highest level of uniform levels
  std::vector<LevelMeans> level_means;  // empty = uniform levels for any number of bits
  double mismatch_sigma = 0.0;          // relative spread over cells, frozen per chip (mismatch.h)
  MismatchShape mismatch_shape = MismatchShape::Lognormal;
  double mismatch_correlated_fraction = 0.0;  // of its variance that neighbours share
  double mismatch_correlation_cells = 0.0;    // distance at which that correlation is 1/e
  std::optional<SpreadOptions> programming;   // error of writing, added to each cell, frozen
  double stuck_on_fraction = 0.0;             // cells stuck at g_max
  double stuck_off_fraction = 0.0;            // cells stuck at g_min
  std::optional<SpreadOptions> read_noise;    // fresh at each read
  std::optional<DriftOptions> drift;          // empty = conductances do not change
  std::optional<IvOptions> iv;                // empty = ohmic cells
  std::optional<WriteOptions> write;          // for the kind write_verify
  std::string source;                         // where the numbers come from (presets fill it)
  std::optional<double> valid_min_siemens;    // conductances for which they were measured;
  std::optional<double> valid_max_siemens;    // g_min and g_max have to lie between
  std::optional<std::string> validity;        // where they hold
  std::optional<std::string> status;          // how far the source was followed; see declare()
  [[nodiscard]] ConductanceRange range() const { return {g_min_siemens, g_max_siemens}; }
};
void declare(Fields& f, DeviceOptions& o);

}  // namespace ohmweave::crossbar
