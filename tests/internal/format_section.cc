// The extension section: what is written is read, and what is forged is refused or harmless.
#include "base/hash.h"
#include "format/digests.h"
#include "format/section.h"
#include "format_files.h"
#include "internal_test.h"

namespace strata::test {
namespace {

Id128 id(uint8_t n) {
  Id128 out;
  for (size_t i = 0; i < 16; ++i) out.bytes[i] = static_cast<uint8_t>(n + i);
  return out;
}

Section sample() {
  Section s;
  Identity& i = s.identity.emplace();
  i.layer_id = id(1);
  i.file_id = id(2);
  i.parent_id = id(3);
  i.commit_id = id(4);
  i.base_id = id(5);
  i.kind = LayerKind::kMarker;
  i.slot = 7;
  i.time_ns = -123456789012345;
  i.array = "temp\u00e9rature";
  i.absorbed = {{1, id(11)}, {2, id(12)}, {9, id(13)}};
  s.frames = FrameIndex{{0, 2, 2, 3}, {{0, 0}, {100, 4096}, {0, 0}}, {}};
  s.statistics = {
      {0, {{10, 1, Value::int64(-5), Value::int64(6)}, {10, 10, std::nullopt, std::nullopt}}},
      {3,
       {{4, 0, Value::binary(""), Value::binary("a longer text than eight bytes")},
        {4, 2, Value::binary("x"), Value::binary("y")}}},
      {4, {}},
      {70000, {{1, 0, Value::float64(-0.0), Value::float64(1.5)}, {9, 3, Value::float64(2), std::nullopt}}},
      {70001, {{5, 5, std::nullopt, std::nullopt}}},
      {70002, {{1, 0, Value::uint64(UINT64_MAX), Value::uint64(UINT64_MAX)}}},
      {70003, {{1, 0, Value::timestamp(-1), Value::timestamp(1)}}},
      {70004, {{1, 0, Value::string("a"), Value::string("b")}}},
  };
  return s;
}

bool equal(const ChunkStatistics& a, const ChunkStatistics& b) {
  return a.count == b.count && a.null_count == b.null_count && a.min == b.min && a.max == b.max;
}

// Sets the checksum anew, so that a forgery gets as far as the checks behind it.
void seal(Buffer& b) { store(b.data() + b.size() - 16, xxh3_64(b.bytes().first(b.size() - 16))); }

// Reads everything that a view can show.
uint64_t walk(const SectionView& v) {
  uint64_t sum = 0;
  for (uint64_t b = 0; b < std::min<uint64_t>(v.has_frames() ? v.frame_block_count() : 0, 100); ++b) {
    auto [first, end] = v.frames_of(b);
    sum += end - first;
    for (uint64_t f = first; f < std::min(end, first + 100); ++f) sum += v.frame(f).raw_offset;
  }
  for (uint32_t r : {0u, 1u, 3u, 4u, 70000u, 70001u, 70002u, 70003u, 70004u})
    for (uint64_t c = 0; c <= std::min<uint64_t>(v.statistics_count(r), 100); ++c) {
      ChunkStatistics s = v.statistics(r, c);
      sum += s.count + (s.min ? s.min->text.size() + s.min->bits : 0) + (s.max ? s.max->text.size() : 0);
    }
  for (uint64_t i : {uint64_t{0}, uint64_t{1}, uint64_t{2}, UINT64_MAX})
    sum += v.is_frame(i, as_bytes("one")) + v.is_archive_page(i, as_bytes("archive"));
  if (v.identity()) sum += v.identity()->array.size() + v.identity()->absorbed.size();
  return sum;
}

std::string everything_comes_back() {
  Section s = sample();
  auto bytes = encode_section(s);
  CHECK_OK(bytes);
  CHECK_EQ(bytes->size() % 8, 0u);
  auto length = section_length(bytes->bytes().subspan(bytes->size() - kSectionTrailerSize), bytes->size());
  CHECK(length && *length == bytes->size());
  auto view = SectionView::parse(std::move(*bytes));
  CHECK_OK(view);

  const Identity &i = *view->identity(), &want = *s.identity;
  CHECK(i.layer_id == want.layer_id && i.file_id == want.file_id && i.parent_id == want.parent_id);
  CHECK(i.commit_id == want.commit_id && i.base_id == want.base_id);
  CHECK(i.kind == want.kind && i.slot == want.slot && i.time_ns == want.time_ns && i.array == want.array);
  CHECK_EQ(i.absorbed.size(), 3u);
  for (size_t a = 0; a < 3; ++a)
    CHECK(i.absorbed[a].slot == want.absorbed[a].slot && i.absorbed[a].id == want.absorbed[a].id);

  CHECK(view->has_frames());
  CHECK_EQ(view->frame_block_count(), 3u);
  CHECK(view->frames_of(0) == std::pair(uint64_t{0}, uint64_t{2}));
  CHECK(view->frames_of(1) == std::pair(uint64_t{2}, uint64_t{2}));
  CHECK(view->frames_of(2) == std::pair(uint64_t{2}, uint64_t{3}));
  CHECK(view->frames_of(3) == std::pair(uint64_t{0}, uint64_t{0}));
  CHECK_EQ(view->frame(1).compressed_offset, 100u);
  CHECK_EQ(view->frame(1).raw_offset, 4096u);
  CHECK_EQ(view->frame(3).raw_offset, 0u);

  CHECK(view->has_statistics());
  for (const ArrayChunkStatistics& a : s.statistics) {
    CHECK_EQ(view->statistics_count(a.record), a.chunks.size());
    for (size_t c = 0; c < a.chunks.size(); ++c) CHECK(equal(view->statistics(a.record, c), a.chunks[c]));
    CHECK(equal(view->statistics(a.record, a.chunks.size()), {}));
  }
  CHECK_EQ(view->statistics_count(1), 0u);
  CHECK(equal(view->statistics(1, 0), {}));
  return "";
}

std::string all_of_it_is_optional() {
  auto bytes = encode_section({});
  CHECK_OK(bytes);
  CHECK_EQ(bytes->size(), kSectionTrailerSize);
  auto view = SectionView::parse(std::move(*bytes));
  CHECK_OK(view);
  CHECK(!view->identity() && !view->has_frames() && !view->has_statistics());
  CHECK(view->frames_of(0) == std::pair(uint64_t{0}, uint64_t{0}));
  CHECK_EQ(view->frame(0).raw_offset, 0u);
  CHECK_EQ(view->statistics_count(0), 0u);

  Section s;
  s.frames.emplace();  // of a layer without blocks
  auto empty = encode_section(s);
  CHECK_OK(empty);
  auto frames = SectionView::parse(std::move(*empty));
  CHECK_OK(frames);
  CHECK(frames->has_frames());
  CHECK_EQ(frames->frame_block_count(), 0u);
  return "";
}

// The layout of docs/format.md, byte for byte: it must never change under this version.
std::string bytes_are_as_documented() {
  Section s;
  s.frames = FrameIndex{{0, 1}, {{2, 3}}, {}};
  s.statistics = {{6, {{9, 8, Value::binary("ab"), std::nullopt}}}};
  auto bytes = encode_section(s);
  CHECK_OK(bytes);
  // clang-format off
  CHECK_EQ(hex(bytes->bytes().first(bytes->size() - 16)),
           "4652414d00000000" "3000000000000000"                                        // FRAM, 48 bytes
           "0100000000000000" "0100000000000000" "0000000000000000" "0100000000000000"  // counts, first
           "0200000000000000" "0300000000000000"                                        // the frame
           "4353544100000000" "6800000000000000"                                        // CSTA, 104 bytes
           "0100000000000000" "0100000000000000" "1000000000000000"                     // counts, heap
           "060000000c000000" "0000000000000000" "0100000000000000"                     // the run
           "0000000000000000" "0000000000000000" "0800000000000000" "0900000000000000" "0100000000000000"
           "0200000000000000" "6162000000000000"                                        // the heap
           "d800000000000000" "0100000002000000");                                      // the trailer
  // clang-format on
  return "";
}

// An archive of two pages and a bit, and three frames.
constexpr size_t kArchive = 2 * kDigestPage + 8;

Result<Buffer> with_digests(const Id128& layer, const std::string& archive) {
  Section s = sample();
  s.identity->layer_id = layer;
  s.frames->digests = {xxh3_64(as_bytes("one")), xxh3_64(as_bytes("two")), xxh3_64(as_bytes("three"))};
  return encode_section(s, as_bytes(archive));
}

std::string digests_are_of_their_layer_and_place() {
  const std::string archive(kArchive, 'a');
  auto bytes = with_digests(id(1), archive);
  CHECK_OK(bytes);
  // The same under another id.
  auto other_bytes = with_digests(id(2), archive);
  CHECK_OK(other_bytes);
  Buffer forged = Buffer::copy_of(bytes->bytes());
  std::memcpy(forged.data() + 16, id(2).bytes.data(), 16);
  seal(forged);
  auto view = SectionView::parse(std::move(*bytes));
  CHECK_OK(view);
  CHECK(view->has_digests());
  CHECK_EQ(view->archive_page_count(), 3u);
  CHECK_EQ(view->digested_frame_count(), 3u);
  const Bytes page = as_bytes(archive).first(kDigestPage);
  CHECK(view->is_archive_page(0, page) && view->is_archive_page(1, page));
  CHECK(view->is_archive_page(2, as_bytes(archive).first(8)));
  CHECK(!view->is_archive_page(2, page) && !view->is_archive_page(0, page.first(kDigestPage - 1)));
  CHECK(view->is_frame(0, as_bytes("one")) && view->is_frame(1, as_bytes("two")) && view->is_frame(2, as_bytes("three")));
  CHECK(!view->is_frame(0, as_bytes("two")) && !view->is_frame(1, as_bytes("twp")));
  CHECK(!view->is_frame(3, as_bytes("one")) && !view->is_frame(UINT64_MAX, as_bytes("one")));
  auto moved = SectionView::parse(std::move(forged));
  CHECK_OK(moved);
  CHECK(moved->identity()->layer_id == id(2));
  CHECK(!moved->is_archive_page(0, page) && !moved->is_frame(0, as_bytes("one")));
  auto other = SectionView::parse(std::move(*other_bytes));
  CHECK_OK(other);
  CHECK(other->is_archive_page(0, page) && other->is_frame(0, as_bytes("one")));
  return "";
}

// The digest's bytes, as docs/format.md has them.
std::string digests_are_as_documented() {
  auto bytes = with_digests(id(1), std::string(8, 'a'));
  CHECK_OK(bytes);
  uint8_t bound[32] = {};
  std::memcpy(bound, id(1).bytes.data(), 16);
  bound[16] = 2;  // one page, then the second frame
  store(bound + 24, xxh3_64(as_bytes("two")));
  const size_t entry = bytes->size() - kSectionTrailerSize - 16 - 16 - 4 * 8;
  CHECK_EQ(hex(bytes->bytes().subspan(entry, 32)), "4449475300000000" "3000000000000000" "0100000000000000" "0300000000000000");
  CHECK_EQ(load<uint64_t>(bytes->data() + entry + 32 + 2 * 8), xxh3_64(bound));
  return "";
}

std::string sections_of_other_versions_say_nothing() {
  auto bytes = encode_section(sample());
  CHECK_OK(bytes);
  store<uint32_t>(bytes->data() + bytes->size() - kSectionTrailerSize + 8, 2);
  CHECK_CODE(SectionView::parse(Buffer::copy_of(bytes->bytes())), Code::kCorrupt);  // a damaged number
  seal(*bytes);
  auto view = SectionView::parse(std::move(*bytes));
  CHECK_OK(view);
  CHECK(!view->identity() && !view->has_frames() && !view->has_statistics() && !view->has_digests());
  return "";
}

std::string unknown_entries_are_skipped() {
  Section s;
  s.identity = sample().identity;
  auto plain = encode_section(s);
  CHECK_OK(plain);
  size_t trailer = plain->size() - kSectionTrailerSize;
  // Before the known entry: one of another tag with an odd length, one of a known tag in another form.
  for (auto [tag, form] : {std::pair{0x41414141u, 0u}, std::pair{load<uint32_t>(plain->data()), 1u}}) {
    Buffer b(24);
    store(b.data(), tag);
    store(b.data() + 4, form);
    store<uint64_t>(b.data() + 8, 5);
    store<uint64_t>(b.data() + 16, 0);
    b.append(plain->bytes());
    store<uint64_t>(b.data() + 24 + trailer, b.size());
    store<uint32_t>(b.data() + 24 + trailer + 12, 2);
    seal(b);
    auto view = SectionView::parse(std::move(b));
    CHECK_OK(view);
    CHECK(view->identity() && view->identity()->slot == 7);
  }
  // Twice the same is no version of anything.
  Buffer twice = Buffer::copy_of(plain->bytes().first(trailer));
  twice.append(plain->bytes());
  store<uint64_t>(twice.data() + 2 * trailer, twice.size());
  store<uint32_t>(twice.data() + 2 * trailer + 12, 2);
  seal(twice);
  CHECK_CODE(SectionView::parse(std::move(twice)), Code::kCorrupt);
  return "";
}

std::string lengths_are_sane_or_nothing() {
  auto bytes = encode_section(sample());
  CHECK_OK(bytes);
  size_t trailer = bytes->size() - kSectionTrailerSize;
  auto length = [&] { return section_length(bytes->bytes().subspan(trailer), bytes->size()); };
  CHECK(length().has_value());
  CHECK(!section_length(bytes->bytes().subspan(trailer), bytes->size() - 1));
  CHECK(!section_length(bytes->bytes().subspan(trailer + 1), bytes->size()));
  CHECK(!section_length({}, bytes->size()));
  for (uint64_t bad : {uint64_t{0}, uint64_t{24}, uint64_t{33}, uint64_t{bytes->size() + 8}, UINT64_MAX - 7}) {
    store(bytes->data() + trailer, bad);
    CHECK(!length());
  }
  store<uint64_t>(bytes->data() + trailer, 32);
  CHECK(length() == 32u);
  bytes->data()[trailer + 24] ^= 1;
  CHECK(!length());
  return "";
}

std::string every_flipped_bit_is_noticed() {
  auto bytes = with_digests(id(1), "archive");
  CHECK_OK(bytes);
  for (size_t bit = 0; bit < bytes->size() * 8; ++bit) {
    Buffer b = Buffer::copy_of(bytes->bytes());
    b.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK_CODE(SectionView::parse(std::move(b)), Code::kCorrupt);
  }
  for (size_t n = 0; n < bytes->size(); ++n)
    CHECK_CODE(SectionView::parse(Buffer::copy_of(bytes->bytes().first(n))), Code::kCorrupt);
  return "";
}

// With a valid checksum, as somebody who means harm would write it: an error, or a view that can be walked.
std::string forged_sections_are_safe() {
  auto bytes = with_digests(id(1), "archive");
  CHECK_OK(bytes);
  size_t refused = 0, accepted = 0;
  auto look = [&](Buffer b) {
    seal(b);
    auto view = SectionView::parse(std::move(b));
    if (!view.ok()) return ++refused;
    walk(*view);
    return ++accepted;
  };
  for (size_t bit = 0; bit < bytes->size() * 8; ++bit) {
    Buffer b = Buffer::copy_of(bytes->bytes());
    b.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    look(std::move(b));
  }
  for (size_t at = 0; at + 8 <= bytes->size(); at += 8)
    for (uint64_t v : {uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 61, uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 7,
                       uint64_t{bytes->size()}}) {
      Buffer b = Buffer::copy_of(bytes->bytes());
      store(b.data() + at, v);
      look(std::move(b));
    }
  CHECK(refused > 1000);
  CHECK(accepted > 1000);
  return "";
}

std::string what_cannot_be_is_not_written() {
  auto bad = [](auto change) {
    Section s = sample();
    change(s);
    return encode_section(s).code();
  };
  CHECK(bad([](Section&) {}) == Code::kOk);
  for (auto change : {+[](Section& s) { s.identity.reset(); }, +[](Section& s) { s.frames->digests.pop_back(); }}) {
    Section s = sample();
    s.frames->digests = {1, 2, 3};
    CHECK_OK(encode_section(s, as_bytes("archive")));
    change(s);
    CHECK_CODE(encode_section(s, as_bytes("archive")), Code::kInvalid);
  }
  CHECK(bad([](Section& s) { s.identity->array = std::string(1, static_cast<char>(0xff)); }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.identity->kind = static_cast<LayerKind>(0); }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->first = {0, 2, 2, 4}; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->first = {1, 2, 2, 3}; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->first = {0, 3, 2, 3}; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->first = {0, 9, 2, 3}; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->first.clear(); }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.frames->frames[1].compressed_offset = 0; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.statistics[1].record = 0; }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.statistics[0].chunks[0].max = Value::uint64(1); }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.statistics[0].chunks[0].min = Value::boolean(true); }) == Code::kInvalid);
  CHECK(bad([](Section& s) { s.statistics[0].chunks[0].null_count = 11; }) == Code::kInvalid);
  return "";
}

}  // namespace
}  // namespace strata::test

int main() {
  using namespace strata::test;
  return RUN_CASES({{"everything_comes_back", everything_comes_back},
                    {"all_of_it_is_optional", all_of_it_is_optional},
                    {"bytes_are_as_documented", bytes_are_as_documented},
                    {"digests_are_of_their_layer_and_place", digests_are_of_their_layer_and_place},
                    {"digests_are_as_documented", digests_are_as_documented},
                    {"sections_of_other_versions_say_nothing", sections_of_other_versions_say_nothing},
                    {"unknown_entries_are_skipped", unknown_entries_are_skipped},
                    {"lengths_are_sane_or_nothing", lengths_are_sane_or_nothing},
                    {"every_flipped_bit_is_noticed", every_flipped_bit_is_noticed},
                    {"forged_sections_are_safe", forged_sections_are_safe},
                    {"what_cannot_be_is_not_written", what_cannot_be_is_not_written}});
}
