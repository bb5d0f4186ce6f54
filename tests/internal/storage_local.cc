// What only a local folder has: file modes, hard links, other file systems, other processes.

#include "storage/local.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "internal_test.h"
#include "support/permissions.h"

namespace {
using namespace strata;
namespace fs = std::filesystem;

// A folder that is not there yet.
std::string fresh_root() {
  static int n = 0;
  const char* dir = getenv("STRATA_TEST_DIR");
  const std::string root = fs::absolute(dir ? dir : ".").string() + cat("/local-", getpid(), "-", n++);
  fs::remove_all(root);
  return root;
}

std::string text_of(Storage& s, std::string_view key) {
  auto got = read_object(s, key);
  return got.ok() ? std::string(as_text(got->bytes())) : cat("<", static_cast<int>(got.code()), ">");
}

Result<std::unique_ptr<Staged>> sealed(Storage& s, std::string_view key, std::string_view staging,
                                       std::string_view text) {
  STRATA_ASSIGN(auto staged, s.stage(key, staging));
  STRATA_TRY(staged->write_at(0, as_bytes(text)));
  STRATA_TRY(staged->seal(text.size()));
  return staged;
}

int mode_of(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0 ? static_cast<int>(st.st_mode & 07777) : -1;
}

size_t names_in(const std::string& folder) {
  size_t n = 0;
  for ([[maybe_unused]] auto& e : fs::directory_iterator(folder)) ++n;
  return n;
}

std::string modes_follow_the_umask() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  const mode_t before = umask(027);
  auto unnamed = sealed(*s, "a/unnamed", "", "x");
  auto named = sealed(*s, "a/named", "a/part", "x");
  bool ok =
      unnamed.ok() && named.ok() && (*unnamed)->create_as("a/unnamed").ok() && (*named)->replace_as("a/named").ok();
  umask(before);
  CHECK(ok);
  CHECK_EQ(mode_of(root + "/a/unnamed"), 0640);
  CHECK_EQ(mode_of(root + "/a/named"), 0640);
  CHECK_EQ(mode_of(root + "/a"), 0750);
  return "";
}

std::string what_has_no_name_leaves_nothing() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  auto staged = sealed(*s, "a/x", "", "x");
  CHECK_OK(staged);
  if (names_in(root + "/a") != 0) return "";  // this file system has no files without names
  CHECK_OK((*staged)->replace_as("a/x"));
  CHECK_EQ(names_in(root + "/a"), size_t{1});
  auto again = sealed(*s, "a/x", "", "y");
  CHECK_OK(again);
  CHECK_OK((*again)->replace_as("a/x"));
  CHECK_EQ(names_in(root + "/a"), size_t{1});
  CHECK_EQ(text_of(*s, "a/x"), "y");
  return "";
}

// The link was made and the reply lost: asking again finds the same file.
std::string a_link_of_our_own_is_made_not_taken() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  auto staged = sealed(*s, "x", "x.part", "x");
  CHECK_OK(staged);
  fs::create_hard_link(root + "/x.part", root + "/x");
  auto created = (*staged)->create_as("x");
  CHECK_OK(created);
  CHECK(*created == Created::kMade);
  CHECK_EQ(names_in(root), size_t{1});
  return "";
}

std::string hard_links_of_one_file_are_renamed() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  CHECK_OK(replace_object(*s, "x", as_bytes("x")));
  fs::create_hard_link(root + "/x", root + "/y");
  CHECK_OK(s->rename("x", "y"));
  CHECK_CODE(s->open("x"), Code::kNotFound);
  CHECK_EQ(text_of(*s, "y"), "x");
  auto staged = sealed(*s, "z", "z.part", "z");
  CHECK_OK(staged);
  fs::create_hard_link(root + "/z.part", root + "/z");
  CHECK_OK((*staged)->replace_as("z"));
  CHECK_CODE(s->open("z.part"), Code::kNotFound);
  CHECK_EQ(text_of(*s, "z"), "z");
  return "";
}

