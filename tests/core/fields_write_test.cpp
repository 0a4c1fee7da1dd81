// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/fields.h"
#include "tests/core/sample_options.h"

namespace ohmweave {
namespace {

using sample::Options;
using sample::Shade;

TEST(FieldsWriter, WritesEveryDefault) {
  const Json json = write_config(Options());

  EXPECT_EQ(json.dump(),
            R"({"bits":8,"codes":"lossless","seed":1,"share_fraction":0.25,"times_s":[0.0,1.0],)"
            R"("is_on":true,"path":"here","layers":["*"],"kind":"round","shade":"light",)"
            R"("inner":{"length_m":0.5},"parts":[]})");
}

TEST(FieldsWriter, ReadsBackWhatItWrote) {
  Options o;
  o.bits = 3;
  o.rows = 32;
  o.codes = 7;
  o.seed = 18446744073709551615ULL;
  o.share_fraction = 0.1;
  o.limit_v = 1e-300;
  o.times_s = {3.25};
  o.is_on = false;
  o.note = "quoted \"text\"";
  o.layers = {"a", "b"};
  o.shade = Shade::Dark;
  o.extra = sample::Inner{7.0};
  o.parts = {{1.0}, {2.0}};
  const Json json = write_config(o);

  const Options back = read_config<Options>(parse_json(json.dump(), "test"));

  EXPECT_EQ(write_config(back), json);
  EXPECT_EQ(back.seed, o.seed);
  EXPECT_EQ(back.share_fraction, o.share_fraction);
  EXPECT_EQ(back.limit_v, o.limit_v);
  EXPECT_EQ(back.extra->length_m, 7.0);
}

TEST(FieldsSchema, DescribesTypesRangesAndDefaults) {
  const Json schema = schema_of<Options>();
  const Json& p = schema["properties"];

  EXPECT_EQ(schema["type"], "object");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(p["bits"].dump(),
            R"({"description":"width of a code","type":"integer","minimum":1,"maximum":16,)"
            R"("default":8})");
  EXPECT_EQ(p["share_fraction"]["minimum"], 0.0);
  EXPECT_EQ(p["share_fraction"]["maximum"], 1.0);
  EXPECT_EQ(p["limit_v"]["exclusiveMinimum"], 0.0);
  EXPECT_FALSE(p["limit_v"].contains("default"));
  EXPECT_EQ(p["times_s"]["items"]["type"], "number");
  EXPECT_EQ(p["layers"]["items"]["type"], "string");
  EXPECT_EQ(p["layers"]["default"].dump(), R"(["*"])");
}

TEST(FieldsSchema, DescribesWordsSectionsAndLists) {
  const Json schema = schema_of<Options>();
  const Json& p = schema["properties"];

  EXPECT_EQ(p["kind"]["enum"].dump(), R"(["round","square"])");
  EXPECT_EQ(p["kind"]["description"], "form; round: no corners; square: four corners");
  EXPECT_EQ(p["shade"]["enum"].dump(), R"(["light","dark"])");
  EXPECT_EQ(p["codes"]["anyOf"][1]["const"], "lossless");
  EXPECT_EQ(p["inner"]["properties"]["length_m"]["exclusiveMinimum"], 0.0);
  EXPECT_EQ(p["extra"]["type"], "object");
  EXPECT_EQ(p["parts"]["items"]["properties"]["length_m"]["default"], 0.5);
}

TEST(FieldsSchema, ListsRequiredKeys) {
  EXPECT_EQ(schema_of<sample::Named>()["required"].dump(), R"(["name"])");
  EXPECT_FALSE(schema_of<Options>().contains("required"));
}

TEST(FieldsSchema, HasEveryKeyThatIsWritten) {
  const Json schema = schema_of<Options>();
  const Json written = write_config(Options());

  for (const auto& [key, value] : written.items()) {
    EXPECT_TRUE(schema["properties"].contains(key)) << key;
    EXPECT_FALSE(schema["properties"][key]["description"].get<std::string>().empty()) << key;
  }
}

}  // namespace
}  // namespace ohmweave
