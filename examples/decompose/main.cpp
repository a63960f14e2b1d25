// SPDX-License-Identifier: MIT
// Decomposes the matrices of any model in safetensors files: a basis for each group, scores for each row, and a report
// of what they explain. The model stays in its files; of scores and moments only a part is in memory.
#include <ampsft/basis/files/join_files.hpp>
#include <ampsft/basis/files/partial_files.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/make_folders.hpp>
#include <ampsft/io/writable.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "decompose/inputs.hpp"
#include "decompose/meter.hpp"
#include "decompose/output.hpp"
#include "decompose/report.hpp"
#include "decompose/verify.hpp"
#include "support/html.hpp"
#include "support/program.hpp"

namespace {

using namespace decompose;

void say_source(const Options& options, const Source& source) {
  std::printf("%s: %s in %zu files, %ld matrices in %zu groups, %ld left out\n", options.model.string().c_str(),
              example::bytes(static_cast<double>(source.tensors.file_bytes())).c_str(), source.tensors.files().size(),
              static_cast<long>(source.matrices), source.stacks.size(), static_cast<long>(source.left_out));
  std::fflush(stdout);
}

/// One group at a time is in memory; each is written to a file of its own first.
void write_partial(const Options& options) {
  const Source source = open_source(options);
  require_inputs_kept(options, &source);
  say_source(options, source);
  const auto& file = options.partial_out;
  ampsft::require_writable(file);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  ampsft::make_folders(folder);
  const Scratch scratch(folder / (".decompose-" + file.filename().string()));
  Meter meter("accumulating", source.work(), false);
  std::vector<std::filesystem::path> parts;
  for (const auto& stack : source.stacks) {
    const auto width = static_cast<double>(stack.width());
    std::vector<ampsft::StackMoments<float>> moments;
    moments.push_back(ampsft::accumulate(stack, [&](Index rows) { meter.add(static_cast<double>(rows) * width); }));
    parts.push_back(scratch.file(ampsft::concat("part.", parts.size())));
    ampsft::save_partial(parts.back(), moments);
  }
  ampsft::join_partials(file, parts);
  meter.done(ampsft::concat(source.matrices, " matrices"));
  std::printf("Written: %s\n", file.string().c_str());
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
  std::optional<ampsft::PartialFiles> partial;
  if (!options.merge.empty()) {
    partial.emplace(options.merge);
  }
  std::optional<Source> source;
  if (!options.model.empty()) {
    source.emplace(open_source(options));
    say_source(options, *source);
  }
  require_inputs_kept(options, source ? &*source : nullptr);
  const auto merged = partial ? partial->stacks() : std::vector<ampsft::PartialStack>{};
  if (source && partial) {
    require_same_matrices(merged, *source);
  }
  Outputs outputs(options.output);
  const auto basis_file = outputs.stage("basis.safetensors");
  const auto score_file = source ? outputs.stage("scores.safetensors") : "";
  const auto json_file = outputs.stage("report.json");
  const auto html_file = outputs.stage("report.html");
  Stopwatch watch;
  nlohmann::json seconds;
  const Bases bases = partial ? make_bases(options, *partial) : make_bases(options, *source);
  seconds["bases"] = watch.lap();
  ScoreParts scores(outputs, options.score_dtype);
  const Result result = source ? score_all(*source, bases, merged, scores) : without_scores(merged, bases);
  seconds["scores"] = watch.lap();
  write_bases(basis_file, result);
  if (source) {
    scores.join(score_file, result.source);
  }
  seconds["writing"] = watch.lap();
  auto report = report_json(options, result);
  report["seconds"] = seconds;
  if (options.verify) {
    const Verification found = verify(basis_file, score_file, *source);
    report["verified"] = {{"matrices", found.matrices}, {"largest_difference", found.largest_difference}};
  }
  const auto replace = nlohmann::json::error_handler_t::replace;  // a path need not be UTF-8
  const std::string text = report.dump(1, ' ', false, replace) + "\n";
  report = nlohmann::json::parse(text);
  ampsft::write_text(json_file, text);
  ampsft::write_text(html_file, report_html(report));
  outputs.keep();
  std::printf("%s\nWritten: basis%s.safetensors, report.html and report.json in %s\n", report_text(report).c_str(),
              source ? ".safetensors, scores" : "", options.output.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (parse_options(argc, argv, options)) {
      ampsft::set_thread_count(options.threads);
      options.partial_out.empty() ? run(options) : write_partial(options);
    }
    return 0;
  });
}
