// strata import: NetCDF files become datasets of a store.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <unordered_set>

#include "boxes.h"
#include "command.h"
#include "import_plan.h"
#include "interrupt.h"
#include "json_out.h"
#include "nc_attributes.h"
#include "nc_note.h"
#include "observe.h"
#include "progress.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string store;
  std::vector<std::string> files;
  ImportOptions plan;
  std::vector<std::string> chunks;
  std::string codec;
  int level = 0;
  bool overwrite = false;
  std::string on_error = "skip";
  bool json = false;
};

// A file that failed after it had taken something away: then there is no going on.
struct CannotGoOn : Failure {
  using Failure::Failure;
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
    strata::Store store = strata::Store::open(options.store, &settings, context());
    if (!options.codec.empty()) {
      tell("note: --codec counts when a store is made; this one keeps its own");
    }
    return store;
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
  }
  settings.codec = codec_of(options.codec);
  return strata::Store::create(options.store, &settings, context());
}

class Importer {
 public:
  Importer(const ImportPlan& plan, std::uint64_t& done) : plan_(plan), done_(done) {}

  void write_dataset(const strata::Store& store, std::size_t index) {
    const strata::Dataset dataset = store.create_dataset(plan_.datasets[index]);
    for (const auto& [key, value] : plan_.attributes) dataset.set_attribute(key, value);
    dataset.set_note(kNetcdfNote, plan_.note);
    for (const PlannedArray& planned : plan_.arrays) {
      switch (planned.conversion) {
        case Conversion::kTimes:
          write_times(dataset.define(planned.spec), planned, index);
          break;
        case Conversion::kFolded:
        case Conversion::kStrings:
          write_texts(dataset.define(planned.spec), planned, index);
          break;
        case Conversion::kLists:
          write_lists(dataset, planned, index);
          break;
        case Conversion::kNone:
          write_numbers(dataset.define(planned.spec), planned, index);
      }
    }
  }

 private:
  const NcVariable& variable_of(const PlannedArray& planned) const {
    return plan_.reader.file().variables[planned.variable];
  }

  // A region of the array as one of the variable: the split axis comes back as one index, that of folded characters whole.
  std::pair<strata::Extents, strata::Extents> in_variable(const PlannedArray& planned, std::size_t index,
                                                          strata::Extents start, strata::Extents count) const {
    const NcVariable& variable = variable_of(planned);
    if (planned.split) {
      const auto axis = static_cast<std::ptrdiff_t>(*planned.split);
      start.insert(start.begin() + axis, index);
      count.insert(count.begin() + axis, 1);
    }
    while (start.size() < variable.dimensions.size()) {
      count.push_back(plan_.reader.file().dimensions[variable.dimensions[start.size()]].size);
      start.push_back(0);
    }
    return {std::move(start), std::move(count)};
  }

  std::pair<strata::Extents, strata::Extents> whole(const PlannedArray& planned, std::size_t index) const {
    return in_variable(planned, index, strata::Extents(planned.spec.shape.size(), 0), planned.spec.shape);
  }

  void write_numbers(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const std::size_t width = strata_type_size(planned.spec.type);
    const strata::Extents box = box_of(planned.spec.shape, array.chunk_shape(), width);
    for_each_box(planned.spec.shape, box, [&](const strata::Extents& start, const strata::Extents& count) {
      buffer_.resize(product(count) * width);
      const auto [from, size] = in_variable(planned, index, start, count);
      stop_if_asked();
      plan_.reader.read(planned.variable, from, size, buffer_);
      array.write_bytes(buffer_, start, count, stop_token());
      done_ += buffer_.size();
    });
  }

  void write_texts(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const std::size_t elements = product(planned.spec.shape);
    if (elements == 0) return;
    const auto [from, size] = whole(planned, index);
    std::vector<std::string> texts;
    if (planned.conversion == Conversion::kStrings) {
      texts = plan_.reader.read_strings(planned.variable, from, size);
    } else {
      std::string characters(product(size), '\0');
      plan_.reader.read(planned.variable, from, size, std::as_writable_bytes(std::span(characters)));
      const std::size_t length = characters.size() / elements;
      for (std::size_t i = 0; i < elements; ++i) {
        const std::string text = characters.substr(i * length, length);
        texts.push_back(text.substr(0, text.find('\0')));
      }
    }
    for (std::string& text : texts) {
      text = planned.latin1 ? utf8_of_latin1(text) : utf8_of(text);
      done_ += text.size();
    }
    array.write_texts<std::string>(texts, {}, {}, stop_token());
  }

  void write_lists(const strata::Dataset& dataset, const PlannedArray& planned, std::size_t index) {
    const strata::Array array = dataset.define_nested(planned.spec, planned.nested_type);
    if (product(planned.spec.shape) == 0) return;
    const auto [from, size] = whole(planned, index);
    const NetcdfReader::Lists lists = plan_.reader.read_lists(planned.variable, from, size);
    const std::vector<std::span<const std::int64_t>> offsets = {lists.offsets};
    array.write_nested(offsets, lists.values, {}, {}, stop_token());
    done_ += lists.values.size();
  }

  void write_times(const strata::Array& array, const PlannedArray& planned, std::size_t index) {
    const NcVariable& variable = variable_of(planned);
    const std::vector<std::int64_t>& all = planned.times;
    std::vector<std::int64_t> part;
    if (planned.split) {
      const auto extent = [&](std::size_t axis) { return plan_.reader.file().dimensions[variable.dimensions[axis]].size; };
      std::size_t inner = 1;
      for (std::size_t axis = *planned.split + 1; axis < variable.dimensions.size(); ++axis) inner *= extent(axis);
      const std::size_t step = inner * extent(*planned.split);
      for (std::size_t at = index * inner; at < all.size(); at += step) {
        part.insert(part.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                    all.begin() + static_cast<std::ptrdiff_t>(at + inner));
      }
    }
    const std::vector<std::int64_t>& values = planned.split ? part : all;
    if (!values.empty()) array.write<std::int64_t>(values, {}, {}, stop_token());
    done_ += values.size() * sizeof(std::int64_t);
  }

