// strata explain: what reading a region would take.
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "json_out.h"
#include "subject.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::vector<std::string> words;
  bool json = false;
};

void run(const Options& options) {
  const Target target = Target::open(options.target, Target::Access::kRead);
  const Subject subject(target, options.words, "explain");
  const Region region = subject.region();
  const strata_explanation e = subject.array().explain(region.start, region.count, stop_token());
  if (options.json) {
    JsonOut out;
    out.object().key("array").text(subject.array().name()).key("start").extents(region.start).key("count").extents(region.count);
    const std::pair<const char*, std::uint64_t> fields[] = {
        {"chunks", e.chunks}, {"chunks_unwritten", e.chunks_unwritten}, {"layers", e.layers}, {"units", e.units},
        {"cache_hits", e.cache_hits}, {"cache_misses", e.cache_misses}, {"requests", e.requests}, {"request_bytes", e.request_bytes},
        {"decoded_units", e.decoded_units}, {"decoded_bytes", e.decoded_bytes}, {"result_bytes", e.result_bytes}};
    for (const auto& [name, value] : fields) out.key(name).number(value);
    out.end_object().print();
    return;
  }
  const auto bytes = [](std::uint64_t n) { return human_bytes(static_cast<double>(n)); };
  std::string text = printable(subject.title()) + ": " + std::to_string(product(region.count)) + " elements";
  if (e.result_bytes != 0) text += ", " + bytes(e.result_bytes);
  text += "\n" + counted(e.chunks, "chunk") + " of " + format_shape(subject.array().chunk_shape());
  if (e.chunks_unwritten != 0) text += ", " + std::to_string(e.chunks_unwritten) + " of them never written";
  text += "\n" + counted(e.units, "frame or block") + " in " + counted(e.layers, "layer") + "\n";
  text += counted(e.requests, "read") + " from storage, " + bytes(e.request_bytes) + "\n";
  text += std::to_string(e.decoded_units) + " to be decompressed, to " + bytes(e.decoded_bytes) + "\n";
  print(text);
}

}  // namespace

void add_explain(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("explain", "Say what reading a region would take, without reading it");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("WHAT", options->words, "DATASET ARRAY [REGION]; of an array file: ARRAY [REGION]")->required()->type_name("");
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Chunks that lie together are stored as frames or blocks, which are read and decompressed as a whole. Many more bytes read than\n"
      "the result has mean that the chunks do not suit the region; many layers, that `strata compact` would help.\n\n"
      "Examples:\n"
      "  strata explain winds 1982-01-16 UWND 0:10,:");
  verb->callback([options, &run_later = command.run] { run_later = [options] { run(*options); }; });
}

}  // namespace strata_cli
