// A local file under construction, with or without a name, and the ways to give it its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "storage/local_root.h"
#include "storage/storage.h"

namespace strata {

class LocalTemp {
 public:
  // A file beside `key`: named `name` (kExists when that is taken), or without a name, or, where the system has no
  // files without names, with a random one.
  static Result<LocalTemp> make(std::shared_ptr<LocalRoot> root, std::string_view key, std::string_view name);

  // A file that has names already, and gets or replaces another; kNotFound. None of its names is removed.
  static Result<LocalTemp> again(std::shared_ptr<LocalRoot> root, std::string_view key);

  LocalTemp(LocalTemp&&) noexcept = default;
  LocalTemp& operator=(LocalTemp&&) = delete;
  ~LocalTemp();  // removes the name that it still has

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  void keep_name() { name_.clear(); }

  // kMade: the file is `key` now and its former name is gone.
  Result<Created> create_as(std::string_view key);
  Status replace_as(std::string_view key);

 private:
  enum class Step { kDone, kTaken, kCopy };  // kCopy: only a copy beside the target can do it

  LocalTemp(std::shared_ptr<LocalRoot> root, Fd fd, std::string name, int pid)
      : root_(std::move(root)), fd_(std::move(fd)), name_(std::move(name)), pid_(pid) {}
  static Result<LocalTemp> make_named(std::shared_ptr<LocalRoot> root, std::string name);
  static Result<std::string> random_name(std::string_view beside);

  Result<Step> link_or_move(std::string_view key);
  Result<Step> move_if_free(std::string_view key);
  Result<Step> move_over(std::string_view key);
  int link(std::string_view key) const;                // 0 or errno
  bool is_at(std::string_view key, int* error) const;  // whether `key` is this very file
  Result<LocalTemp> copy_beside(std::string_view key) const;
  void remove_name();

  std::shared_ptr<LocalRoot> root_;
  Fd fd_;
  std::string name_;  // a key; empty: none, or not ours any more
  int pid_;           // a forked child shares the descriptor, and must not remove its parent's file
};

}  // namespace strata
