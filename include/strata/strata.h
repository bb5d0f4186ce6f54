/* strata: an embedded store for n-dimensional arrays.
 *
 * The C ABI, complete in this header; compiles as C99 and C++. Sections go from the simple to the advanced:
 *
 *    1  Conventions            text, types, statuses, errors, library buffers, version
 *    2  Contexts               threads, caches, budgets, counters, the log
 *    3  Cancellation           deadline and progress of long calls
 *    4  Array files            many named arrays in one .af file and its layers
 *    5  Arrays                 what an array is; reading and writing regions
 *    6  Text, binary, lists    arrays whose elements have no fixed width, or have values inside
 *    7  Attributes, statistics of arrays
 *    8  Stores                 thousands of datasets, laid out variable first
 *    9  Datasets               named groups of arrays with attributes
 *   10  Reading across         one variable over many datasets in one call
 *   11  Lists                  names by cursor
 *   12  Conflicts              what keeps a flush from being merged
 *   13  Damage                 check, repair, salvage
 *
 * The format is that of the Rust crates array-format 0.10 and atlas-rust 0.10 (docs/format.md).
 */
#ifndef STRATA_STRATA_H
#define STRATA_STRATA_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STRATA_API __attribute__((visibility("default")))
#else
#define STRATA_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1 Conventions ----
 *
 * Handles are opaque. `_create` and `_open` give one, `_close` takes it back; `_close` accepts NULL, never fails and never
 * waits for I/O. Children hold their parents: handles may be closed in any order, but not while a call on that very
 * handle runs. A handle that is of the wrong type or closed answers STRATA_E_HANDLE where the library can tell.
 *
 * Every call that can fail returns a strata_status and takes, as its last parameter, an optional strata_error that the
 * caller owns. There is no thread-local or global error state: calls may move between threads.
 *
 * Text is UTF-8 with a length; STRATA_NUL as the length says "NUL-terminated". Text is copied. Names may hold any UTF-8.
 *
 * Units: sizes and offsets are bytes, shapes, starts and counts are elements, times are milliseconds unless a name says
 * otherwise. Shapes are 64-bit here; what the format cannot hold (an extent, a chunk or a chunk's place beyond 32 bits)
 * is refused with STRATA_E_LIMIT, never cut.
 *
 * Memory: array data goes into and comes from memory of the caller, which is never kept after the call. Small results
 * of variable size use the size query: `cap` 0 asks, `*needed` is always set, STRATA_E_BUFFER_TOO_SMALL changes nothing.
 * Large ones come as a strata_buffer. No pointer for free() ever crosses. Borrowed pointers come only out of immutable
 * handles and live as long as those.
 *
 * Options structs: the first field is `struct_size`; zero means default; set them up with the _INIT macro or with the
 * function of the same name. A larger struct from a newer program is accepted when the part unknown here is zero.
 *
 * Thread classes of handles: "shared" (any threads at once), "exclusive" (one call at a time, from whatever thread),
 * "immutable". At each function: "@threads any" is any thread, beside any other call.
 * A handle belongs to the process that opened it: in a forked child it answers STRATA_E_FORKED, and closing it does nothing.
 *
 * Errors: @return lists what a function's own work can give. Any may also give STRATA_E_HANDLE (a handle that is none),
 * _E_INVALID (NULL or a size that cannot be), _E_NO_MEMORY, _E_FORKED and _E_INTERNAL; "..." stands for what storage can give
 * (_E_IO, _E_PERMISSION, _E_NO_SPACE, _E_CORRUPT, _E_FORMAT, _E_CODEC) and what a token can (_E_CANCELLED, _E_DEADLINE).
 */

/** Length of text that ends with a NUL byte. */
#define STRATA_NUL ((size_t)-1)
/** In options: none at all, where 0 means the default. */
#define STRATA_NONE UINT64_MAX

/** The outcome of a call: 0, a positive piece of information, or a negative error. Numbers are never changed. */
typedef int32_t strata_status;
enum {
  STRATA_OK = 0,
  STRATA_DONE = 1, /* a cursor has no more */
  /* the call itself */
  STRATA_E_INVALID = -1,          /* an argument is wrong in itself */
  STRATA_E_HANDLE = -2,           /* NULL, closed, or of another type */
  STRATA_E_RANGE = -3,            /* a region leaves the array's shape */
  STRATA_E_BUFFER_TOO_SMALL = -4, /* *needed says how much */
  STRATA_E_TYPE = -5,             /* another element type, or not possible with this one */
  STRATA_E_READ_ONLY = -6,        /* the handle or the place is read-only */
  STRATA_E_STALE = -7,            /* the array was deleted or defined anew since the handle was opened; or a store's
                                     handle is at a commit that was compacted away: refresh */
  STRATA_E_PENDING = -8,          /* not while there are unflushed changes */
  /* what is there */
  STRATA_E_NOT_FOUND = -20,
  STRATA_E_EXISTS = -21,
  STRATA_E_CONFLICT = -22,        /* somebody else has committed meanwhile; nothing was published */
  STRATA_E_OUTCOME_UNKNOWN = -23, /* the commit may or may not have happened: repeat the flush */
  STRATA_E_COMPACT_FIRST = -24,   /* not above the older layers: flush, compact, then repeat */
  STRATA_E_BUSY = -25,            /* other writers were faster, again and again; repeat the call */
  STRATA_E_NOT_PROJECTED = -26,   /* committed and durable; other programs may see a part of it only, until the next flush */
  STRATA_E_HISTORY_GONE = -27,    /* an older commit, of which not all is kept any more */
  /* what the bytes say */
  STRATA_E_FORMAT = -40,  /* not ours, or from a later version */
  STRATA_E_CORRUPT = -41, /* ours, but damaged */
  STRATA_E_CODEC = -42,   /* compressed with a codec that is not known here */
  /* the surroundings */
  STRATA_E_IO = -60,
  STRATA_E_NO_SPACE = -61,
  STRATA_E_NO_MEMORY = -62,
  STRATA_E_LIMIT = -63, /* more than the format or a budget can hold */
  STRATA_E_PERMISSION = -64,
  STRATA_E_UNSUPPORTED = -65, /* this place cannot do what was asked */
  /* control */
  STRATA_E_CANCELLED = -80,
  STRATA_E_DEADLINE = -81,
  STRATA_E_FORKED = -82, /* the handle belongs to the parent process */
  STRATA_E_USER = -83,
  STRATA_E_INTERNAL = -99 /* a bug of the library */
};

/** "STRATA_E_NOT_FOUND" for -20; "unknown status" for numbers of a later version. Static text.  @threads any.  @since 0.1 */
STRATA_API const char *strata_status_name(strata_status status);

/** Detail of a failure, owned by the caller, 256 bytes. Filled on every failure, untouched on success. */
typedef struct strata_error {
  uint32_t struct_size;
  int32_t status;
  int32_t os_error;    /* errno, or 0 */
  int32_t http_status; /* or 0 */
  char message[240];   /* UTF-8, one line, NUL-terminated, cut at a character boundary */
} strata_error;
#define STRATA_ERROR_INIT { (uint32_t)sizeof(strata_error), 0, 0, 0, { 0 } }
/** The function twin of STRATA_ERROR_INIT. NULL: nothing happens.  @threads any.  @since 0.1 */
STRATA_API void strata_error_init(strata_error *err);

/** Element types, and the kinds of attribute, fill and statistics values. Travel as int32_t. */
enum {
  STRATA_TYPE_NONE = 0,
  STRATA_BOOL = 1, /* one byte, 0 or 1 */
  STRATA_INT8 = 2,
  STRATA_INT16 = 3,
  STRATA_INT32 = 4,
  STRATA_INT64 = 5,
  STRATA_UINT8 = 6,
  STRATA_UINT16 = 7,
  STRATA_UINT32 = 8,
  STRATA_UINT64 = 9,
  STRATA_FLOAT32 = 10,
  STRATA_FLOAT64 = 11,
  STRATA_STRING = 12, /* UTF-8 */
  STRATA_BINARY = 13,
  STRATA_FIXED_SIZE_LIST = 14, /* lists: see section 6 */
  STRATA_LIST = 15,
  STRATA_TIMESTAMP_NS = 16 /* int64: nanoseconds since 1970-01-01T00:00:00Z */
};
/** "float32", "timestamp_ns" ...; "unknown" for others. Static text.  @threads any.  @since 0.1 */
STRATA_API const char *strata_type_name(int32_t type);
/** The type of that name, or STRATA_TYPE_NONE.  @threads any.  @since 0.1 */
STRATA_API int32_t strata_type_from_name(const char *name, size_t name_len);
/** Bytes of one element; 0 for STRING, BINARY, lists and unknown types.  @threads any.  @since 0.1 */
STRATA_API size_t strata_type_size(int32_t type);
/** What elements of a type consist of that is given as text: a name as above, "list<float32>", "fixed_size_list<int8>[3]",
 *  "list<fixed_size_list<list<string>>[2]>" ..., nested up to 64 deep. See section 6.
 *  @param[out] value_type  The innermost type. May be NULL.
 *  @param[out] sizes   levels + 1 numbers; NULL: only asked. sizes[0]: lists of the first level of offsets in one element; sizes[i]: lists
 *                      of level i in one element of the level before; sizes[levels]: values in one element of the last level.
 *                      The sizes of fixed_size_list, that is, and else 1.
 *  @param cap          Room in numbers.
 *  @param[out] levels  Levels of offsets; 0: elements have a fixed width, sizes[0] * strata_type_size(value_type). May be NULL.
 *  @return STRATA_OK, _E_INVALID (no type has this name; a fixed_size_list of 0), _E_LIMIT (nested deeper, larger than can be),
 *          _E_BUFFER_TOO_SMALL.
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_type_layout(const char *type, size_t type_len, int32_t *value_type, uint64_t *sizes,
                                            uint32_t cap, uint32_t *levels, strata_error *err);

/** Bytes that the library owns. Immutable. */
typedef struct strata_buffer strata_buffer;
/** First byte (NULL when empty), valid until release. NULL for NULL.  @threads any.  @since 0.1 */
STRATA_API const void *strata_buffer_data(const strata_buffer *buffer);
/** @threads any.  @since 0.1 */
STRATA_API size_t strata_buffer_size(const strata_buffer *buffer);
/** Releases; NULL is fine.  @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_buffer_release(strata_buffer *buffer);

/** "0.1.0": semantic version of the library that is loaded. Static text.  @threads any.  @since 0.1 */
STRATA_API const char *strata_version(void);
/** Version of this ABI; the number in the soname.  @threads any.  @since 0.1 */
STRATA_API int32_t strata_abi(void);
/** 1 when an optional part is there ("zstd", "lz4", "memory", "local"), else 0.  @threads any.  @since 0.1 */
STRATA_API int strata_has_feature(const char *name);

/* ---- 2 Contexts: threads, caches and budgets that handles share ----
 *
 * Wherever a context is asked for, NULL makes a private one with the defaults. Handles keep their context alive.
 * Thread class: shared.
 */
typedef struct strata_context strata_context;
typedef struct strata_cancel strata_cancel; /* section 3 */
/* How grave an entry of the log is. */
enum {
  STRATA_LOG_OFF = 0,
  STRATA_LOG_ERROR = 1, /* something is damaged, or was lost */
  STRATA_LOG_WARN = 2,  /* it goes on, but somebody should look: storage that fails or is slow, work left undone */
  STRATA_LOG_INFO = 3,  /* commits, merges, retries, recoveries */
  STRATA_LOG_DEBUG = 4  /* names made and removed in storage, evictions */
};
/* When stored bytes are held against their digests, which files that strata wrote have (docs/format.md). What does not have its
 * digest is STRATA_E_CORRUPT and is not returned. Footers are always verified, and so is what a compaction takes over. */
enum {
  STRATA_VERIFY_DEFAULT = 0, /* always */
  STRATA_VERIFY_ALWAYS = 1,  /* each time bytes are read from storage, not when they come from a cache */
  STRATA_VERIFY_FIRST = 2,   /* the first time that a file handle reads them */
  STRATA_VERIFY_NEVER = 3
};
typedef struct strata_context_options {
  uint32_t struct_size;
  uint32_t threads;             /* working on one call, the caller's included; 0: processors this process may use */
  uint64_t block_cache_bytes;   /* decompressed data; 0: 256 MiB; STRATA_NONE: none */
  uint64_t raw_cache_bytes;     /* stored bytes in slabs; 0: 64 MiB; STRATA_NONE: none */
  uint64_t slab_bytes;          /* size of a slab; 0: what suits the place (local disks and memory: no slabs) */
  uint64_t pending_bytes;       /* unflushed data kept in memory before it spills to a temporary file; 0: threads × 16 MiB */
  int32_t verify;               /* STRATA_VERIFY_ */
  int32_t log_level;            /* STRATA_LOG_; what is less grave is not logged */
  uint64_t memory_bytes;        /* the three above and work in flight together; see below. 0: those, and 64 MiB a thread for work */
} strata_context_options;
#define STRATA_CONTEXT_OPTIONS_INIT { (uint32_t)sizeof(strata_context_options), 0, 0, 0, 0, 0, 0, 0, 0 }
/* memory_bytes is one limit for the caches, pending data, and what calls read, decode or compress at the moment, however many threads of
 * the host call at once. The block cache gets at most 3/8 of it, the raw cache 1/8, pending data 1/4; work has the rest. A call for
 * whose next step there is no room waits for others' to end, in the order of coming; its token is looked at meanwhile. Any limit works: what
 * by itself is larger than there is room for, like a very large chunk, is done alone. Not counted is what belongs to the caller (data
 * passed in, results handed out), what describes files and arrays (footers, names, places of chunks), the tables of zstd (1 to 2 MiB for each
 * thread that compresses; at the highest levels up to 100), and what the allocator keeps for itself. Each array file with pending data keeps
 * up to 64 KiB of it in memory, however many there are. */
/** The function twin of STRATA_CONTEXT_OPTIONS_INIT. NULL: nothing happens.  @threads any.  @since 0.1 */
STRATA_API void strata_context_options_init(strata_context_options *options);

/** Makes a context.
 *  @param options   NULL for defaults. Copied.
 *  @param temp_dir  Folder for pending data that spills, made when it is missing; NULL: beside the file that it is for (no second
 *                   copy at a flush).
 *  @return STRATA_OK, _E_INVALID, _E_NO_MEMORY.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_context_create(const strata_context_options *options, const char *temp_dir,
                                               size_t temp_dir_len, strata_context **context, strata_error *err);
/** Gives the handle back; the context goes with the last handle that uses it. Its worker threads then end by themselves: nobody waits
 *  for them here.
 *  @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_context_close(strata_context *context);
/** Waits until worker threads are gone. Needed by who counts the threads of a process, by leak checkers, and before code that holds the
 *  library is unloaded: a plugin with libstrata.a inside (libstrata.so itself stays loaded).
 *  @param context  Its workers are told to end, each after what it is at, and waited for; calls meanwhile run on the thread of who
 *                  makes them, later ones start workers again. NULL: waits for the workers of all contexts whose last handle is
 *                  closed. Once this has returned and no handle is left, no thread of the library is.
 *  @return STRATA_OK, _E_CANCELLED, _E_DEADLINE.  @threads any.  @blocks on calls that use the context.  @since 0.1 */
STRATA_API strata_status strata_context_join(strata_context *context, strata_cancel *cancel, strata_error *err);

/** What happened in a context since it was made. */
typedef struct strata_counters {
  uint32_t struct_size;
  uint32_t threads;
  uint64_t block_hits, block_misses, block_evictions, block_coalesced, block_bytes, block_capacity;
  uint64_t raw_hits, raw_misses, raw_evictions, raw_coalesced, raw_bytes, raw_capacity;
  uint64_t objects_opened;               /* objects opened for reading in storage */
  uint64_t reads, read_bytes;            /* ranges read from storage */
  uint64_t units_decoded, decoded_bytes; /* frames or blocks decompressed */
  uint64_t chunk_lookups, lookup_steps;  /* chunks resolved, and layers probed for them */
  uint64_t pending_bytes, spilled_bytes; /* unflushed data in memory now; ever written to temporary files */
  uint64_t commits;                      /* layers published */
  /* All requests to storage, whatever for: also footers, logs and registries, and data that spills. */
  uint64_t storage_opens, storage_lists;           /* objects opened or looked for, folders listed */
  uint64_t storage_reads, storage_read_bytes;
  uint64_t storage_writes, storage_written_bytes;
  uint64_t storage_created, storage_removed;       /* names given to objects, and taken away */
  uint64_t storage_syncs;                          /* objects and folders made durable */
  uint64_t decode_ns;                              /* spent in decompressing, all threads together */
  uint64_t log_dropped;                            /* entries of the log for which there was no room */
  uint64_t memory_limit, memory_bytes;             /* what the options' memory_bytes came to; of that in use now */
  uint64_t work_bytes, work_peak, work_waits;      /* work in flight now, and at most so far; how often a step waited for room */
} strata_counters;
#define STRATA_COUNTERS_INIT \
  { (uint32_t)sizeof(strata_counters), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
    0, 0, 0, 0, 0 }
/** @param[out] counters  struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_context_counters(strata_context *context, strata_counters *counters, strata_error *err);
/** The same as JSON: one object, with the fields' names as keys. Size query; not NUL-terminated.
 *  @return STRATA_OK, _E_HANDLE, _E_BUFFER_TOO_SMALL.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_context_counters_json(strata_context *context, char *dst, size_t cap, size_t *needed,
                                                      strata_error *err);

/** An entry of a context's log, in which the library says what a look for a cause may need. The log keeps the newest 1024 entries for the
 *  caller to read; nothing is ever printed, and no function of the caller is called. */
typedef struct strata_log_entry {
  uint32_t struct_size;
  int32_t level;      /* STRATA_LOG_ERROR ... */
  int64_t time_ns;    /* nanoseconds since 1970, UTC */
  uint64_t dropped;   /* entries that are missing before this one */
  const char *target; /* "storage", "cache", "file", "store". Static text */
} strata_log_entry;
#define STRATA_LOG_ENTRY_INIT { (uint32_t)sizeof(strata_log_entry), 0, 0, 0, 0 }
/** Takes the oldest entry out of the log.
 *  @param[out] entry   struct_size set by the caller; as many fields as fit are filled.
 *  @param[out] dst     Its message, one line of UTF-8. Size query, after which the entry stays, as it does where dst is too small; not NUL-terminated.
 *  @return STRATA_OK, STRATA_DONE (there is none; *needed 0), _E_HANDLE, _E_INVALID, _E_BUFFER_TOO_SMALL.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_context_log_next(strata_context *context, strata_log_entry *entry, char *dst, size_t cap,
                                                 size_t *needed, strata_error *err);

/* ---- 3 Cancellation, deadline, progress ----
 *
 * A token may be given to every call that does I/O or long work; NULL is "none". Any thread may cancel or poll it while the
 * call runs. A cancelled call returns STRATA_E_CANCELLED, a late one STRATA_E_DEADLINE; buffers may then hold a part of the
 * result; pending changes and files are as before. A token serves one call at a time if its progress is to mean something.
 * Thread class: shared.
 */
/** @return STRATA_OK, _E_NO_MEMORY, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_cancel_create(strata_cancel **cancel, strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_cancel_close(strata_cancel *cancel);
/** Asks calls that hold the token to stop. Stays so until strata_cancel_reset. NULL: nothing.
 *  @threads any, and signal handlers.  @since 0.1 */
STRATA_API void strata_cancel_trigger(strata_cancel *cancel);
/** Milliseconds from now until calls stop by themselves; negative: no deadline. NULL: nothing.  @threads any.  @since 0.1 */
STRATA_API void strata_cancel_set_deadline(strata_cancel *cancel, int64_t milliseconds);
/** As new: not cancelled, no deadline, no progress. REQUIRES: no call holds it. NULL: nothing.  @threads any.  @since 0.1 */
STRATA_API void strata_cancel_reset(strata_cancel *cancel);
typedef struct strata_progress {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t done, total; /* steps of the call (chunks, files); total 0: not known yet */
  uint64_t bytes;       /* of array data that went through */
} strata_progress;
#define STRATA_PROGRESS_INIT { (uint32_t)sizeof(strata_progress), 0, 0, 0, 0 }
/** @threads any.  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @since 0.1 */
STRATA_API strata_status strata_cancel_progress(strata_cancel *cancel, strata_progress *progress, strata_error *err);

/* ---- 4 Array files: named n-dimensional arrays in layers ----
 *
 * `x.af` is the base; each flush adds a layer `x.1.af`, `x.2.af` ... that holds only what changed; compact merges them.
 * Changes (define, delete, write, attributes) are pending until strata_file_flush: reads through the same strata_file see
 * them, nobody else does; closing without a flush discards them.
 *
 * Places are URLs: a path, "file:///path", or "memory://name/path" (kept in the context, for as long as it lives).
 *
 * Thread class: shared. Reads run side by side; calls that change a file wait for each other.
 */
typedef struct strata_file strata_file;
typedef struct strata_array strata_array;
typedef struct strata_cursor strata_cursor;

enum { STRATA_CODEC_DEFAULT = 0, STRATA_CODEC_NONE = 1, STRATA_CODEC_LZ4 = 2, STRATA_CODEC_ZSTD = 3 };
enum {
  STRATA_OVERWRITE = 1, /* create: replace what is there */
  STRATA_READ_ONLY = 2  /* open: refuse every change */
};

typedef struct strata_file_options {
  uint32_t struct_size;
  uint32_t flags;       /* STRATA_OVERWRITE, STRATA_READ_ONLY */
  int32_t codec;        /* for what is written; 0: zstd */
  int32_t level;        /* 0: the codec's default (zstd: 3); lz4: 1 fast, 2 to 12 high compression */
  uint64_t block_bytes; /* decompressed size at which a block is closed; 0: 8 MiB (lz4: 256 KiB) */
  uint64_t fold_limit_bytes; /* largest file that a flush may write anew, see strata_file_define; 0: 1 GiB */
  uint64_t compact_layers;     /* a flush that leaves more layers than that compacts, the base included; 0: never */
  uint64_t compact_dead_bytes; /* the same where layers hold at least as many decompressed bytes of chunks that were written again or
                                  deleted; 0: never. That flush succeeds even if its compaction fails; the next tries again */
} strata_file_options;
#define STRATA_FILE_OPTIONS_INIT { (uint32_t)sizeof(strata_file_options), 0, 0, 0, 0, 0, 0, 0 }
/** The function twin of STRATA_FILE_OPTIONS_INIT. NULL: nothing happens.  @threads any.  @since 0.1 */
STRATA_API void strata_file_options_init(strata_file_options *options);

/** Creates an empty array file, on storage at once.
 *  @param context  NULL: a private one.
 *  @param url      Must end in ".af". Folders that are missing are made.
 *  @param[out] file  Set on success, NULL on failure. Close with strata_file_close().
 *  @return STRATA_OK, _E_EXISTS (a base or layers of that name are there and STRATA_OVERWRITE was not given), _E_INVALID,
 *          _E_UNSUPPORTED (the "data.af" of an array of a store), _E_IO, _E_NO_SPACE, _E_PERMISSION, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_create(strata_context *context, const char *url, size_t url_len,
                                            const strata_file_options *options, strata_cancel *cancel, strata_file **file,
                                            strata_error *err);
/** Opens an existing array file at its newest commit. That of an array of a store only with STRATA_READ_ONLY.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_FORMAT, _E_CORRUPT, _E_UNSUPPORTED (of a store, and not read-only), _E_IO, _E_CANCELLED, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_open(strata_context *context, const char *url, size_t url_len,
                                          const strata_file_options *options, strata_cancel *cancel, strata_file **file,
                                          strata_error *err);
/** Opens a file as of an older commit, read-only; the handle stays there.
 *  @param commit  Its number in the log, its id (32 hexadecimal digits), or a time ("2026-01-31T12:00:00Z"): the newest that is not later.
 *  @return as strata_file_open, _E_NOT_FOUND (no such commit), _E_HISTORY_GONE (in the base since a compaction), _E_INVALID.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_open_at(strata_context *context, const char *url, size_t url_len, const char *commit,
                                             size_t commit_len, const strata_file_options *options, strata_cancel *cancel,
                                             strata_file **file, strata_error *err);
/** An array file in memory, gone with its last handle. @threads any.
 *  @return STRATA_OK, _E_INVALID, _E_NO_MEMORY.  @since 0.1 */
STRATA_API strata_status strata_file_create_memory(strata_context *context, const strata_file_options *options,
                                                   strata_file **file, strata_error *err);
/** Gives the handle back; pending changes are discarded once no array handle uses the file.
 *  @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_file_close(strata_file *file);

/** Makes the pending changes one durable commit. Nothing pending: nothing is written.
 *  What others have committed since this handle read the file is merged: the handle is at the newest commit afterwards, and its changes
 *  lie above it. Only what was changed is compared, chunk by chunk and key by key, not what was read.
 *  On failure nothing is published, the changes stay pending and the call can be repeated.
 *  @return STRATA_OK, _E_CONFLICT (another writer has changed the same: docs/commits.md, "merge"), _E_BUSY (others were faster again and
 *          again), _E_OUTCOME_UNKNOWN, _E_READ_ONLY, _E_NO_SPACE, _E_IO, _E_CANCELLED, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_flush(strata_file *file, strata_cancel *cancel, strata_error *err);
/** Merges all layers into the base. Values do not change. Pending changes are flushed first.
 *  @return as strata_file_flush.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_compact(strata_file *file, strata_cancel *cancel, strata_error *err);
/** What a compaction of an array file would find and leave. */
typedef struct strata_compaction {
  uint32_t struct_size;
  uint32_t merges;      /* 1: it would write a new base; 0: it would leave the file as it is */
  uint64_t layers;      /* that are read for data, the base included */
  uint64_t bytes;       /* that they take on storage */
  uint64_t dead_bytes;  /* decompressed bytes of chunks that were written again or deleted: what compact_dead_bytes is held against */
  uint64_t bytes_after; /* that a new base would take: an estimate */
  const char *array;    /* of a store: the arrays' name; "" of a file. Borrowed, NUL-terminated */
} strata_compaction;
#define STRATA_COMPACTION_INIT { (uint32_t)sizeof(strata_compaction), 0, 0, 0, 0, 0, 0 }
/** One for each array file. Immutable. */
typedef struct strata_compaction_list strata_compaction_list;
/** The same numbers before anything is done, of what is committed as this handle sees it: a list of one. Nothing is written.
 *  @param[out] list  Close with strata_compaction_list_close().
 *  @return STRATA_OK, ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_compaction_list(strata_file *file, strata_cancel *cancel, strata_compaction_list **list,
                                                     strata_error *err);
/** Number of array files; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint64_t strata_compaction_list_count(const strata_compaction_list *list);
/** @param[out] compaction  struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such array file).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_compaction_list_get(const strata_compaction_list *list, uint64_t index,
                                                    strata_compaction *compaction, strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_compaction_list_close(strata_compaction_list *list);
/** Drops all pending changes. Array handles of arrays that existed only pending become stale.
 *  @return STRATA_OK, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_discard(strata_file *file, strata_error *err);
/** Moves a handle without pending changes to the newest commit.
 *  @param[out] moved  1 when it moved, else 0; may be NULL.
 *  @return STRATA_OK, _E_PENDING, ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_refresh(strata_file *file, strata_cancel *cancel, int *moved, strata_error *err);

typedef struct strata_pending {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t arrays; /* defined, deleted, annotated or written */
  uint64_t chunks; /* written */
  uint64_t bytes;  /* of decompressed chunk data */
} strata_pending;
#define STRATA_PENDING_INIT { (uint32_t)sizeof(strata_pending), 0, 0, 0, 0 }
/** What a flush would publish. @threads any.  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @since 0.1 */
STRATA_API strata_status strata_file_pending(strata_file *file, strata_pending *pending, strata_error *err);
/** Layers that are read for data, the base included. @threads any.  @return STRATA_OK, _E_HANDLE.  @since 0.1 */
STRATA_API strata_status strata_file_layer_count(strata_file *file, uint64_t *count, strata_error *err);

