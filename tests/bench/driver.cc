// driver WORKLOAD DATA_DIR STORE_DIR [key=value ...]: one step of a benchmark in a process of its own, as one line of JSON: what it
// measured, and a checksum by which the drivers of several libraries are compared. README.md has the workloads.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <numeric>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <strata/strata.hpp>

namespace {

using Box = std::vector<std::uint64_t>;

std::map<std::string, std::string> parameters;
std::string data_folder, store_folder, metrics;
bool checked = false;
std::uint64_t checksum = 0;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string parameter(const char *key, const char *otherwise) {
  auto it = parameters.find(key);
  return it == parameters.end() ? otherwise : it->second;
}
std::uint64_t number(const char *key, const char *otherwise) { return std::stoull(parameter(key, otherwise)); }

void put(const std::string &name, double value) {
  char text[160];
  std::snprintf(text, sizeof text, "%s\"%s\": %.9g", metrics.empty() ? "" : ", ", name.c_str(), value);
  metrics += text;
}

void put_latencies(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  put("p50_us", seconds[seconds.size() / 2] * 1e6);
  put("p99_us", seconds[seconds.size() * 99 / 100] * 1e6);
  put("total_s", std::accumulate(seconds.begin(), seconds.end(), 0.0));
}

template <class T>
void add(const std::vector<T> &values) {
  for (const T &v : values) {
    std::uint32_t bits;
    static_assert(sizeof v == sizeof bits);
    std::memcpy(&bits, &v, sizeof bits);
    checksum += bits;
  }
  checked = true;
}

template <class T>
std::vector<T> load(const std::string &name, std::size_t most = SIZE_MAX) {
  const std::string path = data_folder + "/" + name;
  std::vector<T> out(std::min<std::size_t>(most, std::filesystem::file_size(path) / sizeof(T)));
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char *>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(T)))) {
    std::perror(path.c_str());
    std::exit(2);
  }
  return out;
}

void put_size() {
  double bytes = 0, files = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(store_folder))
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size()), ++files;
  put("bytes", bytes);
  put("files", files);
}

int32_t codec() {
  const std::string name = parameter("codec", "zstd");
  return name == "none" ? STRATA_CODEC_NONE : name == "lz4" ? STRATA_CODEC_LZ4 : STRATA_CODEC_ZSTD;
}

strata::Context make_context() {
  strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
  options.threads = static_cast<std::uint32_t>(number("threads", "0"));
  return strata::Context(&options);
}

std::string path() { return store_folder + "/x.af"; }

void fresh() {
  std::filesystem::remove_all(store_folder);
  std::filesystem::create_directories(store_folder);
}

strata::File create(const strata::Context &context) {
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.codec = codec();
  options.block_bytes = number("block", "0");
  return strata::File::create(path(), &options, &context);
}

strata::Array define(const strata::File &file, int32_t type, Box shape, Box chunk) {
  strata::ArraySpec spec;
  spec.name = "a";
  spec.type = type;
  spec.shape = std::move(shape);
  spec.chunk_shape = std::move(chunk);
  return file.define(spec);
}

template <class T>
void write_whole(int32_t type, const Box &shape, const Box &chunk, const std::vector<T> &values) {
  fresh();
  const double start = now();
  {
    const auto context = make_context();
    auto file = create(context);
    define(file, type, shape, chunk).write<T>(values);
    file.flush();
  }
  put("write_s", now() - start);
  put("durable_s", now() - start);  // a flush is
  put_size();
}

template <class T>
void read_whole() {
  const auto context = make_context();
  const double start = now();
  const auto file = strata::File::open(path(), nullptr, &context);
  const auto array = file.array("a");
  put("open_s", now() - start);
  const auto values = array.read<T>();
  put("read_s", now() - start);
  add(values);
}

void read_boxes(const char *name, bool warm) {
  const auto origins = load<std::int32_t>(name);
  const auto context = make_context();
  const auto file = strata::File::open(path(), nullptr, &context);
  const auto array = file.array("a");
  std::vector<float> values(32 * 32 * 32);
  std::vector<double> seconds;
  for (int pass = warm ? 0 : 1; pass < 2; ++pass)
    for (std::size_t i = 0; i < number("count", "2000"); ++i) {
      const Box start{std::uint64_t(origins[3 * i]), std::uint64_t(origins[3 * i + 1]), std::uint64_t(origins[3 * i + 2])};
      const double before = now();
      array.read<float>(values, start, Box{32, 32, 32});
      if (pass == 0) continue;
      seconds.push_back(now() - before);
      add(values);
    }
  put_latencies(seconds);
}

std::uint64_t tiles() { return static_cast<std::uint64_t>(std::sqrt(static_cast<double>(number("n", "0")))); }

