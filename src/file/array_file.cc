#include "file/array_file.h"

#include <algorithm>

#include "base/checked.h"
#include "base/utf8.h"
#include "delta/layer_writer.h"
#include "file/outlying.h"

namespace strata {
namespace {

constexpr uint64_t kDefaultBlock = 8u << 20;
constexpr uint64_t kDefaultSingleFrameBlock = 256u << 10;  // a codec whose blocks are one frame is read a block at a time
constexpr uint64_t kLargestBlock = 1u << 30;               // chunk offsets in a block are 32-bit

PendingSettings settings_of(const FileOptions& o) {
  PendingSettings s;
  s.codec = o.codec;
  s.level = o.level;
  uint64_t dflt = o.codec->concatenable() ? kDefaultBlock : kDefaultSingleFrameBlock;
  s.block_bytes = std::clamp<uint64_t>(o.block_bytes ? o.block_bytes : dflt, 1, kLargestBlock);
  return s;
}

}  // namespace

ArrayFile::ArrayFile(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, FileNames names,
                     const FileOptions& options)
    : engine_(std::move(engine)), storage_(std::move(storage)), names_(std::move(names)), options_(options),
      settings_(settings_of(options)) {}

Result<std::shared_ptr<ArrayFile>> ArrayFile::make_new(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                       std::string_view key, const FileOptions& options) {
  STRATA_ASSIGN(FileNames names, FileNames::make(key));
  return std::shared_ptr<ArrayFile>(new ArrayFile(std::move(engine), std::move(storage), std::move(names), options));
}

Result<std::shared_ptr<ArrayFile>> ArrayFile::open(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                   std::string_view key, const FileOptions& options,
                                                   const CancelToken* cancel) {
  STRATA_ASSIGN(auto file, make_new(std::move(engine), std::move(storage), key, options));
  STRATA_ASSIGN(file->stack_, open_stack(*file->engine_, *file->storage_, file->names_, cancel));
  if (!options.commit.empty()) STRATA_TRY(file->go_back(cancel));
  return file;
}

Result<std::shared_ptr<ArrayFile>> ArrayFile::open_in_store(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                            std::string_view key, const FileOptions& options,
                                                            const Homes& homes, const Pins& pins, const Pins& placed,
                                                            Match match, const CancelToken* cancel) {
  STRATA_ASSIGN(auto file, make_new(std::move(engine), std::move(storage), key, options));
  file->homes_ = homes;
  STRATA_ASSIGN(file->stack_, open_pinned(*file->engine_, *file->storage_, file->names_, homes, pins, match, cancel));
  file->pins_ = pins;
  file->placed_ = placed;
  return file;
}

Result<std::shared_ptr<ArrayFile>> ArrayFile::open_with(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                        std::string_view key, const FileOptions& options, const Homes& homes,
                                                        const Pins* pins, std::shared_ptr<const SealedLayer> top,
                                                        const CancelToken* cancel) {
  STRATA_ASSIGN(auto file, make_new(std::move(engine), std::move(storage), key, options));
  file->homes_ = homes;
  auto stack = std::make_shared<Stack>();
  if (pins) {
    STRATA_ASSIGN(const auto below, open_pinned(*file->engine_, *file->storage_, file->names_, homes, *pins, Match::kSure, cancel));
    *stack = *below;
  }
  stack->layers.push_back(std::move(top));
  file->stack_ = std::move(stack);
  return file;
}

Result<std::shared_ptr<ArrayFile>> ArrayFile::create(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                     std::string_view key, const FileOptions& options, bool overwrite,
                                                     const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  STRATA_ASSIGN(auto file, make_new(std::move(engine), std::move(storage), key, options));
  Storage& place = *file->storage_;
  const FileNames& names = file->names_;
  STRATA_ASSIGN(const auto there, names.any_layer(place));
  if (there && !overwrite)
    return Status(Code::kExists, cat(place.describe(names.base()), ": layer ", place.describe(there->key), " is there"));
  STRATA_ASSIGN(const auto slots, adopt_all(place, names, cancel));

  STRATA_ASSIGN(Id128 id, random_id());
  Section section;
  section.identity = file->new_identity(LayerKind::kBase, 0, id);
  STRATA_ASSIGN(section.identity->file_id, random_id());
  // Layers of the file that is overwritten count as absorbed: strata never reads them again, and their numbers stay taken.
  for (const SlotEntry& s : slots)
    if (!s.stranger) section.identity->absorbed.push_back({s.slot, Id128{}});
  STRATA_ASSIGN(auto written, write_empty_layer(place, names.base(), "", Footer{}, section));
  if (overwrite) {
    STRATA_TRY(written.object->replace_as(names.base()));
  } else {
    STRATA_ASSIGN(Created made, written.object->create_as(names.base()));
    if (made == Created::kTaken) return Status(Code::kExists, cat(place.describe(names.base()), " exists already"));
  }
  STRATA_TRY(place.sync_folder(names.folder()));
  STRATA_TRY(place.remove(names.stats()));
  STRATA_TRY(drop_outlying_statistics(place, names));
  STRATA_ASSIGN(file->stack_, open_stack(*file->engine_, place, names, cancel));
  STRATA_TRY(file->fill_absorbed(cancel));
  return file;
}

// ---- arrays ----

Result<ArrayFile::Alone> ArrayFile::lock_alone() {
  Alone lock(mu_);
  if (needs_reload_) STRATA_TRY(reload(nullptr).prepend("the last commit could not be read back: "));
  return lock;
}

Result<ArrayFile::Shared> ArrayFile::lock_shared() {
  for (;;) {
    Shared lock(mu_);
    if (!needs_reload_) return lock;
    lock.unlock();
    STRATA_TRY(lock_alone());
  }
}

Status ArrayFile::check_usable(const ArrayDef& array) const {
  if (array.stale)
    return Status(Code::kStale, cat("array \"", array.meta.name, "\" of ", storage_->describe(names_.base()),
                                    " was deleted or defined anew"));
  return {};
}

Status ArrayFile::check_writable(const ArrayDef& array) const {
  if (options_.read_only)
    return Status(Code::kReadOnly, cat(storage_->describe(names_.base()), " was opened read-only"));
  return check_usable(array);
}

Result<ArrayFile::Ref> ArrayFile::find_in(const Stack* stack, std::string_view name) const {
  auto not_found = [&] {
    return Status(Code::kNotFound, cat("no array \"", name, "\" in ", storage_->describe(names_.base())));
  };
  if (!stack) return not_found();
  Ref def;
  for (auto it = stack->layers.rbegin(); it != stack->layers.rend(); ++it) {
    auto found = (*it)->find(name);
    if (!found) continue;
    ArrayView view = (*it)->footer().array(found->record);
    if (view.deleted()) {
      if (!def) return not_found();
      break;
    }
    if (!def) {
      STRATA_ASSIGN(ArrayMeta meta, meta_of(view));
      def = std::make_shared<ArrayDef>(std::move(meta));
    } else {
      // Another element type or chunk grid: a definition that was replaced without a trace (docs/format.md, "Layers").
      const Geometry& g = def->meta.geometry;
      auto chunk = view.chunk_shape();
      bool same = view.dtype() == def->meta.dtype && chunk.size() == g.rank();
      for (size_t i = 0; same && i < chunk.size(); ++i) same = chunk[i] == g.chunk_shape()[i] || g.shape()[i] == 0;
      if (!same) break;
    }
    def->sources.push_back({*it, found->record});
    if (found->after_tombstone) break;
  }
  if (!def) return not_found();
  return def;
}

Result<ArrayFile::Ref> ArrayFile::resolve(std::string_view name) {
  if (auto it = pending_names_.find(name); it != pending_names_.end()) {
    if (it->second->deleted)
      return Status(Code::kNotFound, cat("no array \"", name, "\" in ", storage_->describe(names_.base())));
    return it->second;
  }
  std::lock_guard lock(defs_mu_);
  if (auto it = defs_.find(name); it != defs_.end())
    if (auto def = it->second.lock()) return def;
  STRATA_ASSIGN(Ref def, find_in(stack_.get(), name));
  if (defs_.size() >= defs_sweep_at_) {  // entries of arrays that nobody holds any more
    std::erase_if(defs_, [](const auto& e) { return e.second.expired(); });
    defs_sweep_at_ = std::max<size_t>(64, 2 * defs_.size());
  }
  defs_.insert_or_assign(std::string(name), def);
  return def;
}

Result<ArrayFile::Ref> ArrayFile::open_array(std::string_view name) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  return resolve(name);
}

