// SPDX-License-Identifier: Apache-2.0
#include "inference/stages.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "data/dataset.h"
#include "inference/accuracy.h"
#include "inference/activity.h"
#include "inference/batches.h"
#include "inference/converter_range.h"
#include "inference/mapped_chip.h"
#include "inference/memory.h"
#include "inference/mode_comparison.h"
#include "inference/reference_chip.h"
#include "inference/torch_chip.h"
#include "inference/torch_threads.h"
#include "nn/evaluate.h"

namespace ohmweave::inference {
namespace {

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
  if (options.reference_images > wanted)
    throw ConfigError({"/evaluate/reference_images = " + std::to_string(options.reference_images) +
                       ": each chip sees " + std::to_string(wanted) + " images"});
  return wanted;
}

/// What all chips of an evaluation share.
struct Population {
  MappedNetwork mapped;
  Hardware hardware;
  CodeBatch images;
  const std::vector<int>& labels;
};

/// Images that one chip classifies rightly.
struct CorrectImages {
  std::int64_t fresh = 0;
  std::vector<std::int64_t> over_time;  // at each of evaluate.times_s
};

CorrectImages read_correct_images(const std::filesystem::path& saved, std::size_t num_times) {
  const Json json = parse_artifact_file(saved.string());
  const auto is_count = [](const Json& value) { return value.is_number_integer(); };
  if (!json.is_object() || !is_count(json.value("num_correct", Json())) ||
      !json.value("over_time", Json()).is_array() || json["over_time"].size() != num_times ||
      !std::all_of(json["over_time"].begin(), json["over_time"].end(), is_count)) {
    throw DataError(saved.string() + ": no integer 'num_correct', or not " +
                    std::to_string(num_times) + " integers 'over_time'");
  }
  return {json["num_correct"].get<std::int64_t>(),
          json["over_time"].get<std::vector<std::int64_t>>()};
}

/// What chip `chip` gets right; a result found in `work` is not computed again.
CorrectImages correct_on_chip(const Population& population, const EvaluateInputs& inputs,
                              const EvaluateContext& context, int chip) {
  const EvaluateOptions& options = inputs.options;
  const std::filesystem::path saved = context.work / ("chip_" + std::to_string(chip) + ".json");
  if (std::filesystem::exists(saved)) return read_correct_images(saved, options.times_s.size());
  const RandomStream reads = context.stream.child("reads", static_cast<std::uint64_t>(chip));
  const auto count = [&](const std::optional<ChipAge>& age, std::uint64_t which) {
    const LayerProducts products = program_chip(population.mapped, population.hardware,
                                                {context.stream, chip}, on_torch_threads, age);
    const RandomStream noise = reads.child("age", which);
    if (options.torch_device == TorchDevice::Cuda) {
      const torch::Device device = torch_device("cuda", "/evaluate/torch_device");
      return count_correct(TorchChip(population.mapped.network, products, device),
                           population.images, population.labels, options.batch, device,
                           noise.bits(0));
    }
    return count_correct(population.mapped.network, products, population.images, population.labels,
                         options.batch, on_torch_threads, noise);
  };
  CorrectImages correct;
  correct.fresh = count(std::nullopt, 0);
  for (std::size_t i = 0; i < options.times_s.size(); ++i) {
    correct.over_time.push_back(count(
        ChipAge{{options.times_s[i], options.temperature_k}, options.compensates_drift}, i + 1));
  }
  write_json_atomically(saved,
                        Json{{"num_correct", correct.fresh}, {"over_time", correct.over_time}});
  return correct;
}

/// Whether all chips have the same cells.
bool are_alike(const crossbar::DeviceOptions& device) {
  return device.mismatch_sigma == 0.0 && device.stuck_on_fraction == 0.0 &&
         device.stuck_off_fraction == 0.0 && !device.programming && !device.write;
}

/// Room for the matrices of one chip's arrays, where one is solved more than once: in reference
/// mode too, or for the next chip; null elsewhere.
std::shared_ptr<crossbar::MatrixCache> matrices_of(const EvaluateInputs& inputs) {
  const bool is_read_again = inputs.functional_images > 0 || inputs.options.reference_images > 0 ||
                             (inputs.options.num_chips > 1 && are_alike(inputs.device));
  if (!is_read_again || inputs.array.topology == crossbar::Topology::GateInput) return nullptr;
  constexpr std::size_t kMostBytes = std::size_t{1} << 30U;
  const std::size_t of_array =
      2 * sizeof(double) * static_cast<std::size_t>(inputs.array.rows) * inputs.array.cols;
  return std::make_shared<crossbar::MatrixCache>(
      std::min(kMostBytes, of_array * inputs.placement.arrays.size()));
}

/// What chips are made of; full scales of converters that follow data are found on validation
/// images.
Hardware hardware_of(const EvaluateInputs& inputs, const MappedNetwork& mapped,
                     const std::shared_ptr<crossbar::MatrixCache>& matrices) {
  Hardware hardware;
  hardware.matrices = matrices;
  hardware.device = inputs.device;
  hardware.array = inputs.array;
  hardware.adc = inputs.adc;
  hardware.dac = inputs.dac;
  hardware.columns_per_adc = inputs.columns_per_adc;
  hardware.calibrates_columns = inputs.options.calibrates_columns;
  hardware.fault_aware = inputs.fault_aware;
  if (inputs.adc.range == crossbar::AdcRange::WorstCase) return hardware;
  const data::Split validation = data::load_training_data(inputs.data, inputs.seed).validation;
  if (inputs.adc.calibration_images > validation.images.size(0))
    throw ConfigError(
        {"/adc/calibration_images = " + std::to_string(inputs.adc.calibration_images) +
         ": there are only " + std::to_string(validation.images.size(0)) + " validation images"});
  const CodeBatch images =
      first_images(quantize_images(inputs.mapped, validation), inputs.adc.calibration_images);
  hardware.range_bits =
      calibrated_range_bits(mapped, hardware, images,
                            inputs.adapted ? RangeChip::Wired : RangeChip::Ideal, on_torch_threads);
  return hardware;
}

/// The first chip read in both modes.
Json compare_modes_of_chip(const Population& population, const EvaluateInputs& inputs,
                           const EvaluateContext& context) {
  const int count = inputs.options.reference_images;
  const ChipKey key{context.stream, 0};
  const ReferenceChip reference(population.mapped, population.hardware, key);
  const LayerProducts products =
      program_chip(population.mapped, population.hardware, key, on_torch_threads);
  const CodeBatch images = first_images(population.images, count);
  const int batch = inputs.options.batch;
  const int num_batches = count_batches(images, batch);
  const int at_once = at::get_num_threads();
  ModeComparison sum;
  for (int first = 0; first < num_batches; first += at_once) {
    std::vector<ModeComparison> parts(std::min(at_once, num_batches - first));
    on_torch_threads(static_cast<int>(parts.size()), [&](int i) {
      parts[i] =
          compare_modes(reference, population.mapped.network, products,
                        slice_batch(images, first + i, batch), std::int64_t{first + i} * batch);
    });
    for (const ModeComparison& part : parts) add(sum, part);
    context.progress.step("reference mode", static_cast<double>(sum.num_images), count, Json());
    context.progress.stop_point();
  }
  return mode_comparison_json(sum);
}

Json evaluate_chips(const EvaluateInputs& inputs, const EvaluateContext& context,
                    const TestCodes& test, int num_images,
                    const std::shared_ptr<crossbar::MatrixCache>& matrices) {
  MappedNetwork mapped{inputs.on_chip(), inputs.placement};
  Hardware hardware = hardware_of(inputs, mapped, matrices);
  const MemoryEstimate memory = estimate_memory(mapped, hardware,
                                                {at::get_num_threads(), inputs.options.batch,
                                                 num_images, inputs.options.reference_images > 0});
  check_memory(memory, machine_memory());
  context.progress.step("memory", 1, 1, memory_json(memory));
  const Population population{std::move(mapped), std::move(hardware),
                              first_images(test.images, num_images), test.labels};
  const std::vector<double>& times_s = inputs.options.times_s;
  std::vector<double> accuracies;
  std::vector<std::vector<double>> over_time(times_s.size());  // of the chips, at each age
  for (int chip = 0; chip < inputs.options.num_chips; ++chip) {
    const CorrectImages correct = correct_on_chip(population, inputs, context, chip);
    accuracies.push_back(static_cast<double>(correct.fresh) / num_images);
    for (std::size_t i = 0; i < times_s.size(); ++i)
      over_time[i].push_back(static_cast<double>(correct.over_time[i]) / num_images);
    context.progress.step("chips", chip + 1, inputs.options.num_chips,
                          Json{{"accuracy", accuracies.back()}});
    context.progress.stop_point();
  }
  Json json = on_chip_json(accuracies, num_images);
  if (!times_s.empty()) json["over_time"] = over_time_json(times_s, over_time);
  if (inputs.options.reference_images > 0)
    json["reference"] = compare_modes_of_chip(population, inputs, context);
  return json;
}

/// What the layers of the placed network make of their inputs: exactly, or, once it is adapted to
/// its arrays, as these would if all cells were at their levels.
LayerProducts usual_products(const EvaluateInputs& inputs) {
  if (!inputs.adapted) return exact_products(inputs.mapped);
  Hardware hardware{inputs.device, inputs.array, inputs.adc, inputs.dac};
  hardware.adc = {};
  hardware.dac = crossbar::DacOptions{inputs.dac.bits};
  return program_chip({*inputs.adapted, inputs.placement}, without_spread(hardware),
                      {RandomStream(0), 0}, on_torch_threads);
}

Json activity_of(const QuantizedNetwork& network, const LayerProducts& products,
                 const EvaluateInputs& inputs, const CodeBatch& images) {
  return activity_to_json(
      measure_activity(network, products, first_images(images, inputs.options.activity_images),
                       inputs.dac.bits, inputs.options.batch, on_torch_threads));
}

/// What the simulated pipeline of chip 0 has to give too, code by code.
void write_reference(const EvaluateInputs& inputs, const EvaluateContext& context,
                     const CodeBatch& images,
                     const std::shared_ptr<crossbar::MatrixCache>& matrices) {
  const int count = inputs.functional_images;
  if (count > images.num_images)
    throw ConfigError({"/chip/functional_images = " + std::to_string(count) +
                       ": the test split has " + std::to_string(images.num_images) + " images"});
  const MappedNetwork mapped{inputs.on_chip(), inputs.placement};
  Hardware hardware{inputs.device, inputs.array, inputs.adc, inputs.dac};
  hardware.matrices = matrices;
  const ReferenceChip chip(mapped, hardware, {context.stream, 0});
  write_json_atomically(context.output / "reference.json", reference_json(chip, images, count));
}

}  // namespace

