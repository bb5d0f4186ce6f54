// A life of one array file, step by step, and all that a file shows, as text: what the tests of crashes, errors and
// missing memory compare.
//
// Every step can be repeated: it leads to the same state when a part of it was done already.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "file/array_file.h"
#include "format_files.h"

namespace strata::test {

using Texts = std::vector<std::string>;

struct Setting {
  const char* name = "";
  const char* codec = "zstd";
  uint64_t block_bytes = 512;      // several blocks even in small layers
  uint64_t pending_bytes = 0;      // 1: hot chunks are compressed after every write, and large ones spill
  uint64_t block_cache_bytes = 0;  // none: every look reads
  bool large = false;              // with an array of which a write spills
  Verify verify = Verify::kAlways;
};

// One process, so to speak.
struct Session {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Storage> storage;
  FileOptions options;
  bool large = false;
  std::shared_ptr<ArrayFile> file;

  static inline const std::string key = "d/x.af";

  Session(const Setting& setting, std::shared_ptr<Storage> place) : storage(std::move(place)), large(setting.large) {
    EngineSettings s;
    s.threads = 1;  // operations come in one order
    s.block_cache_bytes = setting.block_cache_bytes;
    s.pending_bytes = setting.pending_bytes;
    s.verify = setting.verify;
    engine = std::make_shared<Engine>(s);
    options.codec = engine->codecs.find(setting.codec);
    options.block_bytes = setting.block_bytes;
  }
  Status create(bool overwrite) {
    STRATA_ASSIGN(file, ArrayFile::create(engine, storage, key, options, overwrite, nullptr));
    return {};
  }
  Status open() {
    file.reset();
    STRATA_ASSIGN(file, ArrayFile::open(engine, storage, key, options, nullptr));
    return {};
  }
};

// ---- changes, each repeatable ----

struct Shape {
  Type type = Type::kInt32;
  std::vector<uint64_t> shape, chunk;
  std::optional<Value> fill;
};

inline Result<ArrayFile::Ref> ensure(Session& s, const std::string& name, const Shape& shape) {
  auto there = s.file->open_array(name);
  if (there.code() != Code::kNotFound) return there;
  ArrayDefinition d;
  d.name = name;
  d.dtype.type = shape.type;
  d.shape = shape.shape;
  d.chunk_shape = shape.chunk;
  d.fill = shape.fill;
  return s.file->define(std::move(d));
}

inline Status drop(Session& s, const std::string& name) {
  Status gone = s.file->remove(name);
  return gone.code() == Code::kNotFound ? Status() : std::move(gone);
}

// Elements that tell apart what wrote them: multiples of `seed`, cut to the width.
inline Status put(Session& s, const std::string& name, std::vector<uint64_t> start, std::vector<uint64_t> count,
                  uint64_t seed) {
  STRATA_ASSIGN(auto array, s.file->open_array(name));
  const size_t width = array->meta.width();
  uint64_t n = 1;
  for (uint64_t c : count) n *= c;
  Buffer data(n * width);
  for (uint64_t i = 0; i < n; ++i) {
    uint64_t v = (i + 1) * (seed * 0x9E3779B97F4A7C15u);
    if (width == 4) v = seed * 1000 + i;
    std::memcpy(data.data() + i * width, reinterpret_cast<const uint8_t*>(&v) + (width == 1 ? 3 : 0), width);
  }
  int64_t strides[kMaxRank] = {};
  int64_t step = static_cast<int64_t>(width);
  for (size_t i = count.size(); i-- > 0; step *= static_cast<int64_t>(count[i])) strides[i] = step;
  return s.file->write(array, start, count, WriteSource::of(data.data(), strides), nullptr);
}

inline Status put_texts(Session& s, const std::string& name, uint64_t start, const Texts& texts) {
  STRATA_ASSIGN(auto array, s.file->open_array(name));
  std::vector<int64_t> offsets{0};
  std::string all;
  for (const std::string& t : texts) {
    all += t;
    offsets.push_back(static_cast<int64_t>(all.size()));
  }
  const uint64_t count = texts.size();
  const std::span<const int64_t> level(offsets);
  return s.file->write(array, {&start, 1}, {&count, 1}, WriteSource::of({{&level, 1}, as_bytes(all)}), nullptr);
}

inline Status annotate(Session& s, const std::string& name, const std::string& key, Value value) {
  STRATA_ASSIGN(auto array, s.file->open_array(name));
  return s.file->set_attribute(array, key, std::move(value));
}

inline Status unannotate(Session& s, const std::string& name, const std::string& key) {
  STRATA_ASSIGN(auto array, s.file->open_array(name));
  Status gone = s.file->delete_attribute(array, key);
  return gone.code() == Code::kNotFound ? Status() : std::move(gone);
}

// ---- what there is to see ----

inline std::string shown_value(const Value& v) {
  return cat(type_name(v.type), ' ', v.bits, v.text.empty() ? "" : " \"", v.text, v.text.empty() ? "" : "\"");
}

inline std::string shown_bytes(Bytes b) {
  std::string out = cat(b.size(), " bytes #", xxh3_64(b), ':');
  for (size_t i = 0; i < b.size() && i < 24; ++i) out += cat(' ', static_cast<unsigned>(b[i]));
  return out;
}

inline Result<std::string> picture_of(ArrayFile& file, const std::string& name, bool statistics) {
  STRATA_ASSIGN(auto array, file.open_array(name));
  const ArrayMeta& meta = array->meta;
  std::string out = cat(name, ' ', dtype_name(meta.dtype), " [");
  for (uint64_t n : meta.geometry.shape()) out += cat(n, ' ');
  out += "] by [";
  for (uint64_t n : meta.geometry.chunk_shape()) out += cat(n, ' ');
  out += cat("] fill ", meta.fill ? shown_value(*meta.fill) : std::string("none"));
  STRATA_ASSIGN(auto keys, file.list_attributes(array));
  for (const std::string& k : keys) {
    STRATA_ASSIGN(Value v, file.get_attribute(array, k));
    out += cat("\n  ", k, " = ", shown_value(v));
  }
  const size_t rank = meta.geometry.rank();
  const std::vector<uint64_t> start(rank, 0), count(meta.geometry.shape().begin(), meta.geometry.shape().end());
  if (meta.width()) {
    Buffer data(meta.geometry.element_count() * meta.width());
    ReadRequest r;
    r.array = array.get();
    r.start = start;
    r.count = count;
    r.dst = data.data();
    int64_t step = static_cast<int64_t>(meta.width());
    for (size_t i = rank; i-- > 0; step *= static_cast<int64_t>(count[i])) r.strides[i] = step;
    STRATA_TRY(file.read({&r, 1}, false, nullptr));
    out += cat("\n  values ", shown_bytes(data.bytes()));
  } else {
    STRATA_ASSIGN(VarlenData data, file.read_varlen(array, start, count, nullptr));
    for (const Buffer& offsets : data.offsets) out += cat("\n  offsets ", shown_bytes(offsets.bytes()));
    out += cat("\n  values ", shown_bytes(data.values.bytes()));
  }
  if (!statistics) return out;
  auto s = file.statistics(array, nullptr);
  if (!s.ok() && s.code() != Code::kNotFound) return s.take_status();
  if (!s.ok()) {  // an array without data; a compaction gives it a row, with as much to say
    s = ArrayStatistics{};
    s->null_count = s->row_count = meta.geometry.element_count();
  }
  return cat(out, "\n  ", s->null_count, " of ", s->row_count, " null, ", s->min ? shown_value(*s->min) : std::string(),
             " to ", s->max ? shown_value(*s->max) : std::string());
}

// All that can be asked of a file; statistics are those of the last commit.
inline Result<Texts> picture(ArrayFile& file, bool statistics) {
  Texts out;
  STRATA_ASSIGN(const auto names, file.list());
  for (const std::string& name : names) {
    STRATA_ASSIGN(out.emplace_back(), picture_of(file, name, statistics));
  }
  return out;
}

// As a process sees it that comes later.
inline Result<Texts> stored_picture(const Setting& setting, const std::shared_ptr<Storage>& storage) {
  Session s(setting, storage);
  Status opened = s.open();
  if (opened.code() == Code::kNotFound) return Texts{"(no file)"};
  STRATA_TRY(std::move(opened));
  return picture(*s.file, true);
}

// What another process adds to what it finds.
inline Result<std::string> probe(Session& s) {
  STRATA_TRY(ensure(s, "probe", {Type::kInt32, {9}, {4}, {}}));
  STRATA_TRY(put(s, "probe", {2}, {6}, 99));
  STRATA_TRY(s.file->flush(nullptr));
  return picture_of(*s.file, "probe", true);
}

// What differs first, or "".
inline std::string difference(const Texts& found, const Texts& wanted) {
  for (size_t i = 0; i < std::max(found.size(), wanted.size()); ++i) {
    const std::string a = i < found.size() ? found[i] : "(nothing)", b = i < wanted.size() ? wanted[i] : "(nothing)";
    if (a != b) return cat("found\n", a, "\ninstead of\n", b);
  }
  return "";
}

// The layers' names. Invariant 7: they must be numbered without a gap, and no filler may lie above a layer that its base took in: the
// original, which knows no base but the one in place, reads all layers that hold arrays.
inline Result<Texts> slot_names(Storage& storage) {
  STRATA_ASSIGN(auto names, FileNames::make(Session::key));
  STRATA_ASSIGN(auto slots, names.list(storage));
  const CodecSet codecs;
  std::string data;  // the last one
  Texts out;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].slot != i + 1) return Status(Code::kInternal, cat("a gap below ", slots[i].key));
    out.push_back(slots[i].key);
    STRATA_ASSIGN(auto layer, SealedLayer::open(storage, slots[i].key, codecs));
    if (layer->footer().array_count()) data = slots[i].key;
    const Identity* id = layer->identity();
    if (id && id->kind == LayerKind::kFiller && !id->base_id.is_nil() && !data.empty())
      return Status(Code::kInternal, cat(slots[i].key, " is a filler above ", data));
  }
  return out;
}

