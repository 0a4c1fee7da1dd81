// SPDX-License-Identifier: Apache-2.0
#include "crossbar/options.h"

#include <string>

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

}  // namespace

void declare(Fields& f, ArrayOptions& o) {
  f.choice("topology", o.topology,
           {{Topology::Passive, "passive", "cells always join their row and column"},
            {Topology::RowSelect, "row_select",
             "a transistor per cell connects only the rows that are being read"}},
           "how cells are connected");
  f.integer("rows", o.rows, {1, kLargestArraySide}, "input lines of an array");
  f.integer("cols", o.cols, {1, kLargestArraySide}, "output lines of an array");
  f.integer("rows_active", o.rows_active, {1, kLargestArraySide},
            "rows read at once; left out, all of them");
  f.integer("bits_per_cell", o.bits_per_cell, {1, kLargestCellBits},
            "bits one cell holds: 2^bits_per_cell levels");
  f.integer("weight_bits", o.weight_bits, {1, kLargestWeightBits},
            "magnitude bits of a weight, for each sign");
  f.number("row_ohm", o.row_ohm, kResistance, "wire between neighbouring cells of a row");
  f.number("col_ohm", o.col_ohm, kResistance, "wire between neighbouring cells of a column");
  f.number("driver_ohm", o.driver_ohm, kResistance, "output resistance of a row's driver");
  f.number("sense_ohm", o.sense_ohm, kResistance, "input resistance of a column's sense circuit");
  f.number("read_voltage_v", o.read_voltage_v, {0.0, kLargestReadVolts, true},
           "row voltage of the largest input digit");
  f.rule(o.rows_at_once() <= o.rows, "rows_active",
         "must be at most rows = " + std::to_string(o.rows));
  f.rule(o.bits_per_cell <= o.weight_bits, "bits_per_cell",
         "must be at most weight_bits = " + std::to_string(o.weight_bits));
}

void declare(Fields& f, AdcOptions& o) {
  f.integer_or("bits", o.bits, "lossless", {1, kLargestAdcBits},
               "magnitude bits of a converted column difference, its sign comes on top; "
               "\"lossless\" derives them from the mapped columns");
  f.choice("kind", o.kind, {{AdcKind::Sar, "sar", "successive approximation"}},
           "converter circuit; its area, energy and rate come from the component library");
}

void declare(Fields& f, DacOptions& o) {
  f.integer("bits", o.bits, {1, kLargestDacBits},
            "input bits applied per read; inputs with more bits take several reads");
}

}  // namespace ohmweave::crossbar
