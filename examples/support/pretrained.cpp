// SPDX-License-Identifier: MIT
#include "support/pretrained.hpp"

#include <ampsft/core/error.hpp>
#include <ampsft/model/pretrained.hpp>

#include <optional>

namespace example {

Pretrained::Pretrained(const PretrainedOptions& options, const ampsft::LoadOptions& load)
    : path_(existing_model(options)),
      text_(ampsft::load_pretrained_text(path_)),
      chat_(text_.chat(options.chat_template.empty() ? std::nullopt
                                                     : std::optional(ampsft::chat_template_of(options.chat_template)))),
      model_(ampsft::load_pretrained<float>(path_, load)) {}

std::vector<std::int32_t> Pretrained::stops() const {
  return text_.stops(chat_);
}

}  // namespace example
