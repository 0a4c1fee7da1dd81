// SPDX-License-Identifier: Apache-2.0
#include "train/cut_phase.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace ohmweave::train {
namespace {

/// The masks while they shrink, and the learner they are held on.
class Cutter {
 public:
  Cutter(nn::GraphModule& module, const Masks& masks, const StepContext& context)
      : module_(module),
        context_(context),
        learner_(make_learner(module, masks, context.engine)),
        masks_(masks),
        first_count_(count_weights(masks)) {
    hold(masks);
  }

  [[nodiscard]] Learner& learner() { return *learner_; }
  [[nodiscard]] const Masks& masks() const { return masks_; }

  void cut(int epoch, const admm::SharedCount& count, const CutOptions& options) {
    const double ratio = static_cast<double>(count.keep) / static_cast<double>(first_count_);
    const double share = std::pow(ratio, static_cast<double>(epoch) / options.epochs);
    admm::SharedCount now = count;
    const auto wanted =
        static_cast<std::int64_t>(std::round(share * static_cast<double>(first_count_)));
    now.keep = std::max(count.keep, wanted);
    const WeightScores scores =
        weight_scores(*learner_, masks_, options.score,
                      {context_.set, context_.fisher, context_.distill,
                       context_.stream.child("cut", static_cast<std::uint64_t>(epoch))});
    const WeightMasks live = choose_counted(module_.network(), as_bytes(masks_), scores, now);
    learner_->store(module_);
    module_.load(fold_dead_paths(module_.network(), module_.state(), live));
    learner_->take(module_);
    hold(as_masks(live, module_));
  }

  void hold_zeros() {
    const torch::NoGradGuard no_grad;
    for (const auto& [name, keep] : kept_) torch::Tensor(learner_->tensors().at(name)).mul_(keep);
  }

  [[nodiscard]] nn::TensorMap state() const { return mask_tensors(masks_); }
  void load_state(const nn::TensorMap& bytes) { hold(masks_of(bytes)); }

 private:
  void hold(const Masks& masks) {
    masks_ = masks;
    for (const auto& [name, mask] : masks_) {
      kept_[name] = learner_->compacted(name, mask.to(torch::kFloat32));
    }
  }

  nn::GraphModule& module_;
  const StepContext& context_;
  std::unique_ptr<Learner> learner_;  // of the masks at the start
  Masks masks_;
  std::int64_t first_count_;
  nn::TensorMap kept_;  // 1 where a weight stays, in the learner's shapes
};

}  // namespace

CutOutcome run_cut_phase(nn::GraphModule& module, const Masks& masks,
                         const admm::SharedCount& count, const CutOptions& options,
                         const StepContext& context) {
  Cutter cutter(module, masks, context);
  admm::AdmmOptions rate;  // the learning rate starts anew with every epoch
  rate.learning_rate = options.learning_rate;
  rate.learning_rate_end_fraction = options.learning_rate_end_fraction;
  const PhasePlan plan{context.name + "/cut",
                       options.epochs,
                       context.batch,
                       admm_rate(rate),
                       0.0,
                       Keep::LastEpoch,
                       context.stream.child("cut"),
                       0.0,
                       context.distill};
  PhaseHooks hooks;
  hooks.before_epoch = [&](int epoch) { cutter.cut(epoch, count, options); };
  hooks.after_step = [&] { cutter.hold_zeros(); };
  hooks.state = [&] { return cutter.state(); };
  hooks.load_state = [&](const nn::TensorMap& saved) { cutter.load_state(saved); };
  Learner& learner = cutter.learner();
  CutOutcome outcome;
  outcome.traces = run_phase({learner, learner.parameters(), context.set, context.progress}, plan,
                             hooks, {context.folder / "cut.ckpt.safetensors", context.stamp});
  learner.store(module);
  outcome.masks = cutter.masks();
  return outcome;
}

}  // namespace ohmweave::train
