// An array file: many named n-dimensional arrays in a base and layers above it. This room's face.
//
// Threads: everything from any thread at once. Reads share the lock; changes, flush and compact hold it alone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "delta/varlen.h"
#include "file/array_def.h"
#include "delta/layer_writer.h"
#include "file/engine.h"
#include "file/pins.h"
#include "file/rebase.h"
#include "file/slots.h"
#include "file/stack.h"

namespace strata {

inline constexpr uint64_t kDefaultFoldLimit = uint64_t{1} << 30;

struct FileOptions {
  const Codec* codec = nullptr;
  int level = 0;
  uint64_t block_bytes = 0;  // 0: the codec's default
  uint64_t fold_limit_bytes = 0;  // 0: kDefaultFoldLimit
  uint64_t compact_layers = 0, compact_dead_bytes = 0;  // a flush that leaves more compacts; 0: never
  bool read_only = false;
  std::string commit;  // open: as of this one (commit_name.h; not by a tag), and read-only; "": the newest
};

struct ArrayDefinition {
  std::string name;
  DType dtype;
  std::vector<uint64_t> shape;
  std::optional<std::vector<uint64_t>> chunk_shape;  // nothing: default_chunk_shape
  std::optional<std::vector<std::string>> dimension_names;  // nothing: dim0, dim1 ...
  std::optional<Value> fill;
};

// Of what is committed.
struct CompactionPlan {
  bool merges = false;      // else a compaction would leave the file as it is
  uint64_t layers = 0;      // the base included
  uint64_t bytes = 0;       // of these, on storage
  uint64_t dead_bytes = 0;  // decompressed, of chunks that are not read any more
  uint64_t bytes_after = 0; // of the new base: an estimate
};

// What lies in one slot.
struct LayerInfo {
  LayerKind kind = LayerKind::kData;  // kFiller: what lay there was absorbed, or nothing did
  uint32_t slot = 0;
  Id128 commit, parent;  // nil: not known
  int64_t time_ns = 0;   // 0: not known
  uint64_t bytes = 0;    // of a marker: of the base that it names, as the following
  uint64_t arrays = 0, removed = 0;
};

struct PendingInfo {
  uint64_t arrays = 0, chunks = 0, bytes = 0;
};

// One region to read: into dst, element (i, j ...) at dst + i*strides[0] + j*strides[1] ...
struct ReadRequest {
  const ArrayDef* array = nullptr;
  std::span<const uint64_t> start, count;
  uint8_t* dst = nullptr;
  int64_t strides[kMaxRank] = {};
  Status status;  // out: what became of this region
};

// What a read would do.
struct ReadExplanation {
  uint64_t layers = 0, chunks = 0, chunks_unwritten = 0, chunks_pending = 0, units = 0;
  uint64_t cache_hits = 0, cache_misses = 0, requests = 0, request_bytes = 0, decoded_units = 0, decoded_bytes = 0;
};

// What VarlenColumn describes, owned.
struct VarlenData {
  std::vector<Buffer> offsets;  // int64[n + 1], of each level
  Buffer values;
};

// The new elements of a region: fixed width, or a column with as many levels of offsets as the array has.
struct WriteSource {
  const uint8_t* data = nullptr;
  const int64_t* strides = nullptr;
  VarlenColumn column;

  static WriteSource of(const uint8_t* data, const int64_t* strides) { return {data, strides, {}}; }
  static WriteSource of(const VarlenColumn& column) { return {nullptr, nullptr, column}; }
  bool varlen() const { return !column.offsets.empty(); }
  const uint8_t* at(const Overlap& o, size_t rank) const {
    const uint8_t* p = data;
    for (size_t i = 0; i < rank; ++i) p += static_cast<int64_t>(o.in_region[i]) * strides[i];
    return p;
  }
};

class ArrayFile {
 public:
  using Ref = std::shared_ptr<ArrayDef>;

  static Result<std::shared_ptr<ArrayFile>> create(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                   std::string_view key, const FileOptions& options, bool overwrite,
                                                   const CancelToken* cancel);
  static Result<std::shared_ptr<ArrayFile>> open(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                 std::string_view key, const FileOptions& options,
                                                 const CancelToken* cancel);
  // A file that is not there yet: its first flush makes the base, with the data in it (arrays of a store).
  static Result<std::shared_ptr<ArrayFile>> make_new(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                     std::string_view key, const FileOptions& options);

