// One array of many datasets in one call: their entries lie in one file, so all regions are read together.
#include "atlas/store.h"
#include "base/checked.h"

namespace strata {
namespace {

Status another_rank(std::string_view dataset, size_t has, size_t asked) {
  return Status(Code::kRange, cat("dataset \"", dataset, "\": the array has ", has, " dimensions, the region ", asked));
}

bool ends_the_call(Code code) { return code == Code::kCancelled || code == Code::kDeadline || code == Code::kNoMemory; }

}  // namespace

// A dataset's array, or why there is none.
struct Store::Row {
  Status status;
  ArrayFile::Ref array;
};

Result<std::shared_ptr<ArrayFile>> Store::open_rows(std::string_view array, const std::vector<std::string>& datasets,
                                                    std::vector<Row>& rows, const CancelToken* cancel) {
  rows.clear();
  rows.resize(datasets.size());
  bool any = false;
  {
    std::shared_lock lock(mu_);
    for (size_t i = 0; i < rows.size(); ++i) {
      const DatasetEntry* d = working_.find(datasets[i]);
      if (!d) rows[i].status = no_dataset(datasets[i]);
      else if (!d->arrays.find(array)) rows[i].status = no_array(datasets[i], array);
      else any = true;
    }
  }
  if (!any) return std::shared_ptr<ArrayFile>();
  STRATA_ASSIGN(std::shared_ptr<ArrayFile> file, file_of(array, false, cancel));
  std::vector<size_t> missing;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].status.ok()) continue;
    if (i % 1024 == 0) STRATA_TRY(check(cancel));
    auto ref = file ? file->open_array(datasets[i]) : Status(Code::kNotFound, "");
    if (ref.ok()) rows[i].array = std::move(*ref);
    else if (ref.code() == Code::kNotFound) missing.push_back(i);
    else rows[i].status = ref.take_status();
  }
  if (missing.empty()) return file;
  // A deletion changes the file and the document one after the other; only between changes does it mean damage.
  std::lock_guard change(change_mu_);
  std::optional<bool> replaced;
  for (const size_t i : missing) {
    auto again = try_open_array(datasets[i], array, cancel);
    if (!again.ok()) {
      rows[i].status = again.take_status();
    } else if (!*again) {
      rows[i].status = missing_entry(datasets[i], array, file, replaced);
    } else if (file && (*again)->file != file) {
      rows[i].status = Status(Code::kStale, cat("array \"", array, "\" of dataset \"", datasets[i], "\" was replaced meanwhile"));
    } else {
      file = (*again)->file;
      rows[i].array = std::move((*again)->array);
    }
  }
  return file;
}

Result<std::vector<AcrossRow>> Store::read_across(std::string_view array,
                                                  const std::optional<std::vector<std::string>>& datasets,
                                                  const std::optional<Region>& region, CancelToken* cancel) {
  if (region && region->start.size() != region->count.size())
    return Status(Code::kInvalid,
                  cat("the region has ", region->start.size(), " starts and ", region->count.size(), " counts"));
  const std::vector<std::string> names = datasets ? *datasets : list_datasets();
  std::vector<Row> rows;
  STRATA_ASSIGN(const auto file, open_rows(array, names, rows, cancel));

  const std::vector<uint64_t> start = region ? region->start : std::vector<uint64_t>(kMaxRank, 0);
  std::vector<AcrossRow> out(names.size());
  std::vector<ReadRequest> requests;
  std::vector<size_t> fixed, varlen;  // their rows
  for (size_t i = 0; i < out.size(); ++i) {
    out[i].dataset = names[i];
    out[i].status = std::move(rows[i].status);
    if (!out[i].status.ok()) continue;
    auto prepare = [&]() -> Status {
      const ArrayMeta& meta = rows[i].array->meta;
      const auto geometry = rows[i].array->geometry();
      const size_t rank = geometry->rank();
      out[i].dtype = meta.dtype;
      if (region && region->count.size() != rank) return another_rank(names[i], rank, region->count.size());
      const auto count = region ? std::span<const uint64_t>(region->count) : geometry->shape();
      STRATA_TRY(geometry->check_region({start.data(), rank}, count));
      if (!meta.width() && !meta.layout.levels()) return no_fixed_width(meta);
      STRATA_ASSIGN(const uint64_t bytes, region_bytes(count, meta.width()));
      out[i].shape.assign(count.begin(), count.end());
      if (!meta.width()) {
        varlen.push_back(i);
        return {};
      }
      out[i].data.values = Buffer(static_cast<size_t>(bytes));
      fixed.push_back(i);
      return {};
    };
    out[i].status = prepare();
  }
  requests.resize(fixed.size());
  for (size_t k = 0; k < fixed.size(); ++k) {
    AcrossRow& row = out[fixed[k]];
    ReadRequest& r = requests[k];
    r.array = rows[fixed[k]].array.get();
    r.start = {start.data(), row.shape.size()};
    r.count = row.shape;
    r.dst = row.data.values.data();
    row_major_strides(r.count.size(), r.count.data(), r.array->meta.width(), r.strides);
  }
  if (!requests.empty()) STRATA_TRY(file->read(requests, true, cancel));
  for (size_t k = 0; k < fixed.size(); ++k) out[fixed[k]].status = std::move(requests[k].status);
  if (!varlen.empty()) STRATA_TRY(read_varlen_rows(file, out, rows, varlen, start, cancel));
  for (AcrossRow& row : out)
    if (!row.status.ok()) row.data = VarlenData();
  return out;
}