Result<bool> ArrayFile::exists(std::string_view name) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  if (auto it = pending_names_.find(name); it != pending_names_.end()) return !it->second->deleted;
  if (!stack_) return false;
  for (auto it = stack_->layers.rbegin(); it != stack_->layers.rend(); ++it)
    if (auto found = (*it)->find(name)) return !(*it)->footer().array(found->record).deleted();
  return false;
}

Result<bool> ArrayFile::was_deleted(std::string_view name) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  if (auto it = pending_names_.find(name); it != pending_names_.end()) return it->second->deleted;
  if (!stack_) return false;
  for (auto it = stack_->layers.rbegin(); it != stack_->layers.rend(); ++it)
    if (auto found = (*it)->find(name)) return (*it)->footer().array(found->record).deleted();
  return false;
}

std::vector<std::string> ArrayFile::committed_names() {
  std::lock_guard lock(defs_mu_);
  if (names_cache_) return *names_cache_;
  // Oldest to newest: a tombstone removes the name, any other record adds it where it is not yet.
  std::vector<std::string> order;
  std::unordered_map<std::string_view, size_t, TextHash, TextEqual> at;
  std::vector<bool> gone;
  if (stack_) {
    for (const auto& layer : stack_->layers) {
      const FooterView& f = layer->footer();
      for (size_t i = 0; i < f.array_count(); ++i) {
        ArrayView view = f.array(i);
        auto it = at.find(view.name());
        if (view.deleted()) {
          if (it == at.end()) continue;
          gone[it->second] = true;
          at.erase(it);
        } else if (it == at.end()) {
          at.emplace(view.name(), order.size());
          order.emplace_back(view.name());
          gone.push_back(false);
        }
      }
    }
  }
  std::vector<std::string> out;
  out.reserve(at.size());
  for (size_t i = 0; i < order.size(); ++i)
    if (!gone[i]) out.push_back(std::move(order[i]));
  names_cache_ = out;
  return out;
}

