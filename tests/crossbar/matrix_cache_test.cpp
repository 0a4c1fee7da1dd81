// SPDX-License-Identifier: Apache-2.0
#include "crossbar/matrix_cache.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/random.h"
#include "crossbar/pair.h"

namespace ohmweave::crossbar {
namespace {

ArrayOptions small_array() {
  ArrayOptions array;
  array.rows = 6;
  array.cols = 5;
  array.row_ohm = array.col_ohm = 2.0;
  return array;
}

Matrix random_cells(const ArrayOptions& array, std::uint64_t seed) {
  Matrix siemens(array.rows, array.cols);
  for (Eigen::Index i = 0; i < siemens.size(); ++i)
    siemens.data()[i] = 1e-4 * RandomStream(seed).uniform(static_cast<std::uint64_t>(i));
  return siemens;
}

constexpr std::size_t kBytes = 2 * 6 * 5 * sizeof(double);  // of one array

TEST(MatrixCache, SolvesACircuitOnce) {
  MatrixCache cache(10 * kBytes);
  const ArrayOptions array = small_array();
  const Matrix cells = random_cells(array, 1);

  const Matrix first = cache.effective(cells, array);
  const Matrix second = cache.effective(cells, array);

  EXPECT_EQ(first, effective_siemens(cells, array));
  EXPECT_EQ(second, first);
  EXPECT_EQ(cache.num_solved(), 1);
  EXPECT_EQ(cache.num_found(), 1);
  EXPECT_EQ(cache.num_bytes(), kBytes);
}

TEST(MatrixCache, KeepsOtherCellsAndOtherWiresApart) {
  MatrixCache cache(10 * kBytes);
  const ArrayOptions array = small_array();
  ArrayOptions longer = array;
  longer.sense_ohm = 30.0;
  const Matrix cells = random_cells(array, 1);
  Matrix other = cells;
  other(3, 2) = std::nextafter(other(3, 2), 1.0);

  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(cache.effective(cells, array), effective_siemens(cells, array));
    EXPECT_EQ(cache.effective(other, array), effective_siemens(other, array));
    EXPECT_EQ(cache.effective(cells, longer), effective_siemens(cells, longer));
  }

  EXPECT_EQ(cache.num_solved(), 3);
  EXPECT_EQ(cache.num_found(), 3);
}

TEST(MatrixCache, LetsGoOfWhatWasUsedLongestAgo) {
  MatrixCache cache(2 * kBytes);
  const ArrayOptions array = small_array();
  const auto read = [&](std::uint64_t seed) {
    (void)cache.effective(random_cells(array, seed), array);
  };
  for (const std::uint64_t seed : {1, 2, 1, 3}) read(seed);  // 2 goes
  EXPECT_EQ(cache.num_solved(), 3);
  EXPECT_EQ(cache.num_bytes(), 2 * kBytes);

  read(1);
  EXPECT_EQ(cache.num_solved(), 3);
  read(2);
  EXPECT_EQ(cache.num_solved(), 4);
}

TEST(MatrixCache, KeepsNothingThatDoesNotFit) {
  MatrixCache cache(kBytes - 1);
  const ArrayOptions array = small_array();
  const Matrix cells = random_cells(array, 1);

  EXPECT_EQ(cache.effective(cells, array), cache.effective(cells, array));

  EXPECT_EQ(cache.num_solved(), 2);
  EXPECT_EQ(cache.num_bytes(), 0U);
}

TEST(MatrixCache, MayBeSharedByThreads) {
  MatrixCache cache(3 * kBytes);
  const ArrayOptions array = small_array();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 40; ++i) {
        const Matrix cells = random_cells(array, i % 5);
        EXPECT_EQ(cache.effective(cells, array), effective_siemens(cells, array));
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(cache.num_solved() + cache.num_found(), 160);
}

}  // namespace
}  // namespace ohmweave::crossbar