/** What a commit did. Travels as int32_t. */
enum {
  STRATA_COMMIT_DATA = 0,     /* a flush */
  STRATA_COMMIT_COMPACT = 1,  /* a compaction: no value changed */
  STRATA_COMMIT_IMPORT = 2,   /* of a store: what the original did in between */
  STRATA_COMMIT_SWEEP = 3,    /* of a store: layers that nothing needs were removed */
  STRATA_COMMIT_REPAIR = 4,   /* of a store: what it is from then on, or the place of an entry that was lost */
  STRATA_COMMIT_TAG = 5,      /* of a store: a tag was given or taken */
  STRATA_COMMIT_EXPIRE = 6,   /* of a store: what of its past is kept was changed */
  STRATA_COMMIT_ADOPT = 7,    /* of a store: what workers have written became part of it */
  STRATA_COMMIT_ABSORBED = 8  /* of a file: what was done is in the base now; little more is known than that there was a commit */
};
/** One commit. Texts are borrowed from the log, and NUL-terminated. */
typedef struct strata_commit {
  uint32_t struct_size;
  int32_t kind;
  uint64_t seq;        /* 1, 2 ...; of a file the number of its layer, 0: what it began with */
  int64_t time_ns;     /* nanoseconds since 1970, UTC; of a store never less than the commit's before; of a file 0: not known */
  uint64_t datasets;   /* of a store: added or changed */
  uint64_t removed;    /* of a store datasets, of a file arrays that were deleted */
  uint64_t arrays;     /* of a store variables whose data changed, of a file arrays */
  const char *id;      /* 32 hexadecimal digits; "": not known, as of the original's layers */
  const char *parent;  /* of the commit before; "" of the first, or not known */
  const char *message;
  uint64_t bytes;      /* of a file: that its layer takes on storage, after a compaction its base */
  const char *tag;     /* of strata_store_tags: its name; else "" */
} strata_commit;
#define STRATA_COMMIT_INIT { (uint32_t)sizeof(strata_commit), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
/** The commits of a file or store as they were when it was made, the newest first. Immutable. */
typedef struct strata_log strata_log;
/** Reads the newest `most` commits (0: all) of the file, whichever this handle is at.
 *  @param[out] log  Close with strata_log_close().
 *  @return STRATA_OK, _E_CORRUPT (a layer is damaged), ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_log(strata_file *file, uint64_t most, strata_cancel *cancel, strata_log **log,
                                         strata_error *err);
/** Number of commits; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint64_t strata_log_count(const strata_log *log);
/** @param[out] commit  struct_size set by the caller; as many fields as fit are filled. Its texts live as long as the log.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such commit).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_log_get(const strata_log *log, uint64_t index, strata_commit *commit, strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_log_close(strata_log *log);

/** Defines an array. Where older layers hold chunks of a deleted array of this name, its flush hides them below chunks of fill; if
 *  some have no place in the new grid of chunks (another rank, a smaller array), the flush writes the whole file anew without them.
 *  @param type         Element type. Lists: strata_file_define_nested.
 *  @param ndim         0 to 32; 0: one element.
 *  @param shape        ndim extents; may contain 0.
 *  @param chunk_shape  ndim extents ≥ 1; NULL: the whole shape up to 64 MiB, beyond that the leading axes are halved.
 *  @param dimension_names  ndim NUL-terminated names; NULL: dim0, dim1 ...
 *  @param fill_type    Kind of the fill value: STRATA_TYPE_NONE (cells not written read as 0, "", false), BOOL, any integer or
 *                      float type, STRING, TIMESTAMP_NS. Converted to the array's type when read; a STRING fill only counts in
 *                      statistics.
 *  @param fill         fill_size bytes: the value in native form, or the text.
 *  @param[out] array   The new array; may be NULL. Close with strata_array_close().
 *  @return STRATA_OK, _E_EXISTS, _E_LIMIT, _E_INVALID, _E_TYPE, _E_READ_ONLY, _E_COMPACT_FIRST (the file would have to be written anew
 *  and is larger than fold_limit_bytes), ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_define(strata_file *file, const char *name, size_t name_len, int32_t type, uint32_t ndim,
                                            const uint64_t *shape, const uint64_t *chunk_shape,
                                            const char *const *dimension_names, int32_t fill_type, const void *fill,
                                            size_t fill_size, strata_cancel *cancel, strata_array **array, strata_error *err);
/** As strata_file_define, with the element type as text, so that it can be any: "list<float32>", "float32" ... There is no fill value:
 *  cells that were not written are empty lists, in fixed_size_list zeroes, empty texts and lists.
 *  @param type  As in strata_type_layout.
 *  @return as strata_file_define, strata_type_layout.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_define_nested(strata_file *file, const char *name, size_t name_len,
                                                   const char *type, size_t type_len, uint32_t ndim,
                                                   const uint64_t *shape, const uint64_t *chunk_shape,
                                                   const char *const *dimension_names, strata_cancel *cancel,
                                                   strata_array **array, strata_error *err);
/** Deletes an array. Its handles become stale.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_READ_ONLY, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_delete(strata_file *file, const char *name, size_t name_len, strata_cancel *cancel,
                                            strata_error *err);
/** Gives an array a new name: data and attributes are those of the old one, compressed data is copied as it is. Listed last; handles of
 *  the old name become stale. Pending until the flush; on failure nothing has changed.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_EXISTS, _E_INVALID, _E_READ_ONLY, _E_COMPACT_FIRST (as strata_file_define), ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_rename(strata_file *file, const char *name, size_t name_len, const char *new_name,
                                            size_t new_name_len, strata_cancel *cancel, strata_error *err);
/** As strata_file_rename, and the old array stays.  @return as strata_file_rename.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_copy(strata_file *file, const char *name, size_t name_len, const char *new_name,
                                          size_t new_name_len, strata_cancel *cancel, strata_error *err);
/** @param[out] exists  1 or 0.  @threads any.  @return STRATA_OK, _E_HANDLE, _E_CORRUPT.  @since 0.1 */
STRATA_API strata_status strata_file_exists(strata_file *file, const char *name, size_t name_len, int *exists,
                                            strata_error *err);