std::vector<std::string> ArrayFile::current_names() {
  std::vector<std::string> names = committed_names();
  if (touched_.empty()) return names;
  std::unordered_map<std::string_view, bool, TextHash, TextEqual> gone;
  for (const Ref& def : touched_)
    if (def->deleted && def->committed()) gone.emplace(def->meta.name, true);
  std::erase_if(names, [&](const std::string& n) { return gone.contains(n); });
  for (const Ref& def : touched_)
    if (!def->deleted && !def->committed()) names.push_back(def->meta.name);
  return names;
}

Result<std::vector<std::string>> ArrayFile::list() {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  return current_names();
}

Result<Geometry> ArrayFile::storable_geometry(const ElementLayout& layout, std::span<const uint64_t> shape,
                                              std::span<const uint64_t> chunk) {
  for (uint64_t n : shape)
    if (n > UINT32_MAX) return Status(Code::kLimit, cat("extent ", n, "; the format holds up to ", UINT32_MAX));
  STRATA_ASSIGN(Geometry g, Geometry::make(shape, chunk));
  STRATA_TRY(check_chunk_bytes(layout, g));
  return g;
}

Result<ArrayFile::Ref> ArrayFile::define(ArrayDefinition d) {
  auto where = [&] { return cat("array \"", d.name, "\" of ", storage_->describe(names_.base()), ": "); };
  STRATA_TRY(check_utf8("an array's name", d.name));
  auto layout = ElementLayout::of(d.dtype);
  if (!layout.ok()) return layout.take_status().prepend(where());
  if (d.dimension_names) {
    if (d.dimension_names->size() != d.shape.size())
      return Status(Code::kInvalid, cat(where(), d.dimension_names->size(), " dimension names for ", d.shape.size(), " dimensions"));
    for (const auto& n : *d.dimension_names) STRATA_TRY(check_utf8("a dimension's name", n));
  } else {
    d.dimension_names.emplace();
    for (size_t i = 0; i < d.shape.size(); ++i) d.dimension_names->push_back(cat("dim", i));
  }
  if (d.fill && d.fill->type == Type::kString) STRATA_TRY(check_utf8("the fill value", d.fill->text));
  uint64_t bytes = layout->least_bytes(1).value_or(UINT64_MAX);
  if (layout->levels()) bytes = std::max<uint64_t>(16, bytes);  // they can have any number: a guess
  std::vector<uint64_t> chunk = d.chunk_shape ? *d.chunk_shape : default_chunk_shape(d.shape, bytes);
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (chunk[i] == 0) return Status(Code::kInvalid, cat(where(), "chunk extent 0 along axis ", i));
    if (chunk[i] > UINT32_MAX)
      return Status(Code::kLimit, cat(where(), "chunk extent ", chunk[i], "; the format holds up to ", UINT32_MAX));
  }
  auto geometry = storable_geometry(*layout, d.shape, chunk);
  if (!geometry.ok()) return geometry.take_status().prepend(where());

  STRATA_ASSIGN(const Alone lock, lock_alone());
  if (options_.read_only) return Status(Code::kReadOnly, where() + "the file was opened read-only");
  auto existing = resolve(d.name);
  if (existing.ok()) return Status(Code::kExists, where() + "it exists already");
  if (existing.code() != Code::kNotFound) return existing.take_status();
  ArrayMeta meta;
  meta.name = std::move(d.name);
  meta.dtype = std::move(d.dtype);
  meta.layout = std::move(*layout);
  meta.dimension_names = std::move(*d.dimension_names);
  meta.fill = std::move(d.fill);
  meta.geometry = std::move(*geometry);
  auto def = std::make_shared<ArrayDef>(std::move(meta));
  STRATA_TRY(check_fold(*def, def->meta.geometry, "the new array"));
  touch(def);
  return def;
}

