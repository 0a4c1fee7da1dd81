// SPDX-License-Identifier: Apache-2.0
#include "train/traces.h"

#include <gtest/gtest.h>

namespace ohmweave::train {
namespace {

Traces small_traces() {
  return {{{"dense", 1, 0.1 + 0.2, 0.25, 0.5, 1e-3}},
          {{"step_1/admm", 2, {"fc1.weight", 1.0 / 3.0, 0.125, 0.5, 1e-3}}}};
}

TEST(Traces, KeepEveryDigitInJson) {
  const std::string text = traces_to_json(small_traces()).dump();

  const Traces back = traces_from_json(Json::parse(text));

  EXPECT_EQ(back.epochs[0].train_loss, 0.1 + 0.2);
  EXPECT_EQ(back.updates[0].trace.primal_residual, 1.0 / 3.0);
  EXPECT_EQ(back.updates[0].trace.name, "fc1.weight");
  EXPECT_EQ(traces_to_json(back).dump(), text);
}

TEST(Traces, WriteOneCsvRowAnEpochAndAnUpdate) {
  EXPECT_EQ(train_csv(small_traces()),
            "phase,epoch,train_loss,validation_loss,validation_accuracy,learning_rate\n"
            "dense,1,0.3,0.25,0.5,0.001\n");
  EXPECT_EQ(admm_csv(small_traces()),
            "phase,iteration,layer,primal_residual,dual_residual,violation,rho\n"
            "step_1/admm,2,fc1.weight,0.333333333,0.125,0.5,0.001\n");
}

}  // namespace
}  // namespace ohmweave::train