/** Names of the arrays that begin with `prefix` (NULL: all), in the order of their definition. See section 11.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID, _E_NO_MEMORY.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_list(strata_file *file, const char *prefix, size_t prefix_len, strata_cursor **cursor,
                                          strata_error *err);
/** Opens an array; type, rank, chunk shape and fill are fixed from here on, the shape changes with strata_array_resize only.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_CORRUPT, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_array_open(strata_file *file, const char *name, size_t name_len, strata_array **array,
                                                strata_error *err);

/* ---- 5 Arrays ----
 *
 * A region is `start` and `count`, ndim numbers each; both NULL: the whole array. A region that leaves the shape is
 * STRATA_E_RANGE. Data is row-major (the last axis varies fastest) in native byte order, without padding, unless strides are
 * given. Thread class: shared.
 */
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_array_close(strata_array *array);
/** Element type, or STRATA_TYPE_NONE for a bad handle.  @threads any.  @since 0.1 */
STRATA_API int32_t strata_array_type(const strata_array *array);
/** Element type as text, "float32" or "list<list<string>>": what strata_type_layout takes. Size query; not NUL-terminated.
 *  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_type_text(const strata_array *array, char *dst, size_t cap, size_t *needed,
                                                strata_error *err);
/** Number of dimensions; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint32_t strata_array_ndim(const strata_array *array);
/** Writes ndim extents. @param cap  Room in numbers.  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_HANDLE.
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_shape(const strata_array *array, uint64_t *shape, uint32_t cap, strata_error *err);
/** As strata_array_shape, for the chunk shape.  @return as strata_array_shape.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_chunk_shape(const strata_array *array, uint64_t *chunk_shape, uint32_t cap,
                                                  strata_error *err);
/** Name of the array (in a store: of the variable). Size query; not NUL-terminated.
 *  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_name(const strata_array *array, char *dst, size_t cap, size_t *needed,
                                           strata_error *err);
/** Name of dimension `axis`. Size query; not NUL-terminated.
 *  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_INVALID (axis), _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_dimension_name(const strata_array *array, uint32_t axis, char *dst, size_t cap,
                                                     size_t *needed, strata_error *err);
/** The fill value as it was given at the definition.
 *  @param[out] type  BOOL, INT64, UINT64, FLOAT64, STRING, TIMESTAMP_NS, or STRATA_TYPE_NONE (and *needed 0).
 *  Size query.  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_fill(const strata_array *array, int32_t *type, void *dst, size_t cap, size_t *needed,
                                           strata_error *err);

/** Reads a region of an array whose elements have a fixed width.
 *  @param ndim      Must be the array's.
 *  @param dst       Caller's memory for product(count) elements; may be NULL when dst_cap is 0.
 *  @param dst_cap   Its size in bytes.
 *  @param[out] needed  Bytes of the region; may be NULL.
 *  @return STRATA_OK, _E_RANGE, _E_BUFFER_TOO_SMALL, _E_TYPE (not of fixed width), _E_STALE, _E_CORRUPT, _E_IO, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_read(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                           strata_cancel *cancel, void *dst, size_t dst_cap, size_t *needed,
                                           strata_error *err);
/** As strata_array_read, into memory with strides: element (i, j ...) of the region goes to dst + i*strides[0] + j*strides[1] ...
 *  @param strides  ndim byte distances ≥ 0, such that no two elements overlap.
 *  @param dst_cap  Bytes from dst that may be written; every element must lie inside.
 *  @return as strata_array_read, _E_INVALID (strides that overlap or are negative).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_read_strided(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                   const uint64_t *count, const int64_t *strides, strata_cancel *cancel,
                                                   void *dst, size_t dst_cap, strata_error *err);
/** Reads many regions in one call, in parallel.
 *  @param regions  How many; `starts` and `counts` hold regions × ndim numbers.
 *  @param dst_offsets  Where in dst each region begins, such that none overlap; NULL: one after the other. A region that fails takes
 *                  the room that its count says (none where that is beyond what memory can have).
 *  @param[out] statuses  One per region; NULL: the first bad region fails the call. With it the call returns STRATA_OK when only
 *                  regions failed by themselves (_E_RANGE, _E_CORRUPT ...).
 *  @return as strata_array_read, _E_INVALID (places that overlap).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_read_many(strata_array *array, uint64_t regions, uint32_t ndim, const uint64_t *starts,
                                                const uint64_t *counts, strata_cancel *cancel, void *dst, size_t dst_cap,
                                                const uint64_t *dst_offsets, size_t *needed, strata_status *statuses,
                                                strata_error *err);
/** What a read would do, as far as it is known before. */
typedef struct strata_explanation {
  uint32_t struct_size;
  uint32_t layers;          /* files that data would be read from, or has been: the others hold none of the region */
  uint64_t chunks;          /* that the region touches */
  uint64_t chunks_unwritten, chunks_pending; /* of these never written, and changed since the last flush */
  uint64_t units;           /* frames and blocks that all others lie in; without a codec the chunks themselves */
  uint64_t cache_hits, cache_misses;     /* looks into the cache of decompressed data: what of a unit only a part is wanted of goes there */
  uint64_t requests, request_bytes;      /* reads from storage */
  uint64_t decoded_units, decoded_bytes; /* to be decompressed */
  uint64_t result_bytes;    /* of elements of a fixed width, else 0 */
} strata_explanation;
#define STRATA_EXPLANATION_INIT { (uint32_t)sizeof(strata_explanation), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
/** Says what reading a region would do, without doing it: no data is read, no cache changes. It is what the counters will have gained after
 *  strata_array_read, or the function that suits the type, if nobody else uses the context and the caches have room. (Chunks of texts and
 *  lists that do not fit into the context's memory for work are fetched again for each level, which is not counted here.)
 *  @param[out] explanation  struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_RANGE, _E_STALE, _E_CORRUPT, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_explain(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                              strata_cancel *cancel, strata_explanation *explanation, strata_error *err);
/** Writes a region. Pending until the flush. Chunks that are covered only in part are read, changed and written whole.
 *  On failure none of it is pending, never a part (all of it may be where only the spilling at its very end failed).
 *  @param src       BOOL: every byte 0 or 1, else _E_INVALID.
 *  @param src_size  Must be exactly the region's bytes.
 *  @return STRATA_OK, _E_RANGE, _E_TYPE, _E_STALE, _E_READ_ONLY, _E_NO_SPACE, ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_write(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                            const void *src, size_t src_size, strata_cancel *cancel, strata_error *err);
/** As strata_array_write, from memory with strides (byte distances ≥ 0; 0 repeats an element).
 *  @return as strata_array_write, _E_INVALID (strides; elements outside src).
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_write_strided(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                    const uint64_t *count, const int64_t *strides, const void *src,
                                                    size_t src_size, strata_cancel *cancel, strata_error *err);

/** Gives the array another shape; every handle of it in this file or store handle sees it at once. Cells that are added read as fill. What
 *  is cut off is gone: it does not return when the array grows again. Chunks at an edge that moves are written anew, all others stay as
 *  they are. Pending until the flush; on failure nothing has changed. Another file handle sees the new shape after a refresh.
 *  @param shape  ndim extents; ndim must be the array's.
 *  @return STRATA_OK, _E_INVALID (another rank), _E_LIMIT, _E_STALE, _E_READ_ONLY, _E_COMPACT_FIRST (smaller, the flush would write the
 *  file anew and it is larger than fold_limit_bytes), _E_CORRUPT, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_resize(strata_array *array, uint32_t ndim, const uint64_t *shape, strata_cancel *cancel,
                                             strata_error *err);
/** Grows the array by n along `axis` and writes there, both or nothing: what is appended spans the whole array along all other axes.
 *  @param src         n × the other extents elements, row-major.
 *  @param src_size    Must be exactly their bytes.
 *  @param[out] start  Where the new part begins along the axis; may be NULL.
 *  @return as strata_array_resize and strata_array_write, _E_RANGE (another thread has changed the other extents).
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_append(strata_array *array, uint32_t axis, uint64_t n, const void *src, size_t src_size,
                                             strata_cancel *cancel, uint64_t *start, strata_error *err);

/* ---- 6 Text, binary, lists: elements without a fixed width, or with values inside ----
 *
 * n elements of STRING or BINARY cross as n + 1 offsets (int64, the first 0) and their bytes one after the other: element i is
 * values[offsets[i] .. offsets[i + 1]), in row-major order of the region. The layout is that of Arrow's large_utf8.
 *
 * A LIST is the same with other values: of list<float32>, element i is the numbers offsets[i] .. offsets[i + 1] of the values. Lists in
 * lists have a level of offsets each, from the outside in: of list<list<float32>>, element i is the lists offsets0[i] .. offsets0[i + 1],
 * and list k the numbers offsets1[k] .. offsets1[k + 1]; so there are offsets0[n] + 1 of offsets1. The last level of
 * list<string> are the texts' offsets. That is Arrow's large_list.
 *
 * A FIXED_SIZE_LIST has no offsets: it is its elements one after the other, which multiplies what lies inside. Of
 * fixed_size_list<string>[3] there are 3n + 1 offsets; fixed_size_list<float32>[3], also in fixed_size_list, has a fixed width and is read
 * and written by the functions of section 5, which also stack it. strata_type_layout tells levels and factors for any type.
 */
