// SPDX-License-Identifier: Apache-2.0
// The byte layout is written down in docs/owz.md; change both together, with kVersion.
#include "core/owz.h"

#include "core/bytes.h"
#include "core/deflate.h"
#include "core/error.h"
#include "core/owz_parameters.h"

namespace ohmweave {
namespace {

constexpr std::string_view kMagic = "OWZ";
constexpr std::uint64_t kVersion = 1;
constexpr int kLengthBytes = 3;
constexpr int kChecksumBytes = 4;

// Part of the format: never change it without a new version.
constexpr std::string_view kGraphDictionary =
    R"({"name":"add","op":"add","inputs":["avg_pool2d"],"batch_norm2d","groups":1,"padding":1,)"
    R"({"name":"resnet18_cifar","input":{"channels":3,"height":32,"width":32},"nodes":[)"
    R"({"name":"vgg16_cifar","input":{"channels":1,"height":28,"width":28},"nodes":[)"
    R"({"name":"lenet5","input":{"channels":1,"height":28,"width":28},"nodes":[)"
    R"({"name":"input","op":"input","inputs":[]},)"
    R"({"name":"conv1","op":"conv2d","inputs":["input"],"out_channels":20,"kernel":5,"stride":1,)"
    R"("padding":0,"groups":1,"has_bias":true},{"name":"relu1","op":"relu","inputs":["conv1"]},)"
    R"({"name":"pool1","op":"max_pool2d","inputs":["relu1"],"kernel":2,"stride":2,"padding":0},)"
    R"({"name":"conv2","op":"conv2d","inputs":["pool1"],"out_channels":50,"kernel":5,"stride":1,)"
    R"("padding":0,"groups":1,"has_bias":true},{"name":"relu2","op":"relu","inputs":["conv2"]},)"
    R"({"name":"pool2","op":"max_pool2d","inputs":["relu2"],"kernel":2,"stride":2,"padding":0},)"
    R"({"name":"flatten","op":"flatten","inputs":["pool2"]},{"name":"fc1","op":"linear",)"
    R"("inputs":["flatten"],"out_channels":500,"has_bias":true},{"name":"relu3","op":"relu",)"
    R"("inputs":["fc1"]},{"name":"dropout","op":"dropout","inputs":["relu3"],)"
    R"("dropout_fraction":0.5},{"name":"fc2","op":"linear","inputs":["dropout"],)"
    R"("out_channels":10,"has_bias":true}]})";

Network parse_graph(const std::string& text, const std::string& where) {
  try {
    return network_from_json(parse_json(text, where));
  } catch (const Error& e) {
    throw DataError(where + ": damaged graph: " + e.what());
  }
}

}  // namespace

std::string encode_owz(const NetworkModel& model) {
  validate(model);
  const std::string graph = network_to_json(model.network).dump();
  const std::string packed = deflate_raw(graph, kGraphDictionary);
  if (graph.size() >> (8 * kLengthBytes) != 0) {
    throw DataError("network '" + model.network.name + "': its graph has " +
                    std::to_string(graph.size()) + " bytes of JSON, an .owz holds at most 2^24");
  }
  BitEncoder coder;
  NetworkModel copy = model;
  code_parameters(coder, copy);
  std::string body;
  put_little_endian(body, kVersion, 1);
  put_little_endian(body, graph.size(), kLengthBytes);
  put_little_endian(body, packed.size(), kLengthBytes);
  body += packed + coder.finish();
  std::string bytes(kMagic);
  put_little_endian(bytes, crc32_of(body), kChecksumBytes);
  return bytes + body;
}

NetworkModel decode_owz(const std::string& bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  if (reader.take(kMagic.size()) != kMagic) {
    throw DataError(where + ": not an .owz file: must start with '" + std::string(kMagic) + "'");
  }
  const std::uint64_t checksum = reader.little_endian(kChecksumBytes);
  if (crc32_of(std::string_view(bytes).substr(reader.position())) != checksum) {
    throw DataError(where + ": damaged or truncated: its CRC-32 does not match");
  }
  const std::uint64_t version = reader.little_endian(1);
  if (version != kVersion) {
    throw DataError(where + ": .owz version " + std::to_string(version) + ": must be " +
                    std::to_string(kVersion));
  }
  const std::uint64_t num_graph_bytes = reader.little_endian(kLengthBytes);
  const std::uint64_t num_packed = reader.little_endian(kLengthBytes);
  const std::string graph =
      inflate_raw(reader.take(num_packed), num_graph_bytes, where, kGraphDictionary);
  NetworkModel model;
  model.network = parse_graph(graph, where);
  BitDecoder coder(reader.take(reader.remaining()), where);
  code_parameters(coder, model);
  if (!coder.is_used_up()) throw DataError(where + ": damaged: bytes are left after the weights");
  try {
    validate(model);
  } catch (const DataError& e) {
    throw DataError(where + ": damaged: " + e.what());
  }
  return model;
}

}  // namespace ohmweave
