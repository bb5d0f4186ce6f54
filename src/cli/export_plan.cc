#include "export_plan.h"

#include <netcdf.h>

#include <algorithm>
#include <map>
#include <set>

#include "cf_time.h"
#include "command.h"
#include "console.h"
#include "element_types.h"
#include "interrupt.h"
#include "nc_attributes.h"
#include "nc_note.h"
#include "nc_types.h"
#include "netcdf_reader.h"
#include "values.h"

namespace strata_cli {
namespace {

NcNote note_of(const strata::Dataset& dataset) {
  try {
    if (auto note = NcNote::parse(dataset.note(kNetcdfNote))) return *note;
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
  }
  NcNote none;
  none.file.format = NC_FORMAT_NETCDF4;
  none.file.groups.push_back({});
  return none;
}

// A name as NetCDF allows it: no slash, no control characters, no blank at the end, and a letter, digit or "_" in front.
std::string nc_name(std::string name) {
  for (char& c : name)
    if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '_';
  while (!name.empty() && name.back() == ' ') name.pop_back();
  name = first_bytes(name, NC_MAX_NAME);
  const auto first = name.empty() ? 0 : static_cast<unsigned char>(name[0]);
  const bool good = first >= 0x80 || first == '_' || (first >= '0' && first <= '9') || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
  return good ? name : "_" + name;
}

// What libnetcdf would say no to, in a format without groups and so on.
bool suits(const NcFile& file, int format) {
  if (format == NC_FORMAT_NETCDF4) return true;
  if (file.groups.size() > 1 || !file.types.empty()) return false;
  const auto possible = [&](const NcType& type) {
    if (type.user || type.base == NC_STRING) return false;
    return format == NC_FORMAT_CDF5 || type.base < NC_UBYTE;
  };
  const auto all = [&](const std::vector<NcAttribute>& attributes) {
    return std::ranges::all_of(attributes, [&](const NcAttribute& a) { return possible(a.type); });
  };
  if (std::ranges::count(file.dimensions, true, &NcDimension::unlimited) > 1 || !all(file.groups[0].attributes)) return false;
  return std::ranges::all_of(file.variables, [&](const NcVariable& v) {
    for (std::size_t axis = 1; axis < v.dimensions.size(); ++axis)
      if (file.dimensions[v.dimensions[axis]].unlimited) return false;
    return possible(v.type) && all(v.attributes);
  });
}

class Planner {
 public:
  Planner(const strata::Dataset& dataset, const std::optional<ExportPart>& part)
      : dataset_(dataset), part_(part), note_(note_of(dataset)) {
    plan_.file = note_.file;
  }

  ExportPlan plan(std::optional<int> format) {
    names_ = part_ ? names_of_part() : dataset_.arrays().all();
    if (part_) plan_.file.dimensions.clear();
    sort_attributes();
    for (const std::string& name : names_) plan_array(name);
    settle_dimensions();
    for (std::size_t i = 0; i < names_.size(); ++i) plan_attributes(i);
    for (const auto& [key, name, group] : global_) {
      auto& attributes = plan_.file.groups[group].attributes;
      attributes.push_back(attribute(key, name));
    }
    choose_format(format);
    return std::move(plan_);
  }

 private:
  struct Use {
    std::size_t variable, axis;
    std::uint64_t size;
    bool at_least = false;  // of folded characters
  };
  struct Global {
    std::string key, name;
    std::size_t group;
  };

  std::vector<std::string> names_of_part() const {
    std::vector<std::string> out = {part_->array};
    const strata::Array array = dataset_.array(part_->array);
    const strata::Extents shape = array.shape();
    const auto dimensions = array.dimension_names();
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::string& name = dimensions[axis];
      if (std::ranges::count(out, name) != 0 || !dataset_.exists(name)) continue;
      if (dataset_.array(name).shape() == strata::Extents{shape[axis]}) out.push_back(name);
    }
    return out;
  }

  const VariableNote* about(const std::string& array) const {
    const auto at = note_.variables.find(array);
    return at == note_.variables.end() ? nullptr : &at->second;
  }