  // A file of a store, with the layers that are pinned; nothing: those that are found by listing. placed: which of them the
  // original finds, as far as is known.
  static Result<std::shared_ptr<ArrayFile>> open_in_store(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                          std::string_view key, const FileOptions& options,
                                                          const Homes& homes, const Pins& pins, const Pins& placed, Match match,
                                                          const CancelToken* cancel);
  // A file whose layers are lost: its first commit makes it anew, above the numbers that were used.
  void take_place_of(const Pins& lost) { pins_ = placed_ = lost; }  // REQUIRES: as set_homes
  // Of a store, with one more layer on top, which lies elsewhere. pins: nothing: that layer alone.
  static Result<std::shared_ptr<ArrayFile>> open_with(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                                      std::string_view key, const FileOptions& options, const Homes& homes,
                                                      const Pins* pins, std::shared_ptr<const SealedLayer> top,
                                                      const CancelToken* cancel);
  bool base_is_originals() const { return stack_->foreign_base; }  // REQUIRES: as set_homes
  void set_homes(const Homes& homes) { homes_ = homes; }  // REQUIRES: before anything else is done with it

  // ---- arrays ----
  Result<Ref> define(ArrayDefinition definition);
  Status remove(std::string_view name);
  // What of a removal can fail, so that the removal itself cannot; and the way back from that.
  Status prepare_remove(std::string_view name);
  void forget_prepared(std::string_view name);
  // A new array like `source` in another file or this one, with its data and attributes. Compressed data is copied as it is.
  Result<Ref> copy_array(ArrayFile& from, std::string_view source, std::string name, CancelToken* cancel);
  Status rename_array(std::string_view old_name, std::string name, CancelToken* cancel);
  // Chunks of an array in another file take the places of those of an array that is defined alike and has the same shape.
  Status copy_chunks(ArrayFile& from, const Ref& source, const Ref& to, std::span<const uint64_t> numbers, CancelToken* cancel);
  Result<Ref> open_array(std::string_view name);  // kNotFound
  Result<bool> exists(std::string_view name);
  Result<bool> was_deleted(std::string_view name);  // it is not there, and the layers say that it was
  Result<std::vector<std::string>> list();

  // ---- data ----
  // Reads all regions together. keep_going: a region's own failure goes to its status only; else it fails the call.
  Status read(std::span<ReadRequest> requests, bool keep_going, CancelToken* cancel);
  // What reading that region would do. Reads nothing, and changes no cache.
  Result<ReadExplanation> explain(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count, CancelToken* cancel);
  Result<VarlenData> read_varlen(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                                 CancelToken* cancel);
  Status write(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count, const WriteSource& source,
               CancelToken* cancel);

  // The extents from now on. What is cut off is gone, also when the array grows again.
  Status resize(const Ref& array, std::span<const uint64_t> shape, CancelToken* cancel);
  // Grows along `axis` by count[axis] and writes there; both or nothing. count: of the new part. *start: where it begins.
  Status append(const Ref& array, size_t axis, std::span<const uint64_t> count, const WriteSource& source, uint64_t* start,
                CancelToken* cancel);

  // Where the stored chunks of an array are, for telling whether two states have the same ones.
  struct ChunkPlace {
    std::vector<uint32_t> coord;
    Id128 layer;  // nil: pending, or in a layer of the original, which nothing tells from others
    ChunkAddress address;

    bool is_same(const ChunkPlace& other) const {
      return !layer.is_nil() && layer == other.layer && address.block == other.address.block && address.offset == other.address.offset;
    }
  };
  Result<std::vector<ChunkPlace>> chunk_places(const Ref& array);

  // ---- attributes and statistics ----
  Status set_attribute(const Ref& array, std::string key, Value value);
  Result<Value> get_attribute(const Ref& array, std::string_view key);
  Result<bool> attribute_is_ambiguous(const Ref& array, std::string_view key);
  Status delete_attribute(const Ref& array, std::string_view key);
  Result<std::vector<std::string>> list_attributes(const Ref& array);
  Result<ArrayStatistics> statistics(const Ref& array, const CancelToken* cancel);  // kNotFound: there are none

