// SPDX-License-Identifier: Apache-2.0
#include "data/mnist.h"

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "tests/data/idx_files.h"
#include "tests/support/error_text.h"

namespace ohmweave::data {
namespace {

const std::string kTrainImages = "train-images-idx3-ubyte";
const std::string kTrainLabels = "train-labels-idx1-ubyte";
const std::string kTestImages = "t10k-images-idx3-ubyte";
const std::string kTestLabels = "t10k-labels-idx1-ubyte";

class Mnist : public FolderTest {
 protected:
  Mnist() {
    options_.kind = "mnist";
    options_.path = folder_.string();
    write_plain(at(kTrainImages), idx_bytes({2, 28, 28}, std::string(2 * 784, 'a')));
    write_plain(at(kTrainLabels), idx_bytes({2}, std::string("\x03\x09", 2)));
    write_gzip(at(kTestImages + ".gz"), idx_bytes({1, 28, 28}, std::string(784, 'b')));
    write_gzip(at(kTestLabels + ".gz"), idx_bytes({1}, std::string("\x00", 1)));
  }
  [[nodiscard]] std::string problem() const {
    return error_text<DataError>([&] { (void)load_mnist(options_, Part::Train, 1); });
  }

  DataOptions options_;
};

TEST_F(Mnist, TakesPlainAndCompressedFiles) {
  const Images train = load_mnist(options_, Part::Train, 1);
  const Images test = load_mnist(options_, Part::Test, 1);

  EXPECT_EQ(train.labels, (std::vector<std::uint8_t>{3, 9}));
  EXPECT_EQ(train.pixels, std::vector<std::uint8_t>(2 * 784, 'a'));
  EXPECT_EQ(test.labels, (std::vector<std::uint8_t>{0}));
  EXPECT_EQ(test.pixels, std::vector<std::uint8_t>(784, 'b'));
}

TEST_F(Mnist, NamesTheFileThatIsMissing) {
  std::filesystem::remove(at(kTestLabels + ".gz"));

  EXPECT_EQ(problem(),
            at(kTestLabels).string() + ": there is no such file, nor " + kTestLabels + ".gz");
}

TEST_F(Mnist, RefusesALabelAboveNine) {
  write_plain(at(kTrainLabels), idx_bytes({2}, std::string("\x03\x0a", 2)));

  EXPECT_EQ(problem(), at(kTrainLabels).string() + ": label 1 is 10; must be 0 to 9");
}

TEST_F(Mnist, RefusesImagesOfAnotherSize) {
  write_plain(at(kTrainImages), idx_bytes({2, 28, 27}, std::string(2 * 28 * 27, 'a')));

  EXPECT_EQ(problem(), at(kTrainImages).string() + ": images of 28 x 27 pixels; must be 28 x 28");
}

TEST_F(Mnist, RefusesMoreImagesThanLabels) {
  write_plain(at(kTrainLabels), idx_bytes({1}, std::string("\x03", 1)));

  EXPECT_EQ(problem(), at(kTrainLabels).string() + ": 1 labels for the 2 images of " +
                           at(kTrainImages).string());
}

TEST(MnistFiles, HaveTheWellKnownPixelStatistics) {
  constexpr double kMean = 0.1306604762738429;
  constexpr double kStd = 0.3081078038564622;
  if (std::getenv("OHMWEAVE_DATA") == nullptr) GTEST_SKIP() << "OHMWEAVE_DATA is not set";
  DataOptions options;
  options.kind = "mnist";
  options.path = "${OHMWEAVE_DATA}/mnist";

  const Images images = load_mnist(options, Part::Train, 1);

  ASSERT_EQ(images.size(), 60000);
  EXPECT_EQ(load_mnist(options, Part::Test, 1).size(), 10000);
  double sum = 0.0;
  double sum_of_squares = 0.0;
  for (const std::uint8_t pixel : images.pixels) {
    sum += pixel / 255.0;
    sum_of_squares += pixel / 255.0 * (pixel / 255.0);
  }
  const auto count = static_cast<double>(images.pixels.size());
  constexpr double kRounding = 1e-10;  // of 47 million additions of numbers below 1
  EXPECT_NEAR(sum / count, kMean, kRounding);
  EXPECT_NEAR(std::sqrt(sum_of_squares / count - sum / count * (sum / count)), kStd, kRounding);
}

}  // namespace
}  // namespace ohmweave::data
