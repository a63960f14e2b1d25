// SPDX-License-Identifier: MIT
#include "decompose/options.hpp"

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>

#include <CLI/CLI.hpp>

#include <map>

#include "support/command_line.hpp"

namespace decompose {

namespace {

ampsft::Grouping parse_grouping(const std::vector<std::string>& words) {
  using ampsft::GroupBy;
  const std::map<std::string, GroupBy> known{
      {"width", GroupBy::width}, {"type", GroupBy::type}, {"layer", GroupBy::layer}};
  for (const auto& word : words) {
    try {
      (void)nlohmann::json(word).dump();
    } catch (const nlohmann::json::exception&) {
      ampsft::fail("--group-by ", word, " is not UTF-8 and cannot name a group in a file");
    }
  }
  const auto found = words.size() == 1 ? known.find(words.front()) : known.end();
  return found != known.end() ? ampsft::Grouping{found->second, {}} : ampsft::Grouping{GroupBy::pattern, words};
}

void check(const Options& options, bool rank_given) {
  using ampsft::require;
  require(!options.model.empty() || !options.merge.empty(),
          "no model is given; name a safetensors file or a folder of them (--help lists the options)");
  require(static_cast<int>(rank_given) + static_cast<int>(options.variance.has_value()) +
                  static_cast<int>(options.budget.has_value()) <=
              1,
          "--rank, --variance and --budget exclude each other; give one of them");
  require(options.svd.rank >= 1, "--rank must be at least 1, not ", options.svd.rank);
  require(!options.variance || (*options.variance > 0.0 && *options.variance <= 1.0),
          "--variance must be above 0 and at most 1, not ", options.variance.value_or(0.0));
  require(!options.budget || *options.budget >= 1, "--budget must be at least 1 score, not ",
          options.budget.value_or(0));
  require((options.kind == "file") == !options.basis.empty(), "--kind file and --basis FILE belong together");
  require(options.kind != "file" || !rank_given,
          "--kind file takes the basis with the rank that it has; leave out --rank");
  const bool chosen = options.variance || options.budget;
  require(options.kind == "weights" || !chosen, "--variance and --budget need the weights' own spectra; --kind ",
          options.kind, " has none, so give --rank");
  const bool partial = !options.partial_out.empty() || !options.merge.empty();
  require(!partial || options.kind == "weights", "--partial-out and --merge compute the basis of weights; leave out ",
          "--kind ", options.kind);
  require(options.partial_out.empty() || options.merge.empty(), "--partial-out and --merge exclude each other");
  require(!(partial || options.variance) || options.svd.method == ampsft::SvdMethod::automatic ||
              options.svd.method == ampsft::SvdMethod::gram,
          "partial results and --variance need Gram matrices; leave out --method ", name(options.svd.method));
  require(options.partial_out.empty() || !options.verify, "--partial-out writes nothing that could be verified");
  require(!options.model.empty() || !options.verify, "--verify needs the model to compare with");
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{
      "Decomposes the matrices of any model: one basis for each group of matrices, scores for each row, and what they "
      "explain.\nWrites basis.safetensors, scores.safetensors, report.json and report.html."};
  std::vector<std::string> group{"width"};
  std::string method = "automatic";
  std::string scores = "f32";
  bool uncentred = false;
  app.add_option("model", options.model, "safetensors file, index, or folder of shards");
  app.add_option("--output,-o", options.output, "folder for what is written")->capture_default_str();
  app.add_option("--include", options.include, "patterns of matrix names (* and ?)")->capture_default_str();
  app.add_option("--exclude", options.exclude, "patterns of names to leave out");
  app.add_option("--group-by", group, "width, type, layer, or patterns of names: a basis for each")
      ->capture_default_str();
  auto* rank = app.add_option("--rank", options.svd.rank, "directions of each basis, K")->capture_default_str();
  app.add_option("--variance", options.variance, "the fewest directions that hold this share of the variance");
  app.add_option("--budget", options.budget, "scores in all, spent where they buy most energy");
  app.add_option("--kind", options.kind, "where bases come from")
      ->check(CLI::IsMember({"weights", "random", "file"}))
      ->capture_default_str();
  app.add_option("--basis", options.basis, "for --kind file: a basis.safetensors");
  app.add_option("--method", method, "algorithm of the decomposition")
      ->check(CLI::IsMember({"automatic", "gram", "krylov", "tsqr", "dense"}))
      ->capture_default_str();
  app.add_option("--tolerance", options.svd.tolerance, "relative error of singular values; 0: the format's default")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_flag("--uncentred", uncentred, "do not take the mean row of each group away first");
  app.add_option("--seed", options.svd.seed, "of random directions")->capture_default_str();
  app.add_option("--scores", scores, "format of the scores")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  example::add_threads(app, options.threads);
  app.add_flag("--verify", options.verify, "read what was written and compare the reconstruction with the model");
  app.add_option("--partial-out", options.partial_out, "only accumulate the chosen matrices, into this file");
  app.add_option("--merge", options.merge, "files of --partial-out whose matrices make the bases");
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  options.grouping = parse_grouping(group);
  options.svd.centred = !uncentred;
  options.score_dtype = scores == "bf16" ? ampsft::DType::bf16 : ampsft::DType::f32;
  for (const auto known :
       {ampsft::SvdMethod::gram, ampsft::SvdMethod::krylov, ampsft::SvdMethod::tsqr, ampsft::SvdMethod::dense}) {
    if (name(known) == method) {
      options.svd.method = known;
    }
  }
  check(options, rank->count() > 0);
  return true;
}

}  // namespace decompose