/** @param[out] offsets  (n + 1) int64.  @param[out] values  All bytes. Both released by the caller.
 *  Invalid UTF-8 in files of others is returned as stored.
 *  @return STRATA_OK, _E_TYPE (fixed width), ... as strata_array_read.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_read_varlen(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                  const uint64_t *count, strata_cancel *cancel, strata_buffer **offsets,
                                                  strata_buffer **values, strata_error *err);
/** @param offsets       offset_count = n + 1 numbers, ascending, the first 0.
 *  @param values        values_size bytes, at least the last offset. STRING: UTF-8 is checked.
 *  @return as strata_array_write, _E_LIMIT (a chunk beyond 4 GiB).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_write_varlen(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                   const uint64_t *count, const int64_t *offsets, size_t offset_count,
                                                   const void *values, size_t values_size, strata_cancel *cancel,
                                                   strata_error *err);
/** Reads a region of STRING, BINARY or lists, in as many levels as the type has.
 *  @param levels        The type's levels of offsets, and the room in `offsets`.
 *  @param[out] offsets  For each level int64 offsets, the first 0.  @param[out] values  All values. All released by the caller.
 *  @return STRATA_OK, _E_TYPE (fixed width), _E_INVALID (another number of levels), ... as strata_array_read.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_read_nested(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                  const uint64_t *count, strata_cancel *cancel, uint32_t levels,
                                                  strata_buffer **offsets, strata_buffer **values, strata_error *err);
/** Writes such a region.
 *  @param levels         The type's levels of offsets.
 *  @param offsets        For each level offset_counts[level] numbers, ascending, the first 0: one more than its lists, of which the last
 *                        offset of the level before, times a fixed_size_list's size, says how many there are.
 *  @param values         values_size bytes, at least what the last offset says. BOOL and STRING are checked.
 *  @return as strata_array_write, _E_LIMIT (a chunk beyond 4 GiB).  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_write_nested(strata_array *array, uint32_t ndim, const uint64_t *start,
                                                   const uint64_t *count, uint32_t levels,
                                                   const int64_t *const *offsets, const size_t *offset_counts,
                                                   const void *values, size_t values_size, strata_cancel *cancel,
                                                   strata_error *err);

/** As strata_array_append, of what strata_array_write_nested writes.
 *  @return as strata_array_append and strata_array_write_nested.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_append_nested(strata_array *array, uint32_t axis, uint64_t n, uint32_t levels,
                                                    const int64_t *const *offsets, const size_t *offset_counts,
                                                    const void *values, size_t values_size, strata_cancel *cancel,
                                                    uint64_t *start, strata_error *err);

/** As strata_array_append.  @return as strata_array_append and strata_array_write_varlen.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_append_varlen(strata_array *array, uint32_t axis, uint64_t n, const int64_t *offsets,
                                                    size_t offset_count, const void *values, size_t values_size,
                                                    strata_cancel *cancel, uint64_t *start, strata_error *err);

/* ---- 7 Attributes and statistics of arrays ----
 *
 * A value is a type and bytes in native form (text for STRING, one byte for BOOL). Kinds for arrays of files: BOOL, INT8 ...
 * UINT64, FLOAT32, FLOAT64, STRING. Arrays of a store have no attributes of their own: use the dataset's (STRATA_E_UNSUPPORTED).
 */
