// SPDX-License-Identifier: MIT
/// @file
/// The tiny Llama as a GGUF file with permuted rows, in every form that its weights can stay in.
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/pretrained_reference.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

/// Pairs that stand half a head apart stand side by side, as the converter of llama.cpp does with q and k.
Matrix<float> permuted(const Matrix<float>& matrix, Index head_dim) {
  Matrix<float> result = make_matrix<float>(rows(matrix), cols(matrix));
  for (Index row = 0; row < rows(matrix); ++row) {
    const Index head = row / head_dim * head_dim;
    const Index j = row % head_dim;
    const Index half = head_dim / 2;
    map(result).row(head + (j < half ? 2 * j : 2 * (j - half) + 1)) = map(matrix).row(row);
  }
  return result;
}

using Change = std::function<void(GgufWriter&, std::deque<Matrix<float>>&)>;

/// Writes a loaded model of one of the families as the converter would.
std::filesystem::path write_gguf(const TemporaryFolder& folder, const std::filesystem::path& from,
                                 const Change& change = {}, const std::string& without = "") {
  auto model = load_pretrained<float>(from);
  const auto config = read_huggingface_config(from);
  const bool gpt2 = config.family == "gpt2";
  const std::string architecture = gpt2 ? "gpt2" : "llama";
  GgufWriter writer;
  writer.set("general.architecture", architecture);
  const auto set = [&](const char* key, Index value) {
    writer.set(architecture + "." + key, static_cast<std::uint32_t>(value));
  };
  set("context_length", config.context);
  set("embedding_length", config.hidden_size);
  set("block_count", config.layers.size());
  set("feed_forward_length", config.intermediate_size);
  set("attention.head_count", config.heads);
  set("attention.head_count_kv", config.kv_heads);
  writer.set(architecture + (gpt2 ? ".attention.layer_norm_epsilon" : ".attention.layer_norm_rms_epsilon"),
             static_cast<float>(config.norm_epsilon));
  std::deque<Matrix<float>> kept;
  std::map<std::string, const Matrix<float>*> values;
  for (const auto* parameter : model.parameters()) {
    values[parameter->name] = &parameter->value;
  }
  for (const auto& tensor : tensor_sources(config, TensorNaming::gguf)) {
    if (tensor.source == without) {
      continue;
    }
    Matrix<float> value = *values.at(tensor.name);
    const bool transposed =
        tensor.name.find("attention.q") != std::string::npos || tensor.name.find("attention.k") != std::string::npos;
    if (tensor.source_shape[0] != tensor.shape[0]) {  // GPT-2's q, k and v in one
      if (tensor.first == 0) {
        const bool vector = tensor.shape.size() == 1;
        kept.push_back(make_matrix<float>(vector ? 1 : 3 * rows(value), vector ? 3 * cols(value) : cols(value)));
        float* to = kept.back().data();
        for (const char* part : {"q", "k", "v"}) {
          std::string name = tensor.name;
          name.replace(name.find("attention.q") + 10, 1, part);
          to = std::copy_n(values.at(name)->data(), value.size(), to);
        }
        writer.add(tensor.source, BlockFormat::f32, tensor.source_shape, kept.back());
      }
      continue;
    }
    kept.push_back(transposed && !gpt2 ? permuted(value, config.head_dim) : value);
    writer.add(tensor.source, BlockFormat::f32, tensor.source_shape, kept.back());
  }
  if (change) {
    change(writer, kept);
  }
  const auto path = folder.path() / "model.gguf";
  writer.write(path);
  return path;
}

}  // namespace

TEST_CASE("GGUF files compute what transformers computes", "[model]") {
  const TemporaryFolder folder;
  for (const auto* name : {"llama", "gpt2"}) {
    INFO(name);
    const PretrainedReference reference(name);
    const auto path = write_gguf(folder, reference.folder);
    for (const auto storage : {WeightStorage::dense, WeightStorage::as_stored}) {
      auto model = load_pretrained<float>(path, {.storage = storage});
      CHECK(relative_difference<float>(logits_of(model, reference), reference.logits) < 1e-5);
      if (std::string(name) == "llama") {
        CHECK(model.config().pairing() == RopePairing::interleaved);
      }
    }
  }
}

