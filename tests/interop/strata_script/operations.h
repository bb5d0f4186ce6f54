// What scripts for files and scripts for stores have in common: the loop over operations, and those on one array.
#pragma once

#include <filesystem>
#include <optional>

#include "abi.h"
#include "element.h"
#include "json.h"

namespace strata::script {

// Runs all operations through run_one(op) -> Result<Json> (null: nothing to tell) and reports.
template <typename F>
Json run_operations(const Json& script, F&& run_one) {
  Json results = list();
  uint64_t failed = 0;
  const Json* ops = member(script, "ops");
  for (rapidjson::SizeType i = 0; ops != nullptr && ops->IsArray() && i < ops->Size(); ++i) {
    const Json& op = (*ops)[i];
    Result<Json> outcome = run_one(op);
    Json entry = object("op", text(text_or(op, "op", "")));
    if (outcome.ok()) {
      add(entry, "ok", Json(true));
      if (!outcome->IsNull()) add(entry, "value", *std::move(outcome));
    } else {
      add(entry, "error", text(outcome.status().message()));
      ++failed;
    }
    append(results, std::move(entry));
    if (failed > 0 && !flag(script, "keep_going")) break;
  }
  return object("failed", number(failed), "results", std::move(results));
}

// A member that is a list of extents; nothing when it is absent or null.
Result<std::optional<Numbers>> numbers_member(const Json& op, std::string_view key);

// The arguments of a "define", held as the ABI takes them.
struct Definition {
  int32_t type = STRATA_TYPE_NONE;
  std::string type_text;  // of lists, which have no number
  Numbers shape;
  std::optional<Numbers> chunk;
  std::vector<std::string> dims;
  std::vector<const char*> dim_pointers;
  Scalar fill;

  uint32_t ndim() const { return static_cast<uint32_t>(shape.size()); }
  const uint64_t* chunk_shape() const { return chunk ? chunk->data() : nullptr; }
  const char* const* dimension_names() const { return dim_pointers.empty() ? nullptr : dim_pointers.data(); }
};
Result<std::unique_ptr<Definition>> definition(const Json& op);

// "block" puts a folder where `file` is or is to be, so that it can be neither made nor replaced; "unblock" restores it.
Status block_operation(const std::filesystem::path& folder, const Json& op);

Status write_operation(strata_array* array, const Json& op);
Status resize_operation(strata_array* array, const Json& op);
Result<Json> append_operation(strata_array* array, const Json& op);  // answers where the new part begins
Result<Json> read_operation(strata_array* array, const Json& op);

// {"zstd": level} or a name.
struct CodecChoice {
  int32_t codec = STRATA_CODEC_DEFAULT;
  int32_t level = 0;
};
Result<CodecChoice> codec_choice(const Json* v);

}  // namespace strata::script