std::string another_file_system_gets_a_copy() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  CHECK_OK(replace_object(*s, "x", as_bytes("x")));
  std::string elsewhere = cat("/dev/shm/strata-test-", getpid());
  struct stat here, there;
  if (stat(root.c_str(), &here) != 0 || mkdir(elsewhere.c_str(), 0700) != 0) return "";  // none at hand
  if (stat(elsewhere.c_str(), &there) == 0 && here.st_dev != there.st_dev) {
    struct Cleanup {
      std::string path;
      ~Cleanup() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
      }
    } cleanup{elsewhere};
    fs::create_directory_symlink(elsewhere, root + "/far");
    const std::string large(3'000'001, 'l');
    for (const char* staging : {"", "near.part"}) {
      for (const std::string& text : {std::string(), std::string("text"), large}) {
        CHECK_OK(s->remove("far/made"));
        auto one = sealed(*s, "near", staging, text);
        CHECK_OK(one);
        auto created = (*one)->create_as("far/made");
        CHECK_OK(created);
        CHECK(*created == Created::kMade);
        CHECK(text_of(*s, "far/made") == text);
        auto two = sealed(*s, "near", staging, "two");
        CHECK_OK(two);
        created = (*two)->create_as("far/made");
        CHECK_OK(created);
        CHECK(*created == Created::kTaken);
        CHECK_OK((*two)->replace_as("far/made"));
        CHECK_EQ(text_of(*s, "far/made"), "two");
      }
    }
    CHECK_EQ(names_in(elsewhere), size_t{1});
    CHECK_CODE(s->rename("x", "far/x"), Code::kIo);
    CHECK_EQ(text_of(*s, "x"), "x");
  } else {
    fs::remove_all(elsewhere);
  }
  return "";
}

std::string a_file_that_is_cut_is_an_error() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  CHECK_OK(replace_object(*s, "x", as_bytes(std::string(100000, 'x'))));
  auto reader = s->open("x");
  CHECK_OK(reader);
  fs::resize_file(root + "/x", 50000);
  Buffer out(100000);
  Status cut = (*reader)->read(0, out.bytes());
  CHECK_CODE(cut, Code::kCorrupt);
  CHECK(cut.message().find("ends at 50000") != std::string_view::npos);
  CHECK_OK((*reader)->read(49999, out.bytes().first(1)));
  return "";
}

std::string what_is_no_file() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  CHECK_OK(replace_object(*s, "file", as_bytes("x")));
  CHECK(mkfifo((root + "/pipe").c_str(), 0600) == 0);
  CHECK_CODE(s->open("pipe"), Code::kUnsupported);  // and does not wait for a writer
  fs::create_symlink("file", root + "/link");
  fs::create_symlink("nowhere", root + "/dangling");
  CHECK_EQ(text_of(*s, "link"), "x");
  CHECK_CODE(s->open("dangling"), Code::kNotFound);
  fs::create_directory(root + "/folder");
  auto list = s->list("");
  CHECK_OK(list);
  CHECK_EQ(list->size(), size_t{2});  // the file and the link to it
  CHECK(!s->stage("file/x", "").ok());
  CHECK(!s->remove("folder").ok());
  CHECK_CODE(s->rename("folder", "folder2"), Code::kNotFound);
  auto staged = sealed(*s, "y", "", "y");
  CHECK_OK(staged);
  CHECK(!(*staged)->replace_as("folder").ok());
  auto created = (*staged)->create_as("folder");
  CHECK_OK(created);
  CHECK(*created == Created::kTaken);
  return "";
}

std::string a_relative_root_stays_where_it_was() {
  const std::string root = fresh_root();
  fs::create_directories(root + "/elsewhere");
  const fs::path before = fs::current_path();
  fs::current_path(root);
  auto here = make_local_storage(""), below = make_local_storage("below/deep/");
  fs::current_path(root + "/elsewhere");
  Status one = replace_object(*here, "one", as_bytes("1")), two = replace_object(*below, "two", as_bytes("2"));
  fs::current_path(before);
  CHECK_OK(one);
  CHECK_OK(two);
  CHECK(fs::exists(root + "/one") && fs::exists(root + "/below/deep/two"));
  CHECK_EQ(here->describe("one"), "one");
  CHECK_EQ(below->describe("a/two"), "below/deep/a/two");
  CHECK_EQ(make_local_storage("/")->describe("x"), "/x");
  CHECK_EQ(make_local_storage("/a//")->describe("x"), "/a/x");
  CHECK_OK(make_local_storage("/")->list(""));
  return "";
}

