// SPDX-License-Identifier: MIT
/// @file
/// Compares the kernels with Eigen, OpenBLAS, oneDNN and libxsmm, all interleaved in one run, and writes kernels.json
/// and roofline.svg. `tools/bench` builds and starts it.
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "simd/table_report.hpp"
#include "support/roofline.hpp"

namespace {

using namespace bench;

constexpr const char* usage =
    "usage: bench_simd_kernels_table [--output FOLDER] [--only TEXT] [--seconds S]\n"
    "  --output FOLDER  where kernels.json and roofline.svg go (default: out/bench)\n"
    "  --only TEXT      measure the cases whose line of progress contains TEXT\n"
    "  --seconds S      measure about S seconds a case (default: 2)\n"
    "  --list           print the cases\n"
    "  --openblas       print OpenBLAS's version and the processor that it takes this one for";

struct Options {
  std::string output = "out/bench";
  std::string only;
  double seconds = 2.0;
};

/// None where the program has said what there is to say.
std::optional<Options> parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-h" || argument == "--help") {
      std::puts(usage);
      return {};
    }
    if (argument == "--openblas") {
      for (const auto& [peer, version] : peer_versions()) {
        if (peer == "OpenBLAS") {
          std::puts(version.c_str());
        }
      }
      return {};
    }
    if (argument == "--list") {
      for (const Case& what : compared_cases()) {
        std::puts(what.text().c_str());
      }
      for (const OddCase& what : odd_cases()) {
        std::puts(("odd " + what.odd.text()).c_str());
      }
      return {};
    }
    if (argument != "--output" && argument != "--only" && argument != "--seconds") {
      throw std::invalid_argument("unknown argument '" + argument + "'; see --help");
    }
    if (i + 1 == arguments.size()) {
      throw std::invalid_argument(argument + " needs a value; see --help");
    }
    const std::string& value = arguments[++i];
    if (argument == "--output") {
      options.output = value;
    } else if (argument == "--only") {
      options.only = value;
    } else {
      char* end = nullptr;
      options.seconds = std::strtod(value.c_str(), &end);
      if (end == value.c_str() || *end != '\0' || !(options.seconds > 0.0) || options.seconds > 3600.0) {
        throw std::invalid_argument("--seconds " + value + " is not a number of seconds");
      }
    }
  }
  return options;
}

template <class Any>
std::vector<Any> chosen(std::vector<Any> all, const std::string& only, std::string (*text)(const Any&)) {
  std::erase_if(all, [&](const Any& one) { return text(one).find(only) == std::string::npos; });
  return all;
}

std::string text_of(const Case& what) {
  return what.text();
}

std::string text_of(const OddCase& what) {
  return "odd " + what.odd.text();
}

/// The limits of the largest and the smallest float array of a thread count are its roofs.
std::vector<Panel> panels(const std::vector<Row>& rows) {
  std::vector<Panel> all;
  for (const int threads : {1, 2}) {
    Panel panel;
    panel.title = processor_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    const Row* largest = nullptr;
    const Row* reader = nullptr;
    const Row* smallest = nullptr;
    for (const Row& row : rows) {
      if (row.what.threads != threads) {
        continue;
      }
      panel.dots.push_back({std::string(name(row.what.operation)) + " " + name(row.what.type) + " " + row.what.shape() +
                                " K=" + std::to_string(row.what.rank) +
                                number(", %.0f %% of limit", row.share_of_limit() * 100.0),
                            row.work.intensity(), row.gigaflops(), std::min(static_cast<int>(row.what.operation), 3)});
      if (row.what.type == Type::f32) {
        if (row.work.read > row.work.written && (reader == nullptr || row.work.bytes() > reader->work.bytes())) {
          reader = &row;  // there, reading was measured side by side
        }
        largest = largest == nullptr || row.work.bytes() > largest->work.bytes() ? &row : largest;
        smallest = smallest == nullptr || row.work.bytes() < smallest->work.bytes() ? &row : smallest;
      }
    }
    if (largest != nullptr) {
      const double peak = largest->limits.flops / 1e9;
      panel.roofs.push_back({"multiply-adds in float", 0, peak});
      panel.roofs.push_back({"fill in memory", largest->limits.store() / 1e9, peak});
      panel.roofs.push_back({"read in memory", (reader != nullptr ? reader : largest)->limits.read / 1e9, peak});
      if (smallest->work.bytes() < largest->work.bytes() / 4) {
        panel.roofs.push_back({"fill in a cache", smallest->limits.store() / 1e9, peak});
        panel.roofs.push_back({"read in a cache", smallest->limits.read / 1e9, peak});
      }
    }
    if (!panel.dots.empty()) {
      all.push_back(std::move(panel));
    }
  }
  return all;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path.string());
  }
  std::printf("wrote %s\n", path.c_str());
}

int run(const Options& options) {
  std::filesystem::create_directories(options.output);
  nlohmann::json where = machine();
  std::printf("%s, %u cores, kernels: %s; peers:", where["processor"].get<std::string>().c_str(),
              std::thread::hardware_concurrency(), where["level"].get<std::string>().c_str());
  for (const auto& [peer, version] : peer_versions()) {
    std::printf(" %s %s;", peer.c_str(), version.c_str());
  }
  std::printf("\n");
  if (where["load_at_start"] > 0.7) {
    std::printf("the machine is busy (load %.1f): ratios hold, shares of limits are worth less\n",
                where["load_at_start"].get<double>());
  }
  const auto cases = chosen<Case>(compared_cases(), options.only, text_of);
  const auto odd_ones = chosen<OddCase>(odd_cases(), options.only, text_of);
  const std::size_t total = cases.size() + odd_ones.size();
  if (total == 0) {
    throw std::invalid_argument("no case contains '" + options.only + "'; see --list");
  }
  std::vector<Row> rows;
  std::vector<OddRow> odd_rows;
  for (const Case& what : cases) {
    rows.push_back(measure(what, options.seconds));
    const Row& row = rows.back();
    std::printf("[%zu/%zu] %s: %.1f us, %.0f %% of the limit, %s\n", rows.size(), total, what.text().c_str(),
                row.ours.seconds * 1e6, row.share_of_limit() * 100.0, against_best(row).c_str());
    std::fflush(stdout);
  }
  for (const OddCase& what : odd_ones) {
    odd_rows.push_back(measure(what, options.seconds / 5.0));
    std::printf("[%zu/%zu] %s: %.2f of %s K=%td per element\n", rows.size() + odd_rows.size(), total,
                text_of(what).c_str(), odd_rows.back().per_element(), what.round.shape().c_str(), what.round.rank);
    std::fflush(stdout);
  }
  print_table(rows, odd_rows);
  const std::filesystem::path folder = options.output;
  write(folder / "kernels.json", to_json(rows, odd_rows, std::move(where)).dump(2) + "\n");
  if (!rows.empty()) {
    write(folder / "roofline.svg", Roofline(panels(rows)).draw());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse({argv + 1, argv + argc});
    return options ? run(*options) : 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "bench_simd_kernels_table: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_simd_kernels_table: %s\n", error.what());
    return 1;
  }
}
