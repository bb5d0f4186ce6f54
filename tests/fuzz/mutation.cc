#include "mutation.h"

#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "format/footer.h"
#include "format/section.h"
#include "format/stats_ids.h"
#include "objects.h"

namespace strata::fuzz {
namespace {

size_t below(size_t n, Random& random) { return n ? random() % n : 0; }
bool one_in(unsigned n, Random& random) { return random() % n == 0; }

template <typename T>
void odd(T& number, Random& random) {
  number = static_cast<T>(odd_number(number, random));
}

std::string odd_text(std::string text, Random& random) {
  switch (random() % 5) {
    case 0:
      return "";
    case 1:
      return text + text;
    case 2:
      return std::string(random() % 40, 'a');
    case 3:
      return text.substr(0, below(text.size(), random));
    default:
      return text + "\xC3\xA9";
  }
}

DType odd_dtype(Random& random, int depth = 0) {
  DType t;
  t.type = static_cast<Type>(random() % 16);
  if (is_list(t.type)) {
    if (depth > 3) t.type = Type::kInt8;
    else t.child = std::make_shared<const DType>(odd_dtype(random, depth + 1));
  }
  if (t.type == Type::kFixedSizeList) t.list_size = static_cast<uint32_t>(one_in(4, random) ? odd_number(2, random) : random() % 5);
  return t;
}

Value odd_value(Random& random, bool attribute) {
  static constexpr Type kFills[] = {Type::kBool, Type::kInt64, Type::kUInt64, Type::kFloat64, Type::kString, Type::kTimestampNs};
  Value v;
  v.type = attribute ? static_cast<Type>(random() % 12) : kFills[random() % std::size(kFills)];
  if (v.type == Type::kString) v.text = odd_text("text", random);
  else if (v.type == Type::kBool) v.bits = random() & 1;
  else v.bits = odd_number(random(), random);
  return v;
}

template <typename T>
void resize_some(std::vector<T>& v, Random& random) {
  if (v.empty() || one_in(3, random)) {
    if (v.empty()) v.emplace_back();
    else v.push_back(v[below(v.size(), random)]);
  } else if (one_in(2, random)) {
    v.erase(v.begin() + static_cast<std::ptrdiff_t>(below(v.size(), random)));
  } else {
    std::swap(v[below(v.size(), random)], v[below(v.size(), random)]);
  }
}

void change_array(ArrayRecord& a, Footer& footer, Random& random) {
  switch (random() % 12) {
    case 0:
      a.deleted = !a.deleted;
      break;
    case 1:
      a.dtype = odd_dtype(random);
      break;
    case 2:
      if (!a.shape.empty()) odd(a.shape[below(a.shape.size(), random)], random);
      break;
    case 3:
      if (!a.chunk_shape.empty()) odd(a.chunk_shape[below(a.chunk_shape.size(), random)], random);
      break;
    case 4:
      if (!a.chunk_coords.empty()) odd(a.chunk_coords[below(a.chunk_coords.size(), random)], random);
      break;
    case 5:
    case 6:
      if (!a.chunks.empty()) {
        ChunkAddress& c = a.chunks[below(a.chunks.size(), random)];
        odd(random() % 3 == 0 ? c.block : one_in(2, random) ? c.offset : c.size, random);
      }
      break;
    case 7:
      if (one_in(3, random)) a.fill.reset();
      else a.fill = odd_value(random, false);
      break;
    case 8:
      if (!a.attributes.empty()) {
        auto& pair = a.attributes[below(a.attributes.size(), random)];
        odd(one_in(2, random) ? pair.first : pair.second, random);
      } else {
        a.attributes.emplace_back(random() % 3, random() % 3);
      }
      a.attribute_width = 64;
      break;
    case 9:
      a.name = one_in(2, random) ? footer.arrays[below(footer.arrays.size(), random)].name : odd_text(a.name, random);
      break;
    case 10:  // rank and all that goes with it
      if (one_in(2, random)) {
        resize_some(a.shape, random);
      } else {
        resize_some(a.shape, random);
        a.chunk_shape.resize(a.shape.size(), 1);
        a.dimension_names.resize(a.shape.size(), "d");
        a.chunk_coords.assign(a.chunks.size() * a.shape.size(), 0);
      }
      break;
    default:
      if (!a.chunks.empty() && !a.shape.empty() && one_in(2, random)) {  // one chunk more, or one fewer
        const size_t rank = a.chunk_coords.size() / a.chunks.size();
        const size_t i = below(a.chunks.size(), random);
        a.chunks.push_back(a.chunks[i]);
        for (size_t k = 0; k < rank; ++k) a.chunk_coords.push_back(a.chunk_coords[i * rank + k]);
      } else {
        resize_some(a.dimension_names, random);
      }
  }
}

void change_footer(Footer& footer, Random& random) {
  switch (random() % 8) {
    case 0:
      if (!footer.blocks.empty()) {
        BlockRecord& b = footer.blocks[below(footer.blocks.size(), random)];
        static constexpr const char* kNames[] = {"zstd", "lz4", "", "other"};
        switch (random() % 5) {
          case 0:
            odd(b.id, random);
            break;
          case 1:
            odd(b.file_offset, random);
            break;
          case 2:
            odd(b.compressed_size, random);
            break;
          case 3:
            odd(b.uncompressed_size, random);
            break;
          default:
            b.codec = kNames[random() % std::size(kNames)];
        }
      }
      break;
    case 1:
      one_in(2, random) ? resize_some(footer.blocks, random) : resize_some(footer.attr_keys, random);
      break;
    case 2:
      if (one_in(2, random)) footer.attr_values.push_back(odd_value(random, true));
      else resize_some(footer.attr_values, random);
      break;
    case 3:
      one_in(2, random) ? odd(footer.overlay_index, random) : void(footer.base_file_hint = odd_text(footer.base_file_hint, random));
      break;
    case 4:
      resize_some(footer.arrays, random);
      break;
    default:
      if (!footer.arrays.empty()) change_array(footer.arrays[below(footer.arrays.size(), random)], footer, random);
  }
}

// ---- A section as its entries ----

struct Entry {
  uint32_t tag = 0, form = 0;
  Buffer payload;
};

constexpr uint32_t tag_of(const char (&name)[5]) {
  return static_cast<uint32_t>(name[0]) | static_cast<uint32_t>(name[1]) << 8 | static_cast<uint32_t>(name[2]) << 16 |
         static_cast<uint32_t>(name[3]) << 24;
}

std::vector<Entry> entries_of(Bytes section) {
  std::vector<Entry> out;
  if (section.size() < kSectionTrailerSize) return out;
  Input in(section.first(section.size() - kSectionTrailerSize));
  while (!in.empty() && out.size() < 16) {
    Entry e;
    e.tag = in.take<uint32_t>();
    e.form = in.take<uint32_t>();
    const auto size = in.take<uint64_t>();
    e.payload = Buffer::copy_of(in.take(size));
    in.take((8 - size % 8) % 8);
    out.push_back(std::move(e));
  }
  return out;
}

Buffer section_of(const std::vector<Entry>& entries) {
  Buffer out;
  auto put = [&](auto number) { out.append({reinterpret_cast<const uint8_t*>(&number), sizeof number}); };
  for (const Entry& e : entries) {
    put(e.tag);
    put(e.form);
    put(static_cast<uint64_t>(e.payload.size()));
    out.append(e.payload.bytes());
    out.pad_to(8);
  }
  put(static_cast<uint64_t>(out.size() + kSectionTrailerSize));
  put(uint32_t{1});
  put(static_cast<uint32_t>(entries.size()));
  put(xxh3_64(out.bytes()));
  out.append(as_bytes("STRATASX"));
  return out;
}

// ---- A layer as blocks, section, archive ----

struct Layer {
  Buffer blocks, section, archive;
};

bool take_apart(Bytes file, Layer& layer) {
  if (file.size() < kTrailerSize) return false;
  auto size = parse_trailer(file.last(kTrailerSize), kFooterMagic, file.size());
  if (!size.ok()) return false;
  size_t at = file.size() - kTrailerSize - static_cast<size_t>(*size);
  layer.archive = Buffer::copy_of(file.subspan(at, static_cast<size_t>(*size)));
  if (at >= kSectionTrailerSize) {
    auto length = section_length(file.subspan(at - kSectionTrailerSize, kSectionTrailerSize), at);
    if (length && *length <= at) {
      layer.section = Buffer::copy_of(file.subspan(at - static_cast<size_t>(*length), static_cast<size_t>(*length)));
      at -= static_cast<size_t>(*length);
    }
  }
  layer.blocks = Buffer::copy_of(file.first(at));
  return true;
}

Buffer put_together(const Layer& layer) {
  Buffer out = Buffer::copy_of(layer.blocks.bytes());
  if (!layer.section.empty()) out.pad_to(8);
  out.append(layer.section.bytes());
  out.append(layer.archive.bytes());
  append_trailer(out, layer.archive.size(), kFooterMagic);
  return out;
}

Buffer mutate_layer(Bytes file, Random& random) {
  Layer layer;
  if (!take_apart(file, layer)) return mutate_words(file, random);
  const unsigned part = random() % 8;
  if (part == 0) layer.blocks = mutate_words(layer.blocks.bytes(), random);
  else if (part <= 2) layer.section = mutate_section(layer.section.bytes(), random);
  else layer.archive = mutate_archive(layer.archive.bytes(), random);
  // Digests of what is no more: most of the time without them, or nothing behind them would be reached.
  if (!one_in(8, random)) {
    auto entries = entries_of(layer.section.bytes());
    if (std::erase_if(entries, [](const Entry& e) { return e.tag == tag_of("DIGS"); })) layer.section = section_of(entries);
  }
  return put_together(layer);
}

Buffer mutate_objects(Bytes input, Random& random) {
  auto objects = unpack_objects(input);
  if (objects.empty()) return Buffer::copy_of(input);
  Object& o = objects[below(objects.size(), random)];
  if (one_in(12, random)) {
    Object& other = objects[below(objects.size(), random)];
    std::swap(o.bytes, other.bytes);
  } else if (one_in(16, random) && objects.size() > 1) {
    objects.erase(objects.begin() + static_cast<std::ptrdiff_t>(below(objects.size(), random)));
  } else if (std::string_view(o.name).ends_with(".af")) {
    o.bytes = mutate_layer(o.bytes.bytes(), random);
  } else if (std::string_view(o.name).ends_with(".stats")) {
    o.bytes = mutate_stats(o.bytes.bytes(), random);
  } else {
    o.bytes = mutate_words(o.bytes.bytes(), random);
  }
  return pack_objects(objects);
}

}  // namespace

uint64_t odd_number(uint64_t now, Random& random) {
  switch (random() % 10) {
    case 0:
      return 0;
    case 1:
      return now + 1;
    case 2:
      return now - 1;
    case 3:
      return uint64_t{1} << random() % 64;
    case 4:
      return (uint64_t{1} << random() % 64) - 1;
    case 5:
      return std::numeric_limits<uint32_t>::max() - random() % 4;
    case 6:
      return std::numeric_limits<uint64_t>::max() - random() % 4;
    case 7:
      return random() % 16;
    case 8:
      return now * (random() % 4);
    default:
      return now ^ (uint64_t{1} << random() % 64);
  }
}

Buffer mutate_words(Bytes bytes, Random& random) {
  Buffer out = Buffer::copy_of(bytes);
  for (unsigned n = random() % 3 + 1; n > 0 && !out.empty(); --n) {
    if (out.size() >= 8 && !one_in(3, random)) {
      uint8_t* word = out.data() + below(out.size() / 4 - 1, random) * 4;
      if (one_in(2, random)) store(word, odd_number(load<uint64_t>(word), random));
      else store(word, static_cast<uint32_t>(odd_number(load<uint32_t>(word), random)));
    } else {
      out.data()[below(out.size(), random)] ^= static_cast<uint8_t>(1u << random() % 8);
    }
  }
  return out;
}

Buffer mutate_archive(Bytes archive, Random& random) {
  if (one_in(4, random)) return mutate_words(archive, random);  // pointers
  auto view = FooterView::parse(Buffer::copy_of(archive));
  if (!view.ok()) return mutate_words(archive, random);
  Footer footer = view->to_footer();
  for (unsigned n = random() % 3 + 1; n > 0; --n) change_footer(footer, random);
  auto out = encode_footer(footer);
  return out.ok() ? std::move(*out) : mutate_words(archive, random);
}

Buffer mutate_stats(Bytes object, Random& random) {
  if (object.size() < kTrailerSize) return mutate_words(object, random);
  auto size = parse_trailer(object.last(kTrailerSize), kStatsMagic, object.size());
  if (!size.ok()) return mutate_words(object, random);
  const size_t at = object.size() - kTrailerSize - static_cast<size_t>(*size);
  auto ids = parse_stats_ids(object.first(at), object.subspan(at));
  Buffer archive = Buffer::copy_of(object.subspan(at, static_cast<size_t>(*size)));
  auto rows = decode_stats(archive.bytes());
  if (rows.ok() && !one_in(3, random)) {
    if (rows->empty()) rows->emplace_back();
    ArrayStatistics& s = (*rows)[below(rows->size(), random)];
    static constexpr Type kKinds[] = {Type::kInt64, Type::kUInt64, Type::kFloat64, Type::kBinary, Type::kTimestampNs};
    auto bound = [&]() -> std::optional<Value> {
      if (one_in(4, random)) return std::nullopt;
      Value v{kKinds[random() % std::size(kKinds)], 0, {}};
      if (v.type == Type::kBinary) v.text = odd_text("bytes", random);
      else v.bits = odd_number(random(), random);
      return v;
    };
    switch (random() % 5) {
      case 0:
        s.min = bound();
        break;
      case 1:
        s.max = bound();
        break;
      case 2:
        odd(one_in(2, random) ? s.null_count : s.row_count, random);
        break;
      case 3:
        s.name = odd_text(s.name, random);
        break;
      default:
        resize_some(*rows, random);
    }
    auto out = encode_stats(*rows);
    if (out.ok()) archive = std::move(*out);
  } else {
    archive = mutate_words(archive.bytes(), random);
  }
  const size_t archive_size = archive.size();
  append_trailer(archive, archive_size, kStatsMagic);
  if (!ids) {
    Buffer out = Buffer::copy_of(object.first(at));
    out.append(archive.bytes());
    return out;
  }
  if (one_in(4, random) && !ids->empty()) ids->pop_back();
  Buffer out = encode_stats_ids(*ids, archive.bytes());
  out.append(archive.bytes());
  return out;
}

Buffer mutate_section(Bytes section, Random& random) {
  auto entries = entries_of(section);
  if (entries.empty()) return mutate_words(section, random);
  Entry& e = entries[below(entries.size(), random)];
  switch (random() % 12) {
    case 0:
      entries.erase(entries.begin() + (&e - entries.data()));
      break;
    case 1:
      odd(one_in(2, random) ? e.tag : e.form, random);
      break;
    case 2: {  // cut or longer
      Buffer b = Buffer::copy_of(e.payload.bytes());
      const size_t before = b.size();
      b.resize(one_in(2, random) ? below(before, random) : before + 8 * (random() % 4));
      if (b.size() > before) std::memset(b.data() + before, 0, b.size() - before);
      e.payload = std::move(b);
      break;
    }
    case 3: {
      Entry twice{e.tag, e.form, Buffer::copy_of(e.payload.bytes())};
      entries.push_back(std::move(twice));
      break;
    }
    case 4:
      if (e.tag == tag_of("IDEN") && e.payload.size() >= 104) {
        if (one_in(2, random)) store(e.payload.data() + 88, static_cast<uint32_t>(random() % 6));  // kind
        else store(e.payload.data() + 92, static_cast<uint32_t>(odd_number(1, random)));           // slot
        break;
      }
      [[fallthrough]];
    default:
      e.payload = mutate_words(e.payload.bytes(), random);
  }
  return section_of(entries);
}

Buffer mutate_file(Bytes objects, Random& random) { return mutate_objects(objects, random); }
Buffer mutate_store(Bytes objects, Random& random) { return mutate_objects(objects, random); }

}  // namespace strata::fuzz
