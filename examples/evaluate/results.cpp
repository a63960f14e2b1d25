// SPDX-License-Identifier: MIT
#include "evaluate/results.hpp"

#include <ampsft/adapter/evaluate_variants.hpp>
#include <ampsft/adapter/merge.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "support/adapters.hpp"
#include "support/progress.hpp"
#include "support/switched_model.hpp"

namespace evaluating {

namespace {

using Model = ampsft::Transformer<float>;
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

/// Of a model without variants.
ampsft::Evaluation loss_of(Model& model, const ampsft::PackedDataset& text, Index rows, const std::string& name) {
  return ampsft::evaluate(model, text, with_progress(rows, name));
}

/// With the adapter's change in the weights themselves, which are put back afterwards.
ampsft::Evaluation loss_merged(const example::NamedAdapter& one, Model& model, const ampsft::PackedDataset& text,
                               Index rows) {
  const auto weights = model.weights();
  ampsft::attach_adapter(one.adapter, weights);
  auto merged = ampsft::merge(weights);
  const auto evaluation = loss_of(model, text, rows, one.name + ", merged");
  merged.unmerge();
  if (one.adapter.form == ampsft::ScoreForm::exact_start) {
    ampsft::detach(weights);
  }
  return evaluation;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f %%", 100.0 * share);
  return text;
}

}  // namespace

std::vector<Result> measure(const Options& options, Model& model, const ampsft::PackedDataset& text) {
  auto adapters = example::load_adapters(options.adapters);
  const auto count = static_cast<Index>(adapters.size());
  const Index alone = options.rows > 0 ? options.rows : sequences_at_once;
  const Index together = options.rows > 0 ? options.rows : std::max<Index>(1, sequences_at_once / (count + 1));
  std::vector<Result> results;
  std::vector<Result> merged;
  const bool truncated = std::any_of(adapters.begin(), adapters.end(),
                                     [](const auto& one) { return one.adapter.form == ampsft::ScoreForm::truncated; });
  if (truncated) {
    ampsft::require(count == 1, "adapters of the truncated form have no base in common with others; give one alone");
    results.push_back({"base", false, loss_of(model, text, alone, "base")});
  }
  if (options.merged && !truncated) {
    for (const auto& one : adapters) {
      merged.push_back({one.name, true, loss_merged(one, model, text, alone)});
    }
  }
  example::SwitchedModel switched(std::move(adapters), model);
  if (switched.selection() != nullptr) {
    std::vector<std::shared_ptr<const ampsft::Variant<float>>> variants{nullptr};
    for (const auto& name : switched.names()) {
      variants.push_back(switched.store()->find(name));
    }
    const auto losses =
        ampsft::evaluate_variants(model, *switched.selection(), variants, text, with_progress(together, "together"));
    for (std::size_t i = 0; i < losses.size(); ++i) {
      results.push_back({i == 0 ? "base" : switched.names()[i - 1], false, losses[i]});
    }
  } else {
    const std::string name = truncated ? switched.current() : "base";
    results.push_back({name, false, loss_of(model, text, alone, name)});
  }
  if (options.merged && truncated) {
    auto weights = ampsft::merge(model.weights());
    merged.push_back({switched.current(), true, loss_of(model, text, alone, switched.current() + ", merged")});
    weights.unmerge();
  }
  results.insert(results.end(), merged.begin(), merged.end());
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
