// Section 13: check, repair, salvage.
#include "atlas/check.h"
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

namespace {

bool is_file(std::string_view url) { return url.ends_with(".af"); }

struct Call {
  std::shared_ptr<Context> context;
  std::shared_ptr<Engine> engine;
  CancelToken *token;
  std::string url;
  Place place;
};

Result<Call> call_of(strata_context *context, const char *url, size_t url_len, strata_cancel *cancel) {
  Call c;
  STRATA_ASSIGN(c.context, context_of(context));
  STRATA_ASSIGN(c.token, token_of(cancel));
  STRATA_TRY(check(c.token));
  STRATA_ASSIGN(c.url, text(url, url_len, "the path"));
  STRATA_ASSIGN(c.place, is_file(c.url) ? file_place(*c.context, c.url) : folder_place(*c.context, c.url));
  c.engine = engine_for_checks(*c.context->engine);
  return c;
}

Status salvage_into(const Call &c, const std::string &to_url, Findings &findings) {
  if (is_file(c.url) != is_file(to_url)) return Status(Code::kInvalid, "one is an array file, the other a store");
  if (is_file(c.url)) {
    STRATA_ASSIGN(const auto to, writable_file_place(*c.context, to_url));
    // Found before anything is made.
    STRATA_TRY(FileSalvage(c.engine, findings, c.token).open(c.place.storage, c.place.key).take_status());
    findings = Findings();
    FileOptions options;
    STRATA_ASSIGN(options.codec, codec_of(*c.context->engine, STRATA_CODEC_DEFAULT));
    STRATA_ASSIGN(const auto file, ArrayFile::create(c.context->engine, to.storage, to.key, options, false, c.token));
    return FileSalvage(c.engine, findings, c.token).run(c.place.storage, c.place.key, *file);
  }
  STRATA_ASSIGN(const auto to, folder_place(*c.context, to_url));
  // Found before anything is made.
  STRATA_TRY(find_salvageable(c.engine, c.place.storage, c.place.key, c.token));
  StoreOptions options;
  STRATA_ASSIGN(options.codec, codec_of(*c.context->engine, STRATA_CODEC_DEFAULT));
  STRATA_ASSIGN(const auto store, Store::create(c.context->engine, to.storage, to.key, options,
                                                make_registry(DocumentFormat::kJson, StoreCodec::kUncompressed), false, c.token));
  return salvage_store(c.engine, c.place.storage, c.place.key, *store, findings, c.token);
}

}  // namespace

strata_status strata_check(strata_context *context, const char *url, size_t url_len, uint32_t flags, strata_cancel *cancel,
                           strata_report **report, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{report};
    STRATA_TRY(out.require("report"));
    if (flags & ~uint32_t{STRATA_CHECK_STRUCTURE}) return Status(Code::kInvalid, cat("check: flags ", flags, " are not all known"));
    STRATA_ASSIGN(const Call c, call_of(context, url, url_len, cancel));
    const bool with_data = !(flags & STRATA_CHECK_STRUCTURE);
    auto handle = std::make_unique<strata_report>();
    STRATA_TRY(is_file(c.url) ? FileCheck(c.engine, c.place.storage, handle->findings, c.token).run(c.place.key, with_data)
                              : check_store(c.engine, c.place.storage, c.place.key, with_data, handle->findings, c.token));
    out.put(handle.release());
    return {};
  });
}

strata_status strata_repair(strata_context *context, const char *url, size_t url_len, uint32_t flags, strata_cancel *cancel,
                            strata_report **report, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{report};
    STRATA_TRY(out.require("report"));
    if (flags & ~uint32_t{STRATA_REPAIR_CONSENT}) return Status(Code::kInvalid, cat("repair: flags ", flags, " are not all known"));
    const bool consent = flags & STRATA_REPAIR_CONSENT;
    STRATA_ASSIGN(const Call c, call_of(context, url, url_len, cancel));
    if (consent && is_file(c.url)) STRATA_TRY(writable_file_place(*c.context, c.url).take_status());
    auto handle = std::make_unique<strata_report>();
    STRATA_TRY(is_file(c.url) ? FileRepair(c.engine, c.place.storage, handle->findings, consent, c.token).run(c.place.key)
                              : repair_store(c.engine, c.place.storage, c.place.key, consent, handle->findings, c.token));
    out.put(handle.release());
    return {};
  });
}

strata_status strata_salvage(strata_context *context, const char *url, size_t url_len, const char *to_url, size_t to_url_len,
                             strata_cancel *cancel, strata_report **report, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{report};
    STRATA_TRY(out.require("report"));
    STRATA_ASSIGN(const Call c, call_of(context, url, url_len, cancel));
    STRATA_ASSIGN(const auto to, text(to_url, to_url_len, "the new path"));
    auto handle = std::make_unique<strata_report>();
    STRATA_TRY(salvage_into(c, std::string(to), handle->findings));
    out.put(handle.release());
    return {};
  });
}

uint64_t strata_report_count(const strata_report *report) STRATA_INFALLIBLE {
  return report && report->valid() ? report->findings.list.size() : 0;
}

strata_status strata_report_totals(const strata_report *report, uint64_t *objects, uint64_t *chunks, uint64_t *bytes,
                                   strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(report, "report"));
    if (objects) *objects = report->findings.objects;
    if (chunks) *chunks = report->findings.chunks;
    if (bytes) *bytes = report->findings.bytes;
    return {};
  });
}

strata_status strata_report_get(const strata_report *report, uint64_t i, strata_finding *finding, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(report, "report"));
    const auto &list = report->findings.list;
    if (i >= list.size()) return Status(Code::kInvalid, cat("there is no finding ", i, ", the report has ", list.size()));
    const Finding &f = list[i];
    strata_finding out = STRATA_FINDING_INIT;
    out.kind = static_cast<int32_t>(f.kind);
    out.severity = static_cast<int32_t>(f.severity);
    out.chunk = f.chunk;
    out.object = f.object.c_str();
    out.dataset = f.dataset.c_str();
    out.array = f.array.c_str();
    out.text = f.text.c_str();
    out.effect = f.effect.c_str();
    return fill_struct(finding, out, "finding");
  });
}

void strata_report_close(strata_report *report) STRATA_INFALLIBLE { close(report); }
