// SPDX-License-Identifier: Apache-2.0
#include "core/safetensors.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/artifact.h"
#include "core/bytes.h"
#include "core/error.h"

namespace ohmweave {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own reader
constexpr std::size_t kAlignment = 8;
constexpr const char* kMetadataKey = "__metadata__";
constexpr const char* kAllowedTypes = "F32, F64, I64, I32, U8, BOOL";

/// Where a tensor's bytes lie in the data part.
struct Span {
  std::uint64_t begin;
  std::uint64_t end;
  std::string name;
};

Json parse_header(std::string_view text, const std::string& where) {
  try {
    Json header = parse_json(std::string(text), where);
    if (header.is_object()) return header;
  } catch (const ConfigError& e) {
    throw DataError(std::string("damaged safetensors header: ") + e.what());
  }
  throw DataError(where + ": damaged safetensors header: must be a JSON object");
}

bool is_offset(const Json& json) { return json.is_number_unsigned(); }

/// Checks one header entry's form and returns its type, shape and place.
std::pair<RawTensor, Span> read_entry(const std::string& name, const Json& entry,
                                      const std::string& where) {
  const std::string at = where + ": tensor '" + name + "'";
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
      !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
    throw DataError(at + ": must have 'dtype' (text), 'shape' (array) and 'data_offsets' (pair)");
  }
  RawTensor tensor;
  tensor.dtype = entry["dtype"].get<std::string>();
  if (dtype_size(tensor.dtype) == 0) {
    throw DataError(at + ": dtype '" + tensor.dtype +
                    "' is not supported; allowed: " + kAllowedTypes);
  }
  for (const Json& extent : entry["shape"]) {
    if (!is_offset(extent) || extent.get<std::uint64_t>() > (std::uint64_t{1} << 62U)) {
      throw DataError(at + ": shape has " + extent.dump() + ": must be integers from 0 up");
    }
    tensor.shape.push_back(extent.get<std::int64_t>());
  }
  const Json& offsets = entry["data_offsets"];
  if (!is_offset(offsets[0]) || !is_offset(offsets[1]) ||
      offsets[0].get<std::uint64_t>() > offsets[1].get<std::uint64_t>()) {
    throw DataError(at + ": data_offsets " + offsets.dump() + ": must be two rising integers");
  }
  Span span{offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>(), name};
  const std::uint64_t due =
      checked_num_bytes(tensor.shape.data(), tensor.shape.size(), dtype_size(tensor.dtype), at);
  if (span.end - span.begin != due) {
    throw DataError(at + ": data_offsets span " + std::to_string(span.end - span.begin) +
                    " bytes, its shape and dtype need " + std::to_string(due));
  }
  return {std::move(tensor), std::move(span)};
}

/// The tensors must fill the data part without gap or overlap.
void check_cover(std::vector<Span> spans, std::uint64_t num_data_bytes, const std::string& where) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t position = 0;
  for (const Span& span : spans) {
    if (span.begin != position) {
      throw DataError(where + ": tensor '" + span.name + "' starts at byte " +
                      std::to_string(span.begin) + ", must start at " + std::to_string(position) +
                      " (no gaps, no overlaps)");
    }
    position = span.end;
  }
  if (position != num_data_bytes) {
    throw DataError(where + ": truncated or too long: tensors take " + std::to_string(position) +
                    " bytes, the file holds " + std::to_string(num_data_bytes));
  }
}

}  // namespace

std::size_t dtype_size(const std::string& dtype) {
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "U8" || dtype == "BOOL") return 1;
  return 0;
}

std::string encode_safetensors(const RawTensors& tensors,
                               const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t due = checked_num_bytes(tensor.shape.data(), tensor.shape.size(),
                                                dtype_size(tensor.dtype), "tensor '" + name + "'");
    OHMWEAVE_REQUIRE(dtype_size(tensor.dtype) > 0 && due == tensor.bytes.size(),
                     "tensor '" + name + "': dtype, shape and bytes disagree");
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {position, position + tensor.bytes.size()}}};
    position += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  std::string bytes;
  bytes.reserve(8 + text.size() + position);
  put_little_endian(bytes, text.size(), 8);
  bytes += text;
  for (const auto& [name, tensor] : tensors) bytes += tensor.bytes;
  return bytes;
}

RawTensors decode_safetensors(const std::string& bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  const std::uint64_t header_bytes = reader.little_endian(8);
  if (header_bytes > kMaxHeaderBytes) {
    throw DataError(where + ": not a safetensors file: its header length reads " +
                    std::to_string(header_bytes) + ", must be at most " +
                    std::to_string(kMaxHeaderBytes));
  }
  const Json header = parse_header(reader.take(header_bytes), where);
  const std::string_view data = reader.take(reader.remaining());
  RawTensors tensors;
  std::vector<Span> spans;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) continue;
    auto [tensor, span] = read_entry(name, entry, where);
    tensors[name] = std::move(tensor);
    spans.push_back(std::move(span));
  }
  check_cover(spans, data.size(), where);
  for (const Span& span : spans) {
    tensors[span.name].bytes = std::string(data.substr(
        static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end - span.begin)));
  }
  return tensors;
}

void write_safetensors(const std::filesystem::path& path, const Parameters& parameters) {
  RawTensors tensors;
  for (const auto& [name, parameter] : parameters) {
    std::string bytes(parameter.values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), parameter.values.data(), bytes.size());
    tensors[name] = {"F32", parameter.shape, std::move(bytes)};
  }
  write_file_atomically(path, encode_safetensors(tensors, {}));
}

Parameters read_safetensors(const std::filesystem::path& path) {
  Parameters parameters;
  for (const auto& [name, tensor] : decode_safetensors(read_file(path), path.string())) {
    if (tensor.dtype != "F32") {
      throw DataError(path.string() + ": tensor '" + name + "' has dtype " + tensor.dtype +
                      ": must be F32");
    }
    Tensor& parameter = parameters[name];
    parameter.shape = tensor.shape;
    parameter.values.resize(tensor.bytes.size() / sizeof(float));
    std::memcpy(parameter.values.data(), tensor.bytes.data(), tensor.bytes.size());
  }
  return parameters;
}

}  // namespace ohmweave
