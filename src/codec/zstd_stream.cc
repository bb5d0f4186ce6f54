#include "codec/zstd_stream.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>

#include "codec/codec.h"

namespace strata {

namespace {

struct FreeCompressor {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

Status failed(size_t result, Code otherwise, std::string_view doing, size_t n) {
  const Code code = ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? Code::kNoMemory : otherwise;
  return Status(code, cat(doing, " of ", n, " bytes: ", ZSTD_getErrorName(result)));
}

}  // namespace

Result<Buffer> zstd_compress_stream(Bytes in, int level) {
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  if (!context) return Status(Code::kNoMemory, "zstd: no memory for a context");
  size_t rc = ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level ? level : kDefaultZstdLevel);
  if (!ZSTD_isError(rc)) rc = ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  if (!ZSTD_isError(rc)) rc = ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  if (ZSTD_isError(rc)) return failed(rc, Code::kInternal, "zstd compression", in.size());

  Buffer out(ZSTD_compressBound(in.size()));
  rc = ZSTD_compress2(context.get(), out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(rc)) return failed(rc, Code::kInternal, "zstd compression", in.size());
  out.shrink(rc);
  return out;
}

Result<Buffer> zstd_decompress_stream(Bytes in, uint64_t max) {
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (!context) return Status(Code::kNoMemory, "zstd: no memory for a context");

  constexpr size_t kStep = 64 << 10;
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  Buffer out;
  size_t used = 0, rc = 1;  // rc: 0 = at the end of a frame
  while (true) {
    // One byte more than allowed, so that too much is told from just enough.
    if (used == out.size()) {
      if (used > max) return Status(Code::kLimit, cat("zstd stream holds more than ", max, " bytes"));
      const uint64_t wanted = std::max<uint64_t>(used * 2, kStep);
      out.resize(static_cast<size_t>(max == UINT64_MAX ? wanted : std::min(wanted, max + 1)));
    }
    ZSTD_outBuffer target{out.data(), out.size(), used};
    const size_t read_before = source.pos;
    rc = ZSTD_decompressStream(context.get(), &target, &source);
    if (ZSTD_isError(rc)) return failed(rc, Code::kCorrupt, "zstd stream", in.size());
    const bool moved = target.pos != used || source.pos != read_before;
    used = target.pos;
    if (source.pos == source.size && (rc == 0 || (used < out.size() && !moved))) break;
  }
  if (rc != 0) return Status(Code::kCorrupt, cat("zstd stream of ", in.size(), " bytes ends inside a frame"));
  if (used > max) return Status(Code::kLimit, cat("zstd stream holds more than ", max, " bytes"));
  out.shrink(used);
  return out;
}

}  // namespace strata
