// SPDX-License-Identifier: MIT
#include "support/pretrained.hpp"

#include <ampsft/core/error.hpp>
#include <ampsft/model/pretrained.hpp>

#include <optional>
#include <system_error>

namespace example {

namespace {

const std::filesystem::path& existing(const std::filesystem::path& path) {
  std::error_code ignored;
  ampsft::require(std::filesystem::exists(path, ignored), "there is no model ", path,
                  "; name one with --model, or fetch the default one with tools/fetch-smollm2");
  return path;
}

}  // namespace

Pretrained::Pretrained(const PretrainedOptions& options, const ampsft::LoadOptions& load)
    : path_(existing(options.model)),
      text_(ampsft::load_pretrained_text(path_)),
      chat_(text_.chat(options.chat_template.empty() ? std::nullopt
                                                     : std::optional(ampsft::chat_template_of(options.chat_template)))),
      model_(ampsft::load_pretrained<float>(path_, load)) {}

std::vector<std::int32_t> Pretrained::stops() const {
  return text_.stops(chat_);
}

}  // namespace example
