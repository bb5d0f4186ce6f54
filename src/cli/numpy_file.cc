#include "numpy_file.h"

#include <bit>

#include "command.h"
#include "values.h"

namespace strata_cli {
namespace {

std::string descriptor(std::int32_t type) {
  const std::string order = std::endian::native == std::endian::little ? "<" : ">";
  switch (type) {
    case STRATA_BOOL:
      return "|b1";
    case STRATA_INT8:
      return "|i1";
    case STRATA_UINT8:
      return "|u1";
    case STRATA_INT16:
      return order + "i2";
    case STRATA_INT32:
      return order + "i4";
    case STRATA_INT64:
      return order + "i8";
    case STRATA_UINT16:
      return order + "u2";
    case STRATA_UINT32:
      return order + "u4";
    case STRATA_UINT64:
      return order + "u8";
    case STRATA_FLOAT32:
      return order + "f4";
    case STRATA_FLOAT64:
      return order + "f8";
    case STRATA_TIMESTAMP_NS:
      return order + "M8[ns]";
    default:
      throw Failure("elements of type " + type_name(type) + " cannot go into a .npy file; use .csv");
  }
}

}  // namespace

NumpyFile::NumpyFile(const std::string& path, std::int32_t type, std::span<const std::uint64_t> shape) : file_(path) {
  std::string header = "{'descr': '" + descriptor(type) + "', 'fortran_order': False, 'shape': (";
  for (const std::uint64_t extent : shape) header += std::to_string(extent) + ",";
  header += "), }";
  // Magic, version and length are 10 bytes; data begins at a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  file_.stream() << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(header.size() & 0xFF)
       << static_cast<char>(header.size() >> 8) << header;
}

void NumpyFile::append(std::span<const std::byte> bytes) {
  file_.stream().write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void NumpyFile::finish() { file_.finish(); }

}  // namespace strata_cli
