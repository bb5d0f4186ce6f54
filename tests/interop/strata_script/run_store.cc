#include <algorithm>

#include "operations.h"
#include "run.h"

namespace strata::script {
namespace {

class StoreScript {
 public:
  StoreScript(const Json& script, std::string url) : script_(script), url_(std::move(url)) {}

  Status create() {
    strata_store_options options = STRATA_STORE_OPTIONS_INIT;
    options.flags = STRATA_OVERWRITE;
    STRATA_ASSIGN(CodecChoice codec, codec_choice(member(script_, "codec")));
    options.codec = codec.codec;
    options.level = codec.level;
    std::string format = text_or(script_, "meta_format", "json");
    if (format != "json" && format != "msgpack") return {Code::kInvalid, cat("unknown meta_format ", format)};
    options.meta_format = format == "json" ? STRATA_META_JSON : STRATA_META_MSGPACK;
    STRATA_ASSIGN(CodecChoice compression, codec_choice(member(script_, "meta_compression")));
    options.meta_compression = compression.codec;
    strata_store* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_store_create(nullptr, url_.data(), url_.size(), &options, nullptr, &raw, err);
    }));
    store_.reset(raw);
    return {};
  }

  Status open() {
    strata_store* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_store_open(nullptr, url_.data(), url_.size(), nullptr, nullptr, &raw, err);
    }));
    store_.reset(raw);
    return {};
  }

  Result<Json> run(const Json& op) {
    STRATA_ASSIGN(std::string what, text_member(op, "op"));
    if (what == "flush") return done(call([&](strata_error* err) { return strata_store_flush(store(), nullptr, err); }));
    if (what == "compact") {
      return done(call([&](strata_error* err) { return strata_store_compact(store(), nullptr, err); }));
    }
    if (what == "reopen") return done(open());
    if (what == "discard") return done(call([&](strata_error* err) { return strata_store_discard(store(), err); }));
    if (what == "list") return list_names();
    STRATA_ASSIGN(std::string dataset, text_member(op, "dataset"));
    if (what == "create_dataset") {
      return done(call([&](strata_error* err) {
        return strata_store_dataset_create(store(), dataset.data(), dataset.size(), nullptr, err);
      }));
    }
    if (what == "delete_dataset") {
      return done(call([&](strata_error* err) {
        return strata_store_dataset_delete(store(), dataset.data(), dataset.size(), nullptr, err);
      }));
    }
    if (what == "rename_dataset" || what == "copy_dataset") {
      STRATA_ASSIGN(std::string to, text_member(op, "to"));
      auto rename_or_copy = what == "rename_dataset" ? strata_store_dataset_rename : strata_store_dataset_copy;
      return done(call([&](strata_error* err) {
        return rename_or_copy(store(), dataset.data(), dataset.size(), to.data(), to.size(), nullptr, err);
      }));
    }
    STRATA_ASSIGN(Dataset held, open_dataset(dataset));
    strata_dataset* raw = held.get();
    return run_on(raw, what, op);
  }

 private:
  strata_store* store() const { return store_.get(); }

  static Result<Json> done(Status status) {
    STRATA_TRY(std::move(status));
    return Json();
  }

  Result<Dataset> open_dataset(const std::string& name) const {
    strata_dataset* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_store_dataset_open(store(), name.data(), name.size(), &raw, err);
    }));
    return Dataset(raw);
  }

  Result<Json> run_on(strata_dataset* dataset, const std::string& what, const Json& op) {
    if (what == "attr") {
      STRATA_ASSIGN(std::string key, text_member(op, "key"));
      STRATA_ASSIGN(Scalar value, scalar_from_json(member(op, "value"), Naming::kBroad));
      if (value.type == STRATA_TYPE_NONE) return {Code::kInvalid, "'value' missing"};
      return done(call([&](strata_error* err) {
        return strata_dataset_set_attribute(dataset, key.data(), key.size(), value.type, value.bytes.data(),
                                            value.bytes.size(), err);
      }));
    }
    if (what == "delete_attr") {
      STRATA_ASSIGN(std::string key, text_member(op, "key"));
      return done(call([&](strata_error* err) {
        return strata_dataset_delete_attribute(dataset, key.data(), key.size(), err);
      }));
    }
    STRATA_ASSIGN(std::string name, text_member(op, "name"));
    if (what == "rename" || what == "copy") {
      STRATA_ASSIGN(std::string to, text_member(op, "to"));
      if (what == "rename") {
        return done(call([&](strata_error* err) {
          return strata_dataset_rename(dataset, name.data(), name.size(), to.data(), to.size(), nullptr, err);
        }));
      }
      Dataset target;
      if (member(op, "to_dataset") != nullptr) {
        STRATA_ASSIGN(std::string other, text_member(op, "to_dataset"));
        STRATA_ASSIGN(target, open_dataset(other));
      }
      return done(call([&](strata_error* err) {
        return strata_dataset_copy(dataset, name.data(), name.size(), target.get(), to.data(), to.size(), nullptr, err);
      }));
    }
    if (what == "define") {
      STRATA_ASSIGN(auto d, definition(op));
      return done(call([&](strata_error* err) {
        if (!d->type_text.empty()) {
          return strata_dataset_define_nested(dataset, name.data(), name.size(), d->type_text.data(), d->type_text.size(),
                                              d->ndim(), d->shape.data(), d->chunk_shape(), d->dimension_names(), nullptr,
                                              nullptr, err);
        }
        return strata_dataset_define(dataset, name.data(), name.size(), d->type, d->ndim(), d->shape.data(),
                                     d->chunk_shape(), d->dimension_names(), d->fill.type, d->fill.bytes.data(),
                                     d->fill.bytes.size(), nullptr, nullptr, err);
      }));
    }
    if (what == "delete") {
      return done(call([&](strata_error* err) {
        return strata_dataset_delete(dataset, name.data(), name.size(), nullptr, err);
      }));
    }
    strata_array* raw = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_dataset_array_open(dataset, name.data(), name.size(), nullptr, &raw, err);
    }));
    Array array(raw);
    if (what == "write") return done(write_operation(raw, op));
    if (what == "resize") return done(resize_operation(raw, op));
    if (what == "append") return append_operation(raw, op);
    if (what == "read") return read_operation(raw, op);
    return {Code::kInvalid, cat("unknown op ", what)};
  }

  Result<Json> list_names() {
    STRATA_ASSIGN(auto datasets, names([&](strata_cursor** out, strata_error* err) {
      return strata_store_list_datasets(store(), nullptr, 0, out, err);
    }));
    STRATA_ASSIGN(auto arrays, names([&](strata_cursor** out, strata_error* err) {
      return strata_store_list_arrays(store(), nullptr, 0, out, err);
    }));
    std::sort(arrays.begin(), arrays.end());  // as the original lists them
    Json dataset_list = list(), array_list = list();
    for (const std::string& name : datasets) append(dataset_list, text(name));
    for (const std::string& name : arrays) append(array_list, text(name));
    return object("datasets", std::move(dataset_list), "arrays", std::move(array_list));
  }

  const Json& script_;
  std::string url_;
  Store store_;
};

}  // namespace

Json run_store_script(const Json& script, const std::filesystem::path& folder) {
  StoreScript run(script, folder.string());
  Status opened = text_or(script, "mode", "create") == "open" ? run.open() : run.create();
  if (!opened.ok()) return object("error", text(opened.message()));
  return run_operations(script, [&](const Json& op) { return run.run(op); });
}

}  // namespace strata::script
