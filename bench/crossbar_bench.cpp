// SPDX-License-Identifier: Apache-2.0
// Wire resistance: the effective matrix of an array, found once and applied to many inputs, and
// line relaxation for single inputs, against a general sparse factorization (Eigen's
// SimplicialLDLT) of the same circuit's 2 * rows * cols nodes; nonlinear cells and gate inputs
// against general nodal analysis. All are exact; the run stops with an error if two disagree.
#include <benchmark/benchmark.h>

#include <Eigen/SparseCholesky>
#include <vector>

#include "core/random.h"
#include "crossbar/block_elimination.h"
#include "crossbar/device.h"
#include "crossbar/dissection.h"
#include "crossbar/gradient.h"
#include "crossbar/line_relaxation.h"
#include "crossbar/nonlinear.h"
#include "crossbar/pair.h"
#include "crossbar/wires.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

using Sparse = Eigen::SparseMatrix<double>;

constexpr Wires kWires{1.0, 1.0, 0.0, 0.0};
constexpr double kAgreement = 1e-10;

Matrix random_siemens(Eigen::Index side) {
  const RandomStream stream(1);
  Matrix siemens(side, side);
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    siemens.data()[i] = 1e-6 + 99e-6 * stream.uniform(static_cast<std::uint64_t>(i));
  }
  return siemens;
}

/// Volts, rows x vectors.
Eigen::MatrixXd random_volts(Eigen::Index rows, Eigen::Index vectors) {
  const RandomStream stream(2);
  Eigen::MatrixXd volts(rows, vectors);
  for (Eigen::Index i = 0; i < volts.size(); ++i) {
    volts.data()[i] = stream.uniform(static_cast<std::uint64_t>(i));
  }
  return volts;
}

/// Node admittances of the passive array: row node (r, c) is r * cols + c, column nodes follow.
Sparse nodal_matrix(const Matrix& siemens) {
  const auto rows = static_cast<int>(siemens.rows());
  const auto cols = static_cast<int>(siemens.cols());
  const int half = rows * cols;
  std::vector<Eigen::Triplet<double>> entries;
  const auto join = [&](int a, int b, double g) {
    entries.emplace_back(a, a, g);
    entries.emplace_back(b, b, g);
    entries.emplace_back(a, b, -g);
    entries.emplace_back(b, a, -g);
  };
  for (int r = 0; r < rows; ++r) {
    entries.emplace_back(r * cols, r * cols, 1.0 / kWires.row_ohm);
    for (int c = 0; c < cols; ++c) {
      const int node = r * cols + c;
      join(node, half + node, siemens(r, c));
      if (c > 0) join(node - 1, node, 1.0 / kWires.row_ohm);
      if (r > 0) join(half + node - cols, half + node, 1.0 / kWires.col_ohm);
    }
  }
  for (int c = 0; c < cols; ++c) {
    const int last = half + (rows - 1) * cols + c;
    entries.emplace_back(last, last, 1.0 / kWires.col_ohm);
  }
  Sparse matrix(2 * half, 2 * half);
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

/// Column currents (cols x vectors) by factorizing and solving for each input vector.
Eigen::MatrixXd ldlt_currents(const Matrix& siemens, const Eigen::MatrixXd& volts) {
  const Eigen::SimplicialLDLT<Sparse> solver(nodal_matrix(siemens));
  Eigen::MatrixXd sources = Eigen::MatrixXd::Zero(2 * siemens.size(), volts.cols());
  for (Eigen::Index r = 0; r < siemens.rows(); ++r) {
    sources.row(r * siemens.cols()) = volts.row(r) / kWires.row_ohm;
  }
  const Eigen::MatrixXd nodes = solver.solve(sources);
  return nodes.bottomRows(siemens.cols()) / kWires.col_ohm;
}

void fail_if_apart(benchmark::State& state, const Eigen::MatrixXd& found,
                   const Eigen::MatrixXd& expected) {
  const double error = (found - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
  state.counters["difference"] = error;
  if (!(error < kAgreement)) state.SkipWithError("differs from the other side");
}

void effective_matrix_once(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(effective_matrix(siemens, kWires));
}

void effective_matrix_by_block_elimination(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(eliminated_matrix(siemens, kWires));
}

void effective_matrix_by_dissection(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  Matrix effective;
  for (auto _ : state) {
    effective = dissected_matrix(siemens, kWires);
    benchmark::DoNotOptimize(effective.data());
  }
  fail_if_apart(state, effective, eliminated_matrix(siemens, kWires));
}

void effective_matrix_of_both_ends(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Wires wires{1.0, 1.0, 0.0, 0.0, true, true};
  for (auto _ : state) benchmark::DoNotOptimize(effective_matrix(siemens, wires));
}

/// Arguments: side, rows at once.
void row_select_matrices(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  ArrayOptions array;
  array.topology = Topology::RowSelect;
  array.rows_active = static_cast<int>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(effective_siemens(siemens, array));
}

/// Arguments: side, ohms a segment.
void one_vector_by_line_relaxation(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Vector volts = random_volts(state.range(0), 1).col(0);
  const auto ohm = static_cast<double>(state.range(1));
  const Wires wires{ohm, ohm, 0.0, 0.0};
  LineRelaxation::Solution solution;
  for (auto _ : state) {
    solution = LineRelaxation(siemens, wires).solve({volts, {}, {}});
    benchmark::DoNotOptimize(solution.amps.data());
  }
  state.counters["iterations"] = solution.iterations;
  state.counters["of_ideal"] = solution.amps.sum() / (siemens.transpose() * volts).sum();
  fail_if_apart(state, solution.amps, effective_matrix(siemens, wires) * volts);
}

/// Arguments: side, sinh_per_v in 1/V.
void nonlinear_by_line_relaxation(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Vector volts = random_volts(state.range(0), 1).col(0);
  const SinhCurve curve(static_cast<double>(state.range(1)));
  NonlinearSolution solution;
  for (auto _ : state) {
    solution = solve_nonlinear(siemens, curve, kWires, volts);
    benchmark::DoNotOptimize(solution.amps.data());
  }
  state.counters["steps"] = solution.steps;
  fail_if_apart(state, solution.amps,
                nodal_currents(siemens, kWires, volts, static_cast<double>(state.range(1))));
}

void nonlinear_by_nodal_analysis(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Vector volts = random_volts(state.range(0), 1).col(0);
  const auto k = static_cast<double>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(nodal_currents(siemens, kWires, volts, k));
}

/// All derivatives of a loss of the currents of one vector.
void gradient_of_one_vector(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Matrix volts = random_volts(state.range(0), 1);
  const Matrix weights = random_volts(state.range(0), 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(currents_gradient(siemens, kWires, volts, weights));
  }
}

/// All derivatives of a loss of the whole matrix.
void gradient_of_effective_matrix(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Matrix weights = random_volts(state.range(0), state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(effective_matrix_gradient(siemens, kWires, weights));
  }
}

void gate_columns_by_ladders(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const GateColumn column{1.0, 1.0, 0.0, 0.0, 0.2};
  for (auto _ : state) {
    for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
      benchmark::DoNotOptimize(gate_column_current(siemens.col(c), column));
    }
  }
}

void gate_columns_by_nodal_analysis(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const GateColumn column{1.0, 1.0, 0.0, 0.0, 0.2};
  for (auto _ : state) {
    for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
      benchmark::DoNotOptimize(nodal_gate_current(siemens.col(c), column));
    }
  }
}

