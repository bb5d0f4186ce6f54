// strata-script: af-rust's commands and JSON (af-rust/README.md) over libstrata, so that tests can let either write and
// the other read. Layers are shown by the decoder that the library itself uses.

#include <cstdio>
#include <iostream>
#include <iterator>

#include "dump.h"
#include "run.h"

namespace {

namespace script = strata::script;

int usage() {
  std::fputs(
      "usage:\n  strata-script dump FILE.af\n  strata-script dump-store DIR\n  strata-script dump-stats FILE.stats\n"
      "  strata-script write SCRIPT.json FILE.af\n  strata-script write-store SCRIPT.json DIR\n  strata-script batch\n"
      "SCRIPT.json may be - for standard input; batch: one job a line from there, one answer a line\n"
      "exit status: 0 fine, 1 something failed, 2 usage\n",
      stderr);
  return 2;
}

strata::Result<script::Json> read_script(const std::string& path) {
  if (path == "-") return script::parse_json(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  STRATA_ASSIGN(std::string bytes, script::read_bytes(path));
  return script::parse_json(bytes);
}

strata::Result<script::Json> run(const std::vector<std::string>& args) {
  const std::string& what = args[0];
  if (what == "dump") return script::dump_file(args[1]);
  if (what == "dump-store") return script::dump_store(args[1]);
  if (what == "dump-stats") return script::dump_statistics(args[1]);
  STRATA_ASSIGN(script::Json commands, read_script(args[1]));
  return what == "write" ? script::run_file_script(commands, args[2]) : script::run_store_script(commands, args[2]);
}

// Each line is {"command", "path", "script"} and is answered in a line of its own, at once: should a job end the program,
// the number of answers says which one it was.
strata::Result<script::Json> run_job(const std::string& line) {
  STRATA_ASSIGN(script::Json job, script::parse_json(line));
  STRATA_ASSIGN(std::string what, script::text_member(job, "command"));
  STRATA_ASSIGN(std::string path, script::text_member(job, "path"));
  if (what == "dump") return script::dump_file(path);
  if (what == "dump-store") return script::dump_store(path);
  const script::Json* commands = script::member(job, "script");
  if (commands == nullptr) return strata::Status(strata::Code::kInvalid, "'script' missing");
  return what == "write" ? script::run_file_script(*commands, path) : script::run_store_script(*commands, path);
}

int run_batch() {
  for (std::string line; std::getline(std::cin, line);) {
    auto out = run_job(line);
    if (!out.ok()) out = script::object("error", script::text(out.status().message()));
    std::puts(script::compact_text(*out).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 1 && args[0] == "batch") return run_batch();
  size_t wanted = 0;
  if (!args.empty()) {
    if (args[0] == "dump" || args[0] == "dump-store" || args[0] == "dump-stats") wanted = 2;
    if (args[0] == "write" || args[0] == "write-store") wanted = 3;
  }
  if (wanted == 0 || args.size() != wanted) return usage();
  auto out = run(args);
  if (!out.ok()) {
    std::fprintf(stderr, "strata-script: %s\n", std::string(out.status().message()).c_str());
    return 2;
  }
  std::puts(script::pretty(*out).c_str());
  const script::Json* failed = script::member(*out, "failed");
  bool bad = script::member(*out, "error") != nullptr || (failed != nullptr && failed->GetUint64() > 0);
  return bad ? 1 : 0;
}