  const ImportPlan& plan_;
  std::vector<std::byte> buffer_;
  std::uint64_t& done_;
};

struct Totals {
  std::uint64_t arrays = 0, bytes = 0;
  std::vector<std::string> datasets;
  std::vector<std::pair<std::string, std::string>> failed;  // file, why
};

// One file. Throws when it cannot be: then nothing of it is in the store.
void import_file(const strata::Store& store, const std::string& file, const ImportPlan& plan, const Options& options,
                 std::unordered_set<std::string>& made, Totals& totals) {
  for (const std::string& name : plan.datasets) {
    if (made.contains(name))
      throw Failure(printable(file) + ": a second dataset would be named " + in_quotes(name) +
                    "; import the files one by one with --prefix");
    if (!options.overwrite && store.exists(name))
      throw Failure(printable(file) + ": dataset " + in_quotes(name) + " is in " + options.store +
                    " already; replace it with --overwrite, or name the new one with --prefix");
  }
  std::size_t begun = 0;
  bool replaces = false;
  Importer importer(plan, totals.bytes);
  try {
    for (; begun < plan.datasets.size(); ++begun) {
      stop_if_asked();
      const std::string& name = plan.datasets[begun];
      if (store.exists(name)) {
        replaces = true;
        store.remove(name);
      }
      importer.write_dataset(store, begun);
    }
  } catch (const std::runtime_error& error) {
    stop_if_asked();
    if (replaces) throw CannotGoOn(std::string(error.what()) + "; it was to replace a dataset, so nothing was imported");
    for (std::size_t i = 0; i <= begun; ++i)
      if (store.exists(plan.datasets[i])) store.remove(plan.datasets[i]);
    throw;
  }
  made.insert(plan.datasets.begin(), plan.datasets.end());
  for (const std::string& note : plan.notes) tell("note: " + file + ": " + note);
  totals.datasets.insert(totals.datasets.end(), plan.datasets.begin(), plan.datasets.end());
  totals.arrays += plan.arrays.size() * plan.datasets.size();
}

void run(const Options& options, const Console& console) {
  ImportOptions settings = options.plan;
  settings.chunks = parse_chunks(options.chunks);
  if (is_array_file(options.store)) {
    throw UsageError("import makes a store, a folder; " + options.store + " would be an array file");
  }
  const bool skip = options.on_error == "skip";
  std::optional<strata::Store> store;  // not made for nothing
  std::unordered_set<std::string> made;
  Totals totals;
  Progress progress(console, "import");
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const std::string& file = options.files[i];
    progress.update(i, options.files.size(), file);
    if_stopped("nothing was imported: all files are one commit, and " + std::to_string(i) + " of " + std::to_string(options.files.size()) +
               " had been read");
    stop_if_asked();
    try {
      const ImportPlan plan = plan_import(file, settings);
      if (!store) store = open_or_create(options);
      import_file(*store, file, plan, options, made, totals);
    } catch (const CannotGoOn&) {
      throw;
    } catch (const std::runtime_error& error) {
      stop_if_asked();
      if (!skip) throw;
      progress.clear();
      tell(std::string("skipped: ") + error.what());
      totals.failed.emplace_back(file, error.what());
    }
  }
  progress.clear();
  if_stopped("nothing was imported: all files are one commit, which was not made");
  // One commit: all that was imported is in the store, or nothing.
  if (!totals.datasets.empty()) commit(*store, console);
  if (options.json) {
    JsonOut json;
    json.object().key("store").text(options.store).key("datasets").texts(totals.datasets).key("arrays").number(totals.arrays);
    json.key("bytes").number(totals.bytes).key("skipped").array();
    for (const auto& [file, why] : totals.failed) json.object().key("file").text(file).key("why").text(why).end_object();
    json.end_array().end_object().print();
  } else {
    print("imported " + counted(totals.datasets.size(), "dataset") + ", " + counted(totals.arrays, "array") + ", " +
          human_bytes(static_cast<double>(totals.bytes)) + " into " + printable(options.store) + "\n");
  }
  if (!totals.failed.empty())
    throw Failure(counted(totals.failed.size(), "file") + " of " + std::to_string(options.files.size()) + " could not be imported");
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
  verb->add_option("--on-error", options->on_error, "A file that cannot be imported: leave it out, or import nothing at all")
      ->check(CLI::IsMember({"skip", "stop"}))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Each file becomes a dataset named by its stem. Types, fill values and dimension names are kept; attributes of the\n"
      "file become the dataset's, those of variable v are named \"v.attribute\". Characters become strings; times of the\n"
      "standard calendar within 1677 to 2262 become timestamps where nothing is lost, others stay numbers. Variable v of\n"
      "group g is named \"g.v\". What a store has no place for (groups, unlimited dimensions, lists as attributes ...) is\n"
      "kept as well, for `strata export`.\n\n"
      "Examples:\n"
      "  strata import climate coads_climatology.cdf etopo20.cdf\n"
      "  strata import winds monthly_navy_winds.cdf --split TIME\n"
      "  strata import climate levitus.nc --chunk depth=1 --codec lz4 --overwrite\n"
      "  strata import archive data/*.nc --on-error stop");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
