// SPDX-License-Identifier: Apache-2.0
#include "train/dense_training.h"

#include "core/artifact.h"
#include "nn/evaluate.h"
#include "train/calibration.h"
#include "train/phase.h"

namespace ohmweave::train {

DenseResult train_dense(const Network& network, const TrainingSet& set, const TrainOptions& options,
                        const DenseRun& run) {
  nn::GraphModule module(network);
  nn::initialize(module, run.stream.child("initialize"));
  const PhasePlan plan{run.phase,
                       options.epochs,
                       options.batch,
                       cosine_rate(options.learning_rate, options.epochs),
                       options.l2,
                       Keep::LeastValidationLoss,
                       run.stream.child("train"),
                       options.ema_decay};
  DenseLearner learner(module);
  const Traces traces =
      run_phase({learner, learner.parameters(), set, run.progress}, plan, {}, run.place);
  return {nn::to_model(module, calibrate(module, set)), traces};
}

std::vector<NetworkModel> train_teachers(const Network& network, int count, const TrainingSet& set,
                                         const TrainOptions& options, const TeacherRun& run) {
  const Json key = {{"network", network_to_json(network)},
                    {"options", write_config(options)},
                    {"stamp", run.stamp}};
  std::vector<NetworkModel> teachers;
  for (int n = 1; n <= count; ++n) {
    const std::string name = "teacher_" + std::to_string(n + 1);
    const std::filesystem::path kept = run.folder / name;
    const std::string stamp = sha256(key.dump() + name);
    if (!is_stamped(kept, stamp)) {
      const std::filesystem::path checkpoint = run.folder / (name + ".ckpt.safetensors");
      const DenseRun dense{name, run.stream.child(name), {checkpoint, stamp}, run.progress};
      const NetworkModel model = train_dense(network, set, options, dense).model;
      write_artifact(kept, stamp, [&model](const std::filesystem::path& partial) {
        save_network_model(model, partial);
      });
      std::filesystem::remove(checkpoint);
    }
    teachers.push_back(load_network_model(kept));
  }
  return teachers;
}

}  // namespace ohmweave::train
