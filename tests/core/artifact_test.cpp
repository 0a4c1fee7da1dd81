// SPDX-License-Identifier: Apache-2.0
#include "core/artifact.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/random.h"
#include "core/sha256_blocks.h"
#include "tests/core/file_fixture.h"

namespace ohmweave {
namespace {

namespace fs = std::filesystem;

TEST(Sha256, MatchesThePublishedExamples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder scratch;
  const std::string bytes(200'123, '\x5a');  // blocks of reading, and a part of a block of the hash

  write_file_atomically(scratch.path() / "a.bin", bytes);

  EXPECT_EQ(sha256_of_file(scratch.path() / "a.bin"), sha256(bytes));
}

TEST(Sha256, OfTheProcessorsInstructionsEqualsThatOfPlainCode) {
  if (!has_sha_instructions()) GTEST_SKIP() << "this processor has no such instructions";
  const RandomStream stream(17);
  std::vector<unsigned char> bytes(20 * kSha256BlockBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(stream.below(256, i));
  const Sha256State start = {1, 2, 3, 4, 0x80000000U, 6, 7, 0xffffffffU};

  for (const std::size_t num_blocks : {0, 1, 2, 20})
    EXPECT_EQ(hash_blocks_x86(start, bytes.data(), num_blocks),
              hash_blocks_portable(start, bytes.data(), num_blocks))
        << num_blocks << " blocks";
}

TEST(AtomicWrite, ReplacesAFileAndLeavesNothingBeside) {
  const TemporaryFolder scratch;
  const fs::path path = scratch.path() / "a.txt";

  write_file_atomically(path, "old");
  write_file_atomically(path, std::string("new\0text", 8));

  EXPECT_EQ(read_file(path), std::string("new\0text", 8));
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()), 1);
}

TEST(AtomicWrite, KeepsTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder scratch;
  const fs::path path = scratch.path() / "a.txt";
  write_file_atomically(path, "old");
  fs::create_symlink("/dev/full", scratch.path() / "a.txt.partial");

  const std::string message = data_error_of([&] { write_file_atomically(path, "new"); });

  EXPECT_NE(message.find("a.txt.partial: cannot be written: No space left on device"),
            std::string::npos)
      << message;
  EXPECT_EQ(read_file(path), "old");
  EXPECT_FALSE(fs::exists(fs::symlink_status(scratch.path() / "a.txt.partial")));
}

TEST(AtomicWrite, KeepsTheOldFileWhenTheSizeLimitIsHit) {
  const TemporaryFolder scratch;
  const fs::path path = scratch.path() / "a.txt";
  write_file_atomically(path, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit low{1000, before.rlim_max};
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &low);

  const std::string message =
      data_error_of([&] { write_file_atomically(path, std::string(5000, 'x')); });

  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(read_file(path), "old");
  EXPECT_FALSE(fs::exists(scratch.path() / "a.txt.partial"));
}

TEST(AtomicWrite, NamesAFolderThatIsNotThere) {
  const std::string message =
      data_error_of([] { write_file_atomically("/no_such_folder/a.txt", "x"); });

  EXPECT_EQ(message,
            "/no_such_folder/a.txt.partial: cannot be opened for writing: No such file or "
            "directory");
}

TEST(AtomicWrite, NamesAFolderThatMayNotBeWritten) {
  const TemporaryFolder scratch;
  const bool is_root = ::geteuid() == 0;
  fs::permissions(scratch.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                      fs::perms::others_read | fs::perms::others_exec);
  ASSERT_TRUE(!is_root || ::seteuid(65534) == 0);

  const std::string message =
      data_error_of([&] { write_file_atomically(scratch.path() / "a.txt", "x"); });
  const std::string artifact_message =
      data_error_of([&] { write_artifact(scratch.path() / "map", "s", [](const fs::path&) {}); });

  ASSERT_TRUE(!is_root || ::seteuid(0) == 0);
  fs::permissions(scratch.path(), fs::perms::owner_all);
  EXPECT_NE(message.find("Permission denied"), std::string::npos) << message;
  EXPECT_NE(artifact_message.find("map: artifact cannot be written: Permission denied"),
            std::string::npos)
      << artifact_message;
}

TEST(ReadFile, NamesTheMissingFile) {
  EXPECT_EQ(data_error_of([] { static_cast<void>(read_file("/no/file")); }),
            "/no/file: cannot be opened for reading: No such file or directory");
}

TEST(AppendLine, AddsLinesAtTheEnd) {
  const TemporaryFolder scratch;

  append_line(scratch.path() / "events.jsonl", "{}");
  append_line(scratch.path() / "events.jsonl", "[]");

  EXPECT_EQ(read_file(scratch.path() / "events.jsonl"), "{}\n[]\n");
}

TEST(Artifact, IsStampedWithTheHashesOfItsFiles) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";