  // ---- commits ----
  Status flush(CancelToken* cancel);
  Status compact(CancelToken* cancel);
  Status discard();
  Result<bool> refresh(const CancelToken* cancel);
  Result<CompactionPlan> plan_compaction(const CancelToken* cancel);
  // The newest first, at most so many; whichever commit this handle is at. Not of a file in a store.
  Result<std::vector<LayerInfo>> log(uint64_t most, const CancelToken* cancel) const;
  PendingInfo pending();
  Result<uint64_t> layer_count();
  // Of the last flush or compaction that said kConflict, until one is done, the changes are discarded, or a refresh.
  std::vector<Conflict> conflicts();
  bool on_storage();  // false only for make_new before its first flush
  const std::string& key() const { return names_.base(); }

 private:
  ArrayFile(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, FileNames names, const FileOptions& options);

  // Every call begins with one of these. They make up for a commit of ours that could not be read back.
  using Shared = std::shared_lock<std::shared_mutex>;
  using Alone = std::unique_lock<std::shared_mutex>;
  Result<Shared> lock_shared();
  Result<Alone> lock_alone();

  // log.cc
  Status go_back(const CancelToken* cancel);

  // array_file.cc, array_attributes.cc, refresh.cc; REQUIRES of all below: mu_ held, shared where const, else alone
  Result<Ref> resolve(std::string_view name);  // shared is enough
  Result<Ref> find_in(const Stack* stack, std::string_view name) const;  // a new definition, or kNotFound
  // kLimit: beyond what the format holds.
  static Result<Geometry> storable_geometry(const ElementLayout& layout, std::span<const uint64_t> shape,
                                            std::span<const uint64_t> chunk);
  Status check_usable(const ArrayDef& array) const;
  Status check_writable(const ArrayDef& array) const;
  Status remove_alone(std::string_view name);
  void touch(const Ref& array);
  void untouch(const Ref& array);  // REQUIRES: it was the last that was touched, and nothing of it is pending
  PendingLayer& pending_layer();
  AttributeSet& attributes_of(ArrayDef& array);  // REQUIRES: mu_ alone, or defs_mu_ as well
  const Dictionary& dictionary();               // as attributes_of
  Status reload(CancelToken* cancel);
  void forget_derived();
  void drop_pending();
  std::vector<std::string> committed_names();
  std::vector<std::string> current_names();  // pending definitions and deletions included

  // rebase.cc. What others have committed since goes below what is pending here. First the plan: all that can fail, kConflict
  // with plan.conflicts among it, and nothing is changed. Then the move, which cannot.
  friend class Rebase;
  Status plan_rebase(std::shared_ptr<const Stack> now, RebasePlan& plan, CancelToken* cancel);
  void apply_rebase(RebasePlan plan);
  void plan_held(RebasePlan& plan);
  Status rebase(std::shared_ptr<const Stack> now, CancelToken* cancel);

  // chunk_reader.cc
  friend class RegionReader;
  friend class Explainer;
  friend class ChunkMover;
  friend class FileCommit;
  friend class FileCheck;
  friend class FileRepair;
  friend class FileSalvage;
  ChunkSource find_chunk(const ArrayDef& array, uint64_t number) const;
  std::vector<uint64_t> stored_chunks(const ArrayDef& array) const;
  // What somebody who looks for a cause may want to know of this file.
  template <typename F>
  void log(LogLevel level, F&& words) const {
    engine_->log.add(level, "file", [&] { return cat(storage_->describe(names_.base()), ": ", words()); });
  }
  // The functions up to fetch_chunk take memory; the part that calls them has been admitted for it (base/memory.h). How much it is:
  uint64_t work_of(const SealedLayer& layer, const Unit& unit) const;       // read, and decompressed
  uint64_t work_of(const ChunkSource& source) const;                         // fetch_chunk
  uint64_t work_of_read_part(const SealedLayer& layer) const;
  Result<Admission::Pass> admit(uint64_t bytes, const CancelToken* cancel) const { return engine_->memory->parts.enter(bytes, cancel); }
  Status verify(const SealedLayer& layer, const Unit& unit, Bytes stored, Verify when) const;
  Status read_stored(const SealedLayer& layer, uint64_t offset, MutBytes out, const CancelToken* cancel) const;
  // The bytes of a unit that is read whole, or of codec none any part of one; verified.
  Status read_unit(const SealedLayer& layer, const Unit& unit, MutBytes out, const CancelToken* cancel) const;
  Status read_part(const SealedLayer& layer, const Unit& unit, uint64_t from, MutBytes out, const CancelToken* cancel) const;
  // What read_part gets next: a part of a page through the cache, or what comes from storage at once.
  struct PartStep {
    enum Way { kCached, kPages, kBytes } way;
    Unit unit;      // the page, or whole pages
    uint64_t skip;  // of the page
    uint64_t size;  // that it brings
  };
  Result<PartStep> next_step(const SealedLayer& layer, const Unit& unit, uint64_t from, uint64_t size) const;
  Result<ReadExplanation> explain_varlen(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                                         const CancelToken* cancel) const;
  bool verifies(const Unit& unit) const { return unit.frames != 0 && engine_->verify != Verify::kNever; }
  SharedBuffer cached_unit(const SealedLayer& layer, const Unit& unit) const {
    return engine_->blocks.peek({layer.object().version(), unit.offset});
  }
  // A decompressed unit, from the cache or read.
  Result<SharedBuffer> fetch_unit(const SealedLayer& layer, const Unit& unit, const CancelToken* cancel) const;
  // A chunk's decoded bytes: a part of a shared buffer.
  struct ChunkBytes {
    SharedBuffer owner;
    Bytes bytes;
  };
  Result<ChunkBytes> fetch_chunk(const ArrayDef& array, const ChunkSource& source, const CancelToken* cancel) const;
  static std::string describe_chunk(const ArrayDef& array, uint64_t number);  // begins a message
  Status expect_size(const ArrayDef& array, uint64_t number, uint64_t size) const;

