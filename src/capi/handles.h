// What each handle holds. Children hold their parents.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "atlas/store.h"
#include "base/cancel.h"
#include "capi/handle.h"
#include "file/array_file.h"
#include "file/difference.h"
#include "file/findings.h"
#include "strata/strata.h"

namespace strata::capi {

// Behind strata_context: the engine, and the places in memory that URLs name.
struct Context {
  explicit Context(const EngineSettings& settings) : engine(std::make_shared<Engine>(settings)) {}
  const std::shared_ptr<Engine> engine;
  std::shared_ptr<Storage> memory(const std::string& name);

 private:
  std::mutex mu_;
  std::map<std::string, std::shared_ptr<Storage>> memory_;
};

}  // namespace strata::capi

struct strata_context : strata::capi::Handle<strata::capi::Tag::kContext> {
  std::shared_ptr<strata::capi::Context> impl;
};
struct strata_cancel : strata::capi::Handle<strata::capi::Tag::kCancel> {
  strata::CancelToken token;
};
struct strata_buffer : strata::capi::Handle<strata::capi::Tag::kBuffer> {
  strata::Buffer bytes;
};
struct strata_file : strata::capi::Handle<strata::capi::Tag::kFile> {
  std::shared_ptr<strata::capi::Context> context;
  std::shared_ptr<strata::ArrayFile> impl;
};
struct strata_array : strata::capi::Handle<strata::capi::Tag::kArray> {
  std::shared_ptr<strata::capi::Context> context;
  std::shared_ptr<strata::ArrayFile> file;
  strata::ArrayFile::Ref impl;
  std::shared_ptr<strata::Store> store;  // of an array of a dataset; else null
  std::string name;                      // of the variable
};
struct strata_cursor : strata::capi::Handle<strata::capi::Tag::kCursor> {
  std::string names;            // one after the other
  std::vector<uint64_t> ends;   // of each
  size_t next = 0;
};
struct strata_store : strata::capi::Handle<strata::capi::Tag::kStore> {
  std::shared_ptr<strata::capi::Context> context;
  std::shared_ptr<strata::Store> impl;
};
struct strata_dataset : strata::capi::Handle<strata::capi::Tag::kDataset> {
  std::shared_ptr<strata::capi::Context> context;
  std::shared_ptr<strata::Store> store;
  std::string name;
};
struct strata_log : strata::capi::Handle<strata::capi::Tag::kLog> {
  struct Commit {
    strata_commit values = STRATA_COMMIT_INIT;  // without the texts
    std::string id, parent, message, tag;
  };
  std::vector<Commit> commits;
};
struct strata_compaction_list : strata::capi::Handle<strata::capi::Tag::kCompactions> {
  std::vector<std::pair<std::string, strata::CompactionPlan>> files;  // by array
};
struct strata_across : strata::capi::Handle<strata::capi::Tag::kAcross> {
  std::vector<strata::AcrossRow> rows;
};
struct strata_conflict_list : strata::capi::Handle<strata::capi::Tag::kConflicts> {
  std::vector<strata::Conflict> conflicts;
};
struct strata_difference_list : strata::capi::Handle<strata::capi::Tag::kDifferences> {
  strata::Differences differences;
};
struct strata_report : strata::capi::Handle<strata::capi::Tag::kReport> {
  strata::Findings findings;
};
