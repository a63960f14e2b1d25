// SPDX-License-Identifier: MIT
#include "evaluate/results.hpp"

#include <ampsft/core/compat/json.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "support/progress.hpp"

namespace evaluating {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Index sequences_at_once = 4;

/// Shows how far `name` has come; the results alone go to stdout.
ampsft::EvaluateOptions with_progress(Index sequences, const std::string& name) {
  const auto progress = std::make_shared<example::Progress>(name, stderr);
  return {.sequences = sequences, .on_batch = [progress, start = Clock::now()](Index done, Index rows) {
            const double spent = std::chrono::duration<double>(Clock::now() - start).count();
            const double left = spent * static_cast<double>(rows - done) / static_cast<double>(done);
            progress->show(ampsft::concat(done, " of ", rows, " rows  ", example::clock_time(left), " left"));
            return true;
          }};
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f %%", 100.0 * share);
  return text;
}

}  // namespace

std::vector<Result> measure(const Options& options, ampsft::LanguageModel& model, const ampsft::Dataset& text) {
  std::vector<ampsft::Adapter> adapters;
  for (const auto& choice : options.adapters) {
    adapters.push_back(model.load_adapter(choice.file));
  }
  const Index count = static_cast<Index>(adapters.size()) + 1;
  const Index together = options.rows > 0 ? options.rows : std::max<Index>(1, sequences_at_once / count);
  const auto losses =
      model.evaluate_adapters(text, adapters, with_progress(together, adapters.empty() ? "base" : "adapters"));
  std::vector<Result> results;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    results.push_back({i == 0 ? "base" : options.adapters[i - 1].name, false, losses[i]});
  }
  for (std::size_t i = 0; options.merged && i < adapters.size(); ++i) {
    const std::string& name = options.adapters[i].name;
    model.attach(adapters[i]);
    model.merge();
    const Index alone = options.rows > 0 ? options.rows : sequences_at_once;
    results.push_back({name, true, model.evaluate(text, with_progress(alone, name + ", merged"))});
  }
  return results;
}

std::string table(const std::vector<Result>& results) {
  std::size_t width = 6;
  for (const auto& result : results) {
    width = std::max(width, result.name.size() + (result.merged ? 8 : 0));
  }
  const auto line = [&](std::string name, const std::string& loss, const std::string& perplexity,
                        const std::string& change) {
    name.resize(width, ' ');
    char text[96];
    std::snprintf(text, sizeof text, "  %9s  %11s  %9s\n", loss.c_str(), perplexity.c_str(), change.c_str());
    return name + text;
  };
  const auto number = [](const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  std::string all = line("", "loss", "perplexity", "change");
  const double base = results.front().evaluation.perplexity();
  for (const auto& [name, merged, evaluation] : results) {
    all += line(merged ? name + ", merged" : name, number("%.5f", evaluation.loss),
                number("%.4f", evaluation.perplexity()),
                &evaluation == &results.front().evaluation ? "" : percent(evaluation.perplexity() / base - 1.0));
  }
  return all;
}

std::string json(const std::vector<Result>& results, const Options& options) {
  nlohmann::json all = {{"model", options.pretrained.model.string()},
                        {"data", options.data.string()},
                        {"tokens", results.front().evaluation.tokens},
                        {"results", nlohmann::json::array()}};
  for (const auto& [name, merged, evaluation] : results) {
    all["results"].push_back(
        {{"name", name}, {"merged", merged}, {"loss", evaluation.loss}, {"perplexity", evaluation.perplexity()}});
  }
  return all.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace evaluating
