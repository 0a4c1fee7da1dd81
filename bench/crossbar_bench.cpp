// SPDX-License-Identifier: Apache-2.0
// Wire resistance: the effective matrix of an array, found once and applied to many inputs, against
// a general sparse factorization (Eigen's SimplicialLDLT) of the same circuit's 2 * rows * cols
// nodes. Both are exact; the run stops with an error if they disagree.
#include <benchmark/benchmark.h>

#include <Eigen/SparseCholesky>
#include <vector>

#include "core/random.h"
#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "crossbar/wires.h"

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
Eigen::MatrixXd nodal_currents(const Matrix& siemens, const Eigen::MatrixXd& volts) {
  const Eigen::SimplicialLDLT<Sparse> solver(nodal_matrix(siemens));
  Eigen::MatrixXd sources = Eigen::MatrixXd::Zero(2 * siemens.size(), volts.cols());
  for (Eigen::Index r = 0; r < siemens.rows(); ++r) {
    sources.row(r * siemens.cols()) = volts.row(r) / kWires.row_ohm;
  }
  const Eigen::MatrixXd nodes = solver.solve(sources);
  return nodes.bottomRows(siemens.cols()) / kWires.col_ohm;
}

void effective_matrix_once(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(effective_matrix(siemens, kWires));
}

void effective_matrix_and_vectors(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Eigen::MatrixXd volts = random_volts(state.range(0), state.range(1));
  Eigen::MatrixXd amps;
  for (auto _ : state) {
    amps = effective_matrix(siemens, kWires) * volts;
    benchmark::DoNotOptimize(amps.data());
  }
  const Eigen::MatrixXd expected = nodal_currents(siemens, volts);
  const double error = (amps - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
  state.counters["difference"] = error;
  if (!(error < kAgreement)) state.SkipWithError("differs from the sparse factorization");
}

void sparse_ldlt_and_vectors(benchmark::State& state) {
  const Matrix siemens = random_siemens(state.range(0));
  const Eigen::MatrixXd volts = random_volts(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(nodal_currents(siemens, volts));
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
