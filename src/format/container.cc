// The trailer that closes .af and .stats files: u64 size of the archive before it, four bytes of magic.
#include "format/footer.h"

namespace strata {

Result<uint64_t> parse_trailer(Bytes trailer, std::string_view magic, uint64_t file_size) {
  if (trailer.size() != kTrailerSize || file_size < kTrailerSize)
    return {Code::kFormat, cat("a file of ", file_size, " bytes is too short for a trailer")};
  if (as_text(trailer.subspan(8)) != magic)
    return {Code::kFormat, cat("the file does not end in \"", magic, "\": of another kind, or cut short")};
  auto size = load<uint64_t>(trailer.data());
  if (size > file_size - kTrailerSize)
    return {Code::kCorrupt, cat("trailer: an archive of ", size, " bytes in a file of ", file_size)};
  return size;
}

void append_trailer(Buffer& out, uint64_t archive_size, std::string_view magic) {
  uint8_t size[8];
  store(size, archive_size);
  out.append(size);
  out.append(as_bytes(magic));
}

}  // namespace strata
