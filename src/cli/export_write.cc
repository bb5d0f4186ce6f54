#include <netcdf.h>

#include "boxes.h"
#include "command.h"
#include "console.h"
#include "export_plan.h"
#include "interrupt.h"
#include "nc_attributes.h"
#include "netcdf_reader.h"
#include "netcdf_writer.h"

namespace strata_cli {
namespace {

using Kind = ExportedArray::Kind;

class Exporter {
 public:
  Exporter(const ExportPlan& plan, NetcdfWriter& writer) : plan_(plan), writer_(writer) {}

  void write(std::size_t i) {
    const ExportedArray& array = plan_.arrays[i];
    if (product(array.count) == 0) return;
    const strata::Extents zero(plan_.file.variables[i].dimensions.size(), 0);
    switch (array.kind) {
      case Kind::kNumbers:
        return write_numbers(i);
      case Kind::kBytes:
        return writer_.write(i, zero, array.count, std::as_bytes(std::span(*array.bytes)));
      case Kind::kStrings:
        return writer_.write_strings(i, zero, array.count, texts_of(array));
      case Kind::kFolded:
        return write_folded(i, zero);
      case Kind::kLists:
        return write_lists(i, zero);
    }
  }

 private:
  void write_numbers(std::size_t i) {
    const ExportedArray& array = plan_.arrays[i];
    const std::size_t width = nc_width(plan_.file.variables[i].type.base);
    const strata::Extents box = box_of(array.count, array.array.chunk_shape(), width);
    for_each_box(array.count, box, [&](const strata::Extents& at, const strata::Extents& count) {
      buffer_.resize(product(count) * width);
      strata::Extents start = array.start;
      for (std::size_t axis = 0; axis < start.size(); ++axis) start[axis] += at[axis];
      stop_if_asked();
      array.array.read_bytes(buffer_, start, count, stop_token());
      writer_.write(i, at, count, buffer_);
    });
  }

  static std::vector<std::string> texts_of(const ExportedArray& array) {
    const strata::Texts texts = array.array.read_texts(array.start, array.count, stop_token());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::string text(texts[i]);
      const auto narrow = array.latin1 ? latin1_of(text) : std::nullopt;
      out.push_back(narrow ? *narrow : text);
    }
    return out;
  }

  // Padded with NULs.
  void write_folded(std::size_t i, const strata::Extents& zero) {
    const ExportedArray& array = plan_.arrays[i];
    strata::Extents count = array.count;
    const bool has_length = zero.size() > count.size();
    const std::size_t length = has_length ? array.length : 1;
    if (has_length) count.push_back(length);
    std::string all;
    for (std::string& text : texts_of(array)) {
      text.resize(length, '\0');
      all += text;
    }
    writer_.write(i, zero, count, std::as_bytes(std::span(all)));
  }

  void write_lists(std::size_t i, const strata::Extents& zero) {
    const ExportedArray& array = plan_.arrays[i];
    if (array.array.type() == STRATA_BINARY) {
      const strata::Texts texts = array.array.read_texts(array.start, array.count, stop_token());
      std::string all;
      std::vector<std::int64_t> offsets{0};
      for (std::size_t k = 0; k < texts.size(); ++k) offsets.push_back(static_cast<std::int64_t>(all.append(texts[k]).size()));
      return writer_.write_lists(i, zero, array.count, offsets, std::as_bytes(std::span(all)));
    }
    if (array.levels == 1) {
      const strata::Nested lists = array.array.read_nested(1, array.start, array.count, stop_token());
      return writer_.write_lists(i, zero, array.count, lists.offsets(0), lists.values());
    }
    strata::Extents count = array.count;
    count.push_back(plan_.file.dimensions[plan_.file.variables[i].dimensions.back()].size);
    buffer_.resize(product(count) * nc_width(plan_.file.variables[i].type.base));
    array.array.read_bytes(buffer_, array.start, array.count, stop_token());
    writer_.write(i, zero, count, buffer_);
  }

  const ExportPlan& plan_;
  NetcdfWriter& writer_;
  std::vector<std::byte> buffer_;
};

}  // namespace

void write_netcdf(const ExportPlan& plan, const std::string& path) {
  NetcdfWriter writer(path, plan.file);
  Exporter exporter(plan, writer);
  for (std::size_t i = 0; i < plan.arrays.size(); ++i) exporter.write(i);
  stop_if_asked();
  writer.finish();
}

}  // namespace strata_cli