void small_write() {
  const std::uint64_t edge = tiles() * 32;
  const auto all = load<float>("smooth2.f32");
  std::vector<float> values;
  values.reserve(edge * edge);
  for (std::uint64_t y = 0; y < edge; ++y) values.insert(values.end(), &all[y * 8192], &all[y * 8192] + edge);
  write_whole(STRATA_FLOAT32, {edge, edge}, {32, 32}, values);
}

void small_pick() {
  const auto picks = load<std::int32_t>("picks.i32");
  const auto context = make_context();
  const auto file = strata::File::open(path(), nullptr, &context);
  const auto array = file.array("a");
  std::vector<float> values(32 * 32);
  std::vector<double> seconds;
  for (std::size_t i = 0; i < number("count", "1000"); ++i) {
    const std::uint64_t pick = static_cast<std::uint64_t>(picks[i]) % number("n", "0");
    const double before = now();
    array.read<float>(values, Box{pick / tiles() * 32, pick % tiles() * 32}, Box{32, 32});
    seconds.push_back(now() - before);
    add(values);
  }
  put_latencies(seconds);
}

std::string dataset_name(const char *prefix, std::uint64_t i) {
  char name[32];
  std::snprintf(name, sizeof name, "%s_%05llu", prefix, static_cast<unsigned long long>(i));
  return name;
}

template <class T>
void put_array(const strata::Dataset &dataset, const char *name, int32_t type, const Box &shape, std::vector<std::string> dimensions,
               const T *values) {
  strata::ArraySpec spec;
  spec.name = name;
  spec.type = type;
  spec.shape = shape;
  spec.dimension_names = std::move(dimensions);
  const std::uint64_t n = std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
  dataset.define(spec).write<T>(std::span<const T>(values, n));
}

void add_dataset(const strata::Store &store, const std::string &name, std::uint64_t i, const float *temperature, const float *pressure,
                 const std::int32_t *flag) {
  const auto dataset = store.create_dataset(name);
  put_array(dataset, "temperature", STRATA_FLOAT32, {365}, {"day"}, temperature);
  put_array(dataset, "pressure", STRATA_FLOAT32, {24, 32}, {"y", "x"}, pressure);
  put_array(dataset, "flag", STRATA_INT32, {365}, {"day"}, flag);
  const double at = static_cast<double>(i);
  dataset.set_attribute("station", strata::Value::text(dataset_name("station", i)));
  dataset.set_attribute("lat", strata::Value::real(at * 0.017 - 85.0));
  dataset.set_attribute("lon", strata::Value::real(at * 0.035 - 175.0));
  dataset.set_attribute("year", strata::Value::integer(static_cast<std::int64_t>(1950 + i % 70)));
  dataset.set_attribute("valid", strata::Value::boolean(i % 3 != 0));
}

strata_store_options store_options() {
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.codec = codec();
  options.block_bytes = number("block", "0");
  if (parameter("meta", "json") != "json") options.meta_format = STRATA_META_MSGPACK, options.meta_compression = STRATA_CODEC_ZSTD;
  return options;
}

void store_write() {
  const std::uint64_t n = number("n", "0");
  const auto temperature = load<float>("w5_temp.f32", n * 365), pressure = load<float>("w5_pres.f32", n * 768);
  const auto flag = load<std::int32_t>("w5_flag.i32", n * 365);
  fresh();
  std::filesystem::remove(store_folder);
  const double start = now();
  {
    const auto context = make_context();
    const auto options = store_options();
    const auto store = strata::Store::create(store_folder, &options, &context);
    for (std::uint64_t i = 0; i < n; ++i)
      add_dataset(store, dataset_name("ds", i), i, &temperature[i * 365], &pressure[i * 768], &flag[i * 365]);
    put("build_s", now() - start);
    store.flush();
  }
  put("write_s", now() - start);
  put("durable_s", now() - start);
  put_size();
}

void store_across() {
  const auto context = make_context();
  const double start = now();
  const auto store = strata::Store::open(store_folder, nullptr, &context);
  put("open_s", now() - start);
  const double listing = now();
  const auto names = store.datasets().all();
  put("list_s", now() - listing);
  const double reading = now();
  std::vector<float> values(names.size() * 365);
  strata_error error = STRATA_ERROR_INIT;
  if (strata_store_read_stacked(store.get(), "temperature", STRATA_NUL, nullptr, 0, 0, nullptr, nullptr, nullptr, values.data(),
                                values.size() * sizeof(float), nullptr, nullptr, &error) != STRATA_OK)
    throw strata::Error(error, error.status);
  put("across_s", now() - reading);
  put("total_s", now() - start);
  add(values);
}

