// SPDX-License-Identifier: Apache-2.0
// Small data sets in files, written for a test.
#pragma once

#include <png.h>
#include <turbojpeg.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artifact.h"
#include "core/random.h"

namespace ohmweave::data {

/// Interleaved pixels, drawn from `stream`.
inline std::vector<std::uint8_t> random_pixels(std::size_t count, const RandomStream& stream) {
  std::vector<std::uint8_t> pixels(count);
  for (std::size_t i = 0; i < count; ++i)
    pixels[i] = static_cast<std::uint8_t>(stream.bits(i) % 256);
  return pixels;
}

/// pixels: height x width x channels (1 or 3), interleaved.
inline void write_png(const std::filesystem::path& path, int height, int width,
                      const std::vector<std::uint8_t>& pixels, int format) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = static_cast<png_uint_32>(format);
  png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr);
}

/// The bytes of a JPEG file, chroma at half the resolution.
inline std::string jpeg_bytes(int height, int width, const std::vector<std::uint8_t>& pixels,
                              int format) {
  tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int)
  const bool is_grey = format == TJPF_GRAY;
  tjCompress2(encoder, pixels.data(), width, 0, height, format, &bytes, &size,
              is_grey ? TJSAMP_GRAY : TJSAMP_420, 75, 0);
  std::string text(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return text;
}

/// train/ and test/ with `classes`, `count` colour PNGs of 6 x 5 in each.
inline void write_image_folder(const std::filesystem::path& folder,
                               const std::vector<std::string>& classes, int count) {
  constexpr int kHeight = 6;
  constexpr int kWidth = 5;
  for (const std::string part : {"train", "test"}) {
    for (const std::string& name : classes) {
      const auto files = folder / part / name;
      std::filesystem::create_directories(files);
      for (int i = 0; i < count; ++i)
        write_png(files / (std::to_string(i) + ".png"), kHeight, kWidth,
                  random_pixels(3 * kHeight * kWidth, RandomStream(1).child(part).child(
                                                          name, static_cast<std::uint64_t>(i))),
                  PNG_FORMAT_RGB);
    }
  }
}

/// A record with pixels drawn from `stream`.
inline std::string cifar_record(int label, const RandomStream& stream) {
  const std::vector<std::uint8_t> pixels = random_pixels(3072, stream);
  return static_cast<char>(label) + std::string(pixels.begin(), pixels.end());
}

/// Two training files and a test file of 20 records each, all classes in turn.
inline void write_cifar10(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const std::string name : {"data_batch_1", "data_batch_2", "test_batch"}) {
    std::string bytes;
    for (int i = 0; i < 20; ++i)
      bytes += cifar_record(i % 10, RandomStream(1).child(name, static_cast<std::uint64_t>(i)));
    write_file_atomically(folder / (name + ".bin"), bytes);
  }
}

}  // namespace ohmweave::data
