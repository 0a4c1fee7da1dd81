// SPDX-License-Identifier: Apache-2.0
#include "core/artifact.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "core/error.h"

namespace ohmweave {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStampFile = "stamp.json";

/// Names (relative, '/'-separated, sorted) of all files in a folder but its stamp.
std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    names.push_back(fs::relative(entry.path(), folder).generic_string());
  }
  names.erase(std::remove(names.begin(), names.end(), kStampFile), names.end());
  std::sort(names.begin(), names.end());
  return names;
}

void bring_to_disk(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const std::string reason = std::strerror(errno);
  if (descriptor >= 0) ::close(descriptor);
  if (!is_synced) throw DataError(path.string() + ": cannot be brought to the disk: " + reason);
}

Json make_stamp(const fs::path& folder, const std::string& stamp) {
  Json json = {{"stamp", stamp}, {"files", Json::object()}};
  for (const std::string& name : file_names(folder)) {
    bring_to_disk(folder / name);
    json["files"][name] = sha256_of_file(folder / name);
  }
  return json;
}

/// The stamp file's content if it is whole and names files that are all there.
std::optional<Json> complete_stamp(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / kStampFile, ignored)) return std::nullopt;
  const Json json = Json::parse(read_file(folder / kStampFile), nullptr, false);
  if (!json.is_object() || !json.contains("stamp") || !json["stamp"].is_string() ||
      !json.contains("files") || !json["files"].is_object()) {
    return std::nullopt;
  }
  for (const auto& [name, hash] : json["files"].items()) {
    if (!hash.is_string() || !fs::is_regular_file(folder / name, ignored)) return std::nullopt;
  }
  return json;
}

/// Renames `partial` over `folder`. A kill between the two renames leaves no `folder`, which reads
/// as "not done"; a failure puts the old one back.
void move_into_place(const fs::path& partial, const fs::path& folder) {
  const fs::path old = folder.string() + ".old.partial";
  fs::remove_all(old);
  const bool had_old = fs::exists(folder);
  if (had_old) fs::rename(folder, old);
  try {
    fs::rename(partial, folder);
  } catch (...) {
    if (had_old) fs::rename(old, folder);
    throw;
  }
  fs::remove_all(old);
}

}  // namespace

bool is_stamped(const fs::path& folder, const std::string& stamp) {
  const std::optional<Json> json = complete_stamp(folder);
  return json && (*json)["stamp"] == stamp;
}

std::string read_stamp(const fs::path& folder) {
  const std::optional<Json> json = complete_stamp(folder);
  return json ? (*json)["stamp"].get<std::string>() : std::string();
}

void write_artifact(const fs::path& folder, const std::string& stamp,
                    const std::function<void(const fs::path&)>& fill) {
  const fs::path partial = folder.string() + ".partial";
  try {
    fs::remove_all(partial);
    fs::create_directories(partial);
    fill(partial);
    write_json_atomically(partial / kStampFile, make_stamp(partial, stamp));
    move_into_place(partial, folder);
  } catch (const fs::filesystem_error& e) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw DataError(folder.string() + ": artifact cannot be written: " + e.code().message() + " (" +
                    e.path1().string() + ")");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
  bring_to_disk(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
}

void verify_artifact(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kStampFile)) {
    throw DataError((folder / kStampFile).string() + ": missing; the artifact is not complete");
  }
  const Json json = Json::parse(read_file(folder / kStampFile), nullptr, false);
  if (!json.is_object() || !json.contains("files") || !json["files"].is_object()) {
    throw DataError((folder / kStampFile).string() +
                    ": damaged: must be an object with 'stamp' and 'files'");
  }
  for (const auto& [name, hash] : json["files"].items()) {
    const fs::path path = folder / name;
    if (!fs::is_regular_file(path)) {
      throw DataError(path.string() + ": missing, though the artifact's stamp lists it");
    }
    if (sha256_of_file(path) != hash) {
      throw DataError(path.string() + ": damaged: its SHA-256 is not the one in " + kStampFile);
    }
  }
}

}  // namespace ohmweave
