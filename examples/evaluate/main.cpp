// SPDX-License-Identifier: MIT
// The perplexity of a pretrained model and of adapters upon it, on chats or texts.
#include <ampsft/core/parallel_for.hpp>

#include <algorithm>
#include <cstdio>

#include "evaluate/options.hpp"
#include "evaluate/results.hpp"
#include "support/load_model.hpp"
#include "support/program.hpp"

namespace {

using namespace evaluating;

ampsft::Dataset read_text(const Options& options, const ampsft::LanguageModel& model) {
  constexpr Index usual = 1024;
  const Index longest = model.config().context;
  const Index context = options.context > 0 ? options.context : std::min(longest, usual);
  ampsft::require(context >= 2 && context <= longest, "--context must lie in 2 to ", longest,
                  ", the model's context, not ", context);
  auto text = model.dataset(options.data,
                            {.validation_share = 0.0, .context = context, .loss = options.loss, .bad = options.bad});
  std::fputs(text.report().c_str(), options.json ? stderr : stdout);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (!parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    auto model = example::load_model(options.pretrained, options.storage);
    const auto text = read_text(options, model);
    const auto results = measure(options, model, text);
    if (options.json) {
      std::fputs(json(results, options).c_str(), stdout);
    } else {
      std::printf("%ld tokens predicted of %s\n%s", static_cast<long>(results.front().evaluation.tokens),
                  options.data.string().c_str(), table(results).c_str());
    }
    return 0;
  });
}
