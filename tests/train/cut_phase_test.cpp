// SPDX-License-Identifier: Apache-2.0
#include "train/cut_phase.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/train/small_steps.h"

namespace ohmweave::train {
namespace {

/// Calls back after every epoch, once its checkpoint is written.
class AfterEpoch final : public Progress {
 public:
  explicit AfterEpoch(std::function<void()> look) : look_(std::move(look)) {}
  void step(const std::string&, double, double, const Json&) override {}
  void stop_point() override { look_(); }

 private:
  std::function<void()> look_;
};

CutOptions small_cut(int epochs, ScoreKind score) {
  CutOptions options;
  options.epochs = epochs;
  options.score = score;
  return options;
}

TEST(CutPhase, CountFallsGeometricallyAndWhatIsCutStaysZero) {
  const TrainingSet set = small_set();
  for (const EngineKind engine : {EngineKind::Dense, EngineKind::Sparse}) {
    const ScratchFolder scratch("cut");
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> nonzeros;
    const auto look = [&] {
      const auto checkpoint =
          load_checkpoint({scratch.folder("work") / "cut.ckpt.safetensors", "stamp"});
      const Masks masks = masks_of(get_group(checkpoint->tensors, "hooks/"));
      counts.push_back(count_weights(masks));
      nonzeros.push_back(0);
      for (const auto& [name, mask] : masks) {
        nonzeros.back() +=
            checkpoint->tensors.at("model/" + name).count_nonzero().item<std::int64_t>();
      }
    };
    AfterEpoch progress(look);
    StepContext context = small_context(set, progress, scratch.folder("work"));
    context.engine = engine;
    nn::GraphModule module = random_module();
    const Masks start = full_masks(module);

    const CutOutcome outcome = run_cut_phase(module, start, {59, {{"fc2.weight", 12}}},
                                             small_cut(4, ScoreKind::Fisher), context);

    // 944 weights at the start, each epoch (59 / 944)^(1/4) = 1/2 of those before.
    EXPECT_EQ(counts, (std::vector<std::int64_t>{472, 236, 118, 59}));
    EXPECT_EQ(nonzeros, counts);
    EXPECT_EQ(count_weights(outcome.masks), 59);
    EXPECT_GE(count_weights(Masks{{"fc2.weight", outcome.masks.at("fc2.weight")}}), 12);
    EXPECT_EQ(live_weights(module.network(), as_bytes(outcome.masks)), as_bytes(outcome.masks));
    for (const auto& [name, mask] : outcome.masks) {
      EXPECT_TRUE(is_inside(module.parameter(name).ne(0.0), mask)) << name;
    }
    EXPECT_EQ(outcome.traces.epochs.size(), 4U);
  }
}

TEST(CutPhase, OneCutKeepsTheBestByItsScore) {
  const ScratchFolder scratch("one_cut");
  const TrainingSet set = small_set();
  StopAt progress(0);
  nn::GraphModule module = random_module();
  WeightScores sizes;
  for (const std::string& name : weight_names(module.network())) {
    const torch::Tensor flat = module.parameter(name).detach().abs().view(-1);
    for (std::int64_t i = 0; i < flat.numel(); ++i) sizes[name].push_back(flat[i].item<double>());
  }
  const Masks start = full_masks(module);
  const WeightMasks expected = choose_live(module.network(), as_bytes(start), sizes, {}, 80);

  const CutOutcome outcome =
      run_cut_phase(module, start, {80, {}}, small_cut(1, ScoreKind::Magnitude),
                    small_context(set, progress, scratch.folder("work")));

  EXPECT_EQ(as_bytes(outcome.masks), expected);
}

TEST(CutPhase, FisherScoreDropsLargeWeightsThatCarryNoInformation) {
  const ScratchFolder scratch("blind");
  const TrainingSet set = set_with_a_blind_input();
  StopAt progress(0);
  const auto kept_blind_weights = [&](ScoreKind score) {
    nn::GraphModule module = random_module();
    module.parameter("fc1.weight").detach().slice(1, 0, 1).fill_(0.4);  // twice the others
    const auto folder = scratch.folder(std::to_string(static_cast<int>(score)));
    const CutOutcome outcome =
        run_cut_phase(module, full_masks(module), {100, {}}, small_cut(2, score),
                      small_context(set, progress, folder));
    return outcome.masks.at("fc1.weight").slice(1, 0, 1).sum().item<int>();
  };

  EXPECT_GT(kept_blind_weights(ScoreKind::Magnitude), 10);
  EXPECT_EQ(kept_blind_weights(ScoreKind::Fisher), 0);
  EXPECT_EQ(kept_blind_weights(ScoreKind::Saliency), 0);
}

TEST(CutPhase, BiasesTakeWhatDeadPathsHeld) {
  const ScratchFolder scratch("folded");
  const TrainingSet set = small_set();
  StopAt progress(0);
  Masks masks = random_masks(0.3, 5);
  masks.at("fc1.weight").slice(0, 8).fill_(false);  // neurons 8..15 are constants
  nn::GraphModule module = random_module(masks);
  const torch::Tensor images = data::normalized(set.data.validation.images);
  const torch::Tensor expected = module.forward(images).detach();
  CutOptions options = small_cut(1, ScoreKind::Magnitude);
  options.learning_rate = 1e-30;  // the weights stay where they are
  const WeightMasks live = live_weights(module.network(), as_bytes(masks));
  ASSERT_LT(count_weights(live), count_weights(masks));

  const CutOutcome outcome = run_cut_phase(module, masks, {count_weights(live), {}}, options,
                                           small_context(set, progress, scratch.folder("work")));

  EXPECT_EQ(as_bytes(outcome.masks), live);
  EXPECT_TRUE(torch::allclose(module.forward(images), expected, 1e-4, 1e-5));
}

}  // namespace
}  // namespace ohmweave::train
