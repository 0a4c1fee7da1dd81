// SPDX-License-Identifier: Apache-2.0
#include "inference/stages.h"

#include <ATen/Parallel.h>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "data/dataset.h"
#include "inference/accuracy.h"
#include "inference/activity.h"
#include "inference/batches.h"
#include "inference/mapped_chip.h"
#include "nn/evaluate.h"

namespace ohmweave::inference {
namespace {

void on_torch_threads(int count, const std::function<void(int)>& work) {
  at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) work(static_cast<int>(i));
  });
}

/// The images as the input codes of a network.
CodeBatch quantize_images(const QuantizedNetwork& network, const data::Split& split) {
  const torch::Tensor pixels = data::normalized(split.images).contiguous();
  CodeBatch codes = make_code_batch(static_cast<int>(pixels.size(0)), network.network.input);
  OHMWEAVE_REQUIRE(pixels.numel() == static_cast<std::int64_t>(codes.codes.size()),
                   "images of another shape");
  const std::int64_t size = codes.shape.size();
  const float* values = pixels.data_ptr<float>();
  for (int image = 0; image < codes.num_images; ++image) {
    const float* first = values + image * size;
    const std::vector<std::int32_t> input = quantize_input(network, {first, first + size});
    std::copy(input.begin(), input.end(), codes.codes.begin() + image * size);
  }
  return codes;
}

/// The test split as the chip sees it.
struct TestCodes {
  CodeBatch images;
  std::vector<int> labels;
};

TestCodes quantize_split(const data::Split& split, const EvaluateInputs& inputs) {
  TestCodes codes{quantize_images(inputs.mapped, split), {}};
  const torch::Tensor labels = split.labels.contiguous();
  const std::int64_t* first = labels.data_ptr<std::int64_t>();
  codes.labels.assign(first, first + labels.numel());
  return codes;
}

double float_accuracy(const NetworkModel& model, const data::Split& split) {
  nn::GraphModule module = nn::make_module(model);
  return nn::evaluate(module, split).accuracy;
}

/// {dense, compressed, quantized} of the float forms that were given.
Json float_accuracies(const EvaluateInputs& inputs, const data::Split& split) {
  Json json;
  json["dense"] = float_accuracy(inputs.dense, split);
  if (inputs.compressed) json["compressed"] = float_accuracy(*inputs.compressed, split);
  if (inputs.owz) json["quantized"] = float_accuracy(decode_owz(*inputs.owz, "model.owz"), split);
  return json;
}

int images_per_chip(const EvaluateOptions& options, const data::Split& split) {
  const auto given = static_cast<int>(split.images.size(0));
  const int wanted = options.num_images.value_or(given);
  if (wanted > given)
    throw ConfigError({"/evaluate/num_images = " + std::to_string(wanted) +
                       ": the test split has " + std::to_string(given) + " images"});
  return wanted;
}

/// What all chips of an evaluation share.
struct Population {
  MappedNetwork mapped;
  Hardware hardware;
  CodeBatch images;
  const std::vector<int>& labels;
};

/// Images that chip `chip` classifies rightly; a result found in `work` is not computed again.
std::int64_t correct_on_chip(const Population& population, const EvaluateInputs& inputs,
                             const EvaluateContext& context, int chip) {
  const std::filesystem::path saved = context.work / ("chip_" + std::to_string(chip) + ".json");
  if (std::filesystem::exists(saved)) {
    const Json json = parse_artifact_file(saved.string());
    if (!json.is_object() || !json.contains("num_correct") ||
        !json["num_correct"].is_number_integer())
      throw DataError(saved.string() + ": no integer 'num_correct'");
    return json["num_correct"].get<std::int64_t>();
  }
  const LayerProducts products = program_chip(population.mapped, population.hardware,
                                              {context.stream, chip}, on_torch_threads);
  const std::int64_t num_correct =
      count_correct(population.mapped.network, products, population.images, population.labels,
                    inputs.options.batch, on_torch_threads);
  write_json_atomically(saved, Json{{"num_correct", num_correct}});
  return num_correct;
}

Json evaluate_chips(const EvaluateInputs& inputs, const EvaluateContext& context,
                    const TestCodes& test, int num_images) {
  const Population population{{inputs.mapped, inputs.placement},
                              {inputs.device, inputs.array, inputs.adc, inputs.dac},
                              first_images(test.images, num_images),
                              test.labels};
  std::vector<double> accuracies;
  for (int chip = 0; chip < inputs.options.num_chips; ++chip) {
    const std::int64_t correct = correct_on_chip(population, inputs, context, chip);
    accuracies.push_back(static_cast<double>(correct) / num_images);
    context.progress.step("chips", chip + 1, inputs.options.num_chips,
                          Json{{"accuracy", accuracies.back()}});
    context.progress.stop_point();
  }
  return on_chip_json(accuracies, num_images);
}

Json activity_of(const QuantizedNetwork& network, const EvaluateInputs& inputs,
                 const CodeBatch& images) {
  return activity_to_json(
      measure_activity(network, first_images(images, inputs.options.activity_images),
                       inputs.dac.bits, inputs.options.batch, on_torch_threads));
}

}  // namespace

void evaluate_stage(const EvaluateInputs& inputs, const EvaluateContext& context) {
  const data::Split split = data::load_test_data(inputs.data, inputs.seed);
  const int num_images = images_per_chip(inputs.options, split);
  Json accuracy = float_accuracies(inputs, split);
  const TestCodes test = quantize_split(split, inputs);
  const std::int64_t correct =
      count_correct(inputs.mapped, exact_products(inputs.mapped), test.images, test.labels,
                    inputs.options.batch, on_torch_threads);
  accuracy["integer"] = static_cast<double>(correct) / test.images.num_images;

  Json activity;
  activity["network"] = activity_of(inputs.mapped, inputs, test.images);
  activity["baseline"] =
      activity_of(inputs.baseline, inputs, quantize_images(inputs.baseline, split));

  Json seed;
  seed["seed"] = inputs.seed;
  for (const char* form : {"dense", "compressed", "quantized"})
    if (accuracy.contains(form)) seed[form] = accuracy[form];
  accuracy["on_chip"] = evaluate_chips(inputs, context, test, num_images);
  accuracy["seeds"] = Json::array({seed});
  write_json_atomically(context.output / "accuracy.json", accuracy);
  write_json_atomically(context.output / "activity.json", activity);
}

}  // namespace ohmweave::inference
