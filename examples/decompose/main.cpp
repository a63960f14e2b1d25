// SPDX-License-Identifier: MIT
// Decomposes the matrices of any model in safetensors files: a basis for each group, scores for each row, and a report
// of what they explain. The model stays in its files; scores are held until they are written.
#include <ampsft/basis/partial_file.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/atomic_file.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "decompose/output.hpp"
#include "decompose/report.hpp"
#include "support/html.hpp"

namespace {

using namespace decompose;

void say_source(const Options& options, const Source& source) {
  std::printf("%s: %s in %zu files, %ld matrices in %zu groups, %ld left out\n", options.model.string().c_str(),
              example::bytes(static_cast<double>(source.tensors.file_bytes())).c_str(), source.tensors.files().size(),
              static_cast<long>(source.matrices), source.stacks.size(), static_cast<long>(source.left_out));
  std::fflush(stdout);
}

void write_partial(const Options& options) {
  const Source source = open_source(options);
  say_source(options, source);
  ampsft::save_partial(options.partial_out, accumulate_all(source));
  std::printf("Written: %s\n", options.partial_out.string().c_str());
}

/// Seconds since the last call.
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void run(const Options& options) {
  const auto moments = options.merge.empty() ? std::vector<Moments>{} : ampsft::merge_partials<float>(options.merge);
  std::optional<Source> source;
  if (!options.model.empty()) {
    source.emplace(open_source(options));
    say_source(options, *source);
  }
  Outputs outputs;
  outputs.make_folder(options.output);
  if (source && !moments.empty()) {
    require_same_matrices(moments, *source);
  }
  Stopwatch watch;
  nlohmann::json seconds;
  const Bases bases = moments.empty() ? make_bases(options, *source) : make_bases(options, moments);
  seconds["bases"] = watch.lap();
  Result result = source ? score_all(*source, bases, moments) : without_scores(moments, bases);
  seconds["scores"] = watch.lap();
  write_tensors(options, result, outputs);
  seconds["writing"] = watch.lap();
  auto report = report_json(options, result);
  report["seconds"] = seconds;
  if (options.verify) {
    const Verification found = verify(options, *source);
    report["verified"] = {{"matrices", found.matrices}, {"largest_difference", found.largest_difference}};
  }
  ampsft::write_text(outputs.announce(options.output / "report.json"), report.dump(1) + "\n");
  ampsft::write_text(outputs.announce(options.output / "report.html"), report_html(report));
  outputs.keep();
  std::printf("%s\nWritten: basis%s.safetensors, report.html and report.json in %s\n", report_text(report).c_str(),
              source ? ".safetensors, scores" : "", options.output.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    if (!parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    if (options.partial_out.empty()) {
      run(options);
    } else {
      write_partial(options);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
