// SPDX-License-Identifier: Apache-2.0
// Whole files, read and atomically written (POSIX calls, so that full disks are seen at once).
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/artifact.h"
#include "core/error.h"

namespace ohmweave {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  const std::string reason = std::strerror(errno);
  throw DataError(path.string() + ": " + what + ": " + reason);
}

/// An open file descriptor, closed at the end of its scope.
class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags, const std::string& purpose)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail(path, "cannot be opened for " + purpose);
  }
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, "cannot be written");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  [[nodiscard]] std::string read_all() {
    std::string bytes;
    std::string block(std::size_t{1} << 16U, '\0');
    for (;;) {
      const ssize_t count = ::read(descriptor_, block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(path_, "cannot be read");
      if (count == 0) return bytes;
      bytes.append(block, 0, static_cast<std::size_t>(count));
    }
  }

  void sync() {
    if (::fsync(descriptor_) != 0) fail(path_, "cannot be brought to the disk");
  }

  void close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0) fail(path_, "cannot be written");
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path partial = path.string() + ".partial";
  try {
    OpenFile file(partial, O_WRONLY | O_CREAT | O_TRUNC, "writing");
    file.write_all(bytes);
    file.sync();
    file.close();
    if (::rename(partial.c_str(), path.c_str()) != 0) fail(path, "cannot be written");
  } catch (...) {
    ::unlink(partial.c_str());
    throw;
  }
  OpenFile(folder_of(path), O_RDONLY | O_DIRECTORY, "synchronizing").sync();
}

void write_json_atomically(const std::filesystem::path& path, const Json& json) {
  write_file_atomically(path, json.dump(2) + "\n");
}

std::string read_file(const std::filesystem::path& path) {
  return OpenFile(path, O_RDONLY, "reading").read_all();
}

void append_line(const std::filesystem::path& path, std::string_view line) {
  OpenFile file(path, O_WRONLY | O_CREAT | O_APPEND, "appending");
  file.write_all(std::string(line) + "\n");  // one call: lines of two writers do not mix
  file.close();
}

}  // namespace ohmweave