void effective_matrix_and_vectors(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Eigen::MatrixXd volts = random_volts(state.range(0), state.range(1));
  Eigen::MatrixXd amps;
  for (auto _ : state) {
    amps = effective_matrix(siemens, kWires) * volts;
    benchmark::DoNotOptimize(amps.data());
  }
  const Eigen::MatrixXd expected = ldlt_currents(siemens, volts);
  fail_if_apart(state, amps, expected);
}

void sparse_ldlt_and_vectors(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Eigen::MatrixXd volts = random_volts(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(ldlt_currents(siemens, volts));
}

void vectors_with_matrix_at_hand(benchmark::State& state) {
  const Matrix effective = effective_matrix(random_siemens(state.range(0)), kWires);
  const Eigen::MatrixXd volts = random_volts(state.range(0), state.range(1));
  Eigen::MatrixXd amps;
  for (auto _ : state) {
    amps.noalias() = effective * volts;
    benchmark::DoNotOptimize(amps.data());
  }
}

void program_array(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  const std::vector<int> levels(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 2);
  DeviceOptions device;
  device.mismatch_sigma = 0.05;
  device.stuck_off_fraction = 0.01;
  const RandomStream stream(3);
  for (auto _ : state) {
    benchmark::DoNotOptimize(program_siemens(levels, side, side, device, 2, stream));
  }
}

BENCHMARK(effective_matrix_once)
    ->Arg(32)
    ->Arg(64)
    ->Arg(128)
    ->Arg(256)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(effective_matrix_by_dissection)
    ->Arg(24)
    ->Arg(32)
    ->Arg(48)
    ->Arg(64)
    ->Arg(128)
    ->Arg(256)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(effective_matrix_by_block_elimination)
    ->Arg(24)
    ->Arg(32)
    ->Arg(48)
    ->Arg(64)
    ->Arg(128)
    ->Arg(256)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(effective_matrix_of_both_ends)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(row_select_matrices)->Args({128, 16})->Unit(benchmark::kMillisecond);
BENCHMARK(one_vector_by_line_relaxation)
    ->ArgsProduct({{64, 128, 256}, {1, 5}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(nonlinear_by_line_relaxation)
    ->Args({64, 3})
    ->Args({128, 3})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(nonlinear_by_nodal_analysis)
    ->Args({64, 3})
    ->Args({128, 3})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(gradient_of_one_vector)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(gradient_of_effective_matrix)->Arg(64)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(gate_columns_by_ladders)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(gate_columns_by_nodal_analysis)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(effective_matrix_and_vectors)
    ->ArgsProduct({{64, 128}, {1, 64}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sparse_ldlt_and_vectors)
    ->ArgsProduct({{64, 128}, {1, 64}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(vectors_with_matrix_at_hand)->Args({128, 64})->Unit(benchmark::kMillisecond);
BENCHMARK(program_array)->Arg(128)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ohmweave::crossbar

BENCHMARK_MAIN();
