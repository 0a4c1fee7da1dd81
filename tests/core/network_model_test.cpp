// SPDX-License-Identifier: Apache-2.0
#include "core/network_model.h"

#include <algorithm>
#include <limits>

#include "core/artifact.h"
#include "tests/core/file_fixture.h"
#include "tests/core/lenet5_fixture.h"

namespace ohmweave {
namespace {

std::string refusal_of_model(const NetworkModel& model) {
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

/// LeNet-5 whose fc2 is clustered: weights 1 and 3 of it are the first and last of three values.
NetworkModel clustered_lenet5() {
  NetworkModel model = zero_lenet5();
  model.codebooks["fc2"] = {-0.1F, 0x1p-149F, 0x1.fffffep127F};
  model.parameters["fc2.weight"].values[1] = -0.1F;
  model.parameters["fc2.weight"].values[3] = 0x1.fffffep127F;
  model.parameters["fc2.weight"].values[4] = -0.0F;  // a zero
  return model;
}

TEST(NetworkModel, BringsCodebooksBackBitForBit) {
  const TemporaryFolder scratch;
  const NetworkModel model = clustered_lenet5();

  save_network_model(model, scratch.path());

  EXPECT_EQ(load_network_model(scratch.path()).codebooks, model.codebooks);
}

TEST(NetworkModel, WritesAndNeedsNoCodebooksWhereThereAreNone) {
  const TemporaryFolder scratch;
  save_network_model(zero_lenet5(), scratch.path());

  const std::string text = read_file(scratch.path() / "network.json");

  EXPECT_EQ(text.find("codebooks"), std::string::npos);
  EXPECT_TRUE(load_network_model(scratch.path()).codebooks.empty());
}

TEST(NetworkModel, RefusesCodebooksInTheFileThatAreNoListsOfFloats) {
  const TemporaryFolder scratch;
  save_network_model(clustered_lenet5(), scratch.path());
  const std::filesystem::path path = scratch.path() / "network.json";
  const Json written = parse_json(read_file(path), "");
  const auto refusal_with = [&](const char* codebooks) {
    Json json = written;
    json["codebooks"] = Json::parse(codebooks);
    write_json_atomically(path, json);
    const std::string message =
        data_error_of([&] { static_cast<void>(load_network_model(scratch.path())); });
    EXPECT_EQ(message.rfind(path.string() + ": ", 0), 0U) << message;
    return message.substr(std::min(message.size(), path.string().size() + 2));
  };

  EXPECT_EQ(refusal_with("[1]"), "must have the object 'codebooks'");
  EXPECT_EQ(refusal_with(R"({"fc2": 1})"), "/codebooks/fc2: not a list of numbers");
  EXPECT_EQ(refusal_with(R"({"fc2": [1, "2"]})"), "/codebooks/fc2/1: not a number");
  EXPECT_EQ(refusal_with(R"({"fc2": [0.1]})"), "/codebooks/fc2/0: 0.1 must be exactly a float32");
  EXPECT_EQ(refusal_with(R"({"fc2": [1e+39]})"),
            "/codebooks/fc2/0: 1e+39 must be exactly a float32");
}

TEST(NetworkModel, NamesTheFirstWeightOffItsCodebook) {
  NetworkModel model = clustered_lenet5();
  model.parameters["fc2.weight"].values[5] = 0x1.99999cp-4F;  // next to 0.1
  model.parameters["fc2.weight"].values[2] = 0.5F;

  EXPECT_EQ(
      refusal_of_model(model),
      "layer 'fc2': weight 2 = 0.500000 is off its codebook: must be 0 or one of its 3 values");

  model.parameters["fc2.weight"].values[2] = 0.0F;
  model.codebooks["fc2"][1] = 0.1F;
  EXPECT_EQ(refusal_of_model(model).rfind("layer 'fc2': weight 5 = 0.1", 0), 0U)
      << refusal_of_model(model);
}

TEST(NetworkModel, NamesAValueThatACodebookCannotHave) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<std::vector<float>, std::string>> cases = {
      {{-1.0F, 0.0F, 1.0F}, "value 1 is 0.000000"},
      {{-1.0F, -0.0F}, "value 1 is -0.000000"},
      {{1.0F, 2.0F, 2.0F}, "value 2 is 2.000000"},
      {{1.0F, 3.0F, 2.0F}, "value 2 is 2.000000"},
      {{1.0F, kInfinity}, "value 1 is inf"},
      {{-kInfinity, 1.0F}, "value 0 is -inf"},
      {{kNan}, "value 0 is nan"}};
  for (const auto& [codebook, what] : cases) {
    NetworkModel model = zero_lenet5();
    model.codebooks["fc1"] = codebook;
    EXPECT_EQ(refusal_of_model(model), "codebook of 'fc1': " + what +
                                           ", must be finite, not 0 and above the value before it");
  }
  NetworkModel model = zero_lenet5();
  model.codebooks["fc1"] = {};
  EXPECT_EQ(refusal_of_model(model), "codebook of 'fc1': is empty, must have 1 or more values");
}

TEST(NetworkModel, NamesACodebookWithoutANodeOfItsOwn) {
  NetworkModel model = zero_lenet5();
  model.codebooks["fc1"] = {1.0F};
  model.level_scales["fc1"] = 1.0;
  EXPECT_EQ(refusal_of_model(model),
            "codebook of 'fc1': the layer has a level scale too, must have one of the two");

  for (const char* name : {"relu1", "fc7"}) {
    model.codebooks = {{name, {1.0F}}};
    EXPECT_EQ(refusal_of_model(model),
              "codebook of '" + std::string(name) + "': the network has no such weight node");
  }
}

TEST(NetworkModel, NamesAMissingParameter) {
  NetworkModel model = zero_lenet5();
  model.parameters.erase("fc1.bias");

  EXPECT_EQ(refusal_of_model(model), "parameter 'fc1.bias': missing; must be [500]");
}

TEST(NetworkModel, NamesAParameterOfAnotherShape) {
  NetworkModel model = zero_lenet5();
  model.parameters["conv1.weight"].shape = {20, 1, 25};

  EXPECT_EQ(refusal_of_model(model),
            "parameter 'conv1.weight': is [20, 1, 25] with 500 values, must be [20, 1, 5, 5]");
}

TEST(NetworkModel, NamesAParameterThatIsNotFinite) {
  NetworkModel model = zero_lenet5();
  model.parameters["fc2.weight"].values[7] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(refusal_of_model(model), "parameter 'fc2.weight': value 7 is nan, must be finite");
}

TEST(NetworkModel, NamesAParameterThatNoNodeUses) {
  NetworkModel model = zero_lenet5();
  model.parameters["fc3.weight"] = {{1}, {0.0F}};

  EXPECT_EQ(refusal_of_model(model), "parameter 'fc3.weight': no node of the network uses it");
}

TEST(NetworkModel, NamesALevelScaleWithoutANode) {
  NetworkModel model = zero_lenet5();
  model.level_scales["relu1"] = 1.0;

  EXPECT_EQ(refusal_of_model(model), "level scale of 'relu1': the network has no such weight node");
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
