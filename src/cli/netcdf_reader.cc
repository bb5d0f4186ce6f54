#include "netcdf_reader.h"

#include <netcdf.h>

#include <array>
#include <utility>

#include "command.h"
#include "console.h"
#include "values.h"

namespace strata_cli {
namespace {

constexpr const char* kFillValue = "_FillValue";  // newer releases of libnetcdf have a macro for it

std::int32_t strata_type(nc_type type) {
  switch (type) {
    case NC_BYTE:
      return STRATA_INT8;
    case NC_UBYTE:
      return STRATA_UINT8;
    case NC_SHORT:
      return STRATA_INT16;
    case NC_USHORT:
      return STRATA_UINT16;
    case NC_INT:
      return STRATA_INT32;
    case NC_UINT:
      return STRATA_UINT32;
    case NC_INT64:
      return STRATA_INT64;
    case NC_UINT64:
      return STRATA_UINT64;
    case NC_FLOAT:
      return STRATA_FLOAT32;
    case NC_DOUBLE:
      return STRATA_FLOAT64;
    case NC_CHAR:
    case NC_STRING:
      return STRATA_STRING;
    default:
      return STRATA_TYPE_NONE;
  }
}

// Enumerations are their base type; other types of the user's are not values that an array can have.
nc_type plain_type(int group, nc_type type) {
  if (type <= NC_MAX_ATOMIC_TYPE) return type;
  nc_type base = NC_NAT;
  int kind = 0;
  if (nc_inq_user_type(group, type, nullptr, nullptr, &base, nullptr, &kind) != NC_NOERR) return NC_NAT;
  return kind == NC_ENUM ? base : NC_NAT;
}

// Old files hold Latin-1 text; strata's attributes are UTF-8.
std::string to_utf8(std::string text) {
  if (valid_utf8(text) == text) return text;
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

void cut_at_nul(std::string& text) {
  if (const std::size_t end = text.find('\0'); end != text.npos) text.resize(end);
}

// One number as the kinds that a dataset's attribute can have: integers as int64, floats as float64.
strata::Value widened(std::int32_t type, const char* bytes) {
  switch (type) {
    case STRATA_FLOAT32: {
      const strata::Value value(type, std::string(bytes, sizeof(float)));
      return strata::Value::real(static_cast<double>(value.as<float>()));
    }
    case STRATA_FLOAT64:
      return {type, std::string(bytes, sizeof(double))};
    case STRATA_UINT64: {
      const strata::Value value(type, std::string(bytes, sizeof(std::uint64_t)));
      const auto number = value.as<std::uint64_t>();
      if (!std::in_range<std::int64_t>(number)) return strata::Value::text(std::to_string(number));
      return strata::Value::integer(static_cast<std::int64_t>(number));
    }
    default:
      return strata::Value::integer(integer_of(type, bytes));
  }
}

std::vector<std::size_t> sizes(std::span<const std::uint64_t> numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

strata::Value NetcdfReader::Variable::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == wanted) return value;
  }
  return {};
}

NetcdfReader::NetcdfReader(std::string path) : path_(std::move(path)) {
  int handle = -1;
  check(nc_open(path_.c_str(), NC_NOWRITE, &handle), "opening it");
  handle_ = handle;
  try {
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
      variables_(std::move(other.variables_)),
      attributes_(std::move(other.attributes_)),
      skipped_(std::move(other.skipped_)) {}

void NetcdfReader::check(int status, const std::string& what) const {
  if (status == NC_NOERR) return;
  std::string text = printable(path_) + ": " + what + ": " + nc_strerror(status);
  if (status == NC_ENOTNC) text += "; import takes NetCDF files";
  throw Failure(text);
}

void NetcdfReader::scan(int group, const std::string& prefix) {
  std::vector<Attribute> attributes = read_attributes(group, NC_GLOBAL, prefix);
  attributes_.insert(attributes_.end(), std::make_move_iterator(attributes.begin()),
                     std::make_move_iterator(attributes.end()));
  int count = 0;
  check(nc_inq_nvars(group, &count), "listing its variables");
  for (int id = 0; id < count; ++id) scan_variable(group, id, prefix);

  check(nc_inq_grps(group, &count, nullptr), "listing its groups");
  std::vector<int> groups(static_cast<std::size_t>(count));
  check(nc_inq_grps(group, &count, groups.data()), "listing its groups");
  for (const int child : groups) {
    std::array<char, NC_MAX_NAME + 1> name{};
    check(nc_inq_grpname(child, name.data()), "listing its groups");
    scan(child, prefix + name.data() + ".");
  }
}

void NetcdfReader::scan_variable(int group, int id, const std::string& prefix) {
  std::array<char, NC_MAX_NAME + 1> name{};
  nc_type stored = NC_NAT;
  int ndim = 0;
  check(nc_inq_var(group, id, name.data(), &stored, &ndim, nullptr, nullptr), "listing its variables");
  Variable variable;
  variable.name = prefix + name.data();
  variable.group = group;
  variable.id = id;
  const std::string about = "variable " + in_quotes(variable.name);
  const nc_type type = plain_type(group, stored);
  variable.type = strata_type(type);
  if (variable.type == STRATA_TYPE_NONE) {
    skipped_.push_back(variable.name);
    return;
  }
  variable.kind = type == NC_CHAR ? Kind::kCharacters : type == NC_STRING ? Kind::kStrings : Kind::kNumbers;

  std::vector<int> ids(static_cast<std::size_t>(ndim));
  check(nc_inq_vardimid(group, id, ids.data()), about);
  for (const int dimension : ids) {
    std::size_t size = 0;
    check(nc_inq_dim(group, dimension, name.data(), &size), about);
    variable.dimensions.push_back({name.data(), size});
  }
  variable.attributes = read_attributes(group, id, "");

  // The fill value in the array's own type; a character's is not a text's.
  nc_type fill_type = NC_NAT;
  std::size_t fill_count = 0;
  const bool has_fill = nc_inq_att(group, id, kFillValue, &fill_type, &fill_count) == NC_NOERR && fill_count == 1;
  if (has_fill && variable.kind != Kind::kCharacters) {
    if (variable.kind == Kind::kStrings) {
      variable.fill = variable.attribute(kFillValue);
    } else {
      std::string bytes(strata_type_size(variable.type), '\0');
      check(nc_get_att(group, id, kFillValue, bytes.data()), about + ", attribute _FillValue");
      variable.fill = widened(variable.type, bytes.data());
      if (variable.type == STRATA_UINT64) variable.fill = {STRATA_UINT64, bytes};
    }
    std::erase_if(variable.attributes, [](const Attribute& attribute) { return attribute.first == kFillValue; });
  }
  variables_.push_back(std::move(variable));
}

std::vector<NetcdfReader::Attribute> NetcdfReader::read_attributes(int group, int id, const std::string& prefix) const {
  int count = 0;
  check(id == NC_GLOBAL ? nc_inq_natts(group, &count) : nc_inq_varnatts(group, id, &count), "listing its attributes");
  std::vector<Attribute> out;
  for (int i = 0; i < count; ++i) {
    std::array<char, NC_MAX_NAME + 1> name{};
    check(nc_inq_attname(group, id, i, name.data()), "listing its attributes");
    nc_type stored = NC_NAT;
    std::size_t length = 0;
    const std::string about = "attribute " + in_quotes(name.data());
    check(nc_inq_att(group, id, name.data(), &stored, &length), about);
    const nc_type nc = plain_type(group, stored);
    const std::int32_t type = strata_type(nc);
    if (type == STRATA_TYPE_NONE) continue;

    strata::Value value;
    if (nc == NC_CHAR) {
      std::string text(length, '\0');
      check(nc_get_att_text(group, id, name.data(), text.data()), about);
      cut_at_nul(text);
      value = strata::Value::text(to_utf8(std::move(text)));
    } else {
      // An attribute is one value. Vectors become the text of a list, "[0, 100]".
      std::vector<std::string> parts;
      if (nc == NC_STRING) {
        std::vector<char*> texts(length, nullptr);
        check(nc_get_att_string(group, id, name.data(), texts.data()), about);
        for (const char* text : texts) parts.push_back(to_utf8(text != nullptr ? text : ""));
        nc_free_string(length, texts.data());
        if (length == 1) value = strata::Value::text(parts[0]);
        for (std::string& part : parts) part = in_quotes(part);
      } else {
        const std::size_t width = strata_type_size(type);
        std::string bytes(width * length, '\0');
        check(nc_get_att(group, id, name.data(), bytes.data()), about);
        if (length == 1) value = widened(type, bytes.data());
        for (std::size_t k = 0; k < length; ++k) parts.push_back(format_element(type, bytes.data() + k * width));
      }
      if (!value) {
        std::string list;
        for (const std::string& part : parts) list += (list.empty() ? "" : ", ") + part;
        value = strata::Value::text("[" + list + "]");
      }
    }
    out.emplace_back(prefix + name.data(), std::move(value));
  }
  return out;
}

void NetcdfReader::read(const Variable& variable, std::span<const std::uint64_t> start,
                        std::span<const std::uint64_t> count, std::span<std::byte> out) const {
  if (out.size() != product(count) * strata_type_size(variable.type)) {
    throw Failure(printable(path_) + ": variable " + in_quotes(variable.name) + " has changed while it was read");
  }
  if (out.empty()) return;
  check(nc_get_vara(variable.group, variable.id, sizes(start).data(), sizes(count).data(), out.data()),
        "reading variable " + in_quotes(variable.name));
}

std::vector<std::string> NetcdfReader::read_texts(const Variable& variable, std::span<const std::uint64_t> start,
                                                  std::span<const std::uint64_t> count) const {
  const std::size_t elements = product(count);
  const std::string about = "reading variable " + in_quotes(variable.name);
  std::vector<std::string> out;
  if (variable.kind == Kind::kStrings) {
    std::vector<char*> texts(elements, nullptr);
    if (elements == 0) return out;
    check(nc_get_vara_string(variable.group, variable.id, sizes(start).data(), sizes(count).data(), texts.data()),
          about);
    for (const char* text : texts) out.push_back(to_utf8(text != nullptr ? text : ""));
    nc_free_string(elements, texts.data());
    return out;
  }
  std::string characters(elements, '\0');
  if (elements != 0) {
    check(nc_get_vara_text(variable.group, variable.id, sizes(start).data(), sizes(count).data(), characters.data()),
          about);
  }
  const std::size_t length = count.empty() ? 1 : count.back();
  const std::size_t texts = count.empty() ? 1 : product(count.first(count.size() - 1));
  for (std::size_t i = 0; i < texts; ++i) {
    std::string text = characters.substr(i * length, length);
    cut_at_nul(text);
    out.push_back(to_utf8(std::move(text)));
  }
  return out;
}

}  // namespace strata_cli