Status Store::read_varlen_rows(const std::shared_ptr<ArrayFile>& file, std::vector<AcrossRow>& out,
                               const std::vector<Row>& rows, const std::vector<size_t>& which,
                               const std::vector<uint64_t>& start, CancelToken* cancel) {
  // With several rows the token counts rows, and stops between them: each read would begin its own count.
  CancelToken* inner = which.size() == 1 ? cancel : nullptr;
  if (cancel) cancel->begin(which.size());
  return engine_->executor.parallel_for(which.size(), cancel, [&](size_t k) -> Status {
    AcrossRow& row = out[which[k]];
    auto read = file->read_varlen(rows[which[k]].array, {start.data(), row.shape.size()}, row.shape, inner);
    if (!read.ok()) {
      if (ends_the_call(read.code())) return read.take_status();
      row.status = read.take_status();
      return {};
    }
    row.data = std::move(*read);
    if (!inner) advance(cancel, 1, row.data.values.size());
    return {};
  });
}

Result<Store::StackPlan> Store::plan_stack(std::string_view array,
                                           const std::optional<std::vector<std::string>>& datasets,
                                           const std::optional<Region>& region, const CancelToken* cancel) {
  if (region && region->start.size() != region->count.size())
    return Status(Code::kInvalid,
                  cat("the region has ", region->start.size(), " starts and ", region->count.size(), " counts"));
  StackPlan plan;
  plan.datasets = datasets ? *datasets : list_datasets();
  Status first_error;
  ArrayFile::Ref model;
  for (size_t i = 0; i < plan.datasets.size() && !model; ++i) {
    if (i % 1024 == 0) STRATA_TRY(check(cancel));
    auto there = array_exists(plan.datasets[i], array);
    if (!there.ok() || !*there) continue;
    auto opened = open_array(plan.datasets[i], array, cancel);
    if (opened.ok()) model = std::move(opened->array);
    else if (ends_the_call(opened.code())) return opened.take_status();
    else if (first_error.ok()) first_error = opened.take_status();
  }
  if (!model) {
    if (!first_error.ok()) return first_error;
    return Status(Code::kNotFound, cat("none of the datasets asked for in ", where(), " has an array \"", array, '"'));
  }
  plan.dtype = model->meta.dtype;
  if (!model->meta.width())
    return no_fixed_width(model->meta).prepend(cat("array \"", array, "\" cannot be stacked: "));
  if (region) {
    plan.start = region->start;
    plan.count = region->count;
  } else {
    const auto geometry = model->geometry();
    const auto shape = geometry->shape();
    plan.start.assign(shape.size(), 0);
    plan.count.assign(shape.begin(), shape.end());
  }
  plan.width = model->meta.width();
  STRATA_ASSIGN(plan.row_bytes, region_bytes(plan.count, plan.width));
  uint64_t all = 0;
  if (mul_overflows(plan.row_bytes, plan.datasets.size(), &all) || all > PTRDIFF_MAX)
    return Status(Code::kLimit,
                  cat(plan.datasets.size(), " rows of ", plan.row_bytes, " bytes are more than memory can have"));
  return plan;
}

Status Store::read_stack(std::string_view array, const StackPlan& plan, uint8_t* dst, std::vector<Status>& statuses,
                         bool keep_going, CancelToken* cancel) {
  statuses.clear();
  statuses.resize(plan.datasets.size());
  std::vector<Row> rows;
  STRATA_ASSIGN(const auto file, open_rows(array, plan.datasets, rows, cancel));
  std::vector<ReadRequest> requests;
  std::vector<size_t> which;  // the row of each
  requests.reserve(rows.size());
  which.reserve(rows.size());
  int64_t strides[kMaxRank] = {};
  if (plan.count.size() <= kMaxRank) row_major_strides(plan.count.size(), plan.count.data(), plan.width, strides);
  for (size_t i = 0; i < rows.size(); ++i) {
    auto prepare = [&]() -> Status {
      STRATA_TRY(rows[i].status);
      const ArrayMeta& meta = rows[i].array->meta;
      if (!(meta.dtype == plan.dtype))
        return Status(Code::kType, cat("dataset \"", plan.datasets[i], "\": elements of type ", dtype_name(meta.dtype),
                                       " in a stack of ", dtype_name(plan.dtype)));
      const auto geometry = rows[i].array->geometry();
      if (geometry->rank() != plan.count.size())
        return another_rank(plan.datasets[i], geometry->rank(), plan.count.size());
      if (Status s = geometry->check_region(plan.start, plan.count); !s.ok())
        return std::move(s).prepend(cat("dataset \"", plan.datasets[i], "\": "));
      ReadRequest r;
      r.array = rows[i].array.get();
      r.start = plan.start;
      r.count = plan.count;
      r.dst = plan.row_bytes ? dst + i * plan.row_bytes : dst;
      std::copy(std::begin(strides), std::end(strides), r.strides);
      requests.push_back(std::move(r));
      which.push_back(i);
      return {};
    };
    statuses[i] = prepare();
    if (!statuses[i].ok() && !keep_going) return statuses[i];
  }
  if (requests.empty()) return {};
  Status s = file->read(requests, keep_going, cancel);
  for (size_t k = 0; k < requests.size(); ++k) statuses[which[k]] = std::move(requests[k].status);
  return s;
}

}  // namespace strata