void store_ones() {
  const auto picks = load<std::int32_t>("picks.i32");
  const auto context = make_context();
  const auto store = strata::Store::open(store_folder, nullptr, &context);
  std::vector<double> seconds;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string name = dataset_name("ds", static_cast<std::uint64_t>(picks[i]) % number("n", "0"));
    const double before = now();
    const auto dataset = store.dataset(name);
    const auto temperature = dataset.array("temperature").read<float>();
    const auto pressure = dataset.array("pressure").read<float>();
    const auto flag = dataset.array("flag").read<std::int32_t>();
    const auto year = dataset.attribute("year").as<std::int64_t>();
    seconds.push_back(now() - before);
    checksum += static_cast<std::uint64_t>(year);
    add(temperature);
    add(pressure);
    add(flag);
  }
  put_latencies(seconds);
}

void store_open() {
  const auto context = make_context();
  const double start = now();
  const auto store = strata::Store::open(store_folder, nullptr, &context);
  put("open_s", now() - start);
  const auto value = store.dataset(dataset_name("ds", number("n", "0") / 2)).array("temperature").read<float>(Box{100}, Box{1});
  put("first_value_s", now() - start);
  add(value);
}

void store_add() {
  const auto temperature = load<float>("w5_temp.f32", 365), pressure = load<float>("w5_pres.f32", 768);
  const auto flag = load<std::int32_t>("w5_flag.i32", 365);
  const auto context = make_context();
  const auto store = strata::Store::open(store_folder, nullptr, &context);
  std::vector<double> seconds;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const double before = now();
    add_dataset(store, dataset_name("new", i), i, temperature.data(), pressure.data(), flag.data());
    store.flush();
    seconds.push_back(now() - before);
  }
  put_latencies(seconds);
}

std::vector<float> cube(const std::vector<float> &all, Box origin, std::uint64_t edge) {
  std::vector<float> out;
  out.reserve(edge * edge * edge);
  for (std::uint64_t z = 0; z < edge; ++z)
    for (std::uint64_t y = 0; y < edge; ++y) {
      const float *row = &all[((origin[0] + z) * 512 + origin[1] + y) * 512 + origin[2]];
      out.insert(out.end(), row, row + edge);
    }
  return out;
}

void updates() {
  const std::uint64_t edge = number("base", "256");
  const auto all = load<float>("smooth3.f32");
  const auto origins = load<std::int32_t>("upd.i32");
  const auto base = cube(all, {0, 0, 0}, edge);
  fresh();
  const auto context = make_context();
  double start = now();
  {
    auto file = create(context);
    auto array = define(file, STRATA_FLOAT32, {edge, edge, edge}, {64, 64, 64});
    array.write<float>(base);
    file.flush();
    put("base_s", now() - start);
    std::vector<double> seconds;
    for (std::size_t i = 0; i < 50; ++i) {
      const Box at{std::uint64_t(origins[3 * i]), std::uint64_t(origins[3 * i + 1]), std::uint64_t(origins[3 * i + 2])};
      const auto values = cube(all, {at[0] + 256, at[1] + 256, at[2] + 256}, 40);
      const double before = now();
      array.write<float>(values, at, Box{40, 40, 40});
      file.flush();
      seconds.push_back(now() - before);
    }
    put("updates_s", std::accumulate(seconds.begin(), seconds.end(), 0.0));
    std::sort(seconds.begin(), seconds.end());
    put("upd_p50_ms", seconds[25] * 1e3);
    put("upd_max_ms", seconds[49] * 1e3);
  }
  put_size();
  auto read = [&](const char *metric) {
    const auto own = make_context();
    const double before = now();
    auto values = strata::File::open(path(), nullptr, &own).array("a").read<float>();
    put(metric, now() - before);
    return values;
  };
  const auto layered = read("read50_s");
  start = now();
  strata::File::open(path(), nullptr, &context).compact();
  put("compact_s", now() - start);
  if (read("read_compact_s") != layered) throw std::runtime_error("a compaction changed values");
  add(layered);
}

void rows_write() {
  const std::uint64_t n = number("n", "0");
  const auto all = load<float>("smooth2.f32", n * 8192);
  fresh();
  const double start = now();
  const auto context = make_context();
  auto file = create(context);
  auto array = define(file, STRATA_FLOAT32, {n, n}, {256, 256});
  for (std::uint64_t y = 0; y < n; ++y) array.write<float>(std::span(&all[y * 8192], n), Box{y, 0}, Box{1, n});
  file.flush();
  put("write_s", now() - start);
  put("durable_s", now() - start);
  put_size();
  add(array.read<float>());
}

