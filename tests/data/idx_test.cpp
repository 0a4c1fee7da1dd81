// SPDX-License-Identifier: Apache-2.0
#include "data/idx.h"

#include "core/artifact.h"
#include "core/error.h"
#include "tests/data/idx_files.h"
#include "tests/support/error_text.h"

namespace ohmweave::data {
namespace {

class Idx : public FolderTest {
 protected:
  [[nodiscard]] std::string problem(const std::string& bytes, int num_dimensions) const {
    write_plain(at("x"), bytes);
    const std::string text =
        error_text<DataError>([&] { (void)read_idx(at("x"), num_dimensions); });
    const std::string start = at("x").string() + ": ";
    EXPECT_EQ(text.substr(0, start.size()), start) << "the message starts with the path";
    return text.size() > start.size() ? text.substr(start.size()) : text;
  }
};

TEST_F(Idx, ReadsSizesAndValuesOfAPlainFile) {
  write_plain(at("x"), idx_bytes({2, 1, 3}, std::string("\x00\x01\x02\x7f\x80\xff", 6)));

  const IdxBytes read = read_idx(at("x"), 3);

  EXPECT_EQ(read.sizes, (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(read.values, (std::vector<std::uint8_t>{0, 1, 2, 127, 128, 255}));
}

TEST_F(Idx, ReadsACompressedFileAsThePlainOne) {
  const std::string bytes = idx_bytes({300, 7}, std::string(2100, '\x42'));
  write_plain(at("plain"), bytes);
  write_gzip(at("packed.gz"), bytes);

  EXPECT_EQ(read_idx(at("packed.gz"), 2).values, read_idx(at("plain"), 2).values);
}

TEST_F(Idx, ReadsSizesAsBigEndian) {
  write_plain(at("x"), idx_bytes({0x0102}, std::string(258, 'a')));

  EXPECT_EQ(read_idx(at("x"), 1).sizes[0], 258);
}

TEST_F(Idx, NamesAMissingFile) {
  const std::string text = error_text<DataError>([&] { (void)read_idx(at("absent"), 1); });

  EXPECT_EQ(text, at("absent").string() + ": No such file or directory");
}

TEST_F(Idx, RefusesAFolder) {
  const std::string text = error_text<DataError>([&] { (void)read_idx(folder_, 1); });

  EXPECT_EQ(text, folder_.string() + ": is a folder, not a file");
}

TEST_F(Idx, RefusesAWrongMagicNumber) {
  EXPECT_EQ(problem("PNG here", 1),
            "not an IDX file: it starts with 0x50 0x4e instead of two zero bytes");
}

TEST_F(Idx, RefusesValuesOfAnotherType) {
  std::string bytes = idx_bytes({1}, "a");
  bytes[2] = 0x0d;

  EXPECT_EQ(problem(bytes, 1), "holds values of type 0x0d; must be 0x08 (unsigned bytes)");
}

TEST_F(Idx, RefusesAnotherNumberOfDimensions) {
  EXPECT_EQ(problem(idx_bytes({2, 2}, "abcdefgh"), 3), "has 2 dimensions; must be 3");
}

TEST_F(Idx, RefusesValuesBeyondItsSizes) {
  EXPECT_EQ(problem(idx_bytes({3}, "abcd"), 1), "too long: 4 values, but its header says 3");
}

TEST_F(Idx, RefusesSizesWhoseProductOverflows) {
  const std::string text = problem(idx_bytes({0xffffffffU, 0xffffffffU, 0xffffffffU}, "a"), 3);

  EXPECT_EQ(text, "dimension 1 of size 4294967295 cannot be");
}

TEST_F(Idx, RefusesTruncationAtEveryByte) {
  const std::string whole = idx_bytes({2, 3}, "abcdef");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string text = problem(whole.substr(0, size), 2);
    EXPECT_EQ(text.substr(0, 10), "truncated:") << size << " bytes: " << text;
  }
}

TEST_F(Idx, RefusesTruncationOfACompressedFileAtEveryByte) {
  write_gzip(at("whole.gz"), idx_bytes({2, 3}, "abcdef"));
  const std::string whole = read_file(at("whole.gz"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_plain(at("cut.gz"), whole.substr(0, size));
    EXPECT_THROW((void)read_idx(at("cut.gz"), 2), DataError) << size << " bytes";
  }
}

TEST_F(Idx, RefusesDamageInsideACompressedFile) {
  write_gzip(at("x.gz"), idx_bytes({2, 3}, "abcdef"));
  std::string bytes = read_file(at("x.gz"));
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // in the checksum
  write_plain(at("x.gz"), bytes);

  const std::string text = error_text<DataError>([&] { (void)read_idx(at("x.gz"), 2); });

  EXPECT_NE(text.find("the compressed data are damaged"), std::string::npos) << text;
}

}  // namespace
}  // namespace ohmweave::data
