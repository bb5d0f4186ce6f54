#include "dump.h"
#include <cstdlib>

#include "operations.h"
#include "run.h"

namespace strata::script {
namespace {

class FileScript {
 public:
  FileScript(const Json& script, std::string url) : script_(script), url_(std::move(url)) {}

  Status open(bool create) {
    strata_file_options options = STRATA_FILE_OPTIONS_INIT;
    STRATA_ASSIGN(CodecChoice codec, codec_choice(member(script_, "codec")));
    options.codec = codec.codec;
    options.level = codec.level;
    if (const Json* size = member(script_, "block_target_size"); size != nullptr && size->IsUint64()) {
      options.block_bytes = size->GetUint64();
    }
    if (create) options.flags = STRATA_OVERWRITE;
    strata_file* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      auto open_or_create = create ? strata_file_create : strata_file_open;
      return open_or_create(nullptr, url_.data(), url_.size(), &options, nullptr, &raw, err);
    }));
    file_.reset(raw);
    return {};
  }

  Result<Json> run(const Json& op) {
    STRATA_ASSIGN(std::string what, text_member(op, "op"));
    if (what == "flush") return done(call([&](strata_error* err) { return strata_file_flush(file(), nullptr, err); }));
    if (what == "compact") return done(call([&](strata_error* err) { return strata_file_compact(file(), nullptr, err); }));
    if (what == "reopen") return done(open(false));
    if (what == "discard") return done(call([&](strata_error* err) { return strata_file_discard(file(), err); }));
    if (what == "block" || what == "unblock") return done(block_operation(std::filesystem::path(url_).parent_path(), op));
    if (what == "shell") {  // another program's work on the same file, in between
      STRATA_ASSIGN(std::string command, text_member(op, "command"));
      return std::system(command.c_str()) == 0 ? done(Status()) : Result<Json>(Code::kIo, cat("it failed: ", command));
    }
    if (what == "list") return list_names();
    if (what == "layers") {
      uint64_t count = 0;
      STRATA_TRY(call([&](strata_error* err) { return strata_file_layer_count(file(), &count, err); }));
      return number(count);
    }
    STRATA_ASSIGN(std::string name, text_member(op, "name"));
    if (what == "define") return define(name, op);
    if (what == "delete") {
      return done(call([&](strata_error* err) {
        return strata_file_delete(file(), name.data(), name.size(), nullptr, err);
      }));
    }
    if (what == "rename" || what == "copy") {
      STRATA_ASSIGN(std::string to, text_member(op, "to"));
      auto rename_or_copy = what == "rename" ? strata_file_rename : strata_file_copy;
      return done(call([&](strata_error* err) {
        return rename_or_copy(file(), name.data(), name.size(), to.data(), to.size(), nullptr, err);
      }));
    }
    strata_array* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_file_array_open(file(), name.data(), name.size(), &raw, err);
    }));
    Array array(raw);
    if (what == "write") return done(write_operation(raw, op));
    if (what == "resize") return done(resize_operation(raw, op));
    if (what == "append") return append_operation(raw, op);
    if (what == "read") return read_operation(raw, op);
    if (what == "attr") return set_attribute(raw, op);
    if (what == "get_attr") return get_attribute(raw, op);
    if (what == "delete_attr") {
      STRATA_ASSIGN(std::string key, text_member(op, "key"));
      return done(call([&](strata_error* err) {
        return strata_array_delete_attribute(raw, key.data(), key.size(), err);
      }));
    }
    if (what == "stats") {
      Json statistics = array_statistics_json(raw, name);
      return statistics.IsNull() ? text("absent") : std::move(statistics);
    }
    return {Code::kInvalid, cat("unknown op ", what)};
  }

 private:
  strata_file* file() const { return file_.get(); }

  static Result<Json> done(Status status) {
    STRATA_TRY(std::move(status));
    return Json();
  }

  Result<Json> list_names() {
    STRATA_ASSIGN(auto listed, names([&](strata_cursor** out, strata_error* err) {
      return strata_file_list(file(), nullptr, 0, out, err);
    }));
    Json out = list();
    for (const std::string& name : listed) append(out, text(name));
    return out;
  }

  Result<Json> define(const std::string& name, const Json& op) {
    STRATA_ASSIGN(auto d, definition(op));
    return done(call([&](strata_error* err) {
      if (!d->type_text.empty()) {
        return strata_file_define_nested(file(), name.data(), name.size(), d->type_text.data(), d->type_text.size(), d->ndim(),
                                         d->shape.data(), d->chunk_shape(), d->dimension_names(), nullptr, nullptr, err);
      }
      return strata_file_define(file(), name.data(), name.size(), d->type, d->ndim(), d->shape.data(), d->chunk_shape(),
                                d->dimension_names(), d->fill.type, d->fill.bytes.data(), d->fill.bytes.size(), nullptr,
                                nullptr, err);
    }));
  }

  static Result<Json> set_attribute(strata_array* array, const Json& op) {
    STRATA_ASSIGN(std::string key, text_member(op, "key"));
    STRATA_ASSIGN(Scalar value, scalar_from_json(member(op, "value"), Naming::kExact));
    if (value.type == STRATA_TYPE_NONE) return {Code::kInvalid, "'value' missing"};
    return done(call([&](strata_error* err) {
      return strata_array_set_attribute(array, key.data(), key.size(), value.type, value.bytes.data(), value.bytes.size(),
                                        err);
    }));
  }

  static Result<Json> get_attribute(strata_array* array, const Json& op) {
    STRATA_ASSIGN(std::string key, text_member(op, "key"));
    Scalar value;
    auto bytes = sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_get_attribute(array, key.data(), key.size(), &value.type, dst, cap, needed, err);
    });
    if (bytes.code() == Code::kNotFound) return text("absent");
    STRATA_TRY(bytes.ok() ? Status() : bytes.status());
    value.bytes = *std::move(bytes);
    return scalar_json(value, Naming::kExact);
  }

  const Json& script_;
  std::string url_;
  File file_;
};

}  // namespace

Json run_file_script(const Json& script, const std::filesystem::path& path) {
  FileScript run(script, path.string());
  Status opened = run.open(text_or(script, "mode", "create") != "open");
  if (!opened.ok()) return object("error", text(opened.message()));
  return run_operations(script, [&](const Json& op) { return run.run(op); });
}

}  // namespace strata::script
