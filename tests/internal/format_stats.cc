// The archive of a .stats file.
#include "format/footer.h"
#include "format_files.h"
#include "internal_test.h"

namespace strata::test {
namespace {

std::vector<ArrayStatistics> every_kind() {
  return {{"", std::nullopt, std::nullopt, 0, 0},
          {"i", Value::int64(INT64_MIN), Value::int64(INT64_MAX), 1, 2},
          {"u", Value::uint64(0), Value::uint64(UINT64_MAX), UINT64_MAX, UINT64_MAX},
          {"f", Value{Type::kFloat64, 0xFFF8000000000001, {}}, Value::float64(-0.0), 3, 4},
          {"a name of more than sixteen bytes", Value::binary(""), Value::binary(std::string(300, '\xff')), 5, 6},
          {"one side", std::nullopt, Value::binary("abc"), 5, 6},
          {"t", Value::timestamp(-1), Value::timestamp(1), 7, 8}};
}

std::string every_kind_comes_back() {
  auto rows = every_kind();
  auto bytes = encode_stats(rows);
  CHECK_OK(bytes);
  auto again = decode_stats(bytes->bytes());
  CHECK_OK(again);
  CHECK(*again == rows);
  // From any address: a .stats file need not be read into aligned memory.
  for (size_t shift = 1; shift < 8; ++shift) {
    Buffer moved(shift);
    moved.append(bytes->bytes());
    auto from_there = decode_stats(moved.bytes().subspan(shift));
    CHECK_OK(from_there);
    CHECK(*from_there == rows);
  }
  return "";
}

std::string the_smallest() {
  auto bytes = encode_stats({});
  CHECK_OK(bytes);
  CHECK_EQ(hex(bytes->bytes()), "00000000000000000000000000000000");
  return "";
}

std::string what_cannot_be_is_not_written() {
  for (Type t : {Type::kBool, Type::kInt8, Type::kFloat32, Type::kString, Type::kList}) {
    ArrayStatistics low{"a", Value{t, 0, {}}, std::nullopt, 0, 0}, high{"a", std::nullopt, Value{t, 0, {}}, 0, 0};
    CHECK_CODE(encode_stats({&low, 1}), Code::kInvalid);
    CHECK_CODE(encode_stats({&high, 1}), Code::kInvalid);
  }
  ArrayStatistics name{"\xff", std::nullopt, std::nullopt, 0, 0};
  CHECK_CODE(encode_stats({&name, 1}), Code::kInvalid);
  return "";
}

std::string damage_is_refused_or_harmless() {
  auto bytes = encode_stats(every_kind());
  CHECK_OK(bytes);
  size_t refused = 0;
  for (size_t bit = 0; bit < bytes->size() * 8; ++bit) {
    Buffer b = Buffer::copy_of(bytes->bytes());
    b.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    auto rows = decode_stats(b.bytes());
    if (!rows.ok()) ++refused;
    else CHECK_OK(encode_stats(*rows));
  }
  CHECK(refused > 500);
  for (size_t n = 0; n < bytes->size(); ++n) {
    Buffer head = Buffer::copy_of(bytes->bytes().first(n)), tail = Buffer::copy_of(bytes->bytes().last(n));
    if (auto rows = decode_stats(head.bytes()); rows.ok()) CHECK_OK(encode_stats(*rows));
    CHECK_CODE(decode_stats(tail.bytes()), Code::kCorrupt);
  }
  return "";
}

std::string rules_of_the_check() {
  auto bytes = encode_stats(every_kind());
  CHECK_OK(bytes);
  size_t rows = bytes->size() - 16 - 7 * 96;
  auto with = [&](size_t at, uint64_t v, size_t width) {
    Buffer b = Buffer::copy_of(bytes->bytes());
    std::memcpy(b.data() + at, &v, width);
    return decode_stats(b.bytes());
  };
  CHECK_CODE(with(rows + 16, 2, 1), Code::kCorrupt);                // Option
  CHECK_CODE(with(rows + 96 + 24, 5, 1), Code::kCorrupt);           // StatValue
  CHECK_OK(with(rows + 17, 1, 1));                                  // padding
  CHECK_CODE(with(rows + 5 * 96 + 48 + 16, 0, 8), Code::kCorrupt);  // a pointer to itself
  CHECK_CODE(with(rows + 5 * 96 + 48 + 24, 1ull << 40, 8), Code::kCorrupt);
  CHECK_CODE(with(rows + 96, 0x80, 1), Code::kCorrupt);
  CHECK_CODE(with(bytes->size() - 8, UINT64_MAX / 96 + 2, 8), Code::kCorrupt);  // whose size in bytes wraps around
  auto refused = with(rows + 5 * 96 + 48 + 16, 0, 8);
  CHECK(refused.status().message().find("array 5, max") != std::string_view::npos);
  return "";
}

}  // namespace
}  // namespace strata::test

int main() {
  using namespace strata::test;
  return RUN_CASES({{"every_kind_comes_back", every_kind_comes_back},
                    {"the_smallest", the_smallest},
                    {"what_cannot_be_is_not_written", what_cannot_be_is_not_written},
                    {"damage_is_refused_or_harmless", damage_is_refused_or_harmless},
                    {"rules_of_the_check", rules_of_the_check}});
}