void texts_write() {
  const auto offsets = load<std::uint32_t>("strings.off");
  const auto bytes = load<char>("strings.bin");
  const std::vector<std::int64_t> wide(offsets.begin(), offsets.end());
  const std::uint64_t n = offsets.size() - 1;
  fresh();
  const double start = now();
  const auto context = make_context();
  auto file = create(context);
  auto array = define(file, STRATA_STRING, {n}, {65536});
  strata_error error = STRATA_ERROR_INIT;
  if (strata_array_write_varlen(array.get(), 1, nullptr, nullptr, wide.data(), wide.size(), bytes.data(), bytes.size(), nullptr,
                                &error) != STRATA_OK)
    throw strata::Error(error, error.status);
  file.flush();
  put("write_s", now() - start);
  put("durable_s", now() - start);
  put_size();
}

void texts_read() {
  const auto context = make_context();
  const double start = now();
  const auto file = strata::File::open(path(), nullptr, &context);
  const auto texts = file.array("a").read_texts();
  put("read_s", now() - start);
  for (std::size_t i = 0; i < texts.size(); ++i)
    checksum += texts[i].size() * ((i + 1) % 1000 + 1) + static_cast<unsigned char>(texts[i].back());
  checked = true;
}

void attributes_write() {
  const std::uint64_t n = number("n", "0");
  fresh();
  const double start = now();
  const auto context = make_context();
  auto file = create(context);
  auto name_of = [](std::uint64_t i) { return dataset_name("a", i); };
  for (std::uint64_t i = 0; i < n; ++i) {
    strata::ArraySpec spec;
    spec.name = name_of(i);
    spec.type = STRATA_FLOAT32;
    spec.shape = {1};
    const auto array = file.define(spec);
    const float value = static_cast<float>(i);
    array.write<float>(std::span(&value, 1));
    array.set_attribute("station", strata::Value::text(dataset_name("station", i)));
    array.set_attribute("lat", strata::Value::real(static_cast<double>(i) * 0.017 - 85.0));
    array.set_attribute("lon", strata::Value::real(static_cast<double>(i) * 0.035 - 175.0));
    array.set_attribute("year", strata::Value::integer(static_cast<std::int64_t>(1950 + i % 70)));
    array.set_attribute("valid", strata::Value::boolean(i % 3 != 0));
  }
  file.flush();
  put("write_s", now() - start);
  const double reading = now();
  const auto again = strata::File::open(path(), nullptr, &context);
  double wrong = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto array = again.array(name_of(i));
    wrong += array.attribute("station").bytes() != dataset_name("station", i);
    wrong += array.attribute("year").as<std::int64_t>() != static_cast<std::int64_t>(1950 + i % 70);
  }
  put("read_s", now() - reading);
  put("wrong", wrong);
  put_size();
}

bool run(const std::string &work) {
  const std::string source = parameter("src", "smooth3.f32");
  const bool integers = source.ends_with(".i32");
  const Box cube512{512, 512, 512}, chunk{64, 64, 64};
  if (work == "w1_write" && integers) write_whole(STRATA_INT32, cube512, chunk, load<std::int32_t>(source));
  else if (work == "w1_write") write_whole(STRATA_FLOAT32, cube512, chunk, load<float>(source));
  else if (work == "w2_read" && integers) read_whole<std::int32_t>();
  else if (work == "w2_read" || work == "w4_read") read_whole<float>();
  else if (work == "w3_cold") read_boxes("boxes.i32", false);
  else if (work == "w3_hot") read_boxes("hotboxes.i32", true);
  else if (work == "w4_write") small_write();
  else if (work == "w4_pick") small_pick();
  else if (work == "w5_write") store_write();
  else if (work == "w5_across") store_across();
  else if (work == "w5_ones") store_ones();
  else if (work == "w5_add") store_add();
  else if (work == "w7_open") store_open();
  else if (work == "w6") updates();
  else if (work == "w8_write") texts_write();
  else if (work == "w8_read") texts_read();
  else if (work == "w9_rows") rows_write();
  else if (work == "w10_attrs") attributes_write();
  else return false;
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: driver WORKLOAD DATA_DIR STORE_DIR [key=value ...]\n");
    return 2;
  }
  data_folder = argv[2];
  store_folder = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string text = argv[i];
    if (const auto at = text.find('='); at != text.npos) parameters[text.substr(0, at)] = text.substr(at + 1);
  }
  try {
    if (!run(argv[1])) {
      std::puts("{\"skip\": \"no such workload\"}");
      return 0;
    }
  } catch (const std::exception &e) {
    std::fprintf(stderr, "driver: %s\n", e.what());
    return 1;
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  put("rss_kb", static_cast<double>(usage.ru_maxrss));
  if (checked) std::printf("{\"m\": {%s}, \"check\": \"%llu\"}\n", metrics.c_str(), static_cast<unsigned long long>(checksum));
  else std::printf("{\"m\": {%s}, \"check\": null}\n", metrics.c_str());
}