// A file of the original, from tests/data/fixtures.
inline Status take_fixture(Storage& storage, const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator(fixtures_folder() / name)) {
    const std::string file = entry.path().filename().string();  // data.af, data.1.af, data.stats
    STRATA_TRY(replace_object(storage, cat("d/x", file.substr(4)), file_bytes(entry.path()).bytes()));
  }
  return {};
}

// ---- the history ----

struct Step {
  const char* name;
  bool publishes;  // else it only changes what is pending
  Status (*run)(Session&);
};

// Who did not learn that the file was made finds it there.
inline Status make(Session& s) {
  Status made = s.create(false);
  return made.code() == Code::kExists ? s.open() : std::move(made);
}
inline Status flush(Session& s) { return s.file->flush(nullptr); }
inline Status compact(Session& s) { return s.file->compact(nullptr); }

inline Status first_data(Session& s) {
  const Shape grid{Type::kInt32, {20, 12}, {8, 5}, Value::int64(-1)};
  STRATA_TRY(ensure(s, "grid", grid));
  STRATA_TRY(ensure(s, "text", {Type::kString, {7}, {3}, {}}));
  STRATA_TRY(ensure(s, "gone", {Type::kUInt8, {30}, {10}, {}}));
  STRATA_TRY(ensure(s, "one", {Type::kFloat64, {}, {}, {}}));
  STRATA_TRY(ensure(s, "untouched", {Type::kInt16, {4, 0}, {2, 1}, {}}));
  STRATA_TRY(put(s, "grid", {0, 0}, {17, 12}, 1));
  STRATA_TRY(put_texts(s, "text", 0, {"a", "", "caf\u00e9", "dddd", "e"}));
  STRATA_TRY(put(s, "gone", {0}, {30}, 2));
  STRATA_TRY(put(s, "one", {}, {}, 3));
  STRATA_TRY(annotate(s, "grid", "units", Value::string("degC")));
  STRATA_TRY(annotate(s, "grid", "scale", Value::float64(0.1)));
  STRATA_TRY(annotate(s, "one", "flag", Value::boolean(true)));
  if (!s.large) return {};
  STRATA_TRY(ensure(s, "large", {Type::kUInt64, {160000}, {40000}, {}}));
  return put(s, "large", {0}, {160000}, 4);
}