/** Sets an attribute; pending until the flush. @return STRATA_OK, _E_TYPE, _E_STALE, _E_READ_ONLY, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_set_attribute(strata_array *array, const char *key, size_t key_len, int32_t type,
                                                    const void *value, size_t value_size, strata_error *err);
/** @param[out] type  Its kind. Size query.  @return STRATA_OK, _E_NOT_FOUND, _E_BUFFER_TOO_SMALL, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_get_attribute(strata_array *array, const char *key, size_t key_len, int32_t *type,
                                                    void *dst, size_t cap, size_t *needed, strata_error *err);
/** Whether the file could mean another key or value by this attribute. Only files of the original can: its layers begin their
 *  dictionaries anew, and an attribute that it kept from an older layer may be looked up in a newer one's. What strata reads is what the
 *  original reads. Whatever strata writes is certain: a compaction, or setting any attribute of the file, decides for what was
 *  read.
 *  @param[out] ambiguous  1 or 0.  @return STRATA_OK, _E_NOT_FOUND, _E_STALE, _E_UNSUPPORTED, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_attribute_is_ambiguous(strata_array *array, const char *key, size_t key_len,
                                                             int *ambiguous, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_delete_attribute(strata_array *array, const char *key, size_t key_len,
                                                       strata_error *err);
/** Keys that begin with `prefix` (NULL: all).
 *  @return STRATA_OK, _E_STALE, _E_UNSUPPORTED, _E_HANDLE, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_array_list_attributes(strata_array *array, const char *prefix, size_t prefix_len,
                                                      strata_cursor **cursor, strata_error *err);

typedef struct strata_statistics {
  uint32_t struct_size;
  int32_t value_type;  /* of min and max: INT64, UINT64, FLOAT64, BINARY, TIMESTAMP_NS; NONE: none, as of lists */
  uint64_t row_count;  /* elements of the array */
  uint64_t null_count; /* elements never written, or equal to the fill value; of lists all */
  union {
    int64_t i;
    uint64_t u;
    double f;
  } min, max; /* INT64, TIMESTAMP_NS: i; UINT64: u; FLOAT64: f; BINARY: strata_array_statistics_text */
} strata_statistics;
#define STRATA_STATISTICS_INIT { (uint32_t)sizeof(strata_statistics), 0, 0, 0, { 0 }, { 0 } }
/** Statistics as of the newest commit that the handle sees; unflushed changes do not count. Floats are ordered by IEEE total
 *  order, so NaN cells that are not the fill become min or max.
 *  @return STRATA_OK, _E_NOT_FOUND (never computed: an array without data, until a compaction), ...  @threads any.
 *  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_statistics(strata_array *array, strata_cancel *cancel, strata_statistics *statistics,
                                                 strata_error *err);
/** Min (which = 0) or max (which = 1) of a STRING or BINARY array. Size query.
 *  @return STRATA_OK, _E_NOT_FOUND (none, or none that is text), _E_BUFFER_TOO_SMALL, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_array_statistics_text(strata_array *array, int which, strata_cancel *cancel, void *dst,
                                                      size_t cap, size_t *needed, strata_error *err);

/* ---- 8 Stores: thousands of datasets, laid out variable first ----
 *
 * A store is a folder. A dataset is a named group of arrays and attributes, as a NetCDF file has them; all datasets' arrays
 * of one name lie in one array file, which is opened when it is first needed. Changes are pending until strata_store_flush.
 * What a handle reads is of one commit in all arrays, until it is refreshed or flushes. An array that it opens first after somebody has
 * compacted that commit away is STRATA_E_STALE; strata_store_refresh helps. Arrays that are open stay readable.
 * Thread class: shared, as for files.
 */
typedef struct strata_store strata_store;
typedef struct strata_dataset strata_dataset;

enum { STRATA_META_DEFAULT = 0, STRATA_META_JSON = 1, STRATA_META_MSGPACK = 2 };
typedef struct strata_store_options {
  uint32_t struct_size;
  uint32_t flags;           /* STRATA_OVERWRITE, STRATA_READ_ONLY */
  int32_t codec;            /* create: of the arrays; 0: zstd */
  int32_t level;            /* for what this handle writes; 0: the codec's default */
  int32_t meta_format;      /* create: of the registry; 0: JSON */
  int32_t meta_compression; /* create: a codec; 0: none */
  uint64_t block_bytes;     /* as in strata_file_options */
  uint64_t fold_limit_bytes; /* as in strata_file_options, for each array file */
  uint64_t compact_layers, compact_dead_bytes; /* the same, of those array files that a flush has changed */
} strata_store_options;
#define STRATA_STORE_OPTIONS_INIT { (uint32_t)sizeof(strata_store_options), 0, 0, 0, 0, 0, 0, 0, 0, 0 }
/** The function twin of STRATA_STORE_OPTIONS_INIT. NULL: nothing happens.  @threads any.  @since 0.1 */
STRATA_API void strata_store_options_init(strata_store_options *options);

