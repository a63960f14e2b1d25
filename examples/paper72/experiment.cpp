// SPDX-License-Identifier: MIT
#include "experiment.hpp"

#include <ampsft/basis/source.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/version.hpp>
#include <ampsft/generate/generate.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>

namespace paper72 {
namespace {

namespace fs = std::filesystem;

/// The name of a file for exactly these settings, so that other settings in the same folder never mix with them.
std::string id_of(const std::string& settings) {
  ampsft::Checksum checksum;
  checksum.update(std::as_bytes(std::span(settings)));
  return ampsft::hash_text(checksum.value()).substr(0, 10);
}

std::string describe(const Stage& stage, double rate) {
  return ampsft::concat(stage.steps, " ", stage.batch(), " every ", stage.evaluate_every, " patience ", stage.patience,
                        " lr ", rate);
}

std::string settings_of(const Options& options, const Texts& texts) {
  return ampsft::concat(ampsft::config_json(options.model).dump(), texts.hash, " ",
                        describe(options.pretraining, options.pretraining_rate), " ", options.validation_windows);
}

/// JSON kept from an earlier run, or nothing if it was not finished.
std::optional<nlohmann::json> kept(const fs::path& path) {
  if (!fs::exists(path)) {
    return std::nullopt;
  }
  const auto json = nlohmann::json::parse(ampsft::read_text(path), nullptr, false);
  ampsft::require(!json.is_discarded(), path, " is damaged; delete it to have it made again");
  return json;
}

ampsft::ParameterList<float> trained(Model& model) {
  auto list = model.parameters();
  std::erase_if(list, [](const auto* parameter) { return !parameter->trainable; });
  return list;
}

const std::vector<std::string> paper_rows = ampsft::paper72_targets();
const std::vector<std::string> linear_layers{"blocks.*"};
const std::vector<std::string> every_matrix{"*"};

Method scores(std::string key, std::string name, double rate, ampsft::BasisSet<float> bases, ampsft::ScoreForm form,
              const std::vector<std::string>& patterns) {
  const auto bytes = static_cast<std::uintmax_t>(bases.bytes());
  const Index rank = bases.ranks().front();
  return {std::move(key),
          std::move(name),
          rate,
          [=](Model& model, std::uint64_t) {
            ampsft::freeze(model.parameters());
            ampsft::attach_scores(model.weights(), bases, form, {patterns, ampsft::Tied::separate});
          },
          rank,
          bytes};
}

Method lora(std::string key, std::string name, Index rank, const std::vector<std::string>& patterns) {
  return {std::move(key), std::move(name), 3e-3,
          [=](Model& model, std::uint64_t seed) {
            ampsft::freeze(model.parameters());
            ampsft::attach_lora(model.weights(), {.rank = rank, .seed = seed}, {patterns, ampsft::Tied::separate});
          },
          rank};
}

/// The best learning rate falls like 1 / sqrt(K): a basis of more directions moves a weight further in one step.
double exact_start_rate(Index rank) {
  return 1.5e-2 * std::sqrt(8.0 / static_cast<double>(rank));
}

/// Rates around the middle, each 2.5 times the one before; the same number for every method.
std::vector<double> grid(const Method& method, const Options& options) {
  std::vector<double> rates;
  for (Index i = 0; i < options.grid_size; ++i) {
    rates.push_back(method.middle_rate * std::pow(2.5, static_cast<double>(i - options.grid_size / 2)));
  }
  return rates;
}

/// The rank whose LoRA on all linear layers trains most nearly as many parameters as `wanted`.
Index matching_lora_rank(Model& model, Index wanted) {
  Index a_rank = 0;  // parameters that one more rank costs
  Index least = std::numeric_limits<Index>::max();
  for (const auto* weight : ampsft::match_weights(model.weights(), linear_layers)) {
    a_rank += weight->rows() + weight->cols();
    least = std::min({least, weight->rows(), weight->cols()});
  }
  return std::clamp<Index>((2 * wanted + a_rank) / (2 * a_rank), 1, least);
}

}  // namespace

Base pretrain(const Options& options, const Texts& texts) {
  const std::string id = id_of(settings_of(options, texts));
  Base base{options.output / ("base-" + id + ".safetensors"), id, {}};
  const fs::path record = options.output / ("base-" + id + ".json");
  if (const auto known = kept(record); known && fs::exists(base.path)) {
    base.training = *known;
    std::printf("  pretraining  kept from an earlier run: %s\n", base.path.string().c_str());
    return base;
  }
  Model model(options.model, 1);
  const fs::path checkpoint = options.output / ("base-" + id + ".checkpoint.safetensors");
  const auto report = train("pretraining", model, texts.pretraining.train, texts.pretraining.validation,
                            options.pretraining, options.pretraining_rate, 1, options.validation_windows, checkpoint);
  ampsft::save_transformer(base.path, model);
  nlohmann::json validation = nlohmann::json::array();
  for (const auto& point : report.validation) {
    validation.push_back({point.step, point.loss});
  }
  base.training = {{"losses", report.losses},
                   {"validation", validation},
                   {"seconds", report.seconds},
                   {"tokens", report.tokens},
                   {"tokens_per_second", report.tokens_per_second()}};
  ampsft::write_text(record, base.training.dump());
  fs::remove(checkpoint);
  return base;
}

std::vector<Method> methods(const Options& options, Model& base, const ampsft::BasisSet<float>& bases) {
  const Index width = options.model.hidden_size;
  const ampsft::BasisSet<float> residual{bases.at(width)};
  Index stacked = 0;
  for (const auto* weight : ampsft::match_weights(base.weights(), paper_rows)) {
    stacked += weight->rows();
  }
  const Index matched = matching_lora_rank(base, stacked * options.rank);
  const Index lora_rank = std::min<Index>(8, width);
  const auto exact = ampsft::ScoreForm::exact_start;
  const double rate = exact_start_rate(options.rank);
  return {
      {"full", "Full SFT", 1e-3, [](Model&, std::uint64_t) {}},
      scores("truncated", "Amplitude-only, truncated (the paper's)", 2e-2, residual, ampsft::ScoreForm::truncated,
             paper_rows),
      scores("exact_same_rows", "Amplitude-only, exact start, same rows", rate, residual, exact, paper_rows),
      scores("exact_all", "Amplitude-only, exact start, every matrix", rate, bases, exact, every_matrix),
      lora("lora_matched", ampsft::concat("LoRA r=", matched, ", linear layers"), matched, linear_layers),
      lora("lora_all", ampsft::concat("LoRA r=", lora_rank, ", every matrix"), lora_rank, every_matrix),
  };
}

Method exact_start_of_rank(Model& base, Index rank) {
  return scores(ampsft::concat("exact_all_k", rank), ampsft::concat("Exact start, every matrix, K=", rank),
                exact_start_rate(rank), ampsft::fit_bases(base.weights(), {.rank = rank}),
                ampsft::ScoreForm::exact_start, every_matrix);
}

double test_loss(Model& model, const Options& options, const Texts& texts) {
  return ampsft::evaluate(model, texts.sft.test, {4, options.test_windows}).loss;
}

std::string sample(Model& model, const Texts& texts, std::string* prompt) {
  const auto tokens = texts.tokenizer.encode(texts.sft.test_text);
  const auto context = static_cast<std::size_t>(model.config().context);
  const auto begin = std::span<const std::int32_t>(tokens).first(std::min(tokens.size(), context / 8));
  if (prompt != nullptr) {
    *prompt = texts.tokenizer.decode(begin);
  }
  const auto count = static_cast<Index>(context / 8);
  return texts.tokenizer.decode(ampsft::generate(model, begin, count, {.temperature = 0.7, .top_k = 40, .seed = 1}));
}

namespace {

/// All trainings of one method: where they keep their files, and how they begin.
struct Runs {
  const Method& method;
  const Options& options;
  const Texts& texts;
  const Base& base;
  std::vector<double> rates = grid(method, options);
  std::string id = method.key + "-" + id_of(settings());

