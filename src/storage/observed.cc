#include "storage/observed.h"

#include <chrono>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSlow = std::chrono::seconds(1);

void count(std::atomic<uint64_t>& counter, uint64_t n = 1) { counter.fetch_add(n, std::memory_order_relaxed); }

// Runs one request, and says when it failed or took long. what: makes the words for it.
template <typename F, typename Words>
auto watched(LogQueue& log, F&& request, Words&& what) {
  if (!log.wants(LogLevel::kWarn)) return request();
  const auto begin = Clock::now();
  auto out = request();
  const auto took = Clock::now() - begin;
  if (out.code() != Code::kOk && out.code() != Code::kNotFound)
    log.add(LogLevel::kWarn, "storage", [&] { return cat(what(), " failed: ", out.status().message()); });
  else if (took >= kSlow)
    log.add(LogLevel::kWarn, "storage", [&] {
      return cat(what(), " took ", std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), " ms");
    });
  return out;
}

struct Outcome {  // of what gives a Status, with the members of a Result
  Status s;
  Code code() const { return s.code(); }
  const Status& status() const { return s; }
};
template <typename F, typename Words>
Status watched_status(LogQueue& log, F&& request, Words&& what) {
  return watched(log, [&] { return Outcome{request()}; }, what).s;
}

class ObservedReader final : public ObjectReader {
 public:
  ObservedReader(std::shared_ptr<const ObjectReader> inner, std::shared_ptr<Observation> o, std::string name)
      : inner_(std::move(inner)), o_(std::move(o)), name_(std::move(name)) {}
  uint64_t size() const override { return inner_->size(); }
  ObjectVersion version() const override { return inner_->version(); }
  ObjectPlace place() const override { return inner_->place(); }
  uint64_t stamp() const override { return inner_->stamp(); }
  Status read(uint64_t offset, MutBytes out) const override {
    count(o_->storage.reads);
    count(o_->storage.read_bytes, out.size());
    return watched_status(o_->log, [&] { return inner_->read(offset, out); },
                          [&] { return cat("reading ", out.size(), " bytes at ", offset, " of ", name_); });
  }

 private:
  const std::shared_ptr<const ObjectReader> inner_;
  const std::shared_ptr<Observation> o_;
  const std::string name_;  // empty where nobody would read it
};

class ObservedStaged final : public Staged {
 public:
  ObservedStaged(std::unique_ptr<Staged> inner, std::shared_ptr<Observation> o, std::shared_ptr<Storage> storage, std::string_view key)
      : inner_(std::move(inner)), o_(std::move(o)), storage_(std::move(storage)), key_(key) {}

  Status write_at(uint64_t offset, Bytes bytes) override {
    count(o_->storage.writes);
    count(o_->storage.written_bytes, bytes.size());
    return watched_status(o_->log, [&] { return inner_->write_at(offset, bytes); },
                          [&] { return cat("writing ", bytes.size(), " bytes for ", storage_->describe(key_)); });
  }
  Status read_at(uint64_t offset, MutBytes out) const override {
    count(o_->storage.reads);
    count(o_->storage.read_bytes, out.size());
    return inner_->read_at(offset, out);
  }
  Status seal(uint64_t size) override {
    count(o_->storage.syncs);
    return watched_status(o_->log, [&] { return inner_->seal(size); },
                          [&] { return cat("making ", size, " bytes for ", storage_->describe(key_), " durable"); });
  }
  Result<Created> create_as(std::string_view key) override {
    count(o_->storage.created);
    auto created = watched(o_->log, [&] { return inner_->create_as(key); }, [&] { return cat("creating ", storage_->describe(key)); });
    if (created.ok())
      o_->log.add(LogLevel::kDebug, "storage",
                  [&] { return cat(*created == Created::kMade ? "created " : "there is already ", storage_->describe(key)); });
    return created;
  }
  Status replace_as(std::string_view key) override {
    count(o_->storage.created);
    Status s = watched_status(o_->log, [&] { return inner_->replace_as(key); }, [&] { return cat("replacing ", storage_->describe(key)); });
    if (s.ok()) o_->log.add(LogLevel::kDebug, "storage", [&] { return cat("replaced ", storage_->describe(key)); });
    return s;
  }
  void keep() override { inner_->keep(); }

