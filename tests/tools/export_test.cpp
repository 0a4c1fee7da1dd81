// SPDX-License-Identifier: Apache-2.0
// Exports of a mapped run: the three formats tell of the same cells, and ngspice finds the currents
// that the solver finds.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/artifact.h"
#include "core/fields.h"
#include "core/npz.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 24;

/// A mapped run of drawn weights on small arrays.
Json small_config() {
  return {{"name", "small"},
          {"model", {{"kind", "convnet_cifar"}, {"sparsity_fraction", 0.75}}},
          {"device", {{"mismatch_sigma", 0.1}}},
          {"array", {{"rows", kSide}, {"cols", kSide}, {"row_ohm", 4.0}, {"driver_ohm", 100.0}}}};
}

class Export : public ::testing::Test {
 protected:
  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }
  void make_run(const Json& config) const {
    std::ofstream(folder() / "c.json") << config.dump();
    const Outcome outcome = run_program({"run", "c.json", "--out", "run"}, folder());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  [[nodiscard]] Outcome exported(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"export", "run", "--format"});
    return run_program(arguments, folder());
  }

 private:
  TemporaryFolder folder_;
};

std::vector<double> doubles_of(const NpyArray& array) {
  std::vector<double> values(array.bytes.size() / sizeof(double));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

TEST_F(Export, TellsOfTheSameCellsInNpzAndCsv) {
  make_run(small_config());
  const Outcome npz = exported({"npz", "--array", "3", "--chip", "2", "--out", "maps.npz"});
  ASSERT_EQ(npz.exit_code, 0) << npz.err;
  const Outcome csv = exported({"csv", "--array", "3", "--chip", "2"});
  ASSERT_EQ(csv.exit_code, 0) << csv.err;

  const NpyArrays maps = decode_npz(read_file(folder() / "maps.npz"), "maps.npz");
  EXPECT_EQ(maps.at("siemens").shape, (std::vector<std::int64_t>{1, kSide, kSide}));
  const std::vector<double> siemens = doubles_of(maps.at("siemens"));
  std::istringstream lines(csv.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(
      line,
      "array,row,column,slice,sign,layer,copy,output,matrix_row,level,target_siemens,siemens");
  std::size_t cell = 0;
  int num_with_weight = 0;
  for (; std::getline(lines, line); ++cell) {
    ASSERT_LT(cell, siemens.size());
    const std::string begin =
        "3," + std::to_string(cell / kSide) + "," + std::to_string(cell % kSide) + ",1,negative,";
    EXPECT_EQ(line.substr(0, begin.size()), begin);
    num_with_weight += line.find("conv") != std::string::npos ? 1 : 0;
    EXPECT_EQ(std::stod(line.substr(line.rfind(',') + 1)), siemens[cell]);
  }
  EXPECT_EQ(cell, siemens.size());
  EXPECT_GT(num_with_weight, 0);
}

/// Sum over the cells of an array of the squared difference between what is wanted and what is
/// there.
double misfit(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  double sum = 0.0;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::vector<std::string> values;
    for (std::string value; std::getline(cells, value, ',');) values.push_back(value);
    if (values.at(5).empty()) continue;  // holds no weight
    const double difference = std::stod(values.at(11)) - std::stod(values.at(10));
    sum += difference * difference;
  }
  return sum;
}

TEST_F(Export, HasRowsWhereTheStuckCellsOfTheChipHurtLeast) {
  Json config = small_config();
  config["device"] = {{"stuck_on_fraction", 0.02}, {"stuck_off_fraction", 0.02}};
  config["array"]["weight_bits"] = config["array"]["bits_per_cell"] = 4;
  make_run(config);
  const Outcome fixed = exported({"csv", "--array", "1"});
  config["mapping"] = {{"fault_aware", true}};
  fs::remove_all(folder() / "run");
  make_run(config);
  const Outcome moved = exported({"csv", "--array", "1"});
  const Outcome npz = exported({"npz", "--array", "1", "--out", "maps.npz"});
  ASSERT_EQ(npz.exit_code, 0) << npz.err;

  // Both arrays of the pair move together, so that one of them alone may gain little.
  EXPECT_LT(misfit(moved.out), 0.9 * misfit(fixed.out));
  const NpyArrays maps = decode_npz(read_file(folder() / "maps.npz"), "maps.npz");
  std::vector<std::int32_t> lines(kSide);
  std::memcpy(lines.data(), maps.at("line").bytes.data(), maps.at("line").bytes.size());
  EXPECT_FALSE(std::is_sorted(lines.begin(), lines.end()));
  std::sort(lines.begin(), lines.end());
  for (int line = 0; line < kSide; ++line) EXPECT_EQ(lines[line], line);
}

/// The currents that ngspice prints for a netlist.
std::vector<double> spice_currents(const fs::path& file) {
  const std::string command = "ngspice -b " + file.string() + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::vector<double> amps;
  char line[1024];
  while (std::fgets(line, sizeof(line), pipe) != nullptr) {
    int column = 0;
    double value = 0.0;
    if (std::sscanf(line, "i_column_%d = %lf", &column, &value) == 2) amps.push_back(value);
  }
  pclose(pipe);
  return amps;
}

TEST_F(Export, GivesSpiceTheCircuitThatTheSolverSolves) {
  make_run(small_config());
  const Outcome spice =
      exported({"spice", "--array", "1", "--input", "1,0,1,1,-1", "--out", "read.cir"});
  ASSERT_EQ(spice.exit_code, 0) << spice.err;
  const Outcome npz = exported({"npz", "--array", "1", "--out", "maps.npz"});
  ASSERT_EQ(npz.exit_code, 0) << npz.err;
  const std::vector<double> siemens =
      doubles_of(decode_npz(read_file(folder() / "maps.npz"), "maps.npz").at("siemens"));
  Json circuit = {{"name", "array"},
                  {"rows", kSide},
                  {"cols", kSide},
                  {"row_ohm", 4.0},
                  {"col_ohm", 1.0},
                  {"driver_ohm", 100.0},
                  {"sense_ohm", 0.0},
                  {"sinh_per_v", 0.0},
                  {"siemens", Json::array()},
                  {"voltages_v", Json::array()}};
  for (int r = 0; r < kSide; ++r)
    circuit["siemens"].push_back(
        std::vector<double>(siemens.begin() + r * kSide, siemens.begin() + (r + 1) * kSide));
  std::vector<double> volts(kSide, 0.0);
  volts[0] = volts[2] = volts[3] = 0.2;
  volts[4] = -0.2;
  circuit["voltages_v"] = volts;
  std::ofstream(folder() / "case.json") << circuit.dump();
  const Outcome solved = run_program({"solve", "case.json", "--json"}, folder());
  ASSERT_EQ(solved.exit_code, 0) << solved.err;

  const std::vector<double> amps = spice_currents(folder() / "read.cir");

  const auto expected = parse_json(solved.out, "solve")["currents_a"].get<std::vector<double>>();
  ASSERT_EQ(amps.size(), expected.size()) << "is ngspice (package ngspice) installed?";
  double largest = 0.0;
  for (const double current : expected) largest = std::max(largest, std::abs(current));
  for (std::size_t c = 0; c < amps.size(); ++c)
    EXPECT_NEAR(amps[c], expected[c], 1e-9 * largest) << c;
}

TEST_F(Export, OfRowPairsNamesBothSignsAndDrivesThemWithOppositeVoltages) {
  Json config = small_config();
  config["array"]["encoding"] = "row_pair";
  make_run(config);
  const Outcome csv = exported({"csv", "--array", "1"});
  ASSERT_EQ(csv.exit_code, 0) << csv.err;
  const Outcome spice = exported({"spice", "--array", "1", "--input", "1,0,-1"});
  ASSERT_EQ(spice.exit_code, 0) << spice.err;

  std::istringstream lines(csv.out);
  std::string line;
  std::getline(lines, line);
  for (int cell = 0; std::getline(lines, line); ++cell) {
    const int row = cell / kSide;
    const std::string begin = "1," + std::to_string(row) + "," + std::to_string(cell % kSide) +
                              ",1," + (row % 2 == 0 ? "positive," : "negative,");
    EXPECT_EQ(line.substr(0, begin.size()), begin);
  }
  std::vector<double> volts;
  std::istringstream elements(spice.out);
  while (std::getline(elements, line)) {
    double value = 0.0;
    if (std::sscanf(line.c_str(), "Vrow%*d %*s 0 %lf", &value) == 1) volts.push_back(value);
  }
  ASSERT_EQ(volts.size(), static_cast<std::size_t>(kSide));
  for (std::size_t r = 0; r < volts.size(); ++r)
    EXPECT_EQ(volts[r], r == 0 || r == 5 ? 0.2 : (r == 1 || r == 4 ? -0.2 : 0.0)) << r;
  std::string too_many = "0";
  for (int i = 0; i < kSide / 2; ++i) too_many += ",0";
  EXPECT_NE(exported({"spice", "--input", too_many}).err.find("an array has 12 pairs of rows"),
            std::string::npos);
}

TEST_F(Export, DrivesEachRowAsTheDriversOfTheChipDo) {
  Json config = small_config();
  config["dac"] = {{"bits", 1}, {"gain_sigma", 0.05}};
  make_run(config);
  const auto volts = [this](const std::string& chip) {
    const Outcome spice = exported({"spice", "--array", "2", "--chip", chip});
    EXPECT_EQ(spice.exit_code, 0) << spice.err;
    std::istringstream lines(spice.out);
    std::vector<double> values;
    for (std::string line; std::getline(lines, line);) {
      double value = 0.0;
      if (std::sscanf(line.c_str(), "Vrow%*d %*s 0 %lf", &value) == 1) values.push_back(value);
    }
    return values;
  };

  const std::vector<double> first = volts("0");

  ASSERT_EQ(first.size(), static_cast<std::size_t>(kSide));
  double sum = 0.0;
  double squares = 0.0;
  for (const double v : first) {
    sum += v / 0.2;
    squares += (v / 0.2 - 1.0) * (v / 0.2 - 1.0);
  }
  EXPECT_NEAR(sum / kSide, 1.0, 5.0 * 0.05 / std::sqrt(kSide));
  EXPECT_NEAR(std::sqrt(squares / kSide), 0.05, 0.04);
  EXPECT_EQ(volts("0"), first);
  EXPECT_NE(volts("1"), first);
}

TEST_F(Export, GivesCellsAtTheirAge) {
  Json config = small_config();
  config["device"]["drift"] = {{"model", "power_law"}, {"t0_s", 10.0}, {"nu_mean", {0.1}}, {"nu_sigma", {0.0}}};
  make_run(config);

  const Outcome fresh = exported({"npz", "--array", "3", "--out", "fresh.npz"});
  const Outcome old = exported({"npz", "--array", "3", "--age", "1e5", "--out", "old.npz"});
  const Outcome netlist = exported({"spice", "--array", "3", "--age", "1e5"});

  ASSERT_EQ(fresh.exit_code + old.exit_code + netlist.exit_code, 0) << old.err << netlist.err;
  const auto siemens = [&](const char* file) {
    return doubles_of(decode_npz(read_file(folder() / file), file).at("siemens"));
  };
  const std::vector<double> before = siemens("fresh.npz");
  const std::vector<double> after = siemens("old.npz");
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_NEAR(after[i], before[i] * std::pow(1e4, -0.1), 1e-12 * before[i]);
  EXPECT_NE(netlist.out.find("100000.0 s old"), std::string::npos) << netlist.out.substr(0, 200);

  EXPECT_NE(exported({"csv", "--age", "5"}).err.find("--age 5.0: must be in [10.0, 1e12]"),
            std::string::npos);
}

TEST_F(Export, SaysWhatIsWrongWithItsArguments) {
  EXPECT_NE(exported({"spice"}).err.find("there is none; make the run first"), std::string::npos);
  make_run(small_config());
  const auto error_of = [&](const std::vector<std::string>& arguments) {
    const Outcome outcome = exported(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };

  EXPECT_NE(error_of({"hdf5"}).find("--format hdf5: must be one of: spice, npz, csv"),
            std::string::npos);
  EXPECT_NE(error_of({"npz"}).find("name the file with --out"), std::string::npos);
  EXPECT_NE(error_of({"csv", "--array", "99999"}).find("--array 99999: must be in [0, "),
            std::string::npos);
  EXPECT_NE(error_of({"csv", "--age", "5"}).find("--age 5.0: /device has no drift"),
            std::string::npos);
  EXPECT_NE(error_of({"spice", "--input", "1,2"}).find("'2' must be a digit from -1 to 1"),
            std::string::npos);
}

}  // namespace
}  // namespace ohmweave::testing