inline Status parts(Session& s) {
  STRATA_TRY(put(s, "grid", {6, 3}, {9, 4}, 5));
  STRATA_TRY(put(s, "grid", {15, 0}, {5, 12}, 6));
  if (s.large) STRATA_TRY(put(s, "large", {30000}, {90000}, 7));
  return put_texts(s, "text", 2, {"changed", "x", "\u00fc\u00fc"});
}

inline Status attributes_only(Session& s) {
  STRATA_TRY(annotate(s, "grid", "units", Value::string("K")));
  STRATA_TRY(unannotate(s, "grid", "scale"));
  STRATA_TRY(annotate(s, "text", "units", Value::string("degC")));
  return drop(s, "gone");
}

inline Status after_compaction(Session& s) {
  STRATA_TRY(put(s, "grid", {19, 11}, {1, 1}, 8));
  return put_texts(s, "text", 6, {"last"});
}

// `gone` had chunks in layers; the new one must not show them. `grid` has another element type; of its chunks the third, which is
// clipped, is the first of those that share their bytes.
inline Status redefinition(Session& s) {
  STRATA_TRY(ensure(s, "gone", {Type::kUInt8, {30}, {10}, Value::uint64(9)}));
  STRATA_TRY(put(s, "gone", {12}, {3}, 9));
  auto grid = s.file->open_array("grid");
  if (!grid.ok() && grid.code() != Code::kNotFound) return grid.take_status();
  if (!grid.ok() || (*grid)->meta.dtype.type == Type::kInt32) STRATA_TRY(drop(s, "grid"));
  STRATA_TRY(ensure(s, "grid", {Type::kUInt8, {20, 12}, {8, 5}, {}}));
  return put(s, "grid", {1, 1}, {3, 6}, 10);
}

