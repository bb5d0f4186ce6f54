#include "netcdf_writer.h"

#include <netcdf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "command.h"
#include "console.h"
#include "nc_types.h"
#include "netcdf_reader.h"
#include "output_file.h"

namespace strata_cli {
namespace {

bool is_netcdf4(int format) { return format == NC_FORMAT_NETCDF4 || format == NC_FORMAT_NETCDF4_CLASSIC; }

int mode_of(int format) {
  switch (format) {
    case NC_FORMAT_CLASSIC:
      return 0;
    case NC_FORMAT_64BIT_OFFSET:
      return NC_64BIT_OFFSET;
    case NC_FORMAT_CDF5:
      return NC_64BIT_DATA;
    case NC_FORMAT_NETCDF4_CLASSIC:
      return NC_NETCDF4 | NC_CLASSIC_MODEL;
    default:
      return NC_NETCDF4;
  }
}

template <typename T>
void append_member(std::int64_t value, std::vector<char>& out) {
  const auto number = static_cast<T>(value);
  out.resize(sizeof number);
  std::memcpy(out.data(), &number, sizeof number);
}

std::vector<char> member_bytes(int base, std::int64_t value) {
  std::vector<char> out;
  switch (nc_width(base)) {
    case 1:
      append_member<std::int8_t>(value, out);
      break;
    case 2:
      append_member<std::int16_t>(value, out);
      break;
    case 4:
      append_member<std::int32_t>(value, out);
      break;
    default:
      append_member<std::int64_t>(value, out);
  }
  return out;
}

}  // namespace

NetcdfWriter::NetcdfWriter(std::string path, const NcFile& file)
    : path_(std::move(path)), part_(OutputFile::part_of(path_)), file_(file) {
  check(nc_create(part_.c_str(), mode_of(file.format) | NC_CLOBBER, &handle_), "making it");
  try {
    define_groups();
    define_types();
    define_dimensions();
    for (std::size_t i = 0; i < file.groups.size(); ++i)
      for (const NcAttribute& attribute : file.groups[i].attributes) put_attribute(groups_[i], NC_GLOBAL, attribute);
    for (const NcVariable& variable : file.variables) define_variable(variable);
    check(nc_enddef(handle_), "defining its variables");
  } catch (...) {
    nc_abort(handle_);
    ::unlink(part_.c_str());
    throw;
  }
}

NetcdfWriter::~NetcdfWriter() {
  if (handle_ < 0) return;
  nc_abort(handle_);
  ::unlink(part_.c_str());
}

void NetcdfWriter::check(int status, const std::string& what) const {
  if (status == NC_NOERR) return;
  throw Failure(printable(path_) + ": " + what + ": " + nc_strerror(status));
}

int NetcdfWriter::group_of(const std::string& path) const {
  for (std::size_t i = 0; i < file_.groups.size(); ++i)
    if (file_.groups[i].path == path) return groups_[i];
  throw Failure(printable(path_) + ": there is no group " + in_quotes(path));
}

void NetcdfWriter::define_groups() {
  for (const NcGroup& group : file_.groups) {
    if (group.path.empty()) {
      groups_.push_back(handle_);
      continue;
    }
    const std::size_t slash = group.path.rfind('/');
    const int parent = slash == group.path.npos ? handle_ : group_of(group.path.substr(0, slash));
    int id = 0;
    check(nc_def_grp(parent, group.path.substr(slash == group.path.npos ? 0 : slash + 1).c_str(), &id),
          "making group " + in_quotes(group.path));
    groups_.push_back(id);
  }
}

void NetcdfWriter::define_types() {
  for (const NcUserType& type : file_.types) {
    const std::string about = "making type " + in_quotes(type.name);
    int id = 0;
    if (!type.is_enum) {
      check(nc_def_vlen(group_of(type.group), type.name.c_str(), type.base, &id), about);
    } else {
      check(nc_def_enum(group_of(type.group), type.base, type.name.c_str(), &id), about);
      for (const auto& [name, value] : type.members)
        check(nc_insert_enum(group_of(type.group), id, name.c_str(), member_bytes(type.base, value).data()), about);
    }
    types_.push_back(id);
  }
}

void NetcdfWriter::define_dimensions() {
  for (const NcDimension& dimension : file_.dimensions) {
    int id = 0;
    check(nc_def_dim(group_of(dimension.group), dimension.name.c_str(), dimension.unlimited ? NC_UNLIMITED : dimension.size, &id),
          "making dimension " + in_quotes(dimension.name));
    dimensions_.push_back(id);
  }
}

void NetcdfWriter::define_variable(const NcVariable& variable) {
  const std::string about = "making variable " + in_quotes(variable.name);
  std::vector<int> dimensions;
  for (const std::size_t d : variable.dimensions) dimensions.push_back(dimensions_[d]);
  const int group = group_of(variable.group);
  int id = 0;
  check(nc_def_var(group, variable.name.c_str(), variable.type.user ? types_[*variable.type.user] : variable.type.base,
                   static_cast<int>(dimensions.size()), dimensions.data(), &id),
        about);
  // libnetcdf itself neither compresses scalars nor texts and lists, whose bytes lie elsewhere.
  if (is_netcdf4(file_.format) && !dimensions.empty()) {
    const NcStorage& storage = variable.storage;
    if (!storage.chunks.empty())
      check(nc_def_var_chunking(group, id, NC_CHUNKED, sizes(storage.chunks).data()), about);
    if (storage.deflate != 0 || storage.shuffle)
      check(nc_def_var_deflate(group, id, storage.shuffle, storage.deflate != 0, storage.deflate), about);
    if (storage.checksum) check(nc_def_var_fletcher32(group, id, NC_FLETCHER32), about);
  }
  for (const NcAttribute& attribute : variable.attributes) put_attribute(group, id, attribute);
  variables_.push_back({group, id});
}

void NetcdfWriter::put_attribute(int group, int id, const NcAttribute& attribute) {
  const std::string about = "attribute " + in_quotes(attribute.name);
  if (attribute.type.base == NC_STRING) {
    std::vector<const char*> texts;
    for (const std::string& text : attribute.texts) texts.push_back(text.c_str());
    check(nc_put_att_string(group, id, attribute.name.c_str(), texts.size(), texts.data()), about);
    return;
  }
  const int type = attribute.type.user ? types_[*attribute.type.user] : attribute.type.base;
  check(nc_put_att(group, id, attribute.name.c_str(), type, attribute.length, attribute.bytes.data()), about);
}

void NetcdfWriter::write(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
                         std::span<const std::byte> data) {
  if (data.empty()) return;
  const Handle& at = variables_[variable];
  check(nc_put_vara(at.group, at.id, sizes(start).data(), sizes(count).data(), data.data()),
        "writing variable " + in_quotes(file_.variables[variable].name));
}

void NetcdfWriter::write_strings(std::size_t variable, std::span<const std::uint64_t> start,
                                 std::span<const std::uint64_t> count, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  std::vector<const char*> all;
  for (const std::string& text : texts) all.push_back(text.c_str());
  const Handle& at = variables_[variable];
  check(nc_put_vara_string(at.group, at.id, sizes(start).data(), sizes(count).data(), all.data()),
        "writing variable " + in_quotes(file_.variables[variable].name));
}

void NetcdfWriter::write_lists(std::size_t variable, std::span<const std::uint64_t> start,
                               std::span<const std::uint64_t> count, std::span<const std::int64_t> offsets,
                               std::span<const std::byte> values) {
  if (offsets.size() < 2) return;
  const std::size_t width = nc_width(file_.variables[variable].type.base);
  std::vector<nc_vlen_t> lists(offsets.size() - 1);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    lists[i].len = static_cast<std::size_t>(offsets[i + 1] - offsets[i]);
    // libnetcdf only reads from here.
    lists[i].p = const_cast<std::byte*>(values.data() + static_cast<std::size_t>(offsets[i]) * width);
  }
  const Handle& at = variables_[variable];
  check(nc_put_vara(at.group, at.id, sizes(start).data(), sizes(count).data(), lists.data()),
        "writing variable " + in_quotes(file_.variables[variable].name));
}

void NetcdfWriter::finish() {
  const int status = nc_close(std::exchange(handle_, -1));
  if (status != NC_NOERR) ::unlink(part_.c_str());
  check(status, "writing it");
  if (std::rename(part_.c_str(), path_.c_str()) == 0) return;
  const int error = errno;
  ::unlink(part_.c_str());
  throw Failure(printable(path_) + ": " + std::strerror(error));
}

}  // namespace strata_cli
