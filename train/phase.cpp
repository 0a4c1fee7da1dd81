// SPDX-License-Identifier: Apache-2.0
#include "train/phase.h"

#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/error.h"
#include "train/optimizer.h"

namespace ohmweave::train {
namespace {

constexpr std::int64_t kBatchesPerProgress = 50;

/// Names of the weight matrices, the parameters that an L2 penalty is about.
std::set<std::string> weight_matrices(const Learner& learner) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : learner.parameters()) {
    if (learner.expanded(name, tensor.detach()).dim() >= 2) names.insert(name);
  }
  return names;
}

nn::TensorMap joined(nn::TensorMap tensors, const nn::TensorMap& more) {
  tensors.insert(more.begin(), more.end());
  return tensors;
}

/// All that changes while a phase runs.
struct PhaseRun {
  PhaseRun(const PhaseInputs& in, const PhasePlan& p, const PhaseHooks& h)
      : inputs(in),
        plan(p),
        hooks(h),
        optimizer(make_optimizer(p.optimizer, joined(in.parameters, h.extra),
                                 {p.l2, weight_matrices(in.learner)})) {
    if (plan.ema_decay > 0.0) average = live_state();
  }

  /// Copies of the learner's tensors and the extra ones, and back.
  [[nodiscard]] nn::TensorMap state() const {
    nn::TensorMap state = inputs.learner.state();
    for (const auto& [name, tensor] : hooks.extra) state[name] = tensor.detach().clone();
    return state;
  }
  void load(const nn::TensorMap& state) const {
    inputs.learner.load(state);
    for (const auto& [name, tensor] : hooks.extra) torch::Tensor(tensor).copy_(state.at(name));
    if (hooks.settle) hooks.settle();  // what it keeps beside the tensors follows them
  }

  /// As state(), of what the optimizer moves.
  [[nodiscard]] nn::TensorMap live_state() const {
    nn::TensorMap state = this->state();
    if (hooks.hidden == nullptr) return state;
    for (const auto& [name, tensor] : *hooks.hidden) state[name] = tensor.detach().clone();
    return state;
  }

  const PhaseInputs& inputs;
  const PhasePlan& plan;
  const PhaseHooks& hooks;
  std::unique_ptr<Optimizer> optimizer;
  int epochs_done = 0;
  bool is_finished = false;
  nn::TensorMap average;  // running mean of live_state(); empty = not kept
  double best_loss = std::numeric_limits<double>::infinity();
  nn::TensorMap best;
  Traces traces;
};

void save(const PhaseRun& run, const CheckpointPlace& place) {
  Checkpoint checkpoint;
  put_group(checkpoint.tensors, "model/", run.state());
  put_group(checkpoint.tensors, "best/", run.best);
  put_group(checkpoint.tensors, "optimizer/", run.optimizer->state());
  put_group(checkpoint.tensors, "average/", run.average);
  if (run.hooks.hidden != nullptr) put_group(checkpoint.tensors, "hidden/", *run.hooks.hidden);
  if (run.hooks.state) put_group(checkpoint.tensors, "hooks/", run.hooks.state());
  checkpoint.record = {{"epochs_done", run.epochs_done},
                       {"is_finished", run.is_finished},
                       {"traces", traces_to_json(run.traces)}};
  if (std::isfinite(run.best_loss)) checkpoint.record["best_loss"] = run.best_loss;
  save_checkpoint(place, checkpoint);
}

