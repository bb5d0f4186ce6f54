// Footers that somebody damaged or forged: an error that says where, or a view whose every accessor is safe. Meant to
// run under the address and undefined behaviour sanitizers as well.
#include <random>

#include "format/archive_writer.h"
#include "format/footer.h"
#include "format_files.h"
#include "format_sample.h"
#include "internal_test.h"

namespace strata::test {
namespace {

Buffer example() { return std::move(*encode_footer(example_footer())); }

// Reads everything that a view can show, each byte of it.
uint64_t walk(const FooterView& v) {
  uint64_t sum = v.overlay_index();
  for (size_t i = 0; i < v.array_count(); ++i)
    for (size_t c = 0; c < v.array(i).chunk_count(); ++c)
      for (uint32_t x : v.array(i).chunk_coord(c)) sum += x;
  Footer f = v.to_footer();
  auto text = [&](const std::string& s) {
    for (char c : s) sum += static_cast<uint8_t>(c);
  };
  text(f.base_file_hint);
  for (const auto& b : f.blocks) text(b.codec);
  for (const auto& k : f.attr_keys) text(k);
  for (const auto& a : f.attr_values) text(a.text);
  for (const auto& a : f.arrays) {
    text(a.name);
    text(dtype_name(a.dtype));
    for (const auto& d : a.dimension_names) text(d);
    if (a.fill) text(a.fill->text);
    for (auto [key, value] : a.attributes) sum += key + value;
  }
  (void)encode_footer(f);  // may refuse, must not fail otherwise
  return sum;
}

bool look(Buffer archive) {
  auto view = FooterView::parse(std::move(archive));
  if (view.ok()) walk(*view);
  return view.ok();
}

// Small archives that between them hold all there is.
std::vector<Buffer> specimens() {
  std::vector<Buffer> out;
  out.push_back(example());
  Footer lists = example_footer();
  lists.arrays[0].dtype = nested(4);
  lists.arrays.push_back(lists.arrays[0]);
  lists.arrays[1].fill = Value::string("a text of some length");
  lists.arrays[1].attribute_width = 64;
  lists.blocks[0].codec = "a codec with a long name";
  lists.attr_values.push_back(Value::boolean(true));
  out.push_back(std::move(*encode_footer(lists)));
  for (const char* name : {"list_dtypes/data.af", "names/data.af", "layers_zstd/data.2.af", "fills/data.af"}) {
    Buffer file = file_bytes(fixtures_folder() / name);
    if (file.size() < kTrailerSize) continue;
    size_t end = file.size() - kTrailerSize;
    auto size = parse_trailer(file.bytes().subspan(end), kFooterMagic, file.size());
    if (size.ok()) out.push_back(Buffer::copy_of(file.bytes().subspan(end - *size, *size)));
  }
  return out;
}

std::string every_flipped_bit() {
  CHECK_EQ(specimens().size(), 6u);
  for (const Buffer& s : specimens()) {
    size_t step = s.size() > 4096 ? 7 : 1;  // all bits of a large one take too long under the sanitizers
    for (size_t bit = 0; bit < s.size() * 8; bit += step) {
      Buffer b = Buffer::copy_of(s.bytes());
      b.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      look(std::move(b));
    }
  }
  return "";
}

std::string every_length() {
  Buffer s = example();
  size_t accepted = 0;
  for (size_t n = 0; n < s.size(); ++n) {
    CHECK(!look(Buffer::copy_of(s.bytes().last(n))));
    accepted += look(Buffer::copy_of(s.bytes().first(n)));
  }
  CHECK_EQ(accepted, 0u);
  return "";
}

std::string random_words() {
  std::mt19937_64 random(20240607);
  for (const Buffer& s : specimens()) {
    size_t words = s.size() / 8;
    for (int i = 0; i < 3000; ++i) {
      Buffer b = Buffer::copy_of(s.bytes());
      for (uint64_t n = random() % 3 + 1; n > 0; --n) {
        uint8_t* word = b.data() + random() % words * 8;
        switch (random() % 5) {
          case 0:
            store(word, random());
            break;
          case 1:
            store(word, -static_cast<int64_t>(random() % s.size()));
            break;  // most likely a pointer
          case 2:
            store(word, load<int64_t>(word) + static_cast<int64_t>(random() % 65) - 32);
            break;
          case 3:
            store<uint64_t>(word, uint64_t{1} << random() % 64);
            break;
          default:
            store(word, load<uint64_t>(b.data() + random() % words * 8));
        }
      }
      look(std::move(b));
    }
  }
  return "";
}

// One word or byte of the worked example changed.
Result<FooterView> with(size_t at, auto v) {
  Buffer b = example();
  store(b.data() + at, v);
  return FooterView::parse(std::move(b));
}

std::string pointers_that_are_refused() {
  struct {
    size_t at;
    int64_t pointer;
  } cases[] = {
      {200, 0},                                      // to itself
      {200, 56 - 200},                               // chunk_shape shares the shape's bytes
      {168, 80 - 168},                               // shape where chunk_shape lies: then dimension_names lie before it
      {200, 64 - 200},                               // before the earlier sibling's end
      {168, 58 - 168},                               // misaligned
      {216, 124 - 216},                              // chunks reach into the record
      {168, 128 - 168},                              // shape inside the record
      {88, 88 - 88},                                 // coord inside its chunk
      {368, -376},                                   // before the archive
      {368, INT64_MIN}, {368, INT64_MAX}, {416, 8},  // attr_values inside the root
  };
  for (auto c : cases) CHECK_CODE(with(c.at, c.pointer), Code::kCorrupt);
  CHECK_CODE(with(352, int64_t{0}), Code::kCorrupt);          // out-of-line text in its own field
  CHECK_CODE(with(352, int64_t{296 - 344}), Code::kCorrupt);  // in bytes of the keys, which came before
  CHECK_OK(with(352, int64_t{313 - 344}));                    // shifted by one: a text has no alignment, gaps are fine
  return "";
}

std::string lengths_that_are_refused() {
  for (size_t at : {176u, 192u, 208u, 224u, 288u, 376u, 392u, 408u, 424u})
    for (uint64_t n : {uint64_t{100}, uint64_t{1} << 32, uint64_t{1} << 59, uint64_t{1} << 61, uint64_t{1} << 62,
                       uint64_t{1} << 63, UINT64_MAX})
      CHECK_CODE(with(at, n), Code::kCorrupt);
  CHECK_CODE(with(96, UINT64_MAX / 4 + 2), Code::kCorrupt);  // a coordinate whose size in bytes wraps around
  CHECK_OK(with(96, uint64_t{0}));                           // a coordinate of another rank
  CHECK_OK(with(176, uint64_t{0}));                          // an empty shape, its pointer still in place
  return "";
}

// An empty list's pointer is held to the window and the alignment like any other.
std::string empty_lists() {
  Footer f = example_footer();
  f.arrays[0].attributes.clear();
  auto bytes = encode_footer(f);
  CHECK_OK(bytes);
  size_t record = 0;  // of the array: where its name "t" stands
  for (size_t at = 0; at + 16 <= bytes->size(); at += 8)
    if (bytes->data()[at] == 't' && bytes->data()[at + 1] == 0xFF) record = at;
  CHECK(record > 0);
  auto pointed = [&](int64_t delta) {
    Buffer b = Buffer::copy_of(bytes->bytes());
    uint8_t* field = b.data() + record + 152;
    store(field, load<int64_t>(field) + delta);
    return FooterView::parse(std::move(b)).code();
  };
  CHECK(pointed(0) == Code::kOk);
  CHECK(pointed(1) == Code::kCorrupt);   // alignment of the pairs' indices: 2
  CHECK(pointed(-2) == Code::kCorrupt);  // into the chunks
  CHECK(pointed(2) == Code::kCorrupt);   // into the record, which starts right there
  CHECK(pointed(1 << 20) == Code::kCorrupt);
  return "";
}

std::string tags_and_bools() {
  struct {
    size_t at;
    uint8_t last;
  } tags[] = {{232, 1}, {240, 5}, {272, 2}};
  for (auto t : tags) {
    CHECK_CODE(with(t.at, static_cast<uint8_t>(t.last + 1)), Code::kCorrupt);
    CHECK_CODE(with(t.at, uint8_t{255}), Code::kCorrupt);
  }
  CHECK_CODE(with(144, uint8_t{16}), Code::kCorrupt);  // DType
  CHECK_OK(with(144, uint8_t{15}));
  CHECK_CODE(with(144, uint8_t{14}), Code::kCorrupt);  // a list: its box is a pointer 0
  CHECK_CODE(with(32, uint8_t{2}), Code::kCorrupt);    // CodecId
  CHECK_CODE(with(336, uint8_t{12}), Code::kCorrupt);  // AttributeValue
  CHECK_OK(with(336, uint8_t{10}));
  CHECK_CODE(with(264, uint8_t{2}), Code::kCorrupt);  // deleted
  CHECK_OK(with(264, uint8_t{1}));
  CHECK_CODE(with(240, uint16_t{0x0200}), Code::kCorrupt);  // FillValue Bool 2
  CHECK_OK(with(240, uint16_t{0x0100}));
  CHECK_CODE(with(336, uint16_t{0x0200}), Code::kCorrupt);  // AttributeValue Bool 2
  CHECK_OK(with(336, uint16_t{0x0100}));
  return "";
}

std::string texts() {
  CHECK_CODE(with(128, uint8_t{0xC3}), Code::kCorrupt);  // "\xC3" ends too early
  CHECK_CODE(with(64, uint16_t{0xBF41}), Code::kCorrupt);
  CHECK_CODE(with(312, uint8_t{0xE9}), Code::kCorrupt);  // out of line
  CHECK_OK(with(140, uint8_t{0x00}));                    // after the first 0xFF: not looked at
  // Out of line with 16 bytes, which belong into the field.
  CHECK_CODE(with(344, uint64_t{0x90}), Code::kCorrupt);
  CHECK_CODE(with(344, uint64_t{0x80}), Code::kCorrupt);
  CHECK_CODE(with(344, UINT64_MAX - 0x40), Code::kCorrupt);
  // A codec of no name would look like none.
  Footer f = example_footer();
  f.blocks[0].codec = "zstd";
  auto named = encode_footer(f);
  CHECK_OK(named);
  std::memset(named->data() + 40, 0xFF, 4);
  CHECK_CODE(FooterView::parse(std::move(*named)), Code::kCorrupt);
  return "";
}

std::string what_is_not_looked_at() {
  for (size_t at : {4u, 60u, 84u + 32u, 124u, 145u, 233u, 241u, 265u, 273u, 329u, 337u, 364u, 436u})
    CHECK_OK(with(at, uint8_t{0xAA}));
  // Bytes before the archive proper, in multiples of 8.
  for (size_t n : {8u, 64u, 24u}) {
    Buffer b(n);
    std::memset(b.data(), 0x77, n);
    b.append(example().bytes());
    auto view = FooterView::parse(std::move(b));
    CHECK_OK(view);
    CHECK(view->array(0).shape()[0] == 3);
  }
  Buffer odd(4);
  std::memset(odd.data(), 0, 4);
  odd.append(example().bytes());
  CHECK_CODE(FooterView::parse(std::move(odd)), Code::kCorrupt);
  return "";
}

std::string versions() {
  for (uint32_t v : {0u, 3u, 5u, 0x04000000u}) CHECK_CODE(with(360, v), Code::kFormat);
  CHECK_CODE(FooterView::parse({}), Code::kCorrupt);
  return "";
}

std::string errors_say_where() {
  auto refused = with(200, int64_t{0});
  CHECK_CODE(refused, Code::kCorrupt);
  std::string_view m = refused.status().message();
  CHECK(m.find("array 0, chunk_shape") != m.npos);
  CHECK(m.find("at byte 200") != m.npos);
  return "";
}

// A footer with one array of that many nested lists, which encode_footer() would refuse.
Buffer nested_archive(size_t depth) {
  using namespace archive;
  Writer w(256);
  size_t child = w.records(kEnumSize);
  for (size_t i = 0; i < depth; ++i) {
    size_t at = w.records(kEnumSize);
    w.put(at, static_cast<uint8_t>(Type::kList));
    w.put_pointer(at + EnumAt::kPayload, child);
    child = at;
  }
  size_t end = w.size(), array = w.records(ArrayAt::kSize);
  w.put_text(array, "deep", 0);
  w.put(array + ArrayAt::kDType, static_cast<uint8_t>(Type::kList));
  w.put_pointer(array + ArrayAt::kDType + EnumAt::kPayload, child);
  for (size_t field : {ArrayAt::kShape, ArrayAt::kDimensionNames, ArrayAt::kChunkShape, ArrayAt::kChunks,
                       ArrayAt::kAttributes + EnumAt::kPayload})
    w.put_vec(array + field, end, 0);
  size_t root = w.records(FooterAt::kSize);
  w.put(root, kFooterVersion);
  w.put_vec(root + FooterAt::kBlocks, 0, 0);
  w.put_vec(root + FooterAt::kArrays, array, 1);
  w.put_vec(root + FooterAt::kAttrKeys, root, 0);
  w.put_vec(root + FooterAt::kAttrValues, root, 0);
  w.put_text(root + FooterAt::kBaseFileHint, "", 0);
  return w.take();
}

std::string nesting_has_a_limit() {
  auto view = FooterView::parse(nested_archive(63));
  CHECK_OK(view);
  CHECK_EQ(dtype_name(view->array(0).dtype()).size(), 64 * std::string("list<>").size() + 4);
  CHECK_CODE(FooterView::parse(nested_archive(64)), Code::kCorrupt);
  CHECK_CODE(FooterView::parse(nested_archive(100000)), Code::kCorrupt);
  return "";
}

}  // namespace
}  // namespace strata::test

int main() {
  using namespace strata::test;
  return RUN_CASES({{"every_flipped_bit", every_flipped_bit},
                    {"every_length", every_length},
                    {"random_words", random_words},
                    {"pointers_that_are_refused", pointers_that_are_refused},
                    {"lengths_that_are_refused", lengths_that_are_refused},
                    {"empty_lists", empty_lists},
                    {"tags_and_bools", tags_and_bools},
                    {"texts", texts},
                    {"what_is_not_looked_at", what_is_not_looked_at},
                    {"versions", versions},
                    {"errors_say_where", errors_say_where},
                    {"nesting_has_a_limit", nesting_has_a_limit}});
}