  // region_writer.cc
  Status write_alone(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                     const WriteSource& source, CancelToken* cancel);
  Status prepare_chunk(const ArrayDef& array, const Overlap& overlap, uint64_t number, const ChunkSource& now,
                       std::span<const uint64_t> region, const WriteSource& source, Buffer& raw, const CancelToken* cancel) const;
  static Status compose_chunk(const ArrayMeta& meta, const Overlap& overlap, Bytes old, std::span<const uint64_t> region,
                              const WriteSource& source, Buffer& raw);
  static Result<Buffer> compose_varlen(const ElementLayout& layout, const Overlap& overlap, const VarlenView& old,
                                       std::span<const uint64_t> region, std::span<const VarlenRun> rows);
  static Status check_source(const ArrayDef& array, std::span<const uint64_t> count, const WriteSource& source);

  // resize.cc
  struct Edge;
  struct Undo;
  std::vector<uint64_t> edge_chunks(const ArrayDef& array, const Geometry& to) const;
  Status make_edge(const ArrayDef& array, const Geometry& to, bool compress, Edge& edge, const CancelToken* cancel);
  Status resize_alone(const Ref& array, std::span<const uint64_t> shape, Undo& undo, CancelToken* cancel);
  void take_back(const Ref& array, Undo& undo);

  // copy_array.cc
  Result<Ref> copy_alone(ArrayFile& from, std::string_view source, std::string name, CancelToken* cancel);
  void undo_definition(const Ref& array);

  // flush.cc, recovery.cc
  Status flush_alone(CancelToken* cancel);
  Status commit_layer(CancelToken* cancel);
  Result<bool> try_commit(CancelToken* cancel);  // false: another writer was faster
  Result<bool> settle_attempt(CancelToken* cancel);
  std::shared_ptr<const Stack> state_of_attempt(const Stack& now) const;
  void keep_definitions();

  // hidden_chunks.cc
  template <typename F>
  bool each_old_chunk(std::string_view name, F&& f) const;
  bool must_fold(const ArrayDef& array, const Geometry& geometry) const;
  bool must_fold() const;
  Status check_fold(const ArrayDef& array, const Geometry& geometry, std::string_view what) const;
  Status shadow_old_chunks(ArrayDef& array);