  std::string text_attribute(const std::string& array, const std::string& name) const {
    const auto at = of_array_.find(array);
    if (at == of_array_.end()) return {};
    for (const auto& [key, own] : at->second) {
      if (own != name) continue;
      const strata::Value value = dataset_.attribute(key);
      return value.is_text() ? value.bytes() : std::string();
    }
    return {};
  }

  // Whose the dataset's attributes are, and what they are called there.
  void sort_attributes() {
    strata::Cursor keys = dataset_.attributes();
    while (const auto next = keys.next()) {
      const std::string key(*next);
      const auto known = note_.attributes.find(key);
      const AttributeNote about = known == note_.attributes.end() ? AttributeNote() : known->second;
      if (key == kCoordinates && known == note_.attributes.end()) continue;
      if (about.array && dataset_.exists(*about.array)) {
        of_array_[*about.array].emplace_back(key, about.name);
        continue;
      }
      if (about.group) {
        const auto group = std::ranges::find(plan_.file.groups, *about.group, &NcGroup::path);
        if (group != plan_.file.groups.end()) {
          global_.push_back({key, about.name, static_cast<std::size_t>(group - plan_.file.groups.begin())});
          continue;
        }
      }
      std::size_t dot = key.rfind('.');
      while (dot != key.npos && dot != 0 && !dataset_.exists(key.substr(0, dot))) dot = key.rfind('.', dot - 1);
      if (dot == key.npos || dot == 0) global_.push_back({key, key, 0});
      else of_array_[key.substr(0, dot)].emplace_back(key, key.substr(dot + 1));
    }
  }

  NcAttribute attribute(const std::string& key, const std::string& name) const {
    const auto known = note_.attributes.find(key);
    const AttributeNote about = known == note_.attributes.end() ? AttributeNote() : known->second;
    return nc_attribute(nc_name(name), dataset_.attribute(key), about.type, about.raw);
  }

  // ---- arrays ----

  void plan_array(const std::string& name) {
    const VariableNote* said = about(name);
    strata::Array array = dataset_.array(name);
    ExportedArray out{std::move(array), {}, {}, {}, {}, 0, false, 0};
    out.count = out.array.shape();
    out.start.assign(out.count.size(), 0);
    if (part_) take_part(name, out);
    NcVariable variable;
    variable.name = nc_name(said && !said->name.empty() ? said->name : name);
    if (said && !part_ && has_group(said->group)) variable.group = said->group;
    if (said && !part_) variable.storage = said->storage;
    std::uint64_t list_size = 0;
    convert(name, said, out, variable, list_size);
    unique_name(variable);
    variable.dimensions.clear();
    const std::size_t index = plan_.file.variables.size();
    const std::size_t axes = out.count.size() + (out.kind == ExportedArray::Kind::kFolded && has_length(said, out) ? 1 : 0);
    const bool by_number = said && said->dimensions && said->dimensions->size() == axes && !part_;
    const auto names = out.array.dimension_names();
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const bool is_length = axis == out.count.size();
      const std::uint64_t size = is_length ? out.length : out.count[axis];
      const std::size_t d = by_number ? (*said->dimensions)[axis] : dimension(is_length ? name + "_length" : names[axis], size);
      variable.dimensions.push_back(d);
      uses_[d].push_back({index, axis, size, is_length});
    }
    if (list_size != 0) {
      const std::size_t d = dimension(name + "_size", list_size);
      variable.dimensions.push_back(d);
      uses_[d].push_back({index, variable.dimensions.size() - 1, list_size, false});
    }
    if (variable.storage.chunks.size() != variable.dimensions.size()) variable.storage.chunks.clear();
    plan_.file.variables.push_back(std::move(variable));
    plan_.arrays.push_back(std::move(out));
  }

