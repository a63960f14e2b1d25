// SPDX-License-Identifier: MIT
#include "export/options.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <map>
#include <system_error>

#include "support/command_line.hpp"

namespace exporting {

namespace {

/// FILE, or FILE:WEIGHT.
Term parse_term(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::error_code ignored;
  if (colon == std::string::npos || fs::exists(text, ignored)) {
    return {text};
  }
  double weight = 0.0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, weight);
  ampsft::require(read.ec == std::errc{} && read.ptr == end && std::isfinite(weight), "--adapter ", text,
                  ": what stands behind the colon is no weight");
  return {text.substr(0, colon), weight};
}

void check(const Options& options, bool ranked) {
  using ampsft::require;
  const bool imports = !options.import_peft.empty();
  require(!options.scores.empty() || !options.peft.empty() || !options.gguf.empty() || !options.merged.empty(),
          "nothing is to be written; give --scores, --peft, --gguf or --merged");
  require(!imports || options.adapters.empty(), "--adapter and --import-peft exclude each other");
  require(imports || (options.basis.empty() && !ranked), "--basis and --rank belong to --import-peft");
  require(options.basis.empty() || !ranked, "--basis and --rank exclude each other");
  const bool merges_alone = options.scores.empty() && options.peft.empty() && options.gguf.empty();
  require(imports || !options.adapters.empty() || merges_alone,
          "there is no adapter to export; give --adapter or --import-peft");
  require(options.peft.empty() || options.peft.lexically_normal() != options.merged.lexically_normal(),
          "--peft and --merged need folders of their own, for both in one would be taken for an adapter");
  require(std::isfinite(options.scale), "--scale must be finite, not ", options.scale);
  require(options.source.empty() || !options.merged.empty(), "--source belongs to --merged");
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{
      "Adapters, scores or LoRA of PEFT, as other tools' files: PEFT, llama.cpp, a merged model; sums and conversions "
      "of "
      "them; LoRA as scores."};
  std::vector<std::string> adapters;
  const std::map<std::string, ampsft::DType> dtypes{{"f32", ampsft::DType::f32}, {"bf16", ampsft::DType::bf16}};
  ampsft::DType dtype = ampsft::DType::f32;
  example::add_model(app, options.pretrained);
  app.add_option("-a,--adapter", adapters,
                 "score file or PEFT folder, or FILE:WEIGHT; of several, the weighted sum is exported")
      ->allow_extra_args(false);
  app.add_option("--scale", options.scale, "makes the adapter's change larger or smaller")->capture_default_str();
  app.add_option("--import-peft", options.import_peft,
                 "a LoRA folder of PEFT, projected to scores (--adapter takes it as it is)");
  app.add_option("--basis", options.basis, "for the import: the adapter or file whose bases are taken");
  auto* rank =
      app.add_option("--rank", options.rank, "for the import: of a basis that is fitted to the model's weights")
          ->check(CLI::PositiveNumber)
          ->capture_default_str();
  app.add_option("-o,--scores", options.scores, "writes a score file");
  app.add_option("--peft", options.peft, "writes a LoRA folder for PEFT");
  app.add_option("--gguf", options.gguf, "writes a LoRA file for llama.cpp");
  app.add_option("--merged", options.merged, "writes the merged model as a Hugging Face folder");
  app.add_option("--source", options.source, "for --merged: the Hugging Face folder of the same model");
  app.add_option("--base-name", options.base_name, "what the PEFT folder calls its base (default: --model)");
  auto* format = app.add_option("--dtype", dtype, "f32 or bf16 (default: f32; a merged folder's is its source's)")
                     ->transform(CLI::CheckedTransformer(dtypes).description(""));
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  for (const auto& text : adapters) {
    options.adapters.push_back(parse_term(text));
  }
  if (format->count() > 0) {
    options.dtype = dtype;
  }
  check(options, rank->count() > 0);
  return true;
}

}  // namespace exporting
