// SPDX-License-Identifier: Apache-2.0
// The array counts of MNSIM 2.0 under its rule: whole kernels in a column, one set a bit slice.
// Source: zhu_glsvlsi_2020 (tests/reference/zhu_glsvlsi_2020/crossbar_sets.json).
#include <gtest/gtest.h>

#include "core/artifact.h"
#include "mapping/partition.h"

namespace ohmweave::mapping {
namespace {

TEST(KernelWindows, TakesAsManyArraysAsMnsimCounts) {
  const Json reference = parse_artifact_file(
      OHMWEAVE_SOURCE_DIR "/tests/reference/zhu_glsvlsi_2020/crossbar_sets.json");
  CutRules rules;
  rules.geometry = {reference.at("array_rows"), reference.at("array_cols"),
                    reference.at("num_slices"), 1};
  rules.layout = "kernel_windows";

  ASSERT_EQ(reference.at("networks").size(), 3u);
  for (const Json& network : reference.at("networks")) {
    int sets = 0;
    for (const Json& layer : network.at("layers")) {
      const int window = std::max(1, layer.at("kernel").get<int>() * layer.at("kernel").get<int>());
      const MatrixShape shape = {layer.at("inputs").get<int>() * window, layer.at("outputs"), 1, 1};
      QuantizedWeights dense;
      dense.codes.assign(shape.num_weights(), 1);
      sets += rules.geometry.num_slices *
              partition(NonzeroPattern(dense, shape, 0, window), rules).num_positions;
    }
    EXPECT_EQ(sets, network.at("crossbar_sets")) << network.at("name");
  }
}

}  // namespace
}  // namespace ohmweave::mapping
