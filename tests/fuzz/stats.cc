// A `.stats` object: the ids in front, the archive, the trailer.
#include "format/footer.h"
#include "format/stats_ids.h"
#include "harness.h"
#include "mutation.h"

namespace strata::fuzz {

void run(Bytes input) {
  if (input.size() < kTrailerSize) return;
  auto size = parse_trailer(input.last(kTrailerSize), kStatsMagic, input.size());
  if (!size.ok()) return;
  const size_t archive_at = input.size() - kTrailerSize - *size;
  auto ids = parse_stats_ids(input.first(archive_at), input.subspan(archive_at));
  if (ids) {
    const Buffer written = encode_stats_ids(*ids, input.subspan(archive_at));
    require(as_text(written.bytes()) == as_text(input.first(archive_at)), "ids are written as they were read");
  }
  auto rows = decode_stats(input.subspan(archive_at, *size));
  if (!rows.ok()) return;
  for (const ArrayStatistics& s : *rows)
    planted({s.min && s.max, s.min && s.min->type == Type::kFloat64, s.max && s.max->type == Type::kBinary, s.null_count > s.row_count});
  auto written = encode_stats(*rows);
  if (!written.ok()) return;
  auto again = decode_stats(written->bytes());
  require(again.ok() && *again == *rows, "statistics are written as they were read");
}

}  // namespace strata::fuzz

STRATA_FUZZ_MUTATOR(mutate_stats)
