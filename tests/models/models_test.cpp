// SPDX-License-Identifier: Apache-2.0
// What every network of the table promises.
#include "models/models.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "models/options.h"

namespace ohmweave::models {
namespace {

TEST(ModelTable, HasSummariesAndUniqueNames) {
  std::set<std::string> names;

  for (const ModelEntry& entry : model_table()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is in the table twice";
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
  }

  EXPECT_EQ(model_words().size(), names.size());
}

TEST(ModelTable, EveryNetworkIsSoundAndNamedLikeItsLine) {
  for (const ModelEntry& entry : model_table()) {
    const Network network = entry.build();

    EXPECT_EQ(network.name, entry.name);
    EXPECT_FALSE(weight_nodes(network).empty()) << entry.name;
    EXPECT_EQ(infer_shapes(network).size(), network.nodes.size()) << entry.name;
    EXPECT_EQ(network.nodes.back().op, Op::Linear) << entry.name << " does not end in logits";
  }
}

TEST(ModelTable, EveryNetworkSurvivesItsJson) {
  for (const ModelEntry& entry : model_table()) {
    const Json json = network_to_json(entry.build());

    EXPECT_EQ(network_to_json(network_from_json(json)), json) << entry.name;
  }
}

std::string known_names() {
  std::string names;
  for (const Word& word : model_words()) names += (names.empty() ? "" : ", ") + word.name;
  return names;
}

TEST(BuildModel, NamesTheNearestKnownModel) {
  try {
    static_cast<void>(build_model("lenet_5"));
    FAIL() << "an unknown model was accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(),
              "/model/kind = \"lenet_5\": must be one of: " + known_names() + "; nearest: lenet5");
  }
}

TEST(ModelOptions, RefuseAnUnknownKind) {
  const Json json = {{"kind", "lenet6"}};

  try {
    static_cast<void>(read_config<ModelOptions>(json, "/model"));
    FAIL() << "an unknown model was accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(),
              "/model/kind = \"lenet6\": must be one of: " + known_names() + "; nearest: lenet5");
  }
}

TEST(ModelOptions, DefaultIsInTheTable) { EXPECT_NO_THROW(build_model(ModelOptions().kind)); }

}  // namespace
}  // namespace ohmweave::models
