// Version, types, library buffers, contexts, tokens and cursors.
#include <algorithm>
#include <cstring>

#include "base/process.h"
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

// ---- version and types ----

const char *strata_version(void) STRATA_INFALLIBLE { return STRATA_VERSION_TEXT; }
int32_t strata_abi(void) STRATA_INFALLIBLE { return STRATA_ABI_NUMBER; }

int strata_has_feature(const char *name) STRATA_INFALLIBLE {
  if (!name) return 0;
  for (const char *known : {"zstd", "lz4", "memory", "local"})
    if (std::strcmp(name, known) == 0) return 1;
  return 0;
}

namespace {
constexpr const char *kTypeNames[] = {"none",   "bool",    "int8",    "int16",   "int32",  "int64",           "uint8", "uint16",      "uint32",
                                      "uint64", "float32", "float64", "string",  "binary", "fixed_size_list", "list",  "timestamp_ns"};
}

const char *strata_type_name(int32_t type) STRATA_INFALLIBLE {
  return type >= 0 && type <= STRATA_TIMESTAMP_NS ? kTypeNames[type] : "unknown";
}

int32_t strata_type_from_name(const char *name, size_t name_len) STRATA_INFALLIBLE {
  if (!name) return STRATA_TYPE_NONE;
  std::string_view v = name_len == STRATA_NUL ? std::string_view(name) : std::string_view(name, name_len);
  for (int32_t t = STRATA_BOOL; t <= STRATA_TIMESTAMP_NS; ++t)
    if (v == kTypeNames[t]) return t;
  return STRATA_TYPE_NONE;
}

size_t strata_type_size(int32_t type) STRATA_INFALLIBLE {
  return type >= STRATA_BOOL && type <= STRATA_TIMESTAMP_NS ? fixed_width(static_cast<Type>(type - 1)) : 0;
}

strata_status strata_type_layout(const char *type, size_t type_len, int32_t *value_type, uint64_t *sizes, uint32_t cap,
                                 uint32_t *levels, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (value_type) *value_type = STRATA_TYPE_NONE;
    if (levels) *levels = 0;
    STRATA_ASSIGN(auto dtype, element_type_of(type, type_len));
    STRATA_ASSIGN(auto layout, ElementLayout::of(dtype));
    if (value_type) *value_type = to_abi(layout.value);
    if (levels) *levels = static_cast<uint32_t>(layout.levels());
    if (!sizes) return {};
    if (cap < layout.levels() + 1)
      return Status(Code::kBufferTooSmall, cat("room for ", layout.levels() + 1, " sizes is needed, not ", cap));
    std::copy(layout.per_outer.begin(), layout.per_outer.end(), sizes);
    sizes[layout.levels()] = layout.unit / std::max<size_t>(1, fixed_width(layout.value));
    return {};
  });
}

// ---- library buffers ----

const void *strata_buffer_data(const strata_buffer *buffer) STRATA_INFALLIBLE {
  return buffer && buffer->valid() && !buffer->bytes.empty() ? buffer->bytes.data() : nullptr;
}
size_t strata_buffer_size(const strata_buffer *buffer) STRATA_INFALLIBLE {
  return buffer && buffer->valid() ? buffer->bytes.size() : 0;
}
void strata_buffer_release(strata_buffer *buffer) STRATA_INFALLIBLE { close(buffer); }

// ---- contexts ----

void strata_context_options_init(strata_context_options *options) STRATA_INFALLIBLE {
  if (options) *options = strata_context_options STRATA_CONTEXT_OPTIONS_INIT;
}

strata_status strata_context_create(const strata_context_options *options, const char *temp_dir, size_t temp_dir_len,
                                    strata_context **context, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{context};
    STRATA_TRY(out.require("context"));
    STRATA_ASSIGN(auto o, options_of(options, "context options"));
    EngineSettings s;
    if (o.threads > 4096) return Status(Code::kInvalid, cat(o.threads, " threads"));
    s.threads = o.threads;
    auto size = [](uint64_t given, uint64_t dflt) { return given == 0 ? dflt : given == STRATA_NONE ? 0 : given; };
    s.block_cache_bytes = size(o.block_cache_bytes, s.block_cache_bytes);
    s.raw_cache_bytes = size(o.raw_cache_bytes, s.raw_cache_bytes);
    s.slab_bytes = size(o.slab_bytes, 0);
    s.pending_bytes = o.pending_bytes == STRATA_NONE ? 1 : std::min<uint64_t>(o.pending_bytes, INT64_MAX);
    s.memory_bytes = o.memory_bytes;
    if (o.verify < STRATA_VERIFY_DEFAULT || o.verify > STRATA_VERIFY_NEVER) return Status(Code::kInvalid, cat("verify ", o.verify));
    if (o.log_level < STRATA_LOG_OFF || o.log_level > STRATA_LOG_DEBUG) return Status(Code::kInvalid, cat("log_level ", o.log_level));
    s.log_level = static_cast<LogLevel>(o.log_level);
    s.verify = o.verify == STRATA_VERIFY_FIRST ? Verify::kFirst : o.verify == STRATA_VERIFY_NEVER ? Verify::kNever : Verify::kAlways;
    if (temp_dir) {
      STRATA_ASSIGN(s.temp_dir, text(temp_dir, temp_dir_len, "the folder for temporary files"));
      STRATA_TRY(check_path(s.temp_dir).prepend("the folder for temporary files: "));
    }
    auto handle = std::make_unique<strata_context>();
    handle->impl = std::make_shared<Context>(s);
    out.put(handle.release());
    return {};
  });
}

