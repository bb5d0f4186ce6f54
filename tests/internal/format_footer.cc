// Footers that strata itself writes: bytes, round trips, limits.
#include "format/footer.h"
#include "format_files.h"
#include "format_sample.h"
#include "internal_test.h"

namespace strata::test {
namespace {

bool equal(const ArrayRecord& a, const ArrayRecord& b) {
  auto chunks = [](const ChunkAddress& x, const ChunkAddress& y) {
    return x.block == y.block && x.offset == y.offset && x.size == y.size;
  };
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && a.dimension_names == b.dimension_names &&
         a.chunk_shape == b.chunk_shape && a.chunk_coords == b.chunk_coords &&
         std::equal(a.chunks.begin(), a.chunks.end(), b.chunks.begin(), b.chunks.end(), chunks) && a.fill == b.fill &&
         a.deleted == b.deleted && a.attributes == b.attributes;
}

std::string the_worked_example() {
  auto bytes = encode_footer(example_footer());
  CHECK_OK(bytes);
  CHECK_EQ(bytes->size(), 456u);
  CHECK_EQ(hex(bytes->bytes()), example_hex());
  return "";
}

std::string an_empty_base() {
  auto bytes = encode_footer({});
  CHECK_OK(bytes);
  // clang-format off
  CHECK_EQ(hex(bytes->bytes()),
           "0400000000000000" "f8ffffffffffffff" "0000000000000000" "e8ffffffffffffff" "0000000000000000"
           "d8ffffffffffffff" "0000000000000000" "c8ffffffffffffff" "0000000000000000" "0000000000000000"
           "ffffffffffffffff" "ffffffffffffffff");
  // clang-format on
  return "";
}

std::string everything_comes_back() {
  Footer f = full_footer();
  auto bytes = encode_footer(f);
  CHECK_OK(bytes);
  auto view = FooterView::parse(Buffer::copy_of(bytes->bytes()));
  CHECK_OK(view);
  Footer g = view->to_footer();
  CHECK_EQ(g.blocks.size(), f.blocks.size());
  for (size_t i = 0; i < f.blocks.size(); ++i) {
    CHECK(g.blocks[i].id == f.blocks[i].id && g.blocks[i].file_offset == f.blocks[i].file_offset);
    CHECK(g.blocks[i].compressed_size == f.blocks[i].compressed_size);
    CHECK(g.blocks[i].uncompressed_size == f.blocks[i].uncompressed_size);
    CHECK_EQ(g.blocks[i].codec, f.blocks[i].codec);
  }
  CHECK_EQ(g.arrays.size(), f.arrays.size());
  for (size_t i = 0; i < f.arrays.size(); ++i) {
    if (!equal(f.arrays[i], g.arrays[i])) return "array " + std::to_string(i) + " differs";
    CHECK(view->array(i).type() == f.arrays[i].dtype.type);
  }
  CHECK_EQ(g.arrays[5].attribute_width, 16);
  CHECK_EQ(g.arrays[6].attribute_width, 32);
  CHECK_EQ(g.arrays[7].attribute_width, 64);
  CHECK_EQ(g.arrays[8].attribute_width, 32);
  CHECK(g.attr_keys == f.attr_keys);
  CHECK(g.attr_values == f.attr_values);
  CHECK(g.overlay_index == f.overlay_index && g.base_file_hint == f.base_file_hint);
  auto again = encode_footer(g);
  CHECK_OK(again);
  CHECK_EQ(difference(again->bytes(), bytes->bytes()), "");
  return "";
}

// Lengths around the steps of the text form: inline, one byte of length, more.
std::string texts_of_every_length() {
  Footer f;
  for (size_t n = 0; n <= 300; ++n) f.attr_keys.emplace_back(n, 'k');
  for (size_t n : {4095u, 4096u, 16383u, 16384u, 65536u, 1u << 20}) f.attr_keys.emplace_back(n, 'l');
  auto bytes = encode_footer(f);
  CHECK_OK(bytes);
  auto view = FooterView::parse(std::move(*bytes));
  CHECK_OK(view);
  CHECK_EQ(view->attr_key_count(), f.attr_keys.size());
  for (size_t i = 0; i < f.attr_keys.size(); ++i) CHECK(view->attr_key(i) == f.attr_keys[i]);
  return "";
}

std::string what_cannot_be_is_not_written() {
  auto code = [](auto change) {
    Footer f = example_footer();
    change(f, f.arrays[0]);
    return encode_footer(f).code();
  };
  const std::string bad_text = "caf\xe9";
  CHECK(code([](Footer&, ArrayRecord&) {}) == Code::kOk);
  CHECK(code([&](Footer&, ArrayRecord& a) { a.name = bad_text; }) == Code::kInvalid);
  CHECK(code([&](Footer&, ArrayRecord& a) { a.dimension_names[0] = bad_text; }) == Code::kInvalid);
  CHECK(code([&](Footer&, ArrayRecord& a) { a.fill = Value::string(bad_text); }) == Code::kInvalid);
  CHECK(code([&](Footer& f, ArrayRecord&) { f.blocks[0].codec = bad_text; }) == Code::kInvalid);
  CHECK(code([&](Footer& f, ArrayRecord&) { f.attr_keys[0] = bad_text; }) == Code::kInvalid);
  CHECK(code([&](Footer& f, ArrayRecord&) { f.attr_values[0] = Value::string(bad_text); }) == Code::kInvalid);
  CHECK(code([&](Footer& f, ArrayRecord&) { f.base_file_hint = bad_text; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.chunk_coords.push_back(0); }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.chunk_coords.clear(); }) == Code::kInvalid);
  for (Type t : {Type::kInt32, Type::kFloat32, Type::kBinary, Type::kList})
    CHECK(code([t](Footer&, ArrayRecord& a) { a.fill = Value{t, 0, {}}; }) == Code::kInvalid);
  for (Type t : {Type::kBinary, Type::kTimestampNs, Type::kList})
    CHECK(code([t](Footer& f, ArrayRecord&) { f.attr_values[0] = Value{t, 0, {}}; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.fill = Value{Type::kBool, 2, {}}; }) == Code::kInvalid);
  CHECK(code([](Footer& f, ArrayRecord&) { f.attr_values[0] = {Type::kBool, 2, {}}; }) == Code::kInvalid);
  CHECK(code([](Footer& f, ArrayRecord&) { f.attr_values[0] = {Type::kInt8, 255, {}}; }) == Code::kInvalid);
  CHECK(code([](Footer& f, ArrayRecord&) { f.attr_values[0] = {Type::kUInt16, 65536, {}}; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.attributes = {{1, 0}, {0, 0}}; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.attributes = {{1, 0}, {1, 1}}; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.attribute_width = 8; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) {
          a.attribute_width = 16;
          a.attributes = {{0, 65536}};
        }) == Code::kLimit);
  CHECK(code([](Footer&, ArrayRecord& a) { a.attributes = {{0, 1ull << 32}}; }) == Code::kLimit);
  CHECK(code([](Footer&, ArrayRecord& a) { a.dtype = {Type::kList, 0, nullptr}; }) == Code::kInvalid);
  CHECK(code([](Footer&, ArrayRecord& a) { a.dtype = nested(64); }) == Code::kOk);
  CHECK(code([](Footer&, ArrayRecord& a) { a.dtype = nested(65); }) == Code::kLimit);
  return "";
}

std::string errors_name_the_array() {
  Footer f = example_footer();
  f.arrays[0].fill = Value::binary("x");
  auto refused = encode_footer(f);
  CHECK_CODE(refused, Code::kInvalid);
  CHECK(refused.status().message().find("array 0 \"t\"") != std::string_view::npos);
  return "";
}

// Sizes at which anything quadratic would run into the test's time limit.
std::string many_arrays_and_many_chunks() {
  Footer f;
  for (uint32_t i = 0; i < 100000; ++i) {
    ArrayRecord& a = f.arrays.emplace_back();
    a.name = cat("dataset_with_a_long_name_", i);
    a.dtype.type = Type::kFloat32;
    a.shape = a.chunk_shape = {100, 200};
    a.dimension_names = {"latitude", "longitude"};
    a.chunk_coords = {0, 0};
    a.chunks = {{i, 0, 80000}};
    a.attributes = {{0, i % 100}};
  }
  ArrayRecord& big = f.arrays.emplace_back();
  big.shape = big.chunk_shape = {1, 1};
  for (uint32_t i = 0; i < 1000000; ++i) {
    big.chunk_coords.insert(big.chunk_coords.end(), {i / 1000, i % 1000});
    big.chunks.push_back({0, i, 1});
  }
  auto bytes = encode_footer(f);
  CHECK_OK(bytes);
  auto view = FooterView::parse(Buffer::copy_of(bytes->bytes()));
  CHECK_OK(view);
  CHECK(view->array(77777).name() == "dataset_with_a_long_name_77777");
  ArrayView last = view->array(100000);
  CHECK(last.chunk_coord(123456)[0] == 123 && last.chunk_coord(123456)[1] == 456);
  auto again = encode_footer(view->to_footer());
  CHECK_OK(again);
  CHECK_EQ(difference(again->bytes(), bytes->bytes()), "");
  return "";
}

std::string names_of_dtypes() {
  CHECK_EQ(dtype_name({Type::kTimestampNs, 0, nullptr}), "timestamp_ns");
  CHECK_EQ(dtype_name(nested(3)), "list<fixed_size_list<list<int8>>[1]>");
  CHECK(nested(5) == nested(5));
  CHECK(!(nested(5) == nested(4)));
  CHECK(!(nested(5) == nested(7)));
  DType three{Type::kFixedSizeList, 3, nested(0).child}, four = three;
  four.list_size = 4;
  CHECK(!(three == four));
  return "";
}

}  // namespace
}  // namespace strata::test

int main() {
  using namespace strata::test;
  return RUN_CASES({{"the_worked_example", the_worked_example},
                    {"an_empty_base", an_empty_base},
                    {"everything_comes_back", everything_comes_back},
                    {"texts_of_every_length", texts_of_every_length},
                    {"what_cannot_be_is_not_written", what_cannot_be_is_not_written},
                    {"errors_name_the_array", errors_name_the_array},
                    {"many_arrays_and_many_chunks", many_arrays_and_many_chunks},
                    {"names_of_dtypes", names_of_dtypes}});
}
