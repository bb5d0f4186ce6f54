// Copies and new names of datasets and of their arrays. The data goes from entry to entry of the array files, compressed as it is.
#include "atlas/path_segment.h"
#include "atlas/store.h"

namespace strata {

Status Store::copy_entry(std::string_view array, std::string_view dataset, std::string_view new_array,
                         std::string_view new_dataset, CancelToken* cancel) {
  STRATA_ASSIGN(const auto from, file_of(array, false, cancel));
  if (!from) return missing_file(array);
  STRATA_ASSIGN(const auto to, file_of(new_array, true, cancel));
  STRATA_TRY(remove_orphan(*to, new_dataset));
  return to->copy_array(*from, dataset, std::string(new_dataset), cancel).take_status();
}

Status Store::copy_array_alone(std::string_view dataset, std::string_view array, std::string_view new_dataset,
                               std::string_view new_array, CancelToken* cancel) {
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  const NamedSchema* old = d->arrays.find(array);
  if (!old) return no_array(dataset, array);
  STRATA_TRY(check_new_array(new_dataset, new_array));
  NamedSchema copy{std::string(new_array), old->schema};
  STRATA_TRY(copy_entry(array, dataset, new_array, new_dataset, cancel));
  Status noted = without_throwing(
      [&] { return change_dataset(new_dataset, [&](DatasetEntry& e) { e.arrays.put(std::move(copy)); }); });
  if (!noted.ok()) {
    STRATA_ASSIGN(const auto file, file_of(new_array, false, nullptr));
    STRATA_TRY(file->remove(new_dataset));
  }
  return noted;
}

Status Store::copy_array(std::string_view dataset, std::string_view array, std::string_view new_dataset,
                         std::string_view new_array, CancelToken* cancel) {
  STRATA_TRY(check_writable());
  STRATA_TRY(check_new_name(new_array));
  STRATA_TRY(file_of(array, false, cancel));  // opened with nothing locked
  std::lock_guard change(change_mu_);
  return copy_array_alone(dataset, array, new_dataset, new_array, cancel);
}

Status Store::rename_array(std::string_view dataset, std::string_view array, std::string_view new_array,
                           CancelToken* cancel) {
  STRATA_TRY(check_writable());
  STRATA_TRY(check_new_name(new_array));
  STRATA_TRY(file_of(array, false, cancel));
  std::lock_guard change(change_mu_);
  STRATA_TRY(copy_array_alone(dataset, array, dataset, new_array, cancel));
  Status deleted = without_throwing([&] { return delete_array_alone(dataset, array, nullptr); });  // too late to be cancelled
  if (!deleted.ok()) STRATA_TRY(delete_array_alone(dataset, new_array, nullptr));
  return deleted;
}

Status Store::copy_dataset_alone(std::string_view name, std::string_view new_name, CancelToken* cancel) {
  const auto old = working_.get(name);
  if (!old) return no_dataset(name);
  if (working_.find(new_name))
    return Status(Code::kExists, cat("dataset \"", new_name, "\" of ", where(), " exists already"));
  DatasetEntry entry = *old;
  entry.name = new_name;
  std::vector<std::string_view> done;
  done.reserve(old->arrays.size());
  Status copied = without_throwing([&]() -> Status {
    for (const NamedSchema& a : old->arrays) {
      STRATA_TRY(copy_entry(a.name, name, a.name, new_name, cancel));
      done.push_back(a.name);
    }
    add_dataset(std::move(entry));
    return {};
  });
  if (copied.ok()) return {};
  for (std::string_view array : done) {
    STRATA_ASSIGN(const auto file, file_of(array, false, nullptr));
    STRATA_TRY(file->remove(new_name));
  }
  return copied;
}

Status Store::copy_dataset(std::string_view name, std::string_view new_name, CancelToken* cancel) {
  STRATA_TRY(check_writable());
  if (Status s = check_name(new_name); !s.ok()) return std::move(s).prepend("dataset: ");
  std::lock_guard change(change_mu_);
  return copy_dataset_alone(name, new_name, cancel);
}

Status Store::rename_dataset(std::string_view name, std::string_view new_name, CancelToken* cancel) {
  STRATA_TRY(check_writable());
  if (Status s = check_name(new_name); !s.ok()) return std::move(s).prepend("dataset: ");
  std::lock_guard change(change_mu_);
  STRATA_TRY(copy_dataset_alone(name, new_name, cancel));
  Status deleted = delete_dataset_alone(name, nullptr);  // too late to be cancelled
  if (!deleted.ok()) STRATA_TRY(delete_dataset_alone(new_name, nullptr));
  return deleted;
}

}  // namespace strata