  void take_part(const std::string& name, ExportedArray& out) const {
    if (name == part_->array) {
      out.start = part_->start;
      out.count = part_->count;
      return;
    }
    const auto dimensions = dataset_.array(part_->array).dimension_names();
    const auto axis = static_cast<std::size_t>(std::ranges::find(dimensions, name) - dimensions.begin());
    out.start = {part_->start[axis]};
    out.count = {part_->count[axis]};
  }

  bool has_group(const std::string& path) const {
    return std::ranges::find(plan_.file.groups, path, &NcGroup::path) != plan_.file.groups.end();
  }

  // Characters without dimensions are one character.
  static bool has_length(const VariableNote* said, const ExportedArray& out) {
    if (said->dimensions) return said->dimensions->size() == out.count.size() + 1 || out.length > 1;
    return !out.count.empty() || out.length > 1;
  }

  void unique_name(NcVariable& variable) const {
    const std::string wanted = variable.name;
    const auto taken = [&] {
      return std::ranges::any_of(plan_.file.variables, [&](const NcVariable& v) {
        return v.name == variable.name && v.group == variable.group;
      });
    };
    for (int i = 2; taken(); ++i) variable.name = wanted + "_" + std::to_string(i);
  }

  void convert(const std::string& name, const VariableNote* said, ExportedArray& out, NcVariable& variable,
               std::uint64_t& list_size) {
    using Kind = ExportedArray::Kind;
    const std::int32_t type = out.array.type();
    const std::string text = out.array.type_text();
    const std::optional<NcType> wanted = said ? said->type : std::nullopt;
    if (type == STRATA_STRING) {
      out.latin1 = said && said->latin1;
      if (wanted && wanted->base == NC_CHAR) return fold(name, said, out, variable);
      out.kind = Kind::kStrings;
      variable.type = {NC_STRING, {}};
    } else if (type == STRATA_TIMESTAMP_NS) {
      times(name, said, out, variable);
    } else if (type == STRATA_BINARY) {
      out.kind = Kind::kLists;
      out.levels = 1;
      variable.type = list_type(NC_UBYTE);
    } else if (type == STRATA_LIST || type == STRATA_FIXED_SIZE_LIST) {
      const std::size_t open = text.find('<');
      const std::string child = text.substr(open + 1, text.find('>') - open - 1);
      std::optional<int> base;
      for (std::int32_t t = STRATA_BOOL; t <= STRATA_FLOAT64; ++t)
        if (type_name(t) == child) base = t == STRATA_BOOL ? NC_BYTE : nc_type_of(t);
      if (!base) throw Failure("array " + in_quotes(name) + " holds " + text + "; NetCDF has only lists of numbers");
      out.kind = Kind::kLists;
      if (type == STRATA_LIST) {
        out.levels = 1;
        const bool fits = wanted && wanted->user && wanted->base == *base && !plan_.file.types[*wanted->user].is_enum;
        variable.type = fits ? *wanted : list_type(*base);
      } else {
        list_size = std::stoull(text.substr(text.find('[') + 1));
        variable.type = {*base, {}};
      }
    } else {
      const int base = type == STRATA_BOOL ? NC_BYTE : *nc_type_of(type);
      variable.type = {base, {}};
      if (wanted && (wanted->base == base || (wanted->base == NC_CHAR && type == STRATA_UINT8))) variable.type = *wanted;
    }
  }

  NcType list_type(int base) {
    auto& types = plan_.file.types;
    for (std::size_t i = 0; i < types.size(); ++i)
      if (!types[i].is_enum && types[i].base == base) return {base, i};
    types.push_back({"list_of_" + std::string(nc_type_name(base)), "", false, base, {}});
    return {base, types.size() - 1};
  }

