#include "atlas/array_folders.h"

#include <algorithm>

#include "atlas/path_segment.h"
#include "atlas/store.h"
#include "file/slots.h"
#include "storage/key.h"

namespace strata {

Result<std::vector<std::string>> list_array_files(Storage& storage, std::string_view folder, const CancelToken* cancel) {
  STRATA_ASSIGN(const auto folders, storage.list_folders(folder));
  std::vector<std::string> out;
  for (const std::string& segment : folders) {
    STRATA_TRY(check(cancel));
    auto array = decode_segment(segment);
    if (!array || !check_name(*array).ok()) continue;
    STRATA_ASSIGN(const FileNames names, FileNames::make(store_file_key(folder, *array)));
    const auto base = storage.open(names.base());
    if (!base.ok() && base.code() != Code::kNotFound) return base.status();
    if (!base.ok()) {  // a layer of its own, not one that the original put here for another (FileNames::list_outlying)
      STRATA_ASSIGN(const auto slots, names.list(storage));
      if (std::ranges::all_of(slots, &SlotEntry::stranger)) continue;
    }
    out.push_back(std::move(*array));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace strata
