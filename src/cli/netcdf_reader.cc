#include "netcdf_reader.h"

#include <netcdf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "command.h"
#include "console.h"
#include "nc_types.h"
#include "values.h"

namespace strata_cli {
namespace {

using Name = std::array<char, NC_MAX_NAME + 1>;


std::string inside(const std::string& path, const char* name) {
  return path.empty() ? std::string(name) : path + "/" + name;
}

template <typename T>
std::int64_t member_as(const void* value) {
  T number;
  std::memcpy(&number, value, sizeof number);
  return static_cast<std::int64_t>(number);
}

std::int64_t member_value(int base, const void* value) {
  switch (base) {
    case NC_BYTE:
      return member_as<std::int8_t>(value);
    case NC_UBYTE:
      return member_as<std::uint8_t>(value);
    case NC_SHORT:
      return member_as<std::int16_t>(value);
    case NC_USHORT:
      return member_as<std::uint16_t>(value);
    case NC_INT:
      return member_as<std::int32_t>(value);
    case NC_UINT:
      return member_as<std::uint32_t>(value);
    default:
      return member_as<std::int64_t>(value);
  }
}

}  // namespace

std::size_t nc_width(int nc_type) { return nc_type == NC_CHAR ? 1 : strata_type_size(strata_type(nc_type)); }

NetcdfReader::NetcdfReader(std::string path) : path_(std::move(path)) {
  int handle = -1;
  check(nc_open(path_.c_str(), NC_NOWRITE, &handle), "opening it");
  handle_ = handle;
  try {
    check(nc_inq_format(handle_, &file_.format), "finding out its format");
    scan(handle_, "");
  } catch (...) {
    nc_close(handle_);
    throw;
  }
}

NetcdfReader::~NetcdfReader() {
  if (handle_ >= 0) nc_close(handle_);
}

NetcdfReader::NetcdfReader(NetcdfReader&& other) noexcept
    : path_(std::move(other.path_)),
      handle_(std::exchange(other.handle_, -1)),
      file_(std::move(other.file_)),
      handles_(std::move(other.handles_)),
      type_ids_(std::move(other.type_ids_)),
      dimension_ids_(std::move(other.dimension_ids_)),
      left_out_(std::move(other.left_out_)) {}

void NetcdfReader::check(int status, const std::string& what) const {
  if (status == NC_NOERR) return;
  std::string text = printable(path_) + ": " + what + ": " + nc_strerror(status);
  if (status == NC_ENOTNC) text += "; import takes NetCDF files";
  throw Failure(text);
}

void NetcdfReader::scan(int group, const std::string& path) {
  file_.groups.push_back({path, {}});
  scan_types(group, path);
  scan_dimensions(group, path);
  const std::size_t place = file_.groups.size() - 1;
  auto attributes = read_attributes(group, NC_GLOBAL, path.empty() ? "" : "group " + in_quotes(path) + ", ");
  file_.groups[place].attributes = std::move(attributes);
  int count = 0;
  check(nc_inq_nvars(group, &count), "listing its variables");
  for (int id = 0; id < count; ++id) scan_variable(group, id, path);

  check(nc_inq_grps(group, &count, nullptr), "listing its groups");
  std::vector<int> groups(static_cast<std::size_t>(count));
  check(nc_inq_grps(group, &count, groups.data()), "listing its groups");
  for (const int child : groups) {
    Name name{};
    check(nc_inq_grpname(child, name.data()), "listing its groups");
    scan(child, inside(path, name.data()));
  }
}

void NetcdfReader::scan_types(int group, const std::string& path) {
  int count = 0;
  check(nc_inq_typeids(group, &count, nullptr), "listing its types");
  std::vector<int> ids(static_cast<std::size_t>(count));
  check(nc_inq_typeids(group, &count, ids.data()), "listing its types");
  for (const int id : ids) {
    Name name{};
    int base = NC_NAT, kind = 0;
    std::size_t members = 0;
    check(nc_inq_user_type(group, id, name.data(), nullptr, &base, &members, &kind), "listing its types");
    const bool is_enum = kind == NC_ENUM;
    const bool lists_numbers = kind == NC_VLEN && base < NC_STRING && base != NC_CHAR;
    if (!is_enum && !lists_numbers) continue;
    NcUserType type{name.data(), path, is_enum, base, {}};
    for (std::size_t i = 0; is_enum && i < members; ++i) {
      std::array<char, 8> value{};
      check(nc_inq_enum_member(group, id, static_cast<int>(i), name.data(), value.data()), "listing its types");
      type.members.emplace_back(name.data(), member_value(base, value.data()));
    }
    file_.types.push_back(std::move(type));
    type_ids_.push_back(id);
  }
}

void NetcdfReader::scan_dimensions(int group, const std::string& path) {
  int count = 0;
  check(nc_inq_dimids(group, &count, nullptr, 0), "listing its dimensions");
  std::vector<int> ids(static_cast<std::size_t>(count));
  check(nc_inq_dimids(group, &count, ids.data(), 0), "listing its dimensions");
  std::ranges::sort(ids);  // in the order of their making
  check(nc_inq_unlimdims(group, &count, nullptr), "listing its dimensions");
  std::vector<int> unlimited(static_cast<std::size_t>(std::max(count, 1)));
  check(nc_inq_unlimdims(group, &count, unlimited.data()), "listing its dimensions");
  unlimited.resize(static_cast<std::size_t>(count));
  for (const int id : ids) {
    Name name{};
    std::size_t size = 0;
    check(nc_inq_dim(group, id, name.data(), &size), "listing its dimensions");
    file_.dimensions.push_back({name.data(), path, size, std::ranges::count(unlimited, id) != 0});
    dimension_ids_.push_back(id);
  }
}

// Nothing: no array can have it.
std::optional<NcType> NetcdfReader::type_of(int type) const {
  if (type <= NC_MAX_ATOMIC_TYPE) return NcType{type, {}};
  const auto known = std::ranges::find(type_ids_, type);
  if (known == type_ids_.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(known - type_ids_.begin());
  return NcType{file_.types[index].base, index};
}

void NetcdfReader::scan_variable(int group, int id, const std::string& path) {
  Name name{};
  int stored = NC_NAT, ndim = 0;
  check(nc_inq_var(group, id, name.data(), &stored, &ndim, nullptr, nullptr), "listing its variables");
  const std::string about = "variable " + in_quotes(inside(path, name.data()));
  const auto type = type_of(stored);
  if (!type) {
    left_out_.push_back(about + " was left out: arrays cannot have its type");
    return;
  }
  NcVariable variable{name.data(), path, *type, {}, {}, {}};
  std::vector<int> ids(static_cast<std::size_t>(ndim));
  check(nc_inq_vardimid(group, id, ids.data()), about);
  for (const int dimension : ids)
    variable.dimensions.push_back(
        static_cast<std::size_t>(std::ranges::find(dimension_ids_, dimension) - dimension_ids_.begin()));
  variable.attributes = read_attributes(group, id, about + ", ");
  if (file_.format == NC_FORMAT_NETCDF4 || file_.format == NC_FORMAT_NETCDF4_CLASSIC) {
    int shuffle = 0, deflate = 0, level = 0, checksum = 0, layout = NC_CONTIGUOUS;
    if (nc_inq_var_deflate(group, id, &shuffle, &deflate, &level) != NC_NOERR) deflate = shuffle = 0;
    check(nc_inq_var_fletcher32(group, id, &checksum), about);
    std::vector<std::size_t> chunks(static_cast<std::size_t>(ndim));
    if (ndim != 0) check(nc_inq_var_chunking(group, id, &layout, chunks.data()), about);
    variable.storage = {shuffle != 0, checksum != 0, deflate != 0 ? level : 0, {}};
    if (layout == NC_CHUNKED) variable.storage.chunks.assign(chunks.begin(), chunks.end());
  }
  file_.variables.push_back(std::move(variable));
  handles_.push_back({group, id});
}

std::vector<NcAttribute> NetcdfReader::read_attributes(int group, int id, const std::string& owner) {
  int count = 0;
  check(id == NC_GLOBAL ? nc_inq_natts(group, &count) : nc_inq_varnatts(group, id, &count), "listing its attributes");
  std::vector<NcAttribute> out;
  for (int i = 0; i < count; ++i) {
    Name name{};
    check(nc_inq_attname(group, id, i, name.data()), "listing its attributes");
    int stored = NC_NAT;
    std::size_t length = 0;
    const std::string about = owner + "attribute " + in_quotes(name.data());
    check(nc_inq_att(group, id, name.data(), &stored, &length), about);
    const auto type = type_of(stored);
    if (!type || (type->user && !file_.types[*type->user].is_enum)) {
      left_out_.push_back(about + " was left out: attributes cannot have its type");
      continue;
    }
    NcAttribute attribute{name.data(), *type, length, {}, {}};
    if (type->base == NC_STRING) {
      std::vector<char*> texts(length, nullptr);
      check(nc_get_att_string(group, id, name.data(), texts.data()), about);
      for (const char* text : texts) attribute.texts.emplace_back(text != nullptr ? text : "");
      nc_free_string(length, texts.data());
    } else {
      attribute.bytes.resize(nc_width(type->base) * length);
      if (length != 0) check(nc_get_att(group, id, name.data(), attribute.bytes.data()), about);
    }
    out.push_back(std::move(attribute));
  }
  return out;
}

void NetcdfReader::read(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
                        std::span<std::byte> out) const {
  const NcVariable& v = file_.variables[variable];
  if (out.size() != product(count) * nc_width(v.type.base))
    throw Failure(printable(path_) + ": variable " + in_quotes(v.name) + " has changed while it was read");
  if (out.empty()) return;
  const Handle& at = handles_[variable];
  check(nc_get_vara(at.group, at.id, sizes(start).data(), sizes(count).data(), out.data()),
        "reading variable " + in_quotes(v.name));
}

std::vector<std::string> NetcdfReader::read_strings(std::size_t variable, std::span<const std::uint64_t> start,
                                                    std::span<const std::uint64_t> count) const {
  std::vector<std::string> out;
  const std::size_t elements = product(count);
  if (elements == 0) return out;
  const Handle& at = handles_[variable];
  std::vector<char*> texts(elements, nullptr);
  check(nc_get_vara_string(at.group, at.id, sizes(start).data(), sizes(count).data(), texts.data()),
        "reading variable " + in_quotes(file_.variables[variable].name));
  for (const char* text : texts) out.emplace_back(text != nullptr ? text : "");
  nc_free_string(elements, texts.data());
  return out;
}

NetcdfReader::Lists NetcdfReader::read_lists(std::size_t variable, std::span<const std::uint64_t> start,
                                             std::span<const std::uint64_t> count) const {
  Lists out;
  const std::size_t elements = product(count);
  out.offsets.push_back(0);
  if (elements == 0) return out;
  const Handle& at = handles_[variable];
  const std::size_t width = nc_width(file_.variables[variable].type.base);
  std::vector<nc_vlen_t> lists(elements);
  check(nc_get_vara(at.group, at.id, sizes(start).data(), sizes(count).data(), lists.data()),
        "reading variable " + in_quotes(file_.variables[variable].name));
  for (const nc_vlen_t& list : lists) {
    const auto* bytes = static_cast<const std::byte*>(list.p);
    if (list.len != 0) out.values.insert(out.values.end(), bytes, bytes + list.len * width);
    out.offsets.push_back(out.offsets.back() + static_cast<std::int64_t>(list.len));
  }
  nc_free_vlens(elements, lists.data());
  return out;
}

}  // namespace strata_cli