/** Creates an empty store, on storage at once.
 *  @return STRATA_OK, _E_EXISTS (a registry is there and STRATA_OVERWRITE was not given), ... as strata_file_create.
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_create(strata_context *context, const char *url, size_t url_len,
                                             const strata_store_options *options, strata_cancel *cancel,
                                             strata_store **store, strata_error *err);
/** Opens a store at its newest commit. Reads the registry, and entries of the log that are newer; no array file.
 *  @return STRATA_OK, _E_NOT_FOUND (no registry: an empty folder is not a store), _E_FORMAT, _E_CORRUPT, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_open(strata_context *context, const char *url, size_t url_len,
                                           const strata_store_options *options, strata_cancel *cancel, strata_store **store,
                                           strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_store_close(strata_store *store);
/** Publishes all pending changes as one commit: who reads sees all of it, in every array at once, or nothing. It is merged with what
 *  others have committed since; where both changed the same, nothing is published, the changes stay pending, and
 *  strata_store_conflict_list says what. On other failures too nothing is published, and the call can be repeated.
 *  @return as strata_file_flush, _E_NOT_PROJECTED (committed; the next flush brings up what other programs read).
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_flush(strata_store *store, strata_cancel *cancel, strata_error *err);
/** Flushes, then compacts every array, each as a commit of its own, and removes layers that nothing needs any more.
 *  @return as strata_file_compact, _E_NOT_PROJECTED.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_compact(strata_store *store, strata_cancel *cancel, strata_error *err);
/** As strata_file_compaction_list, of every array file of the store. Opens all of them.
 *  @return as strata_file_compaction_list, _E_STALE (compacted by another writer: refresh).
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_compaction_list(strata_store *store, strata_cancel *cancel, strata_compaction_list **list,
                                                      strata_error *err);
/** Drops all pending changes.  @return STRATA_OK, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_discard(strata_store *store, strata_error *err);
/** To the newest commit, in all arrays at once. As strata_file_refresh.
 *  @return as strata_file_refresh.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_refresh(strata_store *store, strata_cancel *cancel, int *moved, strata_error *err);
/** As strata_file_pending, over all array files; `arrays` counts datasets whose registry entry changed as well.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_pending(strata_store *store, strata_pending *pending, strata_error *err);
/** @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_count(strata_store *store, uint64_t *count, strata_error *err);
/** Names of datasets that begin with `prefix` (NULL: all), in insertion order.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID, _E_NO_MEMORY.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_list_datasets(strata_store *store, const char *prefix, size_t prefix_len,
                                                    strata_cursor **cursor, strata_error *err);
/** Names of the datasets that have an array of that name, in insertion order.
 *  @return as strata_store_list_datasets.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_list_datasets_with(strata_store *store, const char *array, size_t array_len,
                                                         strata_cursor **cursor, strata_error *err);
/** Names of all arrays of all datasets that begin with `prefix` (NULL: all), each once, in order of first appearance.
 *  @return as strata_store_list_datasets.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_list_arrays(strata_store *store, const char *prefix, size_t prefix_len,
                                                  strata_cursor **cursor, strata_error *err);
/** Element type of an array in the first dataset that has it. @return STRATA_OK, _E_NOT_FOUND.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_array_type(strata_store *store, const char *array, size_t array_len, int32_t *type,
                                                 strata_error *err);

/** As strata_file_log. A store that strata has not written has none.
 *  @param[out] log  Close with strata_log_close().
 *  @return STRATA_OK, _E_CORRUPT (an entry is damaged or missing), ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_log(strata_store *store, uint64_t most, strata_cancel *cancel, strata_log **log,
                                          strata_error *err);

/* History. Every commit of a store has a number in its log. By default only the newest can be read for certain: a compaction ends the
 * others. A retention or a tag keeps them: then what is replaced stays, and takes its space, until it expires. In the functions below, and
 * in strata_store_open_at, `commit` is a number, an id (32 hexadecimal digits), a tag, or a time ("2026-01-31T12:00:00Z"), which means the
 * newest commit that is not later. What changes the history is a commit itself, and refused with STRATA_E_PENDING while there are
 * unflushed changes. */
/** Opens a store as of a commit, read-only; the handle stays there, whatever is committed or refreshed. Its tags and retention are those
 *  at the time of opening.
 *  @return as strata_store_open, _E_NOT_FOUND (no such commit). Where not all of it is kept, arrays say _E_HISTORY_GONE when they are
 *          opened or read, never anything else than what that commit had.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_open_at(strata_context *context, const char *url, size_t url_len, const char *commit,
                                              size_t commit_len, const strata_store_options *options, strata_cancel *cancel,
                                              strata_store **store, strata_error *err);
/** @param[out] seq  Of the commit at which the handle is; 0: strata has not committed anything yet.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any, waits for a flush of this handle.  @since 0.1 */
STRATA_API strata_status strata_store_seq(strata_store *store, uint64_t *seq, strata_error *err);
/** Gives a commit a name, which keeps it.
 *  @param name    UTF-8, 1 to 255 bytes, and neither a number nor an id nor a time.
 *  @param commit  NULL: the newest.
 *  @return STRATA_OK (also if it has that name already), _E_EXISTS (another commit has it), _E_NOT_FOUND (no such commit),
 *          _E_HISTORY_GONE (not all of it is there any more), _E_INVALID, _E_PENDING, and as strata_store_flush.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_tag(strata_store *store, const char *name, size_t name_len, const char *commit,
                                          size_t commit_len, strata_cancel *cancel, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND, _E_PENDING, and as strata_store_flush.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_untag(strata_store *store, const char *name, size_t name_len, strata_cancel *cancel,
                                            strata_error *err);
/** The tagged commits, by name, as of the handle's commit: kind, seq, time, id, tag and message of each.
 *  @param[out] tags  Close with strata_log_close().
 *  @return as strata_store_log.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_tags(strata_store *store, strata_cancel *cancel, strata_log **tags, strata_error *err);
/** What is kept beside the newest commit and those with tags: the commits that either limit allows, and that are not expired. */
typedef struct strata_retention {
  uint32_t struct_size;
  uint32_t reserved;  /* 0 */
  uint64_t commits;   /* so many of the newest; UINT64_MAX: all */
  int64_t age_ns;     /* those not older than the newest by more nanoseconds */
  uint64_t first;     /* out: those before it have expired */
} strata_retention;
#define STRATA_RETENTION_INIT { (uint32_t)sizeof(strata_retention), 0, 0, 0, 0 }
/** @param[out] retention  As of the handle's commit. struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any, waits for a flush of this handle.  @since 0.1 */
STRATA_API strata_status strata_store_retention(strata_store *store, strata_retention *retention, strata_error *err);
/** From now on; what was compacted away before does not come back.
 *  @return STRATA_OK, _E_INVALID (a negative age), _E_PENDING, and as strata_store_flush.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_set_retention(strata_store *store, const strata_retention *retention, strata_cancel *cancel,
                                                    strata_error *err);
/** Commits before `commit` are not kept any more, unless they have a tag. Their space is freed by strata_store_collect or a compaction.
 *  @return STRATA_OK, _E_NOT_FOUND (no such commit), _E_PENDING, and as strata_store_flush.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_expire(strata_store *store, const char *commit, size_t commit_len, strata_cancel *cancel,
                                             strata_error *err);
/** Removes layers that no commit needs which is kept, and those that killed writers left. What goes is condemned by a commit before.
 *  @param inbox_age_ns  Also what workers have written longer ago, by the storage's clock, and nobody has adopted: deliveries, and layers
 *                       of workers that were killed. A worker that still works loses nothing: its flush writes them again. Negative: none.
 *  @return STRATA_OK, _E_PENDING, and as strata_store_flush.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_collect(strata_store *store, int64_t inbox_age_ns, strata_cancel *cancel, strata_error *err);

/* Workers. Many processes write one store, and all of it becomes one commit: each opens the store as a worker of a job, at one commit that
 * was chosen for all of them, changes its part, and flushes. That delivers, and publishes nothing. When all are done, somebody adopts the
 * job. Of several attempts at one task the first to deliver counts. The commit must still be there when the job is adopted: give it a
 * tag, if the store may be compacted meanwhile. */
/** Opens a store as a worker. Its one flush delivers what was changed: STRATA_OK also when it is repeated, STRATA_E_EXISTS when another
 *  attempt at the task was first (then nothing was delivered), STRATA_E_OUTCOME_UNKNOWN (repeat it), STRATA_E_UNSUPPORTED for a change
 *  that only a new base can hold: an array cut, or defined anew, so that older chunks have no place in it. Reads see the commit and the
 *  worker's own changes, once these are delivered the commit only. Calls that commit in another way are STRATA_E_UNSUPPORTED.
 *  @param job, task  UTF-8, not empty, up to 120 bytes, fewer where they have to be encoded for a file's name.
 *  @param commit     NULL: the newest. Workers of one job should name the same one.
 *  @return as strata_store_open_at.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_open_worker(strata_context *context, const char *url, size_t url_len, const char *job,
                                                  size_t job_len, const char *task, size_t task_len, const char *commit,
                                                  size_t commit_len, const strata_store_options *options, strata_cancel *cancel,
                                                  strata_store **store, strata_error *err);
/** What the tasks of a job have delivered and nobody has adopted yet: of each the task (message), the attempt (id), the commit that it
 *  builds on (seq), the time, and how much there is of it.
 *  @param[out] deliveries  Close with strata_log_close().
 *  @return as strata_store_log.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_deliveries(strata_store *store, const char *job, size_t job_len, strata_cancel *cancel,
                                                 strata_log **deliveries, strata_error *err);
/** Makes all that the tasks of a job have delivered one commit, merged with what was committed since. What an attempt has delivered
 *  becomes part of the store once, however often this is called and by whomever. The handle goes to the newest commit.
 *  @param tasks  task_count names, NUL-terminated: only these. NULL: all that have delivered.
 *  @return STRATA_OK, _E_NOT_FOUND (nothing was delivered, by one of `tasks`, or it was adopted before), _E_CONFLICT (two tasks, or a task and somebody else,
 *          have changed the same: strata_store_conflict_list; nothing was published and everything is still there), _E_HISTORY_GONE (the
 *          commit on which they build), _E_PENDING, and as strata_store_flush.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_adopt(strata_store *store, const char *job, size_t job_len, const char *const *tasks,
                                            uint64_t task_count, strata_cancel *cancel, strata_error *err);

/** What differs between two states, as far as a reader can tell. Immutable. Thread class: immutable. */
typedef struct strata_difference_list strata_difference_list;
enum { STRATA_DIFFERENCE_ADDED = 1, STRATA_DIFFERENCE_REMOVED = 2, STRATA_DIFFERENCE_CHANGED = 3 };
enum {
  STRATA_DIFFERENCE_DATASET = 1,   /* added or removed, with all that is in it */
  STRATA_DIFFERENCE_ARRAY = 2,     /* added, removed; changed: defined anew, not alike */
  STRATA_DIFFERENCE_SHAPE = 3,     /* of an array */
  STRATA_DIFFERENCE_ATTRIBUTE = 4, /* of a dataset, or of a file's array */
  STRATA_DIFFERENCE_DATA = 5       /* of an array, in the chunks that are listed */
};
typedef struct strata_difference {
  uint32_t struct_size;
  int32_t kind;           /* STRATA_DIFFERENCE_ADDED ... */
  int32_t what;           /* STRATA_DIFFERENCE_DATASET ... */
  uint32_t chunk_ndim;    /* of DATA: the array's rank */
  const char *dataset;    /* "" in files */
  const char *array;      /* "": of the dataset itself */
  const char *attribute;  /* "": of none */
  const uint32_t *chunks; /* of DATA: chunk_count × chunk_ndim places in the grid of chunks; borrowed from the list */
  uint64_t chunk_count;
} strata_difference;
#define STRATA_DIFFERENCE_INIT { (uint32_t)sizeof(strata_difference), 0, 0, 0, 0, 0, 0, 0, 0 }
/** What one has to do to `from` to get `to`; two handles of one store, as of two commits, or of two stores. Data that two states share is
 *  not read, other chunks are compared by their elements. Unflushed changes count.
 *  @param[out] list  Close with strata_difference_list_close().
 *  @return STRATA_OK, _E_HISTORY_GONE, and as reading.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_diff(strata_store *from, strata_store *to, strata_cancel *cancel, strata_difference_list **list,
                                           strata_error *err);
/** The same of files.  @return as strata_store_diff.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_file_diff(strata_file *from, strata_file *to, strata_cancel *cancel, strata_difference_list **list,
                                          strata_error *err);
/** Number of differences; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint64_t strata_difference_list_count(const strata_difference_list *list);
/** @param[out] difference  struct_size set by the caller; as many fields as fit are filled. Texts and places live as long as the list.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such difference).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_difference_list_get(const strata_difference_list *list, uint64_t index, strata_difference *difference,
                                                    strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_difference_list_close(strata_difference_list *list);

/* ---- 9 Datasets ----
 * Names of datasets and arrays: not empty, no leading '_', no '/', not "." or "..". An array's name becomes that of a folder: none of a
 * registry ("atlas.json" ...), and no longer than a folder's can be. A handle stands for the name: when the dataset
 * is deleted its calls give STRATA_E_NOT_FOUND. Thread class: shared.
 */