  Status prepare_slots(CancelToken* cancel);
  Status order_slots(const CancelToken* cancel);
  Result<bool> is_newest() const;
  Status list_slots_again();
  Status adopt_outlying(const CancelToken* cancel);
  Status place_base(const Id128& base_id);
  Status fill_absorbed(const CancelToken* cancel);
  Result<WrittenLayer> write_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id);
  Result<Created> create_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id);
  Status put_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id);
  Status publish_again(std::shared_ptr<const Stack> then);
  Identity new_identity(LayerKind kind, uint32_t slot, const Id128& id) const;
  struct LayerDraft;
  struct Attempt;
  bool has_changes();
  Result<LayerDraft> draft_layer(CancelToken* cancel);
  Result<LayerDraft> draft_for(uint32_t slot, CancelToken* cancel);
  Result<WrittenLayer> write_draft(const LayerDraft& draft, const std::string& key, CancelToken* cancel);
  Attempt attempt_with(const LayerDraft& draft, uint32_t slot) const;
  void install(std::shared_ptr<const SealedLayer> layer, LayerDraft draft, uint32_t slot, uint64_t size);
  Status draft_statistics(LayerDraft& draft, const CancelToken* cancel);

  // compact.cc
  Status compact_alone(CancelToken* cancel);
  Result<bool> fold(CancelToken* cancel);  // as commit_base
  struct BaseDraft;
  Status draft_base(BaseDraft& draft, CancelToken* cancel);
  Result<bool> commit_base(BaseDraft& draft, CancelToken* cancel);  // false: another writer was faster, and the base is gone
  Result<bool> keep_base(const BaseDraft& draft, CancelToken* cancel);
  bool needs_compaction() const;

  // compact_policy.cc
  uint64_t replaced_bytes() const;
  Result<CompactionPlan> plan_alone(const CancelToken* cancel);
  Result<bool> is_compaction_due(const CancelToken* cancel);
  Status compact_by_policy(CancelToken* cancel);

  // statistics.cc
  Status load_statistics();
  Result<ArrayStatistics> compute_statistics(const ArrayDef& array, bool* any_chunk, const CancelToken* cancel);
  Result<ChunkStatistics> chunk_statistics(const ArrayDef& array, const ChunkSource& source, uint64_t number,
                                           const CancelToken* cancel);
  Status save_statistics();
  Status complete_statistics(const CancelToken* cancel);

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  const FileNames names_;
  const FileOptions options_;
  const PendingSettings settings_;

  // Of a file in a store; guarded by mu_ but for homes_.
  std::optional<Homes> homes_;
  std::optional<Pins> pins_;    // what stack_ is; nothing while no commit of the store knows the file
  std::optional<Pins> placed_;  // what lies in the slots

  mutable std::shared_mutex mu_;
  std::shared_ptr<const Stack> stack_;  // nullptr: not on storage yet
  std::unique_ptr<PendingLayer> pending_;
  std::vector<Ref> touched_;                                // in order of first touch, deleted ones too
  std::unordered_map<std::string, Ref, TextHash, TextEqual> pending_names_;  // name -> its newest pending state
  bool may_adopt_ = true;       // the log's file may become the layer (not after a failed try)
  bool folder_synced_ = false;  // the newest slot's name is known to be durable
  bool fillers_checked_ = false;
  bool needs_reload_ = false;   // a commit of ours could not be read back; then nothing is pending
  // A commit whose outcome is not known: the next flush looks for it first.
  struct Attempt {
    Id128 layer_id;
    uint32_t slot = 0;
    Id128 base_id;             // of a fold
    uint64_t changes = 0;      // changes_ at that time
    std::vector<Ref> defined;  // what its records are, but for tombstones
  };
  std::optional<Attempt> attempt_;
  std::vector<Conflict> conflicts_;
  uint64_t changes_ = 0;  // made through this handle

  std::mutex defs_mu_;  // taken after mu_
  std::unordered_map<std::string, std::weak_ptr<ArrayDef>, TextHash, TextEqual> defs_;
  size_t defs_sweep_at_ = 64;
  std::unique_ptr<Dictionary> dictionary_;  // of stack_, made when first asked for
  std::optional<std::vector<std::string>> names_cache_;  // committed_names()
  std::optional<uint64_t> dead_bytes_;  // of stack_, once they were counted

  std::mutex statistics_mu_;  // taken after mu_
  struct StatisticsTable {
    std::vector<std::optional<ArrayStatistics>> rows;  // in order of first entry
    std::unordered_map<std::string, size_t, TextHash, TextEqual> index;
    bool complete = false;  // rows hold for stack_; else arrays are computed when asked for

    void put(ArrayStatistics s);
    void erase(std::string_view name);
    const ArrayStatistics* find(std::string_view name) const;
  };
  std::optional<StatisticsTable> statistics_;
  bool statistics_dirty_ = false;  // `.stats` is older than the newest commit: it could not be replaced
  // Of layers without a section: (version of the layer, record) -> a row per chunk, read once.
  struct ForeignKey {
    ObjectVersion object;
    uint32_t record;
    bool operator==(const ForeignKey&) const = default;
  };
  struct ForeignHash {
    size_t operator()(const ForeignKey& k) const { return k.object * 0x9E3779B97F4A7C15u + k.record; }
  };
  std::unordered_map<ForeignKey, std::vector<std::optional<ChunkStatistics>>, ForeignHash> foreign_;
};

}  // namespace strata
