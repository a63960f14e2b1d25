// SPDX-License-Identifier: MIT
/// @file
/// Puts random scores upon the weights of a Hugging Face folder and exports them in every way.
///
/// usage: export_adapter FOLDER OUT TIED   writes OUT/peft, OUT/merged and, unless weights are tied, OUT/adapter.gguf;
///                                         TIED: shared or separate, the scores of a tied embedding and head
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <deque>
#include <filesystem>
#include <iostream>
#include <string>

using namespace ampsft;

namespace {

/// Every matrix that a layer multiplies, or the embedding looks up; a tied head shares the embedding's.
std::deque<Weight<float>> read_weights(const ModelConfig& config, const ModelTensors& tensors) {
  std::deque<Weight<float>> weights;
  for (const auto& source : find_tensors(config, tensors)) {
    if (source.shape.size() == 2 && source.name != "position_embedding.weight") {
      const auto stored = tensors.file(source.source).read_matrix<float>(source.source);
      const Matrix<float> transposed = source.transposed ? make_matrix(map(stored).transpose()) : stored;
      weights.emplace_back(source.name, make_matrix(map(transposed).middleRows(source.first, source.shape[0])));
    }
  }
  if (config.tied_head) {
    weights.push_back(weights.front().tied("lm_head.weight"));
  }
  return weights;
}

void run(const std::filesystem::path& from, const std::filesystem::path& out, const std::string& tied) {
  const auto config = read_huggingface_config(from);
  auto weights = read_weights(config, ModelTensors(from));
  WeightList<float> list;
  BasisSet<float> bases;
  for (auto& weight : weights) {
    list.push_back(&weight);
    const Index width = weight.cols();
    if (!bases.contains(width)) {  // ranks that differ, so that patterns are needed
      const Index rank = static_cast<Index>(bases.size()) + 3;
      bases.insert(UniversalBasis<float>::random(width, rank, 1));
    }
  }
  const AttachTargets targets{.patterns = {"*"}, .tied = tied == "shared" ? Tied::shared : Tied::separate};
  Random random(2);
  for (auto* leaf : attach_scores(list, bases, ScoreForm::exact_start, targets)) {
    fill_normal(leaf->value, 0.3, random);
  }
  const auto adapter = take_adapter(list);
  std::filesystem::create_directories(out);
  export_peft(out / "peft", adapter, config, {.base_model = from.string()});
  export_merged(out / "merged", from, list, config);
  if (!config.tied_head) {
    export_gguf_lora(out / "adapter.gguf", adapter, config);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: export_adapter FOLDER OUT shared|separate\n";
    return 2;
  }
  try {
    run(arguments[1], arguments[2], arguments[3]);
  } catch (const Error& error) {
    std::cerr << "export_adapter: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