inline Status mixed(Session& s) {
  STRATA_TRY(put_texts(s, "text", 0, {"long long long long", "", "", "", "", "", "z"}));
  STRATA_TRY(unannotate(s, "one", "flag"));
  STRATA_TRY(annotate(s, "gone", "note", Value::string("new")));
  if (s.large) STRATA_TRY(put(s, "large", {0}, {160000}, 11));
  return put(s, "gone", {0}, {30}, 12);
}

inline Status resize(Session& s, const std::string& name, std::vector<uint64_t> shape) {
  STRATA_ASSIGN(auto array, s.file->open_array(name));
  return s.file->resize(array, shape, nullptr);
}

// The chunks of two dimensions have no place in the new grid: the flush writes the file anew.
inline Status another_rank(Session& s) {
  auto grid = s.file->open_array("grid");
  if (!grid.ok() && grid.code() != Code::kNotFound) return grid.take_status();
  if (!grid.ok() || (*grid)->meta.geometry.rank() == 2) STRATA_TRY(drop(s, "grid"));
  STRATA_TRY(ensure(s, "grid", {Type::kInt32, {40}, {16}, Value::int64(7)}));
  STRATA_TRY(put(s, "grid", {10}, {28}, 14));
  return annotate(s, "grid", "units", Value::string("m"));
}

inline Status grown(Session& s) {
  STRATA_TRY(resize(s, "grid", {90}));
  STRATA_TRY(resize(s, "text", {9}));
  STRATA_TRY(resize(s, "gone", {33}));
  STRATA_TRY(put(s, "grid", {39}, {48}, 15));
  return put_texts(s, "text", 7, {"grown", "longer"});
}

// The second chunk of `grid` is cut, and fill when it grows again; of `gone` chunks have no place any more.
inline Status cut_off(Session& s) {
  STRATA_TRY(resize(s, "grid", {20}));
  STRATA_TRY(resize(s, "grid", {90}));
  STRATA_TRY(resize(s, "text", {4}));
  return resize(s, "gone", {15});
}

inline Status new_names(Session& s) {
  auto copied = s.file->copy_array(*s.file, "grid", "copy", nullptr);
  if (!copied.ok() && copied.code() != Code::kExists) return copied.take_status();
  STRATA_TRY(put(s, "copy", {3}, {4}, 16));
  Status renamed = s.file->rename_array("text", "words", nullptr);
  return renamed.code() == Code::kExists || renamed.code() == Code::kNotFound ? Status() : std::move(renamed);
}

inline Status other_data(Session& s) {
  STRATA_TRY(ensure(s, "grid", {Type::kInt32, {6}, {2}, {}}));
  STRATA_TRY(ensure(s, "bytes", {Type::kBinary, {3}, {2}, {}}));
  STRATA_TRY(put(s, "grid", {1}, {4}, 13));
  return put_texts(s, "bytes", 0, {std::string("\xff\0", 2), ""});
}

inline const std::vector<Step>& history() {
  static const std::vector<Step> steps = {
      {"create", true, make},
      {"first data", false, first_data},
      {"flush first data", true, flush},
      {"parts", false, parts},
      {"flush parts", true, flush},
      {"attributes only", false, attributes_only},
      {"flush attributes", true, flush},
      {"compact", true, compact},
      {"after compaction", false, after_compaction},
      {"flush after compaction", true, flush},
      {"redefinition", false, redefinition},
      {"flush redefinition", true, flush},
      {"mixed", false, mixed},
      {"flush and compact", true, compact},
      {"one text", false, [](Session& s) { return put_texts(s, "text", 4, {"five"}); }},
      {"flush one text", true, flush},
      {"another rank", false, another_rank},
      {"flush another rank", true, flush},
      {"grown", false, grown},
      {"flush grown", true, flush},
      {"cut off", false, cut_off},
      {"flush cut off", true, flush},
      {"new names", false, new_names},
      {"flush new names", true, flush},
      {"overwrite", true, [](Session& s) { return s.create(true); }},
      {"other data", false, other_data},
      {"flush other data", true, flush},
      {"compact at the end", true, compact},
  };
  return steps;
}

}  // namespace strata::test