  /// Everything that the result depends on.
  [[nodiscard]] std::string settings() const {
    std::string text =
        ampsft::concat(AMPSFT_VERSION, " ", base.id, " ", options.rank, " ", options.seeds, " ",
                       describe(options.tuning, 0.0), " ", options.validation_windows, " ", options.test_windows);
    for (const double rate : rates) {
      text += ampsft::concat(" ", rate);
    }
    return text;
  }

  [[nodiscard]] fs::path record() const { return options.output / "methods" / (id + ".json"); }
  [[nodiscard]] fs::path checkpoint(double rate, std::uint64_t seed) const {
    return options.output / "runs" / ampsft::concat(id, "-lr", rate, "-seed", seed, ".safetensors");
  }

  /// A copy of the base with the method's leaves.
  [[nodiscard]] Model fresh(std::uint64_t seed) const {
    Model model = ampsft::load_transformer<float>(base.path);
    method.prepare(model, seed);
    return model;
  }

  ampsft::TrainReport tune(Model& model, double rate, std::uint64_t seed) const {
    return train(ampsft::concat(method.name, "  lr ", rate, seed > 1 ? ampsft::concat("  seed ", seed) : ""), model,
                 texts.sft.train, texts.sft.validation, options.tuning, rate, seed, options.validation_windows,
                 checkpoint(rate, seed));
  }