void strata_context_close(strata_context *context) STRATA_INFALLIBLE { close(context); }

strata_status strata_context_join(strata_context *context, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_ASSIGN(CancelToken * token, token_of(cancel));
    STRATA_TRY(check(token));
    if (!context) return join_workers(true, token);
    STRATA_TRY(checked(context, "context"));
    return context->impl->engine->executor.join(token);
  });
}

namespace {

strata_counters counters_of(Engine &e) {
  strata_counters c = STRATA_COUNTERS_INIT;
  c.threads = e.executor.threads();
  const CacheCounters b = e.blocks.counters(), r = e.raw.counters();
  c.block_hits = b.hits;
  c.block_misses = b.misses;
  c.block_evictions = b.evictions;
  c.block_coalesced = b.coalesced;
  c.block_bytes = b.bytes;
  c.block_capacity = b.capacity;
  c.raw_hits = r.hits;
  c.raw_misses = r.misses;
  c.raw_evictions = r.evictions;
  c.raw_coalesced = r.coalesced;
  c.raw_bytes = r.bytes;
  c.raw_capacity = r.capacity;
  c.objects_opened = e.counters.objects_opened;
  c.reads = e.counters.reads;
  c.read_bytes = e.counters.read_bytes;
  c.units_decoded = e.counters.units_decoded;
  c.decoded_bytes = e.counters.decoded_bytes;
  c.chunk_lookups = e.counters.chunk_lookups;
  c.lookup_steps = e.counters.lookup_steps;
  c.pending_bytes = static_cast<uint64_t>(std::max<int64_t>(0, e.memory->pending.used()));
  c.spilled_bytes = e.counters.spilled_bytes;
  c.commits = e.counters.commits;
  const StorageCounters &s = e.observation->storage;
  c.storage_opens = s.opens;
  c.storage_lists = s.lists;
  c.storage_reads = s.reads;
  c.storage_read_bytes = s.read_bytes;
  c.storage_writes = s.writes;
  c.storage_written_bytes = s.written_bytes;
  c.storage_created = s.created;
  c.storage_removed = s.removed;
  c.storage_syncs = s.syncs;
  c.decode_ns = e.counters.decode_ns;
  c.log_dropped = e.log.dropped();
  const Memory &m = *e.memory;
  c.memory_limit = e.shares.total();
  c.work_bytes = add_up(m.batches.used(), m.parts.used());
  c.work_peak = add_up(m.batches.peak(), m.parts.peak());
  c.work_waits = m.batches.waits() + m.parts.waits();
  c.memory_bytes = c.block_bytes + c.raw_bytes + c.pending_bytes + m.scratch.unused() + c.work_bytes;
  return c;
}

struct CounterField {
  const char *name;
  uint64_t strata_counters::*value;
};
#define FIELD(name) CounterField { #name, &strata_counters::name }
constexpr CounterField kCounterFields[] = {
    FIELD(block_hits), FIELD(block_misses), FIELD(block_evictions), FIELD(block_coalesced), FIELD(block_bytes), FIELD(block_capacity),
    FIELD(raw_hits), FIELD(raw_misses), FIELD(raw_evictions), FIELD(raw_coalesced), FIELD(raw_bytes), FIELD(raw_capacity),
    FIELD(objects_opened), FIELD(reads), FIELD(read_bytes), FIELD(units_decoded), FIELD(decoded_bytes), FIELD(chunk_lookups),
    FIELD(lookup_steps), FIELD(pending_bytes), FIELD(spilled_bytes), FIELD(commits), FIELD(storage_opens), FIELD(storage_lists),
    FIELD(storage_reads), FIELD(storage_read_bytes), FIELD(storage_writes), FIELD(storage_written_bytes), FIELD(storage_created),
    FIELD(storage_removed), FIELD(storage_syncs), FIELD(decode_ns), FIELD(log_dropped),
    FIELD(memory_limit), FIELD(memory_bytes), FIELD(work_bytes), FIELD(work_peak), FIELD(work_waits)};
#undef FIELD
static_assert(sizeof(strata_counters) == 2 * sizeof(uint32_t) + std::size(kCounterFields) * sizeof(uint64_t), "a field has no name");

}  // namespace