TEST_CASE("what is trained beside frozen weights of a file gets its gradients", "[model]") {
  const TemporaryFolder folder;
  const PretrainedReference reference("llama");
  const auto path = write_gguf(folder, reference.folder);
  auto dense = load_pretrained<float>(reference.folder);
  auto frozen = load_pretrained<float>(path, {.storage = WeightStorage::as_stored});
  for (auto* model : {&dense, &frozen}) {
    Tape<float> tape;
    const auto loss = model->loss(tape, reference.tokens, reference.targets, PretrainedReference::sequences);
    CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - reference.loss) < 1e-5);
    tape.backward(loss);
  }
  const auto gains = frozen.parameters();
  CHECK(gains.size() == 5);  // of the normalisations
  for (const auto* gain : gains) {
    INFO(gain->name);
    const auto all = dense.parameters();
    const auto twin = std::find_if(all.begin(), all.end(), [&](auto* other) { return other->name == gain->name; });
    REQUIRE((twin != all.end() && gain->has_gradient));
    CHECK((map(gain->gradient) - map((*twin)->gradient)).cwiseAbs().maxCoeff() < 1e-5F);
  }
}

TEST_CASE("frequency factors of a GGUF file stand for scaled frequencies", "[model]") {
  const TemporaryFolder folder;
  const PretrainedReference reference("llama");
  const auto path = write_gguf(folder, reference.folder, [](GgufWriter& writer, std::deque<Matrix<float>>& kept) {
    kept.push_back(make_matrix<float>(1, 2, 4.0F));
    writer.add("rope_freqs.weight", BlockFormat::f32, {2}, kept.back());
  });
  auto divided = load_pretrained<float>(path);
  CHECK(divided.config().layers.front().rope->frequency_factors == std::vector<double>{4, 4});
  ModelConfig linear = load_pretrained<float>(reference.folder).config();
  for (auto& layer : linear.layers) {
    layer.rope->scaling = RopeScaling::linear;
    layer.rope->factor = 4;
  }
  auto plain = load_pretrained<float>(reference.folder);
  Transformer<float> scaled(linear);
  const auto from = plain.parameters();
  const auto to = scaled.parameters();
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i]->value = from[i]->value;
  }
  Matrix<double> expected = make_matrix<double>(rows(reference.logits), cols(reference.logits));
  const Matrix<float> logits = logits_of(scaled, reference);
  map(expected) = map(logits).cast<double>();
  CHECK(relative_difference<float>(logits_of(divided, reference), expected) < 1e-5);
}

TEST_CASE("what is wrong with a pretrained model is named", "[model]") {
  const TemporaryFolder folder;
  const PretrainedReference reference("llama");
  const auto lacking = write_gguf(folder, reference.folder, {}, "blk.1.ffn_up.weight");
  CHECK_THROWS_WITH(load_pretrained<float>(lacking),
                    ContainsSubstring("blk.1.ffn_up.weight") && ContainsSubstring("blocks.1.mlp.up.weight"));
  const auto wrong = write_gguf(folder, reference.folder, [](GgufWriter& writer, std::deque<Matrix<float>>& kept) {
    kept.push_back(make_matrix<float>(1, 3, 4.0F));
    writer.add("rope_freqs.weight", BlockFormat::f32, {3}, kept.back());
  });
  CHECK_THROWS_WITH(load_pretrained<float>(wrong), ContainsSubstring("rope_freqs.weight"));
  CHECK_THROWS_WITH(load_pretrained<float>(folder.path() / "nothing.gguf"), ContainsSubstring("nothing.gguf"));
}