/** @param[out] dataset  May be NULL.  @return STRATA_OK, _E_EXISTS, _E_INVALID (name), _E_READ_ONLY, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_create(strata_store *store, const char *name, size_t name_len,
                                                     strata_dataset **dataset, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_open(strata_store *store, const char *name, size_t name_len,
                                                   strata_dataset **dataset, strata_error *err);
/** Deletes a dataset with all its arrays; on failure nothing has changed.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_READ_ONLY, _E_CORRUPT, _E_IO, _E_CANCELLED ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_delete(strata_store *store, const char *name, size_t name_len,
                                                     strata_cancel *cancel, strata_error *err);
/** Gives a dataset a new name, with all its arrays and attributes; compressed data is copied as it is. Listed last. Pending until the
 *  flush; on failure nothing has changed.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_EXISTS, _E_INVALID (the name), _E_READ_ONLY, _E_COMPACT_FIRST (as strata_file_define), ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_rename(strata_store *store, const char *name, size_t name_len, const char *new_name,
                                                     size_t new_name_len, strata_cancel *cancel, strata_error *err);
/** As strata_store_dataset_rename, and the old dataset stays.  @return as strata_store_dataset_rename.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_copy(strata_store *store, const char *name, size_t name_len, const char *new_name,
                                                   size_t new_name_len, strata_cancel *cancel, strata_error *err);
/** @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_dataset_exists(strata_store *store, const char *name, size_t name_len, int *exists,
                                                     strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_dataset_close(strata_dataset *dataset);
/** Size query; not NUL-terminated.  @return STRATA_OK, _E_BUFFER_TOO_SMALL, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_name(const strata_dataset *dataset, char *dst, size_t cap, size_t *needed,
                                             strata_error *err);
/** Defines an array of the dataset; parameters as strata_file_define.
 *  @return as strata_file_define, _E_INVALID (name).
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_dataset_define(strata_dataset *dataset, const char *name, size_t name_len, int32_t type,
                                               uint32_t ndim, const uint64_t *shape, const uint64_t *chunk_shape,
                                               const char *const *dimension_names, int32_t fill_type, const void *fill,
                                               size_t fill_size, strata_cancel *cancel, strata_array **array,
                                               strata_error *err);
/** Defines an array of the dataset with its element type as text; parameters as strata_file_define_nested.
 *  @return as strata_dataset_define, strata_type_layout.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_dataset_define_nested(strata_dataset *dataset, const char *name, size_t name_len,
                                                      const char *type, size_t type_len, uint32_t ndim,
                                                      const uint64_t *shape, const uint64_t *chunk_shape,
                                                      const char *const *dimension_names, strata_cancel *cancel,
                                                      strata_array **array, strata_error *err);
/** @return as strata_file_delete.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_dataset_delete(strata_dataset *dataset, const char *name, size_t name_len,
                                               strata_cancel *cancel, strata_error *err);
/** Gives an array of the dataset a new name: it moves to another array file, compressed data is copied as it is. Pending until the flush;
 *  on failure nothing has changed.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_EXISTS, _E_INVALID (the name), _E_READ_ONLY, _E_COMPACT_FIRST (as strata_file_define), ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_dataset_rename(strata_dataset *dataset, const char *name, size_t name_len, const char *new_name,
                                               size_t new_name_len, strata_cancel *cancel, strata_error *err);
/** Copies an array of the dataset, as strata_dataset_rename, and the old one stays.
 *  @param to_dataset  Of the same store handle; NULL: this dataset.
 *  @return as strata_dataset_rename.  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_dataset_copy(strata_dataset *dataset, const char *name, size_t name_len,
                                             strata_dataset *to_dataset, const char *new_name, size_t new_name_len,
                                             strata_cancel *cancel, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND (the dataset).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_exists(strata_dataset *dataset, const char *name, size_t name_len, int *exists,
                                               strata_error *err);
/** Names of the dataset's arrays that begin with `prefix` (NULL: all), in the order of their definition.
 *  @return STRATA_OK, _E_NOT_FOUND (the dataset), _E_NO_MEMORY.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_list(strata_dataset *dataset, const char *prefix, size_t prefix_len,
                                             strata_cursor **cursor, strata_error *err);
/** Gives the same kind of handle as strata_file_array_open. May open the array's file.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_STALE (compacted by another writer: refresh), ...  @blocks on I/O.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_array_open(strata_dataset *dataset, const char *name, size_t name_len,
                                                   strata_cancel *cancel, strata_array **array, strata_error *err);
/** Attributes of a dataset. Kinds: BOOL, INT64 (other integers that fit are widened), FLOAT64 (FLOAT32 is widened), STRING,
 *  TIMESTAMP_NS. In a registry in JSON every NaN is one and the same. (The original reads NaN and infinities in JSON as texts,
 *  and in MessagePack a text that is an RFC 3339 date-time as a time; once it has saved the registry they are that here too.)
 *  @return STRATA_OK, _E_TYPE, _E_INVALID, _E_LIMIT (beyond int64), _E_NOT_FOUND (the dataset), _E_READ_ONLY, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_set_attribute(strata_dataset *dataset, const char *key, size_t key_len, int32_t type,
                                                      const void *value, size_t value_size, strata_error *err);
/** As strata_array_get_attribute.  @return as strata_array_get_attribute.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_get_attribute(strata_dataset *dataset, const char *key, size_t key_len, int32_t *type,
                                                      void *dst, size_t cap, size_t *needed, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND, _E_READ_ONLY, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_delete_attribute(strata_dataset *dataset, const char *key, size_t key_len,
                                                         strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND (the dataset), ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_list_attributes(strata_dataset *dataset, const char *prefix, size_t prefix_len,
                                                        strata_cursor **cursor, strata_error *err);
/** Notes of a dataset: texts in which programs keep what attributes cannot say, each under its program's name ("netcdf" is the
 *  command's). They are committed, copied and renamed with the dataset, and merged note by note. The original does not see them,
 *  and drops them all when it saves the registry: a note must be something that one can do without.
 *  @param note  UTF-8, of any length.  @return STRATA_OK, _E_INVALID, _E_NOT_FOUND (the dataset), _E_READ_ONLY, ...
 *  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_set_note(strata_dataset *dataset, const char *name, size_t name_len, const char *note,
                                                 size_t note_len, strata_error *err);
/** Size query.  @param[out] dst  Not terminated.  @return STRATA_OK, _E_NOT_FOUND, _E_BUFFER_TOO_SMALL, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_get_note(strata_dataset *dataset, const char *name, size_t name_len, char *dst, size_t cap,
                                                 size_t *needed, strata_error *err);
/** @return STRATA_OK, _E_NOT_FOUND, _E_READ_ONLY, ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_delete_note(strata_dataset *dataset, const char *name, size_t name_len,
                                                    strata_error *err);
/** Names that begin with `prefix` (NULL: all).  @return STRATA_OK, _E_NOT_FOUND (the dataset), ...  @threads any.  @since 0.1 */
STRATA_API strata_status strata_dataset_list_notes(strata_dataset *dataset, const char *prefix, size_t prefix_len,
                                                   strata_cursor **cursor, strata_error *err);

/* ---- 10 Reading across: one variable over many datasets in one call ----
 *
 * `datasets`: dataset_count NUL-terminated names; NULL: all datasets in insertion order, and where you give `statuses`,
 * dataset_count says how many fit there (STRATA_E_INVALID unless the store has just as many). The region is the same for
 * each; NULL start and count: the whole array, whatever its shape.
 */