strata_status strata_context_counters(strata_context *context, strata_counters *counters, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(context, "context"));
    return fill_struct(counters, counters_of(*context->impl->engine), "counters");
  });
}

strata_status strata_context_counters_json(strata_context *context, char *dst, size_t cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(context, "context"));
    const strata_counters c = counters_of(*context->impl->engine);
    std::string json = cat("{\"threads\":", c.threads);
    for (const CounterField &field : kCounterFields) json += cat(",\"", field.name, "\":", c.*field.value);
    json += '}';
    return put_bytes(json, dst, cap, needed);
  });
}

strata_status strata_context_log_next(strata_context *context, strata_log_entry *entry, char *dst, size_t cap, size_t *needed,
                                      strata_error *err) {
  bool done = false;
  const strata_status status = guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(context, "context"));
    strata_log_entry out = STRATA_LOG_ENTRY_INIT;
    STRATA_TRY(fill_struct(entry, out, "entry"));
    Status s;
    done = !context->impl->engine->log.next([&](const LogQueue::Entry &next) {
      s = put_bytes(next.text, dst, cap, needed);
      if (!s.ok()) return false;
      out.level = static_cast<int32_t>(next.level);
      out.time_ns = next.time_ns;
      out.dropped = next.dropped;
      out.target = next.target;
      if (cap == 0) return false;  // only asked
      for (size_t i = 0; i < next.text.size(); ++i)
        if (static_cast<unsigned char>(dst[i]) < 0x20) dst[i] = ' ';  // one line, even of odd names
      return true;
    });
    STRATA_TRY(std::move(s));
    return fill_struct(entry, out, "entry");
  });
  return status == STRATA_OK && done ? STRATA_DONE : status;
}

// ---- tokens ----

strata_status strata_cancel_create(strata_cancel **cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cancel};
    STRATA_TRY(out.require("token"));
    out.put(new strata_cancel);
    return {};
  });
}

void strata_cancel_close(strata_cancel *cancel) STRATA_INFALLIBLE { close(cancel); }

void strata_cancel_trigger(strata_cancel *cancel) STRATA_INFALLIBLE {
  if (cancel && cancel->valid()) cancel->token.cancel();
}

void strata_cancel_set_deadline(strata_cancel *cancel, int64_t milliseconds) STRATA_INFALLIBLE {
  if (!cancel || !cancel->valid()) return;
  if (milliseconds < 0) {
    cancel->token.set_deadline_ns(0);
    return;
  }
  int64_t ns = 0;
  if (__builtin_mul_overflow(milliseconds, int64_t{1000000}, &ns) ||
      __builtin_add_overflow(ns, CancelToken::now_ns(), &ns))
    ns = 0;  // further away than the clock can say
  cancel->token.set_deadline_ns(ns);
}

void strata_cancel_reset(strata_cancel *cancel) STRATA_INFALLIBLE {
  if (!cancel || !cancel->valid()) return;
  cancel->token.clear();
  cancel->token.begin(0);
}

strata_status strata_cancel_progress(strata_cancel *cancel, strata_progress *progress, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(cancel, "cancel"));
    strata_progress p = STRATA_PROGRESS_INIT;
    p.done = cancel->token.done();
    p.total = cancel->token.total();
    p.bytes = cancel->token.bytes();
    return fill_struct(progress, p, "progress");
  });
}

// ---- cursors ----

strata_status strata_cursor_next(strata_cursor *cursor, const char **name, size_t *name_len, strata_error *err) {
  bool done = false;
  strata_status status = guard(err, [&]() -> Status {
    if (name) *name = nullptr;
    if (name_len) *name_len = 0;
    STRATA_TRY(checked(cursor, "cursor"));
    if (!name || !name_len) return Status(Code::kInvalid, "nowhere to put the name: the out parameter is NULL");
    if (cursor->next == cursor->ends.size()) {
      done = true;
      return {};
    }
    size_t from = cursor->next ? cursor->ends[cursor->next - 1] : 0;
    *name = cursor->names.c_str() + from;
    *name_len = cursor->ends[cursor->next++] - from;
    return {};
  });
  return done ? STRATA_DONE : status;
}

uint64_t strata_cursor_remaining(const strata_cursor *cursor) STRATA_INFALLIBLE {
  return cursor && cursor->valid() ? cursor->ends.size() - cursor->next : 0;
}

void strata_cursor_close(strata_cursor *cursor) STRATA_INFALLIBLE { close(cursor); }
