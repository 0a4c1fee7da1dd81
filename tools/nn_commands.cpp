// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "data/dataset.h"
#include "inference/torch_chip.h"
#include "nn/evaluate.h"
#include "tools/nn_stages.h"
#include "tools/run_config.h"

namespace ohmweave::tools {
namespace {

namespace fs = std::filesystem;

NetworkModel load_model_file(const fs::path& path) {
  if (!fs::exists(path)) throw DataError(path.string() + ": there is no such file");
  if (path.extension() == ".owz") return decode_owz(read_file(path), path.string());
  if (path.extension() == ".safetensors") {
    if (path.filename() != "model.safetensors" ||
        !fs::exists(path.parent_path() / "network.json")) {
      throw DataError(
          path.string() +
          ": needs the graph beside it: network.json and model.safetensors in one folder");
    }
    return load_network_model(path.parent_path());
  }
  throw DataError(path.string() + ": must end in .owz or .safetensors");
}

data::DataOptions recognize_data(const fs::path& path) {
  const std::pair<const char*, const char*> signs[] = {{"t10k-images-idx3-ubyte", "mnist"},
                                                       {"t10k-images-idx3-ubyte.gz", "mnist"},
                                                       {"test_batch.bin", "cifar10"},
                                                       {"test", "image_folder"}};
  for (const auto& [name, kind] : signs) {
    if (!fs::exists(path / name)) continue;
    data::DataOptions options;
    options.kind = kind;
    options.path = path.string();
    return options;
  }
  throw DataError(path.string() +
                  ": is no data set that can be read; MNIST has t10k-images-idx3-ubyte(.gz) in its "
                  "folder, CIFAR-10 test_batch.bin, a folder of images test/<class>/");
}

void check_fit(const Network& network, const Shape& images, const fs::path& data_path) {
  if (images == network.input) return;
  throw DataError(data_path.string() + ": its images are " + data::shape_text(images) +
                  ", the network takes " + data::shape_text(network.input));
}

/// Reference BLAS reaches 5 GFlop/s a core, OpenBLAS over 50.
constexpr double kSlowGflopsPerThread = 20.0;

/// GFlop/s of a float32 matrix product, the best of several.
double matrix_product_gflops() {
  constexpr int kSize = 1024;
  constexpr int kRepeats = 5;
  const auto a = torch::ones({kSize, kSize});
  double best_s = 1e9;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto product = torch::mm(a, a);
    best_s = std::min(
        best_s, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2.0 * kSize * kSize * kSize / best_s * 1e-9;
}

}  // namespace

void evaluate_file(const fs::path& model_path, const fs::path& data_path, const std::string& device,
                   bool as_json) {
  const NetworkModel model = load_model_file(model_path);
  const data::DataOptions options = recognize_data(data_path);
  check_fit(model.network, data::image_shape(options), data_path);
  auto module = nn::make_module(model);
  module.to(inference::torch_device(device, "--device"));
  const nn::Score score = nn::evaluate(module, data::load_test_data(options, 0));
  if (as_json) {
    std::cout << Json({{"accuracy", score.accuracy}, {"images", score.num_images}}).dump() << "\n";
  } else {
    std::cout << "accuracy " << score.accuracy << " (" << score.num_correct << " of "
              << score.num_images << " images)\n";
  }
}

void print_torch_facts() {
  const int threads = usable_threads();
  at::set_num_threads(threads);
  const double gflops = matrix_product_gflops();
  const bool is_slow = gflops < kSlowGflopsPerThread * threads;
  char line[160];
  std::snprintf(line, sizeof(line),
                "%-16s %d usable; runs use all unless /threads or --threads says otherwise\n",
                "threads", threads);
  std::cout << line;
  std::snprintf(
      line, sizeof(line), "%-16s %.0f GFlop/s in float32, 1024 x 1024: %s\n", "matrix product",
      gflops,
      is_slow ? "slow; is another program busy, or libopenblas0-openmp not installed?" : "good");
  std::cout << line;
  std::snprintf(line, sizeof(line), "%-16s %s\n", "cuda",
                torch::cuda::is_available() ? "torch sees a device: --device cuda runs chips there"
                                            : "none; not needed");
  std::cout << line;
}

}  // namespace ohmweave::tools
