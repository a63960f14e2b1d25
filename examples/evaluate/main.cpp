// SPDX-License-Identifier: MIT
// The perplexity of a pretrained model and of adapters upon it, on chats or texts.
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/data/encode_records.hpp>
#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "evaluate/options.hpp"
#include "evaluate/results.hpp"
#include "support/pretrained.hpp"
#include "support/program.hpp"

namespace {

using namespace evaluating;

ampsft::PackedDataset read_text(const Options& options, const example::Pretrained& pretrained) {
  constexpr Index usual = 1024;
  const Index longest = pretrained.config().context;
  const Index context = options.context > 0 ? options.context : std::min(longest, usual);
  ampsft::require(context >= 2 && context <= longest, "--context must lie in 2 to ", longest,
                  ", the model's context, not ", context);
  ampsft::DataReport report;
  const auto records = ampsft::read_records(options.data, options.bad, report);
  std::vector<ampsft::EncodedRecord> encoded;
  try {
    encoded = ampsft::encode_records(records, pretrained.chat(), options.loss, context, options.bad, report);
  } catch (const ampsft::Error& error) {
    ampsft::fail(options.data, " ", error.what());
  }
  std::fprintf(options.json ? stderr : stdout, "%s: %s", options.data.string().c_str(), report.text().c_str());
  return ampsft::PackedDataset(ampsft::pack_records(encoded, context));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (!parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    example::Pretrained pretrained(options.pretrained, {.storage = options.storage});
    const auto text = read_text(options, pretrained);
    const auto results = measure(options, pretrained.model(), text);
    if (options.json) {
      std::fputs(json(results, options).c_str(), stdout);
    } else {
      std::printf("%ld tokens predicted of %s\n%s", static_cast<long>(results.front().evaluation.tokens),
                  options.data.string().c_str(), table(results).c_str());
    }
    return 0;
  });
}
