// SPDX-License-Identifier: Apache-2.0
// What `check` says of arrays whose inputs drive two rows each, and of training through arrays.
#include <gtest/gtest.h>

#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

/// With row pairs and `values` set.
Outcome check_pairs_with(std::vector<std::string> values) {
  values.insert(values.begin(), "/array/encoding=row_pair");
  return check_with(values);
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

TEST(Adapt, SaysWhereWeightsCannotBeTrainedThroughArrays) {
  EXPECT_EQ(check_with({"/adapt={}"}).exit_code, 0);
  EXPECT_EQ(check_with({"/adapt/devices=first_chip", "/evaluate/num_chips=1"}).exit_code, 0);
  EXPECT_NE(check_with({"/adapt/devices=first_chip", "/evaluate/num_chips=2"})
                .err.find("/evaluate/num_chips = 2: must be 1 with /adapt/devices"),
            std::string::npos);

  const Outcome outcome =
      check_with({"/adapt={}", "/array/topology=gate_input", "/evaluate/calibrates_columns=true"});

  EXPECT_EQ(outcome.exit_code, 2);
  for (const std::string what :
       {"/adapt: arrays of /array/topology \"gate_input\" are no matrix",
        "/evaluate/calibrates_columns: trims columns to the codes they hold"})
    EXPECT_NE(outcome.err.find(what), std::string::npos) << what << "\n" << outcome.err;
}

}  // namespace
}  // namespace ohmweave::testing
