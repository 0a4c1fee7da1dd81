// SPDX-License-Identifier: Apache-2.0
// Netlists, solved by ngspice as it is installed: an answer that shares no code with this project.
#include "crossbar/netlist.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "crossbar/pair.h"
#include "tests/crossbar/random_array.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kAgreement = 1e-9;  // of the largest current; ngspice prints 15 digits

/// The currents that ngspice prints for a netlist, by column.
Vector spice_currents(const std::string& netlist, Eigen::Index cols) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "read.cir").string();
  std::ofstream(file) << netlist;
  const std::string command = "ngspice -b " + file + " 2>&1";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string output;
  char buffer[4096];
  while (std::fgets(buffer, sizeof(buffer), pipe.get()) != nullptr) output += buffer;
  Vector amps = Vector::Constant(cols, std::nan(""));
  std::istringstream lines(output);
  std::string line;
  while (std::getline(lines, line)) {
    int column = 0;
    double value = 0.0;
    if (std::sscanf(line.c_str(), "i_column_%d = %lf", &column, &value) == 2) amps(column) = value;
  }
  EXPECT_TRUE(amps.allFinite()) << "ngspice (package ngspice) said: " << output;
  return amps;
}

void expect_agreement(const SingleRead& read) {
  const Vector spice = spice_currents(spice_netlist(read), read.siemens.cols());
  const Vector solved = solve_read(read);
  EXPECT_LE((spice - solved).cwiseAbs().maxCoeff(), kAgreement * solved.cwiseAbs().maxCoeff())
      << read.title << "\nngspice: " << spice.transpose() << "\nsolved: " << solved.transpose();
}

SingleRead sample_read(const std::string& title, Eigen::Index rows, Eigen::Index cols) {
  SingleRead read;
  read.title = title;
  read.siemens = random_siemens(rows, cols, 3);
  read.array.rows = static_cast<int>(rows);
  read.array.cols = static_cast<int>(cols);
  read.array.row_ohm = 3.0;
  read.array.col_ohm = 5.0;
  for (Eigen::Index r = 0; r < rows; ++r)
    read.volts.push_back(0.2 * RandomStream(4).uniform(static_cast<std::uint64_t>(r)) - 0.05);
  return read;
}

TEST(Netlist, OfAPassiveArrayGivesItsCurrents) {
  SingleRead read = sample_read("passive", 12, 9);
  expect_agreement(read);
  read.title = "all four resistances";
  read.array.driver_ohm = 200.0;
  read.array.sense_ohm = 80.0;
  read.siemens(3, 4) = 0.0;
  expect_agreement(read);
}

TEST(Netlist, JoinsNodesOfWiresWithoutResistance) {
  for (int zeros = 0; zeros < 16; ++zeros) {
    SingleRead read = sample_read("zeros " + std::to_string(zeros), 5, 4);
    read.array.driver_ohm = 20.0;
    read.array.sense_ohm = 10.0;
    if ((zeros & 1) != 0) read.array.row_ohm = 0.0;
    if ((zeros & 2) != 0) read.array.col_ohm = 0.0;
    if ((zeros & 4) != 0) read.array.driver_ohm = 0.0;
    if ((zeros & 8) != 0) read.array.sense_ohm = 0.0;
    read.array.drives_both_ends = read.array.senses_both_ends = zeros % 3 == 0;
    expect_agreement(read);
  }
}

TEST(Netlist, OfLinesUsedAtBothEndsGivesTheSumOfBothEnds) {
  SingleRead read = sample_read("both ends", 10, 7);
  read.array.driver_ohm = 100.0;
  read.array.sense_ohm = 30.0;
  read.array.drives_both_ends = read.array.senses_both_ends = true;
  expect_agreement(read);
}

TEST(Netlist, OfSelectedRowsLeavesTheOthersOpen) {
  SingleRead read = sample_read("row_select", 12, 6);
  read.array.topology = Topology::RowSelect;
  read.array.transistor_ohm = 4e3;
  for (int r = 0; r < 12; ++r) read.connected.push_back(r >= 4 && r < 8);
  expect_agreement(read);
}

TEST(Netlist, OfGateInputsHasItsTwoLinesAlongTheColumn) {
  SingleRead read = sample_read("gate_input", 14, 5);
  read.volts.clear();
  read.array.topology = Topology::GateInput;
  read.array.transistor_ohm = 3e3;
  read.array.source_line_ohm = 9.0;
  read.array.driver_ohm = 150.0;
  read.array.sense_ohm = 60.0;
  for (int r = 0; r < 14; ++r) read.connected.push_back(r % 3 != 1);
  expect_agreement(read);
}

TEST(Netlist, OfRowPairsHasOppositeDriversInNeighbouringRows) {
  SingleRead read = sample_read("row pairs", 12, 5);
  read.array.encoding = Encoding::RowPair;
  read.array.driver_ohm = 40.0;
  for (std::size_t r = 1; r < 12; r += 2) read.volts[r] = -read.volts[r - 1];

  expect_agreement(read);

  // What the currents of an array of pairs are: rows taken together, input by input.
  const Matrix effective = read_of_array(read.siemens, read.array, {}).effective;
  Vector inputs(6);
  for (Eigen::Index i = 0; i < 6; ++i) inputs(i) = read.volts[static_cast<std::size_t>(2 * i)];
  const Vector amps = spice_currents(spice_netlist(read), 5);
  EXPECT_LE((amps - effective * inputs).cwiseAbs().maxCoeff(),
            kAgreement * amps.cwiseAbs().maxCoeff());
}

TEST(Netlist, OfRowPairsWithGateInputsHasTwoBitLinesAColumn) {
  SingleRead read = sample_read("gate_input row pairs", 14, 5);
  read.volts.clear();
  read.array.encoding = Encoding::RowPair;
  read.array.topology = Topology::GateInput;
  read.array.source_line_ohm = 9.0;
  read.array.driver_ohm = 150.0;
  read.array.sense_ohm = 60.0;
  for (int r = 0; r < 14; ++r) read.connected.push_back(r / 2 % 3 != 1);
  for (const double transistor_ohm : {0.0, 3e3}) {
    read.array.transistor_ohm = transistor_ohm;
    expect_agreement(read);
  }
  read.array.driver_ohm = read.array.col_ohm = 0.0;
  expect_agreement(read);
}

TEST(Netlist, OfNonlinearCellsHasTheirCurve) {
  SingleRead read = sample_read("nonlinear", 8, 6);
  read.array.row_ohm = read.array.col_ohm = 30.0;
  read.iv.emplace().sinh_per_v = 4.0;
  expect_agreement(read);
}

TEST(Netlist, OfCellsOfAMeasuredCurveHasItsCubics) {
  SingleRead read = sample_read("table", 8, 6);
  read.array.row_ohm = read.array.col_ohm = 30.0;
  read.iv.emplace();
  read.iv->voltage_v = {0.0, 0.03, 0.05, 0.08, 0.1};  // and lines beyond: some rows are at 0.15 V
  read.iv->effective_v = {0.0, 0.025, 0.05, 0.11, 0.16};
  expect_agreement(read);

  const Vector uneven = solve_read(read);
  read.iv.reset();
  EXPECT_GT((solve_read(read) - uneven).cwiseAbs().maxCoeff(), 0.05 * uneven.cwiseAbs().maxCoeff());
}

}  // namespace
}  // namespace ohmweave::crossbar