 private:
  const std::unique_ptr<Staged> inner_;
  const std::shared_ptr<Observation> o_;
  const std::shared_ptr<Storage> storage_;
  const std::string key_;
};

class ObservedStorage final : public Storage {
 public:
  ObservedStorage(std::shared_ptr<Storage> inner, std::shared_ptr<Observation> o) : inner_(std::move(inner)), o_(std::move(o)) {}

  Result<std::shared_ptr<const ObjectReader>> open(std::string_view key) override {
    count(o_->storage.opens);
    STRATA_ASSIGN(auto reader, watched(o_->log, [&] { return inner_->open(key); }, [&] { return cat("opening ", describe(key)); }));
    return std::shared_ptr<const ObjectReader>(std::make_shared<ObservedReader>(
        std::move(reader), o_, o_->log.wants(LogLevel::kWarn) ? describe(key) : std::string()));
  }
  Result<std::unique_ptr<Staged>> stage(std::string_view key, std::string_view staging_key) override {
    return observed(watched(o_->log, [&] { return inner_->stage(key, staging_key); }, [&] { return cat("beginning ", describe(key)); }), key);
  }
  Result<std::unique_ptr<Staged>> stage_again(std::string_view key) override {
    count(o_->storage.opens);
    return observed(watched(o_->log, [&] { return inner_->stage_again(key); }, [&] { return cat("opening ", describe(key)); }), key);
  }
  Result<std::vector<ListEntry>> list(std::string_view folder) override {
    count(o_->storage.lists);
    return watched(o_->log, [&] { return inner_->list(folder); }, [&] { return cat("listing ", describe(folder)); });
  }
  Result<std::vector<std::string>> list_folders(std::string_view folder) override {
    count(o_->storage.lists);
    return watched(o_->log, [&] { return inner_->list_folders(folder); }, [&] { return cat("listing the folders of ", describe(folder)); });
  }
  Status remove(std::string_view key) override {
    count(o_->storage.removed);
    Status s = watched_status(o_->log, [&] { return inner_->remove(key); }, [&] { return cat("removing ", describe(key)); });
    if (s.ok()) o_->log.add(LogLevel::kDebug, "storage", [&] { return cat("removed ", describe(key)); });
    return s;
  }
  Status rename(std::string_view from, std::string_view to) override {
    count(o_->storage.created);
    Status s = watched_status(o_->log, [&] { return inner_->rename(from, to); }, [&] { return cat("renaming ", describe(from)); });
    if (s.ok()) o_->log.add(LogLevel::kDebug, "storage", [&] { return cat("renamed ", describe(from), " to ", describe(to)); });
    return s;
  }
  Status sync_folder(std::string_view folder) override {
    count(o_->storage.syncs);
    return watched_status(o_->log, [&] { return inner_->sync_folder(folder); },
                          [&] { return cat("making names in ", describe(folder), " durable"); });
  }
  Result<std::unique_ptr<FolderLock>> try_lock_folder(std::string_view folder) override { return inner_->try_lock_folder(folder); }
  std::string describe(std::string_view key) const override { return inner_->describe(key); }
  uint64_t slab_bytes() const override { return inner_->slab_bytes(); }

 private:
  Result<std::unique_ptr<Staged>> observed(Result<std::unique_ptr<Staged>> staged, std::string_view key) const {
    if (!staged.ok()) return staged;
    return std::unique_ptr<Staged>(std::make_unique<ObservedStaged>(std::move(*staged), o_, inner_, key));
  }

  const std::shared_ptr<Storage> inner_;
  const std::shared_ptr<Observation> o_;
};

}  // namespace

std::shared_ptr<Storage> make_observed_storage(std::shared_ptr<Storage> inner, std::shared_ptr<Observation> observation) {
  return std::make_shared<ObservedStorage>(std::move(inner), std::move(observation));
}

}  // namespace strata