void resume(PhaseRun& run, const CheckpointPlace& place) {
  const std::optional<Checkpoint> checkpoint = load_checkpoint(place);
  if (!checkpoint) return;
  run.load(get_group(checkpoint->tensors, "model/"));
  run.best = get_group(checkpoint->tensors, "best/");
  run.optimizer->load_state(get_group(checkpoint->tensors, "optimizer/"));
  run.average = get_group(checkpoint->tensors, "average/");
  if (run.hooks.hidden != nullptr) {
    for (auto& [name, tensor] : get_group(checkpoint->tensors, "hidden/")) {
      run.hooks.hidden->at(name).copy_(tensor);
    }
  }
  if (run.hooks.load_state) run.hooks.load_state(get_group(checkpoint->tensors, "hooks/"));
  run.epochs_done = checkpoint->record.at("epochs_done");
  run.is_finished = checkpoint->record.at("is_finished");
  run.traces = traces_from_json(checkpoint->record.at("traces"));
  if (checkpoint->record.contains("best_loss")) run.best_loss = checkpoint->record["best_loss"];
}

/// Throws NumericError with `what` went wrong, and where.
[[noreturn]] void fail(const PhaseRun& run, int epoch, const std::string& step,
                       const std::string& what) {
  throw NumericError("training '" + run.plan.name + "', epoch " + std::to_string(epoch) + step +
                     ": " + what + "; a lower learning rate may help");
}

std::string step_text(std::int64_t step) { return ", step " + std::to_string(step + 1); }

[[noreturn]] void fail_not_finite(const PhaseRun& run, const torch::Tensor& images,
                                  std::int64_t step, const std::string& what) {
  const std::string node = run.inputs.learner.first_broken_node(images);
  fail(run, run.epochs_done + 1, step_text(step),
       what + (node.empty() ? "" : "; layer '" + node + "' gives the first such output"));
}

/// The loss of a batch, whose gradients the learner then holds; finite.
double loss_of_batch(const PhaseRun& run, const Batch& batch, std::int64_t step) {
  const RandomStream dropout = run.plan.stream.child("dropout", run.epochs_done, step);
  double loss = 0.0;
  try {
    loss = run.inputs.learner.compute_gradients(batch, run.plan.distill, dropout);
  } catch (const NumericError& error) {
    fail_not_finite(run, batch.images, step, error.what());
  }
  if (!std::isfinite(loss))
    fail_not_finite(run, batch.images, step, "the loss is not a finite number");
  return loss;
}

/// The optimizer's step on the gradients that the learner holds.
void update_weights(PhaseRun& run, double learning_rate) {
  const torch::NoGradGuard no_grad;
  const nn::TensorMap& live = run.inputs.learner.tensors();
  nn::TensorMap* hidden = run.hooks.hidden;
  if (hidden != nullptr) {
    for (auto& [name, tensor] : *hidden) torch::Tensor(live.at(name)).copy_(tensor);
  }
  run.optimizer->step(learning_rate);
  run.inputs.learner.hold_masks();
  if (run.hooks.after_step) run.hooks.after_step();
  if (hidden != nullptr) {
    for (auto& [name, tensor] : *hidden) tensor.copy_(live.at(name));
  }
  for (auto& [name, mean] : run.average) {
    const bool is_hidden = hidden != nullptr && hidden->count(name) > 0;
    const bool is_extra = run.hooks.extra.count(name) > 0;
    const nn::TensorMap& source = is_hidden ? *hidden : is_extra ? run.hooks.extra : live;
    mean.lerp_(source.at(name), 1.0 - run.plan.ema_decay);
  }
  if (run.hooks.settle) run.hooks.settle();
}

/// One step on a batch; returns the summed loss.
double train_batch(PhaseRun& run, const Batch& batch, std::int64_t step, double position) {
  const double loss = loss_of_batch(run, batch, step);
  if (run.hooks.after_backward) run.hooks.after_backward();
  try {
    update_weights(run, run.plan.learning_rate(position));
  } catch (const NumericError& error) {
    fail(run, run.epochs_done + 1, step_text(step), error.what());
  }
  return loss * static_cast<double>(batch.labels.numel());
}