void evaluate_stage(const EvaluateInputs& inputs, const EvaluateContext& context) {
  const data::Split split = data::load_test_data(inputs.data, inputs.seed);
  const int num_images = images_per_chip(inputs.options, split);
  Json accuracy = float_accuracies(inputs, split);
  const TestCodes test = quantize_split(split, inputs);
  const std::shared_ptr<crossbar::MatrixCache> matrices = matrices_of(inputs);
  if (inputs.functional_images > 0) write_reference(inputs, context, test.images, matrices);
  const std::int64_t correct =
      count_correct(inputs.mapped, exact_products(inputs.mapped), test.images, test.labels,
                    inputs.options.batch, on_torch_threads);
  accuracy["integer"] = static_cast<double>(correct) / test.images.num_images;

  Json activity;
  activity["network"] = activity_of(inputs.on_chip(), usual_products(inputs), inputs, test.images);
  activity["baseline"] = activity_of(inputs.baseline, exact_products(inputs.baseline), inputs,
                                     quantize_images(inputs.baseline, split));

  Json seed;
  seed["seed"] = inputs.seed;
  for (const char* form : {"dense", "compressed", "quantized"})
    if (accuracy.contains(form)) seed[form] = accuracy[form];
  accuracy["on_chip"] = evaluate_chips(inputs, context, test, num_images, matrices);
  accuracy["seeds"] = Json::array({seed});
  write_json_atomically(context.output / "accuracy.json", accuracy);
  write_json_atomically(context.output / "activity.json", activity);
}

}  // namespace ohmweave::inference