  void fold(const std::string& name, const VariableNote* said, ExportedArray& out, NcVariable& variable) {
    const strata::Texts texts = out.array.read_texts(out.start, out.count, stop_token());
    if (said->dimensions && said->dimensions->size() == out.count.size() + 1)
      out.length = note_.file.dimensions[said->dimensions->back()].size;
    bool fits = true;
    for (std::size_t i = 0; i < texts.size() && fits; ++i) {
      const auto bytes = out.latin1 ? latin1_of(std::string(texts[i])) : std::string(texts[i]);
      fits = bytes && bytes->find('\0') == bytes->npos;
      if (fits) out.length = std::max<std::uint64_t>(out.length, bytes->size());
    }
    out.kind = fits ? ExportedArray::Kind::kFolded : ExportedArray::Kind::kStrings;
    variable.type = {fits ? NC_CHAR : NC_STRING, {}};
    if (!fits) plan_.notes.push_back("variable " + in_quotes(name) + " is of strings now: it holds texts that characters of its file cannot say");
  }

  void times(const std::string& name, const VariableNote* said, ExportedArray& out, NcVariable& variable) {
    const auto time = CfTime::parse(text_attribute(name, "units"), text_attribute(name, "calendar"));
    const std::vector<std::int64_t> all = out.array.read<std::int64_t>(out.start, out.count, stop_token());
    out.kind = ExportedArray::Kind::kBytes;
    for (const int base : {said && said->type ? said->type->base : NC_NAT, NC_INT64, NC_DOUBLE}) {
      if (!time || strata_type_size(strata_type(base)) == 0) continue;
      out.bytes = time->from_timestamps(strata_type(base), all, fill_of_times(said, base));
      if (!out.bytes) continue;
      variable.type = {base, {}};
      return;
    }
    // No units, or none that say times of the world: as they are.
    variable.type = {NC_INT64, {}};
    out.bytes.emplace(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(std::int64_t));
    plain_times_.insert(name);
  }

  static strata::Value fill_of_times(const VariableNote* said, int base) {
    if (!said || said->fill.empty()) return base == NC_INT64 ? strata::Value::integer(kNotATime) : strata::Value();
    std::string bytes;
    append_element(strata_type(base), said->fill, {}, bytes);
    return {strata_type(base), bytes};
  }

  // ---- dimensions ----