std::string a_failed_write_cannot_be_sealed() {
  auto s = make_local_storage(fresh_root());
  auto staged = s->stage("x", "");
  CHECK_OK(staged);
  struct rlimit before, small;
  CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* old = signal(SIGXFSZ, SIG_IGN);
  small = before;
  small.rlim_cur = 4096;
  bool limited = setrlimit(RLIMIT_FSIZE, &small) == 0;
  Status written = (*staged)->write_at(4000, as_bytes(std::string(1000, 'x')));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old);
  CHECK(limited);
  CHECK_CODE(written, Code::kIo);
  CHECK(written.error().os_error == EFBIG);
  CHECK_CODE((*staged)->seal(5000), Code::kIo);
  CHECK_CODE((*staged)->create_as("x"), Code::kInternal);
  CHECK_CODE(s->open("x"), Code::kNotFound);
  return "";
}

std::string errors_say_what_and_why() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  auto got = s->open("no/such.af");
  CHECK_CODE(got, Code::kNotFound);
  CHECK_EQ(got.status().error().os_error, ENOENT);
  CHECK_EQ(got.status().message(), "opening " + root + "/no/such.af: No such file or directory");
  CHECK_OK(replace_object(*s, "x", as_bytes("x")));
  fs::permissions(root, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_EQ(hold_override(0), 0);
  Status denied = replace_object(*s, "y", as_bytes("y"));
  CHECK_EQ(hold_override(1), 0);
  fs::permissions(root, fs::perms::owner_all);
  CHECK_CODE(denied, Code::kPermission);
  auto proc = make_local_storage("/proc");
  CHECK(!replace_object(*proc, "strata-test", as_bytes("x")).ok());
  return "";
}

// A child that lets go of what it shares with its parent does not remove the parent's file.
std::string a_forked_child_removes_nothing() {
  const std::string root = fresh_root();
  auto s = make_local_storage(root);
  auto staged = sealed(*s, "x", "x.part", "x");
  CHECK_OK(staged);
  pid_t child = fork();
  if (child == 0) {
    staged->reset();
    _exit(0);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  CHECK_EQ(text_of(*s, "x.part"), "x");
  CHECK_OK((*staged)->create_as("x"));
  CHECK_EQ(names_in(root), size_t{1});
  return "";
}

std::string descriptors_do_not_leak() {
  auto open_files = [] { return names_in("/proc/self/fd"); };
  if (!fs::exists("/proc/self/fd")) return "";
  auto s = make_local_storage(fresh_root());
  CHECK_OK(replace_object(*s, "a/x", as_bytes("x")));
  const size_t before = open_files();
  for (int i = 0; i < 20; ++i) {
    CHECK_OK(replace_object(*s, "a/x", as_bytes("x")));
    CHECK_OK(s->list("a"));
    CHECK_CODE(s->open("a"), Code::kNotFound);
    CHECK_EQ(text_of(*s, "a/x"), "x");
    auto dropped = s->stage("a/y", "a/y.part");
    CHECK_OK(dropped);
  }
  CHECK_EQ(open_files(), before);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"modes_follow_the_umask", modes_follow_the_umask},
                    {"what_has_no_name_leaves_nothing", what_has_no_name_leaves_nothing},
                    {"a_link_of_our_own_is_made_not_taken", a_link_of_our_own_is_made_not_taken},
                    {"hard_links_of_one_file_are_renamed", hard_links_of_one_file_are_renamed},
                    {"another_file_system_gets_a_copy", another_file_system_gets_a_copy},
                    {"a_file_that_is_cut_is_an_error", a_file_that_is_cut_is_an_error},
                    {"what_is_no_file", what_is_no_file},
                    {"a_relative_root_stays_where_it_was", a_relative_root_stays_where_it_was},
                    {"a_failed_write_cannot_be_sealed", a_failed_write_cannot_be_sealed},
                    {"errors_say_what_and_why", errors_say_what_and_why},
                    {"a_forked_child_removes_nothing", a_forked_child_removes_nothing},
                    {"descriptors_do_not_leak", descriptors_do_not_leak}});
}
