// strata import: NetCDF files become datasets of a store.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <unordered_set>

#include "command.h"
#include "import_plan.h"
#include "progress.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

// What is read and written at once, unless a single chunk is larger.
constexpr std::uint64_t kSlabBytes = std::uint64_t{64} << 20;

struct Options {
  std::string store;
  std::vector<std::string> files;
  ImportOptions plan;
  std::vector<std::string> chunks;
  std::string codec;
  int level = 0;
  bool overwrite = false;
};

std::vector<std::pair<std::string, std::uint64_t>> parse_chunks(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.rfind('=');
    std::uint64_t size = 0;
    const char* end = text.data() + text.size();
    if (equals == text.npos || equals == 0 || std::from_chars(text.data() + equals + 1, end, size).ptr != end ||
        size == 0) {
      throw UsageError("--chunk " + in_quotes(text) + ": write DIMENSION=ELEMENTS, as in --chunk time=1,lat=90");
    }
    out.emplace_back(text.substr(0, equals), size);
  }
  return out;
}

int32_t codec_of(const std::string& name) {
  if (name == "none") return STRATA_CODEC_NONE;
  if (name == "lz4") return STRATA_CODEC_LZ4;
  if (name == "zstd") return STRATA_CODEC_ZSTD;
  return STRATA_CODEC_DEFAULT;
}

strata::Store open_or_create(const Options& options) {
  strata_store_options settings = STRATA_STORE_OPTIONS_INIT;
  settings.level = options.level;
  try {
    strata::Store store = strata::Store::open(options.store, &settings);
    if (!options.codec.empty()) {
      std::fputs("strata: note: --codec counts when a store is made; this one keeps its own\n", stderr);
    }
    return store;
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
  }
  settings.codec = codec_of(options.codec);
  return strata::Store::create(options.store, &settings);
}

// Largest boxes of whole chunks within the budget, so that no chunk is written twice: the last axes are taken whole
// as far as they go.
strata::Extents box_of(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> chunk, std::size_t width) {
  strata::Extents box(shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    box[axis] = std::min(chunk[axis], std::max<std::uint64_t>(shape[axis], 1));
  }
  std::uint64_t bytes = product(box) * width;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const std::uint64_t fits = std::max<std::uint64_t>(kSlabBytes / std::max<std::uint64_t>(bytes, 1), 1);
    const std::uint64_t chunks = (shape[axis] + box[axis] - 1) / box[axis];
    const std::uint64_t take = std::min(fits, std::max<std::uint64_t>(chunks, 1));
    bytes = bytes / box[axis];
    box[axis] = std::min(box[axis] * take, std::max<std::uint64_t>(shape[axis], 1));
    bytes *= box[axis];
    if (take < chunks) break;
  }
  return box;
}

// Calls `fn(start, count)` for each box of the shape, in row-major order.
template <typename Fn>
void for_each_box(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> box, Fn&& fn) {
  if (product(shape) == 0) return;
  strata::Extents start(shape.size(), 0);
  strata::Extents count(shape.size());
  for (;;) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      count[axis] = std::min(box[axis], shape[axis] - start[axis]);
    fn(start, count);
    std::size_t axis = shape.size();
    while (axis-- > 0) {
      start[axis] += box[axis];
      if (start[axis] < shape[axis]) break;
      start[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) return;
  }
}

class Importer {
 public:
  Importer(const ImportPlan& plan, const Console& console, std::uint64_t& done, std::uint64_t total)
      : plan_(plan), progress_(console, "import"), done_(done), total_(total) {}

  void write_dataset(const strata::Store& store, std::size_t index) {
    const strata::Dataset dataset = store.create_dataset(plan_.datasets[index]);
    for (const auto& [key, value] : plan_.reader.attributes()) set(dataset, key, value);
    for (const PlannedArray& planned : plan_.arrays) {
      const auto& variable = plan_.reader.variables()[planned.variable];
      for (const auto& [key, value] : variable.attributes) set(dataset, planned.spec.name + "." + key, value);
      const strata::Array array = dataset.define(planned.spec);
      if (planned.timestamps) {
        write_timestamps(array, planned, index);
      } else if (variable.kind == NetcdfReader::Kind::kNumbers) {
        write_numbers(array, planned, index);
      } else {
        write_texts(array, planned, index);
      }
      progress_.update(done_, total_, plan_.datasets[index]);
    }
  }

 private:
  static void set(const strata::Dataset& dataset, const std::string& key, const strata::Value& value) {
    dataset.set_attribute(key, value);
  }

  // A region of the array as one of the variable: the split axis comes back as one index, that of characters whole.
  std::pair<strata::Extents, strata::Extents> in_variable(const PlannedArray& planned, std::size_t index,
                                                          strata::Extents start, strata::Extents count) const {
    const auto& variable = plan_.reader.variables()[planned.variable];
    if (planned.split) {
      const auto axis = static_cast<std::ptrdiff_t>(*planned.split);
      start.insert(start.begin() + axis, index);
      count.insert(count.begin() + axis, 1);
    }
    while (start.size() < variable.dimensions.size()) {
      count.push_back(variable.dimensions[start.size()].size);
      start.push_back(0);
    }
    return {std::move(start), std::move(count)};
  }

  void write_numbers(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const auto& variable = plan_.reader.variables()[planned.variable];
    const std::size_t width = strata_type_size(planned.spec.type);
    const strata::Extents box = box_of(planned.spec.shape, array.chunk_shape(), width);
    for_each_box(planned.spec.shape, box, [&](const strata::Extents& start, const strata::Extents& count) {
      buffer_.resize(product(count) * width);
      const auto [from, size] = in_variable(planned, index, start, count);
      plan_.reader.read(variable, from, size, buffer_);
      array.write_bytes(buffer_, start, count);
      done_ += buffer_.size();
      progress_.update(done_, total_, plan_.datasets[index]);
    });
  }

