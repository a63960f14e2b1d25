// SPDX-License-Identifier: MIT
#include "support/load_model.hpp"

#include <cstdio>
#include <memory>
#include <set>
#include <string>

namespace example {

ampsft::LanguageModel load_model(const PretrainedOptions& options, ampsft::WeightStorage storage) {
  const auto said = std::make_shared<std::set<std::string>>();
  return ampsft::LanguageModel::load(
      existing_model(options),
      {.chat_template = options.chat_template, .storage = storage, .on_warning = [said](const auto& line) {
         if (said->insert(line).second) {
           std::fprintf(stderr, "warning: %s\n", line.c_str());
         }
       }});
}

}  // namespace example
