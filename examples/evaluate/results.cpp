// SPDX-License-Identifier: MIT
#include "evaluate/results.hpp"

#include <ampsft/adapter/evaluate_variants.hpp>
#include <ampsft/adapter/merge.hpp>
#include <ampsft/core/compat/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace evaluating {

namespace {

using Model = ampsft::Transformer<float>;

constexpr Index sequences_at_once = 4;

/// Of a model without variants.
ampsft::Evaluation loss_of(Model& model, const ampsft::PackedRows& rows, Index at_once) {
  ampsft::Tape<float> tape(ampsft::TapeMode::inference);
  double sum = 0.0;
  Index counted = 0;
  for (Index first = 0; first < rows.rows; first += at_once) {
    const auto batch = rows.batch(first, std::min(at_once, rows.rows - first));
    const auto targets =
        std::count_if(batch.targets.begin(), batch.targets.end(), [](auto target) { return target >= 0; });
    if (targets > 0) {
      sum += static_cast<double>(model.loss(tape, batch).value()(0, 0)) * static_cast<double>(targets);
      counted += targets;
      tape.clear();
    }
  }
  ampsft::require(counted > 0, "no token of the data is to be predicted, so there is no loss");
  return {.loss = sum / static_cast<double>(counted), .tokens = counted};
}

/// With the adapter's change in the weights themselves, which are put back afterwards.
ampsft::Evaluation loss_merged(const example::NamedAdapter& one, Model& model, const ampsft::PackedRows& rows,
                               Index at_once) {
  const auto weights = model.weights();
  ampsft::attach_adapter(one.adapter, weights);
  auto merged = ampsft::merge(weights);
  const auto evaluation = loss_of(model, rows, at_once);
  merged.unmerge();
  if (one.adapter.form == ampsft::ScoreForm::exact_start) {
    ampsft::detach_scores(weights);
  }
  return evaluation;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f %%", 100.0 * share);
  return text;
}

}  // namespace

std::vector<Result> measure(const Options& options, Model& model, const ampsft::PackedRows& rows) {
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
    results.push_back({"base", false, loss_of(model, rows, alone)});
  }
  if (options.merged && !truncated) {
    for (const auto& one : adapters) {
      merged.push_back({one.name, true, loss_merged(one, model, rows, alone)});
    }
  }
  example::SwitchedModel switched(std::move(adapters), model);
  if (switched.selection() != nullptr) {
    std::vector<std::shared_ptr<const ampsft::Variant<float>>> variants{nullptr};
    for (const auto& name : switched.names()) {
      variants.push_back(switched.store()->find(name));
    }
    const auto losses = ampsft::evaluate_variants(model, *switched.selection(), variants, rows, together);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      results.push_back({i == 0 ? "base" : switched.names()[i - 1], false, losses[i]});
    }
  } else {
    results.push_back({truncated ? switched.current() : "base", false, loss_of(model, rows, alone)});
  }
  if (options.merged && truncated) {
    auto weights = ampsft::merge(model.weights());
    merged.push_back({switched.current(), true, loss_of(model, rows, alone)});
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