  void write_texts(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const auto& variable = plan_.reader.variables()[planned.variable];
    if (product(planned.spec.shape) == 0) return;
    const auto [from, size] =
        in_variable(planned, index, strata::Extents(planned.spec.shape.size(), 0), planned.spec.shape);
    const std::vector<std::string> texts = plan_.reader.read_texts(variable, from, size);
    array.write_texts<std::string>(texts);
    done_ += texts.size();
  }

  void write_timestamps(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const auto& variable = plan_.reader.variables()[planned.variable];
    const std::vector<std::int64_t>& all = *planned.timestamps;
    std::vector<std::int64_t> part;
    if (planned.split) {
      std::size_t inner = 1;
      for (std::size_t axis = *planned.split + 1; axis < variable.dimensions.size(); ++axis) {
        inner *= variable.dimensions[axis].size;
      }
      const std::size_t step = inner * variable.dimensions[*planned.split].size;
      for (std::size_t at = index * inner; at < all.size(); at += step) {
        part.insert(part.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                    all.begin() + static_cast<std::ptrdiff_t>(at + inner));
      }
    }
    const std::vector<std::int64_t>& values = planned.split ? part : all;
    if (!values.empty()) array.write<std::int64_t>(values);
    done_ += values.size() * sizeof(std::int64_t);
  }

  const ImportPlan& plan_;
  Progress progress_;
  std::vector<std::byte> buffer_;
  std::uint64_t& done_;
  std::uint64_t total_;
};

void run(const Options& options, const Console& console) {
  ImportOptions settings = options.plan;
  settings.chunks = parse_chunks(options.chunks);
  if (is_array_file(options.store)) {
    throw UsageError("import makes a store, a folder; " + options.store + " would be an array file");
  }

  // Everything that can be wrong with the files and names is found before the store is made or changed. Plans are made
  // again for writing: each holds its file open, and there may be more files than a process can have open.
  std::vector<std::string> names;
  std::unordered_set<std::string> known;
  std::uint64_t arrays = 0;
  std::uint64_t total = 0;
  for (const std::string& file : options.files) {
    const ImportPlan plan = plan_import(file, settings);
    for (const std::string& name : plan.datasets) {
      if (name.starts_with('_')) {
        throw Failure("dataset " + in_quotes(name) + ": names cannot begin with an underscore; give it a --prefix");
      }
      if (!known.insert(name).second) {
        throw Failure(printable(file) + ": a second dataset would be named " + in_quotes(name) +
                      "; import the files one by one with --prefix");
      }
      names.push_back(name);
    }
    for (const std::string& note : plan.notes) {
      std::fputs(("strata: note: " + printable(file) + ": " + note + "\n").c_str(), stderr);
    }
    arrays += plan.arrays.size() * plan.datasets.size();
    total += plan.bytes();
  }

  const strata::Store store = open_or_create(options);
  for (const std::string& name : names) {
    if (!store.exists(name)) continue;
    if (!options.overwrite) {
      throw Failure("dataset " + in_quotes(name) + " is in " + options.store +
                    " already; replace it with --overwrite, or name the new one with --prefix");
    }
    store.remove(name);
  }

  std::uint64_t done = 0;
  for (const std::string& file : options.files) {
    const ImportPlan plan = plan_import(file, settings);
    Importer importer(plan, console, done, total);
    for (std::size_t i = 0; i < plan.datasets.size(); ++i) importer.write_dataset(store, i);
  }
  {
    // One flush: all files are in the store, or none.
    const WatchedCall call(console, "commit");
    store.flush(call.token());
  }
  print("imported " + std::to_string(names.size()) + (names.size() == 1 ? " dataset, " : " datasets, ") +
        std::to_string(arrays) + (arrays == 1 ? " array, " : " arrays, ") + human_bytes(static_cast<double>(done)) +
        " into " + printable(options.store) + "\n");
}

}  // namespace

void add_import(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("import", "Make datasets of a store out of NetCDF files");
  verb->add_option("STORE", options->store, "The store; made when it is not there")->required();
  verb->add_option("FILE", options->files, "NetCDF files")->required();
  verb->add_option("--split", options->plan.split, "Make every index along this dimension a dataset, named by its date")
      ->type_name("DIM");
  verb->add_option("--prefix", options->plan.prefix, "Put this before every dataset's name")->type_name("TEXT");
  verb->add_option("--chunk", options->chunks, "Chunk sizes, as in time=1,lat=90; others stay whole")
      ->delimiter(',')
      ->expected(1)
      ->take_all()
      ->type_name("DIM=N");
  verb->add_option("--codec", options->codec, "Compression of a new store")
      ->check(CLI::IsMember({"none", "lz4", "zstd"}));
  verb->add_option("--level", options->level, "How hard to compress; 0: the codec's default")->type_name("N");
  verb->add_flag("--overwrite", options->overwrite, "Replace datasets that are there already");
  verb->footer(
      "Each file becomes a dataset named by its stem. Types, fill values and dimension names are kept. Attributes of "
      "the\n"
      "file become the dataset's, those of variable v are named \"v.attribute\"; lists become text. Characters become\n"
      "strings; times of the standard calendar within 1677 to 2262 become timestamps, others stay numbers. Variables\n"
      "of groups are named \"group.variable\". Either all files are imported, or nothing.\n\n"
      "Examples:\n"
      "  strata import climate coads_climatology.cdf etopo20.cdf\n"
      "  strata import winds monthly_navy_winds.cdf --split TIME\n"
      "  strata import climate levitus.nc --chunk depth=1 --codec lz4 --overwrite");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