  // That of the root with this name.
  std::size_t dimension(const std::string& wanted, std::uint64_t size) {
    const std::string name = nc_name(wanted);
    auto& all = plan_.file.dimensions;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].name == name && all[i].group.empty()) return i;
    all.push_back({name, "", size, false});
    return all.size() - 1;
  }

  // Arrays may have changed their sizes since: a dimension has that of its arrays, and where these disagree, some get another.
  void settle_dimensions() {
    for (auto& [d, uses] : std::map(uses_)) {
      NcDimension dimension = plan_.file.dimensions[d];
      std::set<std::uint64_t> sizes;
      std::uint64_t longest = 0;
      for (const Use& use : uses) {
        if (use.at_least) longest = std::max(longest, use.size);
        else sizes.insert(use.size);
      }
      if (sizes.empty()) sizes.insert(std::max(longest, dimension.size));
      const std::uint64_t size = sizes.contains(dimension.size) ? dimension.size : *sizes.begin();
      plan_.file.dimensions[d].size = size;
      std::map<std::uint64_t, std::size_t> others;
      for (const Use& use : uses) {
        if (use.at_least ? use.size <= size : use.size == size) continue;
        auto [at, is_new] = others.try_emplace(use.size, plan_.file.dimensions.size());
        if (is_new) {
          NcDimension other{"", dimension.group, use.size, false};
          const auto taken = [&] {
            return std::ranges::any_of(plan_.file.dimensions, [&](const NcDimension& o) { return o.name == other.name && o.group == other.group; });
          };
          int n = 2;
          do other.name = dimension.name + "_" + std::to_string(n++);
          while (taken());
          plan_.notes.push_back("dimension " + in_quotes(dimension.name) + " has another size for variable " +
                                in_quotes(plan_.file.variables[use.variable].name) + ", where it is named " + in_quotes(other.name));
          plan_.file.dimensions.push_back(std::move(other));
        }
        plan_.file.variables[use.variable].dimensions[use.axis] = at->second;
      }
    }
    for (NcVariable& variable : plan_.file.variables) clamp_chunks(variable);
    for (std::size_t i = 0; i < plan_.arrays.size(); ++i)
      if (plan_.arrays[i].kind == ExportedArray::Kind::kFolded && plan_.file.variables[i].dimensions.size() > plan_.arrays[i].count.size())
        plan_.arrays[i].length = plan_.file.dimensions[plan_.file.variables[i].dimensions.back()].size;
  }

  // libnetcdf wants no chunk beyond a dimension, which may be smaller than it was.
  void clamp_chunks(NcVariable& variable) const {
    for (std::size_t axis = 0; axis < variable.storage.chunks.size(); ++axis) {
      const NcDimension& dimension = plan_.file.dimensions[variable.dimensions[axis]];
      std::uint64_t& chunk = variable.storage.chunks[axis];
      if (!dimension.unlimited) chunk = std::max<std::uint64_t>(1, std::min(chunk, dimension.size));
    }
  }

  // ---- attributes ----

  void plan_attributes(std::size_t i) {
    const std::string& name = names_[i];
    NcVariable& variable = plan_.file.variables[i];
    const VariableNote* said = about(name);
    const strata::Value fill = plan_.arrays[i].array.fill();
    std::optional<NcAttribute> nc_fill;
    if (plan_.arrays[i].kind == ExportedArray::Kind::kBytes) {
      const strata::Value number = fill_of_times(said, variable.type.base);
      if (fill && number) nc_fill = nc_number(kFillValue, number, variable.type);
    } else if (fill && fill.is_text()) {
      if (variable.type.base == NC_STRING) nc_fill = nc_attribute(kFillValue, fill, variable.type, {});
    } else if (fill && variable.type.base != NC_CHAR && plan_.arrays[i].kind == ExportedArray::Kind::kNumbers) {
      nc_fill = nc_number(kFillValue, fill, variable.type);
    }
    if (nc_fill) variable.attributes.push_back(*nc_fill);
    const auto add_text = [&](const char* key, const char* text) {
      variable.attributes.push_back(nc_attribute(key, strata::Value::text(text), {}, {}));
    };
    const bool says_units = !text_attribute(name, "units").empty();
    if (plain_times_.contains(name) && !says_units) {
      add_text("units", "nanoseconds since 1970-01-01 00:00:00");
      add_text("calendar", "proleptic_gregorian");
    }
    if (plan_.arrays[i].array.type() == STRATA_BOOL) add_text("dtype", "bool");  // as xarray has it
    for (const auto& [key, own] : of_array_[name]) {
      NcAttribute one = attribute(key, own);
      const bool there = std::ranges::find(variable.attributes, one.name, &NcAttribute::name) != variable.attributes.end();
      if (there) continue;
      if (one.name == kFillValue && (!(one.type == variable.type) || one.length != 1)) {
        plan_.notes.push_back("attribute " + in_quotes(key) + " was left out: it is no element of the variable");
        continue;
      }
      variable.attributes.push_back(std::move(one));
    }
  }

  void choose_format(std::optional<int> wanted) {
    NcFile& file = plan_.file;
    if (wanted) {
      file.format = *wanted;
      if (!suits(file, *wanted))
        throw Failure("dataset " + in_quotes(dataset_.name()) + " has types, groups or dimensions that the format " +
                      std::string(format_text(*wanted)) + " does not have; use --format netcdf4");
    } else if (!suits(file, file.format)) {
      plan_.notes.push_back("the format is netcdf4: " + std::string(format_text(file.format)) + ", as it was, cannot hold all of it any more");
      file.format = NC_FORMAT_NETCDF4;
    }
  }

  const strata::Dataset& dataset_;
  const std::optional<ExportPart>& part_;
  const NcNote note_;
  ExportPlan plan_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> of_array_;  // key, name
  std::vector<Global> global_;
  std::map<std::size_t, std::vector<Use>> uses_;  // by dimension
  std::set<std::string> plain_times_;
};

}  // namespace

ExportPlan plan_export(const strata::Dataset& dataset, std::optional<int> format, const std::optional<ExportPart>& part) {
  return Planner(dataset, part).plan(format);
}

}  // namespace strata_cli
