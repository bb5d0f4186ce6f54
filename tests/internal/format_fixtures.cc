// Every file of the reference implementation: read, written again, the same bytes.
#include "format/footer.h"
#include "format_files.h"
#include "internal_test.h"

namespace strata::test {
namespace {

// The archive of a file, cut out by its trailer.
Result<Buffer> archive_of(const std::filesystem::path& path, std::string_view magic) {
  Buffer file = file_bytes(path);
  if (file.size() < kTrailerSize) return {Code::kFormat, "too short"};
  size_t end = file.size() - kTrailerSize;
  STRATA_ASSIGN(uint64_t size, parse_trailer(file.bytes().subspan(end), magic, file.size()));
  return Buffer::copy_of(file.bytes().subspan(end - size, size));
}

std::string footers_are_written_as_they_were_read() {
  auto paths = fixtures(".af");
  CHECK(paths.size() > 90);
  for (const auto& path : paths) {
    auto archive = archive_of(path, kFooterMagic);
    CHECK_OK(archive);
    auto view = FooterView::parse(Buffer::copy_of(archive->bytes()));
    CHECK_OK(view);
    auto again = encode_footer(view->to_footer());
    CHECK_OK(again);
    std::string d = difference(again->bytes(), archive->bytes());
    if (!d.empty()) return path.string() + ": " + d;
  }
  return "";
}

std::string statistics_are_written_as_they_were_read() {
  auto paths = fixtures(".stats");
  CHECK(paths.size() > 30);
  for (const auto& path : paths) {
    auto archive = archive_of(path, kStatsMagic);
    CHECK_OK(archive);
    auto rows = decode_stats(archive->bytes());
    CHECK_OK(rows);
    auto again = encode_stats(*rows);
    CHECK_OK(again);
    std::string d = difference(again->bytes(), archive->bytes());
    if (!d.empty()) return path.string() + ": " + d;
  }
  return "";
}

// Each dictionary entry, chunk and block that a view shows is in bounds of what the file holds.
std::string records_refer_to_what_is_there() {
  for (const auto& path : fixtures(".af")) {
    auto archive = archive_of(path, kFooterMagic);
    CHECK_OK(archive);
    auto view = FooterView::parse(std::move(*archive));
    CHECK_OK(view);
    for (size_t i = 0; i < view->array_count(); ++i) {
      ArrayView a = view->array(i);
      CHECK(!a.deleted() || a.chunk_count() == 0);
      CHECK_EQ(a.chunk_shape().size(), a.shape().size());
      CHECK_EQ(a.dimension_count(), a.shape().size());
      for (size_t c = 0; c < a.chunk_count(); ++c) {
        CHECK_EQ(a.chunk_coord(c).size(), a.shape().size());
        ChunkAddress at = a.chunk(c);
        CHECK(at.block < view->block_count());
        CHECK(uint64_t{at.offset} + at.size <= view->block(at.block).uncompressed_size);
      }
    }
  }
  return "";
}

std::string trailers() {
  Buffer out;
  append_trailer(out, 96, kFooterMagic);
  CHECK_EQ(hex(out.bytes()), "600000000000000041525246");
  auto size = parse_trailer(out.bytes(), kFooterMagic, 108);
  CHECK_OK(size);
  CHECK_EQ(*size, 96u);
  CHECK_CODE(parse_trailer(out.bytes(), kFooterMagic, 107), Code::kCorrupt);
  CHECK_CODE(parse_trailer(out.bytes(), kStatsMagic, 108), Code::kFormat);
  CHECK_CODE(parse_trailer(out.bytes().subspan(1), kFooterMagic, 108), Code::kFormat);
  CHECK_CODE(parse_trailer(out.bytes(), kFooterMagic, 11), Code::kFormat);
  Buffer huge;
  append_trailer(huge, UINT64_MAX - 3, kFooterMagic);  // would wrap around when the trailer is added to it
  CHECK_CODE(parse_trailer(huge.bytes(), kFooterMagic, 1000), Code::kCorrupt);
  return "";
}

}  // namespace
}  // namespace strata::test

int main() {
  using namespace strata::test;
  return RUN_CASES({{"footers_are_written_as_they_were_read", footers_are_written_as_they_were_read},
                    {"statistics_are_written_as_they_were_read", statistics_are_written_as_they_were_read},
                    {"records_refer_to_what_is_there", records_refer_to_what_is_there},
                    {"trailers", trailers}});
}
