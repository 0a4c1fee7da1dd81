// SPDX-License-Identifier: Apache-2.0
#include "crossbar/read_gradient.h"

#include <gtest/gtest.h>

#include "crossbar/pair.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kRelativeStep = 1.0 / 4096.0;  // of the conductance
constexpr double kDifferenceError = 1e-7;       // the square of the step, and rounding over it

/// By central differences of read_of_array(): the derivative of the product with `weights`.
Matrix differences(const Matrix& siemens, const ArrayOptions& array, const DeviceOptions& device,
                   const Matrix& weights) {
  Matrix result(siemens.rows(), siemens.cols());
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    const double step = siemens.data()[i] * kRelativeStep;
    Matrix more = siemens;
    Matrix less = siemens;
    more.data()[i] += step;
    less.data()[i] -= step;
    const Matrix change =
        read_of_array(more, array, device).effective - read_of_array(less, array, device).effective;
    result.data()[i] = change.cwiseProduct(weights).sum() / (2.0 * step);
  }
  return result;
}

struct Case {
  const char* name;
  ArrayOptions array;
};

ArrayOptions wired() {
  ArrayOptions array;
  array.rows = 6;
  array.cols = 4;
  array.row_ohm = 300.0;
  array.col_ohm = 200.0;
  array.driver_ohm = 500.0;
  array.sense_ohm = 100.0;
  return array;
}

std::vector<Case> cases() {
  std::vector<Case> list = {{"passive", wired()}};
  const auto add = [&list](const char* name, auto change) {
    list.push_back({name, wired()});
    change(list.back().array);
  };
  const auto select = [](ArrayOptions& array, int rows_active) {
    array.topology = Topology::RowSelect;
    array.rows_active = rows_active;
    array.transistor_ohm = 2000.0;
  };
  add("all rows selected", [&](ArrayOptions& a) { select(a, 6); });
  add("groups of unequal size", [&](ArrayOptions& a) { select(a, 4); });
  add("groups, columns sensed at both ends", [&](ArrayOptions& a) {
    select(a, 2);
    a.senses_both_ends = true;
    a.drives_both_ends = true;
  });
  add("pairs of rows", [](ArrayOptions& a) { a.encoding = Encoding::RowPair; });
  add("groups of pairs of rows", [&](ArrayOptions& a) {
    select(a, 4);
    a.encoding = Encoding::RowPair;
  });
  return list;
}

TEST(ReadGradient, AgreesWithDifferencesOfWhatIsRead) {
  for (const Case& one : cases()) {
    const Matrix siemens = random_siemens(6, 4, 1);
    const Matrix weights = random_signed(4, one.array.num_inputs(), 2);

    const Matrix gradient = read_gradient(siemens, one.array, {}, weights);

    EXPECT_LT(relative_error(gradient, differences(siemens, one.array, {}, weights)),
              kDifferenceError)
        << one.name;
  }
}

TEST(ReadGradient, IsExactForCurvedCellsWithoutWires) {
  ArrayOptions array = wired();
  array.row_ohm = array.col_ohm = array.driver_ohm = array.sense_ohm = 0.0;
  DeviceOptions device;
  device.iv.emplace().sinh_per_v = 4.0;
  const Matrix siemens = random_siemens(6, 4, 3);
  const Matrix weights = random_signed(4, 6, 4);

  const Matrix gradient = read_gradient(siemens, array, device, weights);

  EXPECT_LT(relative_error(gradient, differences(siemens, array, device, weights)),
            kDifferenceError);
}

TEST(ReadGradient, OfAnOpenCellIsThatOfAClosingOne) {
  Matrix siemens = random_siemens(6, 4, 5);
  siemens(2, 1) = 0.0;
  Matrix closed = siemens;
  closed(2, 1) = 1e-12;
  const Matrix weights = random_signed(4, 6, 6);

  const Matrix gradient = read_gradient(siemens, wired(), {}, weights);

  EXPECT_LT(relative_error(gradient, read_gradient(closed, wired(), {}, weights)), 1e-6);
}

TEST(ReadGradient, RefusesGateInputs) {
  ArrayOptions array = wired();
  array.topology = Topology::GateInput;
  EXPECT_THROW((void)read_gradient(random_siemens(6, 4, 7), array, {}, random_signed(4, 6, 8)),
               std::logic_error);
}

}  // namespace
}  // namespace ohmweave::crossbar
