// SPDX-License-Identifier: MIT
#include "generate/options.hpp"

#include <CLI/CLI.hpp>

#include <map>

#include "support/command_line.hpp"

namespace generate {

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{
      "Talks to a pretrained model, with any number of adapters to switch between.\n"
      "Without --prompt it is a chat: each line of the input is a message; /help lists the commands."};
  const std::map<std::string, ampsft::WeightStorage> storages{{"f32", ampsft::WeightStorage::dense},
                                                              {"stored", ampsft::WeightStorage::as_stored}};
  std::vector<std::string> adapters;
  example::add_pretrained(app, options.pretrained);
  app.add_option("-a,--adapter", adapters,
                 "score file or PEFT folder, or NAME=FILE; may be given several times; the first is in use")
      ->allow_extra_args(false);
  app.add_option("-p,--prompt", options.prompt, "answer this one message, and end");
  auto* raw = app.add_flag("--raw", options.raw, "no template: the text goes on where the prompt ends");
  app.add_option("-s,--system", options.answer.system, "the message that a chat begins with")->excludes(raw);
  app.add_option("-n,--max-tokens", options.answer.max_tokens, "of an answer, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  auto* temperature = app.add_option("--temperature", options.answer.temperature, "0: always the likeliest token");
  app.add_option("--top-k", options.answer.top_k, "of the so many likeliest tokens; 0: all");
  app.add_option("--top-p", options.answer.top_p, "of the likeliest tokens that have this probability together");
  app.add_option("--repetition-penalty", options.answer.repetition_penalty, "1: none; 1.1 is common");
  app.add_flag("--greedy", options.answer.greedy, "always the likeliest token")->excludes(temperature);
  app.add_option("--stop", options.answer.stops, "a text that ends the answer; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--seed", options.answer.seed, "the same seed, the same answers")->capture_default_str();
  app.add_option("--weights", options.storage, "in memory: f32 (fast), or stored (as small as in the file)")
      ->transform(CLI::CheckedTransformer(storages).description(""))
      ->default_str("f32");
  example::add_threads(app, options.threads);
  app.footer("Settings that are not given are the model's own, else temperature 0.7 and top-p 0.9.\n");
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  ampsft::require(!options.raw || options.prompt, "--raw goes on with a text; give it with --prompt");
  ampsft::require(!options.prompt || !options.prompt->empty(), "--prompt is empty");
  options.adapters = example::adapter_choices(adapters);
  options.answer.validate();  // before the model is read
  return true;
}

}  // namespace generate
