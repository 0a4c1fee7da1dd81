// SPDX-License-Identifier: Apache-2.0
// What `check` says of arrays whose inputs drive two rows each.
#include <gtest/gtest.h>

#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

/// The quickstart config with row pairs and `values` set.
Outcome check_pairs_with(const std::vector<std::string>& values) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"check",
                                        (source_folder() / "configs/quickstart.json").string(),
                                        "--set", "/array/encoding=row_pair"};
  for (const std::string& value : values) arguments.insert(arguments.end(), {"--set", value});
  return run_program(arguments, folder.path());
}

TEST(RowPairs, TakeAllThatPairsOfArraysTake) {
  EXPECT_EQ(check_pairs_with({"/mapping/fault_aware=true"}).exit_code, 0);
  EXPECT_EQ(check_pairs_with({"/chip/functional_images=2"}).exit_code, 0);
  EXPECT_EQ(check_pairs_with({"/array/topology=gate_input"}).exit_code, 0);

  const Outcome outcome = check_pairs_with({"/array/rows=127"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/array/rows = 127: must be a multiple of 2 with encoding = "
                             "\"row_pair\""),
            std::string::npos)
      << outcome.err;
}

TEST(RowPairs, CountPiecesOfAMatrixByTheInputsOfAnArray) {
  // fc1 has 800 x 500 weights: arrays of 128 rows seat 64 of its rows, so there are 13 x 4 of them.
  const std::string constraint =
      R"(/compress/steps/0/constraints=[{"kind": "array_block", "weights": "fc1.*", "keep": )";

  EXPECT_EQ(check_pairs_with({constraint + "52}]"}).exit_code, 0);
  EXPECT_NE(check_pairs_with({constraint + "53}]"})
                .err.find("keep = 53: must be at most 52, the number of arrays of fc1"),
            std::string::npos);
}

}  // namespace
}  // namespace ohmweave::testing
