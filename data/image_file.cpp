// SPDX-License-Identifier: Apache-2.0
#include "data/image_file.h"

#include <png.h>
#include <turbojpeg.h>

#include <memory>

#include "core/artifact.h"
#include "core/error.h"

namespace ohmweave::data {
namespace {

constexpr char kJpegStart[] = "\xff\xd8\xff";
constexpr char kPngStart[] = "\x89PNG\r\n\x1a\n";

bool starts_with(const std::string& bytes, const char* start) { return bytes.rfind(start, 0) == 0; }

const std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// From pixel after pixel to plane after plane.
DecodedImage in_planes(const Shape& shape, const std::vector<std::uint8_t>& interleaved) {
  DecodedImage image{shape, std::vector<std::uint8_t>(interleaved.size())};
  const auto channels = static_cast<std::size_t>(shape.channels);
  const std::size_t plane = interleaved.size() / channels;
  for (std::size_t i = 0; i < interleaved.size(); ++i)
    image.pixels[i % channels * plane + i / channels] = interleaved[i];
  return image;
}

std::vector<std::uint8_t> space_for(const Shape& shape) {
  return std::vector<std::uint8_t>(static_cast<std::size_t>(shape.size()));
}

struct DestroyDecoder {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

DecodedImage decode_jpeg(const std::string& bytes, const std::string& where) {
  const std::unique_ptr<void, DestroyDecoder> decoder(tjInitDecompress());
  OHMWEAVE_REQUIRE(decoder != nullptr, "a JPEG decoder can be made");
  const auto fail = [&] { return DataError(where + tjGetErrorStr2(decoder.get())); };
  Shape shape;
  int subsampling = 0;
  int colors = 0;
  const auto size = static_cast<unsigned long>(bytes.size());  // NOLINT(google-runtime-int)
  if (tjDecompressHeader3(decoder.get(), bytes_of(bytes), size, &shape.width, &shape.height,
                          &subsampling, &colors) != 0)
    throw fail();
  if (colors == TJCS_CMYK || colors == TJCS_YCCK)
    throw DataError(where + "has four colours (CMYK); must be grey or red, green and blue");
  const bool is_grey = colors == TJCS_GRAY;
  shape.channels = is_grey ? 1 : 3;
  std::vector<std::uint8_t> pixels = space_for(shape);
  if (tjDecompress2(decoder.get(), bytes_of(bytes), size, pixels.data(), shape.width, 0,
                    shape.height, is_grey ? TJPF_GRAY : TJPF_RGB, 0) != 0)
    throw fail();
  return in_planes(shape, pixels);
}

struct FreePng {
  void operator()(png_image* image) const { png_image_free(image); }
};

DecodedImage decode_png(const std::string& bytes, const std::string& where) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, FreePng> image(&header);
  const auto fail = [&] { return DataError(where + header.message); };
  if (png_image_begin_read_from_memory(&header, bytes.data(), bytes.size()) == 0) throw fail();
  if ((header.format & PNG_FORMAT_FLAG_ALPHA) != 0)
    throw DataError(where + "has an alpha channel; must be grey or red, green and blue");
  if ((header.format & PNG_FORMAT_FLAG_LINEAR) != 0)
    throw DataError(where + "has 16 bits a channel; must have 8");
  const bool is_grey = (header.format & PNG_FORMAT_FLAG_COLOR) == 0;
  header.format = is_grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const Shape shape{is_grey ? 1 : 3, static_cast<int>(header.height),
                    static_cast<int>(header.width)};
  std::vector<std::uint8_t> pixels = space_for(shape);
  if (png_image_finish_read(&header, nullptr, pixels.data(), 0, nullptr) == 0) throw fail();
  return in_planes(shape, pixels);
}

}  // namespace

DecodedImage decode_image_file(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string where = path.string() + ": ";
  if (starts_with(bytes, kJpegStart)) return decode_jpeg(bytes, where);
  if (starts_with(bytes, kPngStart)) return decode_png(bytes, where);
  throw DataError(where + "is neither a JPEG nor a PNG file");
}

}  // namespace ohmweave::data
