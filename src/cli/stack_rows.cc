#include "stack_rows.h"

#include "command.h"
#include "console.h"
#include "values.h"

namespace strata_cli {

StackRows StackRows::read(const Target& target, const std::string& array, const std::string& prefix,
                          const std::string& region, const strata::Cancel* cancel) {
  const strata::Store& store = target.store();
  std::vector<std::string> names;
  strata::Cursor cursor = store.datasets_with(array);
  while (const auto name = cursor.next()) {
    if (name->starts_with(prefix)) names.emplace_back(*name);
  }
  if (names.empty()) {
    throw Failure("no dataset " + (prefix.empty() ? std::string() : "beginning with " + in_quotes(prefix) + " ") +
                  "of " + target.url() + " has an array " + in_quotes(array) + "; `strata stats " + target.url() +
                  "` shows which arrays there are");
  }
  std::optional<Region> box;
  const strata::Array first = store.dataset(names[0]).array(array);
  if (!region.empty()) box = parse_region(region, first.shape());

  StackRows out(box ? store.read_across(array, names, box->start, box->count, cancel)
                    : store.read_across(array, names, {}, {}, cancel));
  out.region_ = std::move(box);
  out.type_ = first.type();
  for (std::uint64_t i = 0; i < out.across_.size(); ++i) {
    const strata::Across::Row row = out.across_[i];
    if (row.type == STRATA_LIST || row.type == STRATA_FIXED_SIZE_LIST) {
      throw Failure(in_quotes(array) + " of dataset " + in_quotes(row.dataset) +
                    " holds lists; only numbers and texts can be stacked");
    }
    StackRow result{row.status, std::string(row.dataset), std::nullopt};
    if (row.status == STRATA_OK) {
      result.summary.emplace(row.type);
      const strata::Value fill = store.dataset(result.dataset).array(array).fill();
      result.summary->add(row.data, row.offsets, product(row.shape), fill);
    }
    out.rows_.push_back(std::move(result));
  }
  return out;
}

std::size_t StackRows::failed() const {
  std::size_t count = 0;
  for (const StackRow& row : rows_) count += row.status != STRATA_OK ? 1 : 0;
  return count;
}

Summary StackRows::overall() const {
  Summary all(type_);
  for (const StackRow& row : rows_) {
    if (row.summary && row.summary->type() == type_) all.merge(*row.summary);
  }
  return all;
}

std::string reason_of(strata_status status) {
  switch (status) {
    case STRATA_E_RANGE:
      return "the region leaves its shape";
    case STRATA_E_NOT_FOUND:
      return "not there";
    case STRATA_E_TYPE:
      return "of another type";
    case STRATA_E_CORRUPT:
      return "damaged";
    default:
      return strata_status_name(status);
  }
}

}  // namespace strata_cli
