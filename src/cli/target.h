// What a verb works on: a store, or an array file (a name that ends in ".af").
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <strata/strata.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace strata_cli {

class Target {
 public:
  enum class Access { kRead, kWrite };
  // Throws Failure that says what to do when there is nothing, or the wrong thing.
  // at: as of that commit, if it is not empty; then only for reading.
  static Target open(const std::string& url, Access access, const std::string& at = {});
  // A store, as a worker: what is committed is delivered only. at: the commit to build on; "": the newest.
  static Target open_worker(const std::string& url, const std::string& job, const std::string& task, const std::string& at);

  bool is_store() const { return store_.has_value(); }
  const strata::Store& store() const { return *store_; }  // REQUIRES: is_store()
  const strata::File& file() const { return *file_; }     // REQUIRES: !is_store()
  const std::string& url() const { return url_; }

  // Both advise how to find a name that is there.
  strata::Dataset dataset(std::string_view name) const;
  strata::Array array(std::string_view name) const;  // REQUIRES: !is_store()

 private:
  std::string url_;
  std::optional<strata::Store> store_;
  std::optional<strata::File> file_;
};

// The option --at, of verbs that read.
void add_at(CLI::App& verb, std::string& at);

bool is_array_file(std::string_view url);

// An array of a dataset; advises when it is not there.
strata::Array open_array(const strata::Dataset& dataset, std::string_view name);

// Only stores will do for some verbs.
void require_store(const Target& target, std::string_view verb);

}  // namespace strata_cli
