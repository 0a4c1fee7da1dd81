// SPDX-License-Identifier: Apache-2.0
// Artifacts: folders written whole or not at all, stamped with the hash of all that went in.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/fields.h"

namespace ohmweave {

/// Writes a file atomically: temporary beside it, fsync, rename, fsync of the folder.
/// Throws DataError naming the path and the system's reason (full disk, no permission, ...).
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
void write_json_atomically(const std::filesystem::path& path, const Json& json);
/// Whole file; throws DataError naming path and reason.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
/// Appends a line and flushes (event logs).
void append_line(const std::filesystem::path& path, std::string_view line);

/// Lower-case hexadecimal SHA-256. Source: nist_fips_180_4.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// Of a file's contents, read in blocks.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path);

/// True if `folder` holds a complete artifact stamped `stamp`.
[[nodiscard]] bool is_stamped(const std::filesystem::path& folder, const std::string& stamp);
/// The stamp of a complete artifact, or "" if there is none.
[[nodiscard]] std::string read_stamp(const std::filesystem::path& folder);

/// Fills a new folder `<folder>.partial` by calling `fill` with it, writes the stamp file
/// (stamp and the SHA-256 of every file in it), then renames it over `folder`. If `fill` throws,
/// the partial folder is removed and `folder` stays as it was.
void write_artifact(const std::filesystem::path& folder, const std::string& stamp,
                    const std::function<void(const std::filesystem::path&)>& fill);

/// Throws DataError naming the first file of an artifact that is missing or damaged.
void verify_artifact(const std::filesystem::path& folder);

}  // namespace ohmweave