  /// The checkpoints, once the record holds all that is wanted of them.
  void remove_checkpoints() const {
    for (const double rate : rates) {
      for (Index seed = 1; seed <= options.seeds; ++seed) {
        fs::remove(checkpoint(rate, static_cast<std::uint64_t>(seed)));
      }
    }
  }
};

/// The validation loss of each rate with the first seed; infinite where training diverges.
std::vector<GridPoint> search(const Runs& runs) {
  std::vector<GridPoint> points;
  for (const double rate : runs.rates) {
    double loss = std::numeric_limits<double>::infinity();
    Model model = runs.fresh(1);
    try {
      for (const auto& point : runs.tune(model, rate, 1).validation) {
        // With patience the best weights are what the run ends with, else the last ones.
        loss = runs.options.tuning.patience > 0 ? std::min(loss, point.loss) : point.loss;
      }
    } catch (const ampsft::Diverged& error) {
      std::printf("  %s  lr %g: %s\n", runs.method.name.c_str(), rate, error.what());
    }
    points.push_back({rate, loss});
  }
  return points;
}

/// Trains with every seed at `rate` and measures on test text; the first seed only reads its checkpoint.
void measure(const Runs& runs, double rate, MethodResult& result) {
  result.learning_rate = rate;
  result.end_losses.clear();
  for (Index i = 0; i < runs.options.seeds; ++i) {
    const auto seed = static_cast<std::uint64_t>(i + 1);
    Model model = runs.fresh(seed);
    if (i == 0) {
      result.trainable = ampsft::trainable_count(model.parameters());
      result.start_loss = test_loss(model, runs.options, runs.texts);
    }
    const auto report = runs.tune(model, rate, seed);
    result.end_losses.push_back(test_loss(model, runs.options, runs.texts));
    if (i == 0) {
      const fs::path adapter = runs.options.output / "adapters" / (runs.id + ".safetensors");
      ampsft::save_parameters(adapter, trained(model), {{"method", runs.method.name}, {"base", runs.base.id}});
      result.adapter_bytes = fs::file_size(adapter);
      result.losses = report.losses;
      result.validation = report.validation;
      result.seconds = report.seconds;
      result.tokens_per_second = report.tokens_per_second();
      result.sample = sample(model, runs.texts);
    }
  }
}

}  // namespace

MethodResult run(const Method& method, const Options& options, const Texts& texts, const Base& base) {
  const Runs runs{method, options, texts, base};
  if (const auto known = kept(runs.record())) {
    std::printf("  %s  kept from an earlier run\n", method.name.c_str());
    runs.remove_checkpoints();  // a kill may have come between the record and this
    try {
      return method_result(*known);
    } catch (const nlohmann::json::exception&) {
      ampsft::fail(runs.record(), " is damaged; delete it to have it made again");
    }
  }
  MethodResult result;
  result.key = method.key;
  result.name = method.name;
  result.rank = method.rank;
  result.basis_bytes = method.basis_bytes;
  result.grid = search(runs);
  auto candidates = result.grid;
  std::erase_if(candidates, [](const GridPoint& point) { return !std::isfinite(point.validation_loss); });
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const GridPoint& a, const GridPoint& b) { return a.validation_loss < b.validation_loss; });
  bool done = false;
  for (std::size_t i = 0; i < candidates.size() && !done; ++i) {  // the best rate at which no seed diverges
    try {
      measure(runs, candidates[i].learning_rate, result);
      done = true;
    } catch (const ampsft::Diverged& error) {
      std::printf("  %s  lr %g: %s\n", method.name.c_str(), candidates[i].learning_rate, error.what());
    }
  }
  ampsft::require(done, method.name, " diverged at every learning rate of its grid");
  ampsft::write_text(runs.record(), to_json(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  runs.remove_checkpoints();
  return result;
}

}  // namespace paper72