Status ArrayFile::remove(std::string_view name) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  return remove_alone(name);
}

Status ArrayFile::remove_alone(std::string_view name) {
  if (options_.read_only)
    return Status(Code::kReadOnly, cat(storage_->describe(names_.base()), " was opened read-only"));
  STRATA_ASSIGN(Ref def, resolve(name));
  touch(def);
  if (pending_) pending_->drop(def->chunks);
  def->attributes.reset();
  def->attributes_changed = false;
  def->deleted = true;
  def->stale = true;
  std::lock_guard defs_lock(defs_mu_);
  if (auto it = defs_.find(name); it != defs_.end()) defs_.erase(it);
  return {};
}

Status ArrayFile::prepare_remove(std::string_view name) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  if (options_.read_only)
    return Status(Code::kReadOnly, cat(storage_->describe(names_.base()), " was opened read-only"));
  STRATA_ASSIGN(Ref def, resolve(name));
  touch(def);
  return {};
}

void ArrayFile::forget_prepared(std::string_view name) {
  std::unique_lock lock(mu_);
  const auto it = pending_names_.find(name);
  if (it == pending_names_.end()) return;
  const Ref def = it->second;
  if (!def->committed() || def->deleted || def->attributes_changed || def->resized || !def->chunks.chunks.empty()) return;
  std::erase(touched_, def);
  pending_names_.erase(it);
  def->touched = false;
}

void ArrayFile::touch(const Ref& array) {
  ++changes_;
  if (array->touched) return;
  touched_.push_back(array);
  try {
    pending_names_.insert_or_assign(array->meta.name, array);
  } catch (...) {
    touched_.pop_back();
    throw;
  }
  array->touched = true;
}

void ArrayFile::untouch(const Ref& array) {
  touched_.pop_back();
  array->touched = false;
  // The name may have been that of an array whose deletion is pending: it is that again.
  const std::string& name = array->meta.name;
  const auto former = std::find_if(touched_.rbegin(), touched_.rend(), [&](const Ref& def) { return def->meta.name == name; });
  if (former == touched_.rend())
    pending_names_.erase(name);
  else
    pending_names_.find(name)->second = *former;
}

PendingLayer& ArrayFile::pending_layer() {
  if (!pending_) {
    pending_ = std::make_unique<PendingLayer>(settings_, FrameLogPlace{storage_, names_.base(), engine_->temp_storage},
                                              &engine_->executor, engine_->memory.get(), &engine_->counters.spilled_bytes);
    may_adopt_ = true;
  }
  return *pending_;
}

}  // namespace strata
