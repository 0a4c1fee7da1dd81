// SPDX-License-Identifier: Apache-2.0
#include "core/network_model.h"

#include <limits>

#include "core/artifact.h"
#include "tests/core/file_fixture.h"
#include "tests/core/lenet5_fixture.h"

namespace ohmweave {
namespace {

std::string refusal_of(const NetworkModel& model) {
  return data_error_of([&] { validate(model); });
}

TEST(NetworkModel, ComesBackFromItsFolder) {
  const TemporaryFolder scratch;
  NetworkModel model = lenet5_with_1237_weights();
  model.ranges["relu1"] = {0.0, 3.25, 1.0 / 3.0};

  save_network_model(model, scratch.path());
  const NetworkModel again = load_network_model(scratch.path());

  EXPECT_EQ(network_to_json(again.network), network_to_json(model.network));
  EXPECT_EQ(again.level_scales, model.level_scales);
  EXPECT_EQ(again.ranges.at("relu1").max, 3.25);
  EXPECT_EQ(again.ranges.at("relu1").percentile_magnitude, 1.0 / 3.0);
  EXPECT_EQ(again.parameters.at("fc1.weight").values, model.parameters.at("fc1.weight").values);
}

TEST(NetworkModel, NamesAMissingParameter) {
  NetworkModel model = zero_lenet5();
  model.parameters.erase("fc1.bias");

  EXPECT_EQ(refusal_of(model), "parameter 'fc1.bias': missing; must be [500]");
}

TEST(NetworkModel, NamesAParameterOfAnotherShape) {
  NetworkModel model = zero_lenet5();
  model.parameters["conv1.weight"].shape = {20, 1, 25};

  EXPECT_EQ(refusal_of(model),
            "parameter 'conv1.weight': is [20, 1, 25] with 500 values, must be [20, 1, 5, 5]");
}

TEST(NetworkModel, NamesAParameterThatIsNotFinite) {
  NetworkModel model = zero_lenet5();
  model.parameters["fc2.weight"].values[7] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(refusal_of(model), "parameter 'fc2.weight': value 7 is nan, must be finite");
}

TEST(NetworkModel, NamesAParameterThatNoNodeUses) {
  NetworkModel model = zero_lenet5();
  model.parameters["fc3.weight"] = {{1}, {0.0F}};

  EXPECT_EQ(refusal_of(model), "parameter 'fc3.weight': no node of the network uses it");
}

TEST(NetworkModel, NamesALevelScaleWithoutANode) {
  NetworkModel model = zero_lenet5();
  model.level_scales["relu1"] = 1.0;

  EXPECT_EQ(refusal_of(model), "level scale of 'relu1': the network has no such weight node");
}

TEST(NetworkModel, NamesTheFileThatIsDamaged) {
  const TemporaryFolder scratch;
  save_network_model(zero_lenet5(), scratch.path());
  write_file_atomically(scratch.path() / "network.json", "{\"network\": 3}");

  const std::string message =
      data_error_of([&] { static_cast<void>(load_network_model(scratch.path())); });

  EXPECT_EQ(message,
            (scratch.path() / "network.json").string() + ": must have the object 'network'");
}

TEST(NetworkModel, NamesTheFileThatIsMissing) {
  const TemporaryFolder scratch;
  save_network_model(zero_lenet5(), scratch.path());
  std::filesystem::remove(scratch.path() / "model.safetensors");

  const std::string message =
      data_error_of([&] { static_cast<void>(load_network_model(scratch.path())); });

  EXPECT_NE(message.find("model.safetensors: cannot be opened for reading"), std::string::npos);
}

}  // namespace
}  // namespace ohmweave