/// One pass over the training images; returns the mean loss.
double train_epoch(PhaseRun& run) {
  const TrainingSet& set = run.inputs.set;
  const std::int64_t num_images = set.num_images();
  const std::int64_t num_batches = (num_images + run.plan.batch - 1) / run.plan.batch;
  if (run.hooks.before_epoch) run.hooks.before_epoch(run.epochs_done + 1);
  const torch::Tensor order =
      keyed_permutation(num_images, run.plan.stream.child("shuffle", run.epochs_done));
  const torch::Tensor versions =
      draw_versions(set, run.plan.original_fraction.value_or(set.original_fraction),
                    run.plan.stream.child("version", run.epochs_done));
  const auto start = std::chrono::steady_clock::now();
  double loss = 0.0;
  for (std::int64_t b = 0; b < num_batches; ++b) {
    const std::int64_t first = b * run.plan.batch;
    const std::int64_t last = std::min<std::int64_t>(first + run.plan.batch, num_images);
    const double fraction = static_cast<double>(b) / static_cast<double>(num_batches);
    loss += train_batch(run, make_batch(set, order.slice(0, first, last), versions), b,
                        run.epochs_done + fraction);
    if ((b + 1) % kBatchesPerProgress == 0) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      run.inputs.progress.step(
          run.plan.name, run.epochs_done + fraction, run.plan.epochs,
          {{"loss", loss / static_cast<double>(last)},
           {"images_per_second", static_cast<double>(last) / seconds.count()}});
    }
  }
  return loss / static_cast<double>(num_images);
}

/// The network's score after an epoch, of its averaged weights when there are such; keeps the best.
nn::Score score_epoch(PhaseRun& run) {
  Learner& learner = run.inputs.learner;
  const nn::TensorMap now = run.average.empty() ? nn::TensorMap() : run.state();
  if (!run.average.empty()) {
    run.load(run.average);
  }
  const nn::Score score = learner.evaluate(run.inputs.set.data.validation);
  if (run.plan.keep == Keep::LeastValidationLoss && score.loss < run.best_loss) {
    run.best_loss = score.loss;
    run.best = run.state();
  }
  if (!run.average.empty()) run.load(now);
  return score;
}

void finish_epoch(PhaseRun& run, double train_loss) {
  ++run.epochs_done;
  if (run.hooks.after_epoch) {
    for (AdmmRow& row : run.hooks.after_epoch(run.epochs_done)) {
      run.traces.updates.push_back(std::move(row));
    }
  }
  const nn::Score score = score_epoch(run);
  run.traces.epochs.push_back({run.plan.name, run.epochs_done, train_loss, score.loss,
                               score.accuracy, run.plan.learning_rate(run.epochs_done - 1)});
  run.inputs.progress.step(run.plan.name, run.epochs_done, run.plan.epochs,
                           {{"loss", train_loss},
                            {"validation_loss", score.loss},
                            {"validation_accuracy", score.accuracy}});
}

}  // namespace

torch::Tensor keyed_permutation(std::int64_t size, const RandomStream& stream) {
  torch::Tensor order = torch::arange(size, torch::kInt64);
  auto* values = order.data_ptr<std::int64_t>();
  for (std::int64_t i = size - 1; i > 0; --i) {
    const auto j = static_cast<std::int64_t>(
        stream.below(static_cast<std::uint64_t>(i) + 1, static_cast<std::uint64_t>(i)));
    std::swap(values[i], values[j]);
  }
  return order;
}

Traces run_phase(const PhaseInputs& inputs, const PhasePlan& plan, const PhaseHooks& hooks,
                 const CheckpointPlace& place) {
  PhaseRun run(inputs, plan, hooks);
  resume(run, place);
  while (run.epochs_done < plan.epochs && !run.is_finished) {
    const double train_loss = train_epoch(run);
    try {
      finish_epoch(run, train_loss);
    } catch (const NumericError& error) {
      fail(run, run.epochs_done, " (its end)", error.what());
    }
    run.is_finished = hooks.is_finished && hooks.is_finished();
    save(run, place);
    inputs.progress.stop_point();
  }
  if (plan.keep == Keep::LeastValidationLoss && !run.best.empty()) {
    run.load(run.best);
  }
  return run.traces;
}

}  // namespace ohmweave::train