/** Stacks the same region of many datasets in one buffer: row i of the result is dataset i's region.
 *  @param count     NULL: the shape of the first dataset that has the array.
 *  @param dst       dataset_count × product(count) elements of fixed width.
 *  @param[out] needed    Bytes of the whole stack; may be NULL. Ask with dst_cap 0.
 *  @param[out] statuses  One per dataset: STRATA_OK, _E_NOT_FOUND (no such dataset, or it has no such array), _E_RANGE (region outside its
 *                   shape), _E_TYPE (another element type), _E_CORRUPT ...; their rows are left as they were. NULL: the first
 *                   dataset that is not OK fails the call.
 *  @return STRATA_OK, _E_NOT_FOUND (no dataset has it), _E_BUFFER_TOO_SMALL, _E_TYPE (no fixed width), ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_read_stacked(strata_store *store, const char *array, size_t array_len,
                                                   const char *const *datasets, uint64_t dataset_count, uint32_t ndim,
                                                   const uint64_t *start, const uint64_t *count, strata_cancel *cancel,
                                                   void *dst, size_t dst_cap, size_t *needed, strata_status *statuses,
                                                   strata_error *err);

/** The result of strata_store_read_across: a row per dataset, each with its own status, shape and data. Immutable. */
typedef struct strata_across strata_across;
/** Reads an array of many datasets, of any type and of whatever shape each has.
 *  @param[out] across  Close with strata_across_close().
 *  @return STRATA_OK, _E_INVALID, _E_NO_MEMORY, _E_CANCELLED ...; what befell a row is its own status.
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_store_read_across(strata_store *store, const char *array, size_t array_len,
                                                  const char *const *datasets, uint64_t dataset_count, uint32_t ndim,
                                                  const uint64_t *start, const uint64_t *count, strata_cancel *cancel,
                                                  strata_across **across, strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_across_close(strata_across *across);
/** Number of rows; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint64_t strata_across_count(const strata_across *across);
/** What became of row i; statuses as in strata_store_read_stacked.
 *  @return _E_HANDLE, _E_INVALID (no such row), else the status of the row.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_status(const strata_across *across, uint64_t row);
/** Borrowed name of row i's dataset; not NUL-terminated.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such row).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_dataset(const strata_across *across, uint64_t row, const char **name, size_t *name_len,
                                               strata_error *err);
/** Element type, number of dimensions and borrowed shape of row i's region. Each out parameter may be NULL.
 *  @return STRATA_OK, the status of a row that was not read, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_shape(const strata_across *across, uint64_t row, int32_t *type, uint32_t *ndim,
                                             const uint64_t **shape, strata_error *err);
/** Element type of row i as text. Size query; not NUL-terminated.
 *  @return as strata_across_shape, _E_BUFFER_TOO_SMALL.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_type_text(const strata_across *across, uint64_t row, char *dst, size_t cap,
                                                 size_t *needed, strata_error *err);
/** Borrowed data of row i (8-aligned): its elements, or of elements without a fixed width all values and the first level of offsets,
 *  all there is of STRING and BINARY. Of a fixed width *offsets is NULL. `offsets` may be NULL.
 *  @return as strata_across_shape.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_data(const strata_across *across, uint64_t row, const void **data, size_t *size,
                                            const int64_t **offsets, strata_error *err);
/** Borrowed offsets of one level of row i.
 *  @return as strata_across_shape, _E_INVALID (no such level).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_across_offsets(const strata_across *across, uint64_t row, uint32_t level,
                                               const int64_t **offsets, size_t *offset_count, strata_error *err);

/* ---- 11 Lists: names by cursor ----
 * A cursor shows the names as they were when it was opened. Thread class: exclusive.
 */
/** The next name, borrowed, not NUL-terminated, valid until the cursor is closed.
 *  @return STRATA_OK, STRATA_DONE (no more; *name NULL), _E_HANDLE.  @threads one at a time.  @since 0.1 */
STRATA_API strata_status strata_cursor_next(strata_cursor *cursor, const char **name, size_t *name_len, strata_error *err);
/** Names that are left.  @threads one at a time.  @since 0.1 */
STRATA_API uint64_t strata_cursor_remaining(const strata_cursor *cursor);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_cursor_close(strata_cursor *cursor);

/* ---- 12 Conflicts: what keeps a flush from being merged ----
 * A flush or compaction that gives STRATA_E_CONFLICT leaves a list of everything that was changed here and by others.
 */
/* One thing that both changed. Texts are borrowed, NUL-terminated, "" where they do not apply, and live until the list is closed. */
enum {
  STRATA_CONFLICT_CHUNK = 1,     /* both changed the chunk, or the other's new shape has no such chunk */
  STRATA_CONFLICT_ATTRIBUTE = 2, /* both changed the attribute, to other values */
  STRATA_CONFLICT_SHAPE = 3,     /* both resized the array, to other shapes */
  STRATA_CONFLICT_DELETED = 4,   /* one deleted the array, the other changed it */
  STRATA_CONFLICT_DEFINED = 5,   /* both defined the array, not alike; or the other defined anew what was changed here */
  STRATA_CONFLICT_REPLACED = 6   /* the file was overwritten: it is another one */
};
typedef struct strata_conflict {
  uint32_t struct_size;
  int32_t kind;            /* STRATA_CONFLICT_...; later versions may have more */
  const char *dataset;     /* of a store */
  const char *array;
  const char *attribute;   /* its key */
  const uint32_t *chunk;   /* its place in the grid; NULL: of another kind */
  uint64_t chunk_ndim;
} strata_conflict;
#define STRATA_CONFLICT_INIT { (uint32_t)sizeof(strata_conflict), 0, 0, 0, 0, 0, 0 }
/** Conflicts as they were found. Immutable. */
typedef struct strata_conflict_list strata_conflict_list;
/** Those of the last flush or compaction of this file; none after one that was not refused so, a discard, or a refresh.
 *  @param[out] list  Close with strata_conflict_list_close().
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_file_conflict_list(strata_file *file, strata_conflict_list **list, strata_error *err);
/** The same of a store: what its last flush or compaction was refused for, in whichever datasets and arrays.
 *  @return STRATA_OK, _E_NO_MEMORY.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_store_conflict_list(strata_store *store, strata_conflict_list **list, strata_error *err);
/** @threads any.  @since 0.1 */
STRATA_API uint64_t strata_conflict_list_count(const strata_conflict_list *list);
/** @param[out] conflict  struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such conflict).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_conflict_list_get(const strata_conflict_list *list, uint64_t index, strata_conflict *conflict,
                                                  strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_conflict_list_close(strata_conflict_list *list);

/* ---- 13 Damage: check, repair, salvage ----
 * What they find comes as a report. Thread class of reports: immutable.
 */
typedef struct strata_report strata_report;
enum {
  STRATA_CHECK_STRUCTURE = 1, /* check: layers, arrays, addresses; no data */
  STRATA_REPAIR_CONSENT = 2   /* repair: commits may be dropped; without it nothing is changed */
};
enum { /* kinds of findings */
  STRATA_FINDING_OBJECT = 1,     /* a file that cannot be read, or does not belong where it lies */
  STRATA_FINDING_MISSING = 2,    /* something that is not there */
  STRATA_FINDING_ARRAY = 3,      /* an array that cannot be opened, or an attribute */
  STRATA_FINDING_CHUNK = 4,      /* a chunk that cannot be read */
  STRATA_FINDING_STATISTICS = 5, /* statistics that are not believed */
  STRATA_FINDING_LEFTOVER = 6,   /* of a writer that was stopped */
  STRATA_FINDING_DROPPED = 7,    /* what a repair has taken away, or would take away */
  STRATA_FINDING_RESTORED = 8    /* what a repair has put back, or would put back */
};
enum {
  STRATA_NOTE = 1,  /* nothing is lost by it */
  STRATA_DEFECT = 2 /* something cannot be read */
};
/** All texts are borrowed from the report; those that do not apply are "". */
typedef struct strata_finding {
  uint32_t struct_size;
  int32_t kind;     /* STRATA_FINDING_ */
  int32_t severity; /* STRATA_NOTE, STRATA_DEFECT */
  uint32_t reserved;
  uint64_t chunk;      /* number in the array's grid of chunks, row-major; UINT64_MAX: none */
  const char *object;  /* path of the file in question */
  const char *dataset; /* of a store */
  const char *array;
  const char *text;   /* what is wrong */
  const char *effect; /* what that means for who reads */
} strata_finding;
#define STRATA_FINDING_INIT { (uint32_t)sizeof(strata_finding), 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL }

/** Looks for damage: every layer, every array and, unless STRATA_CHECK_STRUCTURE is given, every byte of data, also what newer layers hide.
 *  Changes nothing.
 *  @param context  NULL: a private one.
 *  @param url      An array file (".af") or a store.
 *  @param[out] report  Close with strata_report_close(). What is wrong is in there, and is no error of the call; what the storage does
 *                  not give is one (_E_IO, _E_PERMISSION), but for data.
 *  @return STRATA_OK, _E_NOT_FOUND, ...  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_check(strata_context *context, const char *url, size_t url_len, uint32_t flags,
                                      strata_cancel *cancel, strata_report **report, strata_error *err);
/** Restores the newest commit of which everything can be read. What is taken away for that is kept: layers of a file beside it, as
 *  "x.3.af.dropped", of a store in its folder "_strata/dropped". Of a store also the registry, its log and the places of its layers are
 *  made whole, which drops nothing. What has no damage stays as it is. Nobody else may write meanwhile.
 *  @param flags  STRATA_REPAIR_CONSENT, without which nothing is done, and the report says what would be.
 *  @param[out] report  What was wrong, what was dropped and what was put back.
 *  @return STRATA_OK, _E_INVALID (unknown flags), _E_CORRUPT (no commit is whole: salvage), _E_NOT_FOUND, ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_repair(strata_context *context, const char *url, size_t url_len, uint32_t flags,
                                       strata_cancel *cancel, strata_report **report, strata_error *err);
/** Copies everything that can be read of a damaged array file or store into a new one of the same kind. Of a store without a registry its
 *  log tells what there is; where that is gone as well, its array files do, without the attributes of datasets.
 *  @param to_url       Must not exist.
 *  @param[out] report  What is missing there.
 *  @return STRATA_OK, _E_NOT_FOUND, _E_EXISTS, _E_INVALID (a file and a store), _E_CORRUPT (nothing can be read), ...
 *  @threads any.  @blocks on I/O.  @since 0.1 */
STRATA_API strata_status strata_salvage(strata_context *context, const char *url, size_t url_len, const char *to_url,
                                        size_t to_url_len, strata_cancel *cancel, strata_report **report, strata_error *err);
/** Number of findings; 0 for a bad handle.  @threads any.  @since 0.1 */
STRATA_API uint64_t strata_report_count(const strata_report *report);
/** Files, chunks and bytes that were looked at, or copied. Each out parameter may be NULL.
 *  @return STRATA_OK, _E_HANDLE.  @threads any.  @since 0.1 */
STRATA_API strata_status strata_report_totals(const strata_report *report, uint64_t *objects, uint64_t *chunks, uint64_t *bytes,
                                              strata_error *err);
/** @param[out] finding  struct_size set by the caller; as many fields as fit are filled.
 *  @return STRATA_OK, _E_HANDLE, _E_INVALID (no such finding).  @threads any.  @since 0.1 */
STRATA_API strata_status strata_report_get(const strata_report *report, uint64_t i, strata_finding *finding, strata_error *err);
/** @threads any, but not beside a call on this handle.  @since 0.1 */
STRATA_API void strata_report_close(strata_report *report);

#ifdef __cplusplus
}
#endif
#endif
