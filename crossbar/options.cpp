// SPDX-License-Identifier: Apache-2.0
#include "crossbar/options.h"

#include <cmath>
#include <string>
#include <vector>

namespace ohmweave::crossbar {
namespace {

constexpr int kLargestArraySide = 4096;
constexpr int kLargestCellBits = 8;
constexpr int kLargestWeightBits = 16;
constexpr int kLargestDacBits = 8;
constexpr int kLargestAdcBits = 16;
constexpr double kLargestOhm = 1e9;
constexpr double kLargestReadVolts = 5.0;
constexpr NumberRange kResistance{0.0, kLargestOhm, false};
constexpr int kMostSlices = 16;

/// Widths of slices, which the config gives as whole numbers.
void declare_slices(Fields& f, ArrayOptions& o) {
  std::vector<double> widths(o.slice_bits.begin(), o.slice_bits.end());
  f.numbers("slice_bits", widths, {1.0, static_cast<double>(kLargestCellBits), false},
            "bits of each slice of a weight, least significant first; left empty, as many slices "
            "of bits_per_cell as hold a weight");
  if (!f.is_reading()) return;
  o.slice_bits.clear();
  int sum = 0;
  for (const double width : widths) {
    f.rule(width == std::floor(width), "slice_bits", "must be whole numbers");
    f.rule(width <= o.bits_per_cell, "slice_bits",
           "must be at most bits_per_cell = " + std::to_string(o.bits_per_cell) + " each");
    o.slice_bits.push_back(static_cast<int>(width));
    sum += o.slice_bits.back();
  }
  const int needed = o.weight_bits + (find_encoding(o.encoding).is_pair ? 0 : 1);
  f.rule(widths.empty() || sum >= needed, "slice_bits",
         "must hold " + std::to_string(needed) +
             " bits together: weight_bits = " + std::to_string(o.weight_bits) +
             (needed > o.weight_bits ? " and the sign that the encoding adds" : ""));
  f.rule(widths.size() <= kMostSlices && sum <= 2 * kLargestWeightBits - 2, "slice_bits",
         "must be at most " + std::to_string(kMostSlices) + " slices of " +
             std::to_string(2 * kLargestWeightBits - 2) + " bits together");
}

}  // namespace

void declare(Fields& f, ArrayOptions& o) {
  f.choice("topology", o.topology,
           {{Topology::Passive, "passive", "cells always join their row and column"},
            {Topology::RowSelect, "row_select",
             "a transistor per cell connects only the rows that are being read"},
            {Topology::GateInput, "gate_input",
             "input bits switch the transistors of cells between a bit and a source line"}},
           "how cells are connected");
  f.integer("rows", o.rows, {1, kLargestArraySide},
            "input lines of an array; with encoding = \"row_pair\" two of them an input");
  f.integer("cols", o.cols, {1, kLargestArraySide}, "output lines of an array");
  f.integer("rows_active", o.rows_active, {1, kLargestArraySide},
            "rows read at once; left out, all of them");
  f.choice("encoding", o.encoding,
           {{Encoding::OneSidedPair, "one_sided_pair",
             "a pair of cells, of which the one of the weight's sign holds its magnitude"},
            {Encoding::TwoSidedPair, "two_sided_pair",
             "a pair of cells, moved apart from the middle of their levels"},
            {Encoding::OffsetColumn, "offset_column",
             "one cell with an offset; the converted sum of a unit column takes it away"},
            {Encoding::UnitColumn, "unit_column",
             "one cell with an offset; the current of a reference column takes it away"},
            {Encoding::RowPair, "row_pair",
             "a one-sided pair in one column: its cells sit in two rows of opposite voltages"}},
           "how a signed weight sits in cells");
  f.integer("bits_per_cell", o.bits_per_cell, {1, kLargestCellBits},
            "bits one cell holds: 2^bits_per_cell levels");
  f.integer("weight_bits", o.weight_bits, {1, kLargestWeightBits},
            "magnitude bits of a weight, for each sign");
  declare_slices(f, o);
  f.number("row_ohm", o.row_ohm, kResistance,
           "wire between neighbouring cells of a row; without effect in gate_input, whose rows "
           "carry no current");
  f.number("col_ohm", o.col_ohm, kResistance,
           "wire between neighbouring cells of a column; in gate_input of its bit line");
  f.number("source_line_ohm", o.source_line_ohm, kResistance,
           "gate_input: wire between neighbouring cells of a source line; left out, col_ohm");
  f.number("driver_ohm", o.driver_ohm, kResistance,
           "output resistance of a row's driver; in gate_input of a column's read source");
  f.number("sense_ohm", o.sense_ohm, kResistance, "input resistance of a column's sense circuit");
  f.number("transistor_ohm", o.transistor_ohm, kResistance,
           "transistor in series with each cell (row_select, gate_input)");
  f.boolean("drives_both_ends", o.drives_both_ends,
            "whether each row has a second driver at its far end (passive, row_select)");
  f.boolean("senses_both_ends", o.senses_both_ends,
            "whether each column has a second virtual ground at its far end (passive, row_select)");
  f.number("read_voltage_v", o.read_voltage_v, {0.0, kLargestReadVolts, true},
           "row voltage of the largest input digit");
  f.rule(o.rows_at_once() <= o.rows, "rows_active",
         "must be at most rows = " + std::to_string(o.rows));
  const int together = o.rows_per_input();
  const auto whole_inputs = [&](const std::string& key, int value) {
    f.rule(value % together == 0, key,
           "must be a multiple of " + std::to_string(together) + " with encoding = \"" +
               find_encoding(o.encoding).name + "\", whose inputs drive so many rows each");
  };
  whole_inputs("rows", o.rows);
  if (o.rows_active) whole_inputs("rows_active", *o.rows_active);
  f.rule(o.bits_per_cell <= o.weight_bits, "bits_per_cell",
         "must be at most weight_bits = " + std::to_string(o.weight_bits));
  f.rule(o.topology != Topology::Passive || o.transistor_ohm == 0.0, "transistor_ohm",
         "must be 0 with topology = \"passive\", whose cells have no transistor");
  const bool has_one_end = !o.drives_both_ends && !o.senses_both_ends;
  f.rule(o.topology != Topology::GateInput || has_one_end,
         o.drives_both_ends ? "drives_both_ends" : "senses_both_ends",
         "must be false with topology = \"gate_input\"");
  f.rule(o.topology == Topology::GateInput || !o.source_line_ohm, "source_line_ohm",
         "goes with topology = \"gate_input\" only");
}

void declare(Fields& f, AdcOptions& o) {
  f.integer_or("bits", o.bits, "lossless", {1, kLargestAdcBits},
               "magnitude bits of a converted column difference, its sign comes on top; "
               "\"lossless\" derives them from the mapped columns");
  f.number("signal_to_noise_db", o.signal_to_noise_db, {0.0, 200.0, false},
           "bits = \"lossless\": leave out lowest bits as long as rounding stays this far below "
           "the signal of a layer's columns");
  f.choice("kind", o.kind,
           {{AdcKind::Sar, "sar", "successive approximation: a cycle a bit"},
            {AdcKind::Flash, "flash", "a comparator for each step: one cycle"},
            {AdcKind::Ramp, "ramp", "compares with a rising ramp: 2^bits cycles"}},
           "converter circuit; its area, energy and rate come from the component library");
  f.choice("range", o.range,
           {{AdcRange::WorstCase, "worst_case", "the largest value that mapped columns can reach"},
            {AdcRange::Largest, "largest", "the largest value of calibration images, by layer"},
            {AdcRange::Percentile, "percentile",
             "the value below which range_fraction of those lie, by layer"}},
           "full scale of the converters, rounded up to a power of two");
  f.number("range_fraction", o.range_fraction, {0.0, 1.0, true},
           "range = \"percentile\": share of the values that are not clamped");
  f.integer("calibration_images", o.calibration_images, {1, 1000000},
            R"(range = "largest" or "percentile": first validation images that are looked at)");
  f.number("gain_sigma", o.gain_sigma, {0.0, 1.0, false},
           "relative spread of the converters' gains, frozen per chip");
  f.number("offset_sigma_lsb", o.offset_sigma_lsb, {0.0, 1e6, false},
           "spread of the converters' offsets in steps, frozen per chip");
  f.number("mismatch_sigma", o.mismatch_sigma, {0.0, 1e3, false},
           "spread of a converter's elements: relative of a sar's unit capacitor or of a ramp's "
           "step, in steps of a flash converter's comparator");
  f.rule(!o.signal_to_noise_db || !o.bits, "signal_to_noise_db",
         "goes with bits = \"lossless\" only");
  f.rule(o.range == AdcRange::WorstCase || o.bits.has_value(), "range",
         R"(must be "worst_case" with bits = "lossless", which are those of the worst case)");
}

void declare(Fields& f, DacOptions& o) {
  f.integer("bits", o.bits, {1, kLargestDacBits},
            "input bits applied per read; inputs with more bits take several reads");
  f.number("gain_sigma", o.gain_sigma, {0.0, 1.0, false},
           "relative spread of the row drivers' gains, frozen per chip");
  f.number("mismatch_sigma", o.mismatch_sigma, {0.0, 1.0, false},
           "relative spread of a row driver's steps, frozen per chip");
}

}  // namespace ohmweave::crossbar
