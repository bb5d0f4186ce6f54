#include "target.h"

#include "command.h"
#include "console.h"
#include "observe.h"

namespace strata_cli {
namespace {

[[noreturn]] void advise(const std::string& url, const strata::Error& error) {
  std::string text = error.what();
  if (error.status() == STRATA_E_NOT_FOUND && is_array_file(url)) {
    text += "; check the path";
  } else if (error.status() == STRATA_E_NOT_FOUND) {
    text += "; check the path, or make a store with `strata import " + url + " FILE.nc`";
  } else if (error.status() == STRATA_E_CONFLICT) {
    text += "; somebody else has written meanwhile, try again";
  }
  throw Failure(text);
}

// "a", "b" and 3 more
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) out += (i != 0 ? ", " : "") + printable(names[i]);
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

}  // namespace

void add_at(CLI::App& verb, std::string& at) {
  verb.add_option("--at", at, "As of a commit: its number, its id, a tag, or a time (2026-01-31T12:00:00Z)")->type_name("COMMIT");
}

bool is_array_file(std::string_view url) { return url.ends_with(".af"); }

Target Target::open(const std::string& url, Access access, const std::string& at) {
  Target target;
  target.url_ = url;
  try {
    if (is_array_file(url)) {
      strata_file_options options = STRATA_FILE_OPTIONS_INIT;
      if (access == Access::kRead) options.flags = STRATA_READ_ONLY;
      target.file_ = at.empty() ? strata::File::open(url, &options, context()) : strata::File::open_at(url, at, &options, context());
    } else {
      strata_store_options options = STRATA_STORE_OPTIONS_INIT;
      if (access == Access::kRead) options.flags = STRATA_READ_ONLY;
      target.store_ = at.empty() ? strata::Store::open(url, &options, context()) : strata::Store::open_at(url, at, &options, context());
    }
  } catch (const strata::Error& error) {
    if (at.empty() || error.status() != STRATA_E_NOT_FOUND) advise(url, error);
    throw Failure(std::string(error.what()) + "; `strata log " + url + "` lists the commits");
  }
  return target;
}

Target Target::open_worker(const std::string& url, const std::string& job, const std::string& task, const std::string& at) {
  if (is_array_file(url)) throw UsageError("--job and --task are for stores; " + url + " is an array file");
  Target target;
  target.url_ = url;
  try {
    target.store_ = strata::Store::open_worker(url, job, task, at, nullptr, context());
  } catch (const strata::Error& error) {
    advise(url, error);
  }
  return target;
}

strata::Dataset Target::dataset(std::string_view name) const {
  try {
    return store_->dataset(name);
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
    throw Failure("no dataset " + in_quotes(name) + " in " + url_ + "; `strata ls " + url_ +
                  "` lists those that are there");
  }
}

strata::Array Target::array(std::string_view name) const {
  try {
    return file_->array(name);
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
    throw Failure("no array " + in_quotes(name) + " in " + url_ + "; there are: " + some_of(file_->arrays().all()));
  }
}

strata::Array open_array(const strata::Dataset& dataset, std::string_view name) {
  try {
    return dataset.array(name);
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
    throw Failure("no array " + in_quotes(name) + " in dataset " + in_quotes(dataset.name()) +
                  "; there are: " + some_of(dataset.arrays().all()));
  }
}

void require_store(const Target& target, std::string_view verb) {
  if (target.is_store()) return;
  throw UsageError(std::string(verb) + " works on a store of datasets; " + target.url() + " is an array file");
}

}  // namespace strata_cli
