// SPDX-License-Identifier: MIT
/// @file
/// Reads prompts with a pretrained model: their tokens, logits and what the most likely tokens after them are; then
/// once more with random scores upon its weights, which it exports in every way.
///
/// usage: pretrained_logits MODEL PROMPTS.json OUT                    OUT/logits.safetensors:
/// <prompt>.{ids,logits,greedy}, the logits of at most the last 256 tokens
///        pretrained_logits MODEL PROMPTS.json OUT BASE PATTERN RANK  the same of the adapted model, and OUT/peft,
///                                                                    OUT/merged (other tensors are those of BASE, a
///                                                                    Hugging Face folder) and, unless the pattern is
///                                                                    for tied weights, OUT/adapter.gguf
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/generate/generate.hpp>
#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

using namespace ampsft;

namespace {

constexpr int continuation = 64;  // tokens
constexpr Index most_rows = 256;  // the last tokens of a prompt, whose logits are written

struct Answer {
  std::vector<std::int64_t> ids;
  Matrix<float> logits;  // one row a token, of the last ones
  std::vector<std::int64_t> greedy;
};

Matrix<float> last_rows(const Matrix<float>& all) {
  const Index kept = std::min(rows(all), most_rows);
  Matrix<float> result = make_matrix<float>(kept, cols(all));
  map(result) = map(all).bottomRows(kept);
  return result;
}

Answer answer(Transformer<float>& model, const std::vector<std::int32_t>& ids) {
  Answer result{.ids = {ids.begin(), ids.end()}, .logits = {}, .greedy = {}};
  Tape<float> tape(TapeMode::inference);
  result.logits = last_rows(model.logits(model.hidden(tape, ids, 1)).value());
  KeyValueCache<float> cache;
  std::vector<std::int32_t> added = ids;
  Random random(0);
  for (int i = 0; i < continuation; ++i) {
    tape.clear();
    const auto logits = model.logits(model.hidden(tape, added, cache));
    const auto last = std::span(logits.value().storage()).last(static_cast<std::size_t>(logits.cols()));
    added = {sample_token<float>(last, {.temperature = 0}, random)};
    result.greedy.push_back(added.front());
  }
  return result;
}

void write_answers(Transformer<float>& model, const PretrainedTokenizer& tokenizer,
                   const std::vector<std::string>& prompts, const std::filesystem::path& path) {
  std::deque<Answer> answers;  // the writer keeps views
  SafetensorsWriter writer;
  for (const std::string& prompt : prompts) {
    const std::string name = concat(answers.size());
    const Answer& one = answers.emplace_back(answer(model, tokenizer.encode(prompt)));
    writer.add_integers(name + ".ids", {static_cast<Index>(one.ids.size())}, one.ids);
    writer.add(name + ".logits", one.logits);
    writer.add_integers(name + ".greedy", {continuation}, one.greedy);
  }
  writer.write(path);
}

/// Random scores of a size that training reaches: some percent of the length of a weight's row.
ScoreAdapter<float> adapt(Transformer<float>& model, const std::string& pattern, Index rank) {
  constexpr double stddev = 0.02;
  const std::vector<std::string> patterns{pattern};
  const auto bases = fit_bases(model.weights(), RandomBasis{.rank = rank, .seed = 1}, patterns);
  const AttachTargets targets{.patterns = patterns, .tied = Tied::shared};
  Random random(2);
  for (auto* leaf : attach_scores(model.weights(), bases, ScoreForm::exact_start, targets)) {
    fill_normal(leaf->value, stddev, random);
  }
  return take_adapter(model.weights());
}

void export_all(Transformer<float>& model, const ScoreAdapter<float>& adapter, const ModelConfig& config,
                const std::filesystem::path& base, const std::filesystem::path& out) {
  export_peft(out / "peft", adapter, config, {.base_model = base.string()});
  export_merged(out / "merged", base, model.weights(), config);
  const auto names = adapter.weights();
  if (!config.tied_head || std::find(names.begin(), names.end(), "token_embedding.weight") == names.end()) {
    export_gguf_lora(out / "adapter.gguf", adapter, config);
  }
}

void run(const std::vector<std::string>& arguments) {
  const std::filesystem::path out = arguments[2];
  std::filesystem::create_directories(out);
  const auto text = load_pretrained_text(arguments[0]);
  auto model = load_pretrained<float>(arguments[0]);
  const auto prompts = nlohmann::json::parse(read_text(arguments[1])).get<std::vector<std::string>>();
  if (arguments.size() > 3) {
    const auto adapter = adapt(model, arguments[4], std::stol(arguments[5]));
    export_all(model, adapter, text.config, arguments[3], out);
  }
  write_answers(model, text.tokenizer, prompts, out / "logits.safetensors");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 7) {
    std::cerr << "usage: pretrained_logits MODEL PROMPTS.json OUT [BASE PATTERN RANK]\n";
    return 2;
  }
  try {
    run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::cerr << "pretrained_logits: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
