// SPDX-License-Identifier: Apache-2.0
// One main for every test program. Not gtest_main: linked after SystemC it is silently replaced by
// SystemC's own main, and a run without a single test would pass.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
