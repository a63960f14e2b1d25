// SPDX-License-Identifier: MIT
#include "evaluate/options.hpp"

#include <CLI/CLI.hpp>

#include <map>

#include "support/command_line.hpp"

namespace evaluating {

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{"The perplexity of a pretrained model, of adapters upon it, and of the same merged into its weights."};
  const std::map<std::string, ampsft::WeightStorage> storages{{"f32", ampsft::WeightStorage::dense},
                                                              {"stored", ampsft::WeightStorage::as_stored}};
  const std::map<std::string, ampsft::LossOn> losses{{"answers", ampsft::LossOn::answers},
                                                     {"everything", ampsft::LossOn::everything}};
  std::vector<std::string> adapters;
  bool skip = false;
  example::add_pretrained(app, options.pretrained);
  app.add_option("-d,--data", options.data, "JSON Lines of chats, prompts with completions or texts; or a text file")
      ->required();
  app.add_option("-a,--adapter", adapters,
                 "score file or PEFT folder, or NAME=FILE; may be given several times: scores over one basis are "
                 "computed together")
      ->allow_extra_args(false);
  app.add_flag("--merged", options.merged, "each adapter also as merged weights");
  app.add_option("--loss", options.loss, "on answers, or everything")
      ->transform(CLI::CheckedTransformer(losses).description(""))
      ->default_str("answers");
  app.add_flag("--skip-bad", skip, "pass over records that cannot be used");
  app.add_option("--context", options.context, "tokens that are read at a time (0: the model's context, at most 1024)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--rows", options.rows, "rows of that length at a time, for each adapter (0: four in all)")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--json", options.json, "results as JSON instead of a table");
  app.add_option("--weights", options.storage, "in memory: f32 (fast), or stored (as small as in the file)")
      ->transform(CLI::CheckedTransformer(storages).description(""))
      ->default_str("f32");
  example::add_threads(app, options.threads);
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  options.bad = skip ? ampsft::BadRecord::skip : ampsft::BadRecord::refuse;
  options.adapters = example::adapter_choices(adapters);
  ampsft::require(!options.merged || !options.adapters.empty(), "--merged needs an adapter to merge");
  return true;
}

}  // namespace evaluating