  write_artifact(folder, "stamp one", [](const fs::path& partial) {
    write_file_atomically(partial / "a.json", "abc");
    fs::create_directory(partial / "step_1");
    write_file_atomically(partial / "step_1" / "b.json", "");
  });

  EXPECT_TRUE(is_stamped(folder, "stamp one"));
  EXPECT_FALSE(is_stamped(folder, "stamp two"));
  EXPECT_EQ(read_stamp(folder), "stamp one");
  EXPECT_NO_THROW(verify_artifact(folder));
  const Json stamp = parse_json_file((folder / "stamp.json").string());
  EXPECT_EQ(stamp["files"]["a.json"], sha256("abc"));
  EXPECT_EQ(stamp["files"]["step_1/b.json"], sha256(""));
  EXPECT_EQ(stamp["files"].size(), 2U);
}

TEST(Artifact, IsReplacedAsAWhole) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  const auto fill_with = [](const char* name) {
    return [name](const fs::path& partial) { write_file_atomically(partial / name, "x"); };
  };

  write_artifact(folder, "1", fill_with("old.json"));
  write_artifact(folder, "2", fill_with("new.json"));

  EXPECT_TRUE(is_stamped(folder, "2"));
  EXPECT_FALSE(fs::exists(folder / "old.json"));
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()), 1);
}

TEST(Artifact, StaysAsItWasWhenFillingFails) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  write_artifact(folder, "1",
                 [](const fs::path& partial) { write_file_atomically(partial / "a", "x"); });

  EXPECT_THROW(write_artifact(folder, "2",
                              [](const fs::path& partial) {
                                write_file_atomically(partial / "a", "y");
                                throw NumericError("no luck");
                              }),
               NumericError);

  EXPECT_TRUE(is_stamped(folder, "1"));
  EXPECT_EQ(read_file(folder / "a"), "x");
  EXPECT_FALSE(fs::exists(folder.string() + ".partial"));
}

TEST(Artifact, KilledWhileFillingLeavesOnlyThePartialFolder) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  const pid_t child = ::fork();
  if (child == 0) {
    write_artifact(folder, "1", [](const fs::path& partial) {
      write_file_atomically(partial / "a", "half");
      ::kill(::getpid(), SIGKILL);
    });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));

  EXPECT_TRUE(fs::exists(folder.string() + ".partial"));
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(read_stamp(folder), "");

  write_artifact(folder, "1",
                 [](const fs::path& partial) { write_file_atomically(partial / "b", "whole"); });
  EXPECT_TRUE(is_stamped(folder, "1"));
  EXPECT_FALSE(fs::exists(folder / "a")) << "files of the killed run were taken over";
  EXPECT_FALSE(fs::exists(folder.string() + ".partial"));
}

TEST(Artifact, WithoutOneOfItsFilesIsNotStamped) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  write_artifact(folder, "1",
                 [](const fs::path& partial) { write_file_atomically(partial / "a", "x"); });
  fs::remove(folder / "a");

  EXPECT_FALSE(is_stamped(folder, "1"));
  const std::string message = data_error_of([&] { verify_artifact(folder); });
  EXPECT_NE(message.find("map/a: missing"), std::string::npos) << message;
}

TEST(Artifact, WithADamagedFileIsFoundOut) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  write_artifact(folder, "1",
                 [](const fs::path& partial) { write_file_atomically(partial / "a", "x"); });
  write_file_atomically(folder / "a", "y");

  const std::string message = data_error_of([&] { verify_artifact(folder); });

  EXPECT_NE(message.find("map/a: damaged"), std::string::npos) << message;
}

TEST(Artifact, WithADamagedStampIsNotStamped) {
  const TemporaryFolder scratch;
  const fs::path folder = scratch.path() / "map";
  write_artifact(folder, "1", [](const fs::path&) {});

  write_file_atomically(folder / "stamp.json", "{\"stamp\": \"1\", \"fi");

  EXPECT_FALSE(is_stamped(folder, "1"));
  EXPECT_NE(data_error_of([&] { verify_artifact(folder); }).find("stamp.json: damaged"),
            std::string::npos);
}

}  // namespace
}  // namespace ohmweave
