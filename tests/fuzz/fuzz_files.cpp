// SPDX-License-Identifier: MIT
/// @file
/// Damages files and reads them, as often as asked: each is read or refused with an Error, in bounded memory.
///
/// usage: fuzz_files [COUNT [SEED]]   (default: 100000 files, seed 1), one kind of file after another
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/data/encode_records.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/memory_peak.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

/// A good file, and what reads all of it.
struct Kind {
  std::string name;      ///< of the file
  std::string contents;  ///< undamaged
  std::size_t head;      ///< half of the changes hit this many bytes
  std::function<void(const std::filesystem::path&)> read;
};

/// Calls what may refuse a part of a file that could be opened.
template <class Read>
void attempt(Read&& read) {
  try {
    read();
  } catch (const Error&) {
    return;
  }
}

void read_safetensors(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  for (const std::string& name : file.names()) {
    attempt([&] { static_cast<void>(file.read_matrix<float>(name)); });
  }
  file.verify_checksum();
}

void read_adapter(const std::filesystem::path& path) {
  static_cast<void>(load_adapter<float>(path));
}

constexpr std::string_view some_text = "some teXT's 123 <|im_end|> \xc3\xa9  \n\n<b>\xe2\x96\x81<eos>";

void read_gguf(const std::filesystem::path& path) {
  const GgufFile file(path);
  for (const std::string_view key : file.keys()) {
    attempt([&] { static_cast<void>(file.value(key).texts()); });
    attempt([&] { static_cast<void>(file.value(key).numbers<std::int32_t>()); });
    attempt([&] { static_cast<void>(file.value(key).number()); });
  }
  for (const std::string& name : file.names()) {
    attempt([&] { static_cast<void>(file.read_matrix<float>(name)); });
  }
  attempt([&] { static_cast<void>(find_tensors(read_gguf_config(file), file)); });
  const PretrainedTokenizer tokenizer = read_gguf_tokenizer(file);
  static_cast<void>(tokenizer.decode(tokenizer.encode(some_text)));
}

void read_tokenizer(const std::filesystem::path& path) {
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(path);
  static_cast<void>(tokenizer.decode(tokenizer.encode(some_text)));
}

void read_config(const std::filesystem::path& path) {
  static_cast<void>(tensor_sources(read_huggingface_config(path.parent_path()), TensorNaming::huggingface));
}

void read_lines(const std::filesystem::path& path) {
  static const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(
      std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "tokenizers" / "smollm.tokenizer.json");
  DataReport report;
  const auto records = read_records(path, BadRecord::skip, report);
  const ChatTemplate chat(ChatTemplateKind::chatml, tokenizer);
  static_cast<void>(encode_records(records, chat, LossOn::answers, 64, BadRecord::skip, report));
}

std::string good_safetensors(const testing::TemporaryFolder& folder, const Matrix<float>& values) {
  const std::vector<std::int64_t> integers{1, 2, 3};
  SafetensorsWriter writer;
  writer.set_metadata("key", "value");
  writer.add("single", values);
  writer.add("half", DType::f16, {96}, values);
  writer.add_integers("integers", {3}, integers);
  writer.write(folder.path() / "good");
  return folder.read("good");
}

/// An adapter with all that its file can hold, without the checksum, behind which most damage would hide.
std::string good_adapter(const testing::TemporaryFolder& folder) {
  Random random(4);
  ScoreAdapter<float> adapter;
  adapter.base = "0123456789abcdef";
  adapter.training = {{"steps", 3}, {"losses", {2.5, 2.25}}};
  for (const Index width : {8, 12}) {
    adapter.bases.insert(UniversalBasis<float>::random(width, 3, 1));
    auto scores = make_matrix<float>(5, 3);
    fill_normal(scores, 1, random);
    adapter.matrices.push_back({{concat("a.", width), concat("b.", width)}, width, std::move(scores)});
  }
  save_adapter(folder.path() / "good", adapter);
  std::string bytes = folder.read("good");
  const std::string_view key = "ampsft.checksum";
  bytes.replace(bytes.find(key), key.size(), "ampsft.check___");
  return bytes;
}

/// A whole small model: config, tokenizer of the kind `gpt2` or `llama`, tensors of several formats.
std::string good_gguf(const testing::TemporaryFolder& folder, const Matrix<float>& values,
                      const std::string& tokenizer) {
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::uint32_t>>{{"context_length", 32},
                                                                                     {"embedding_length", 32},
                                                                                     {"block_count", 1},
                                                                                     {"feed_forward_length", 3},
                                                                                     {"attention.head_count", 2}}) {
    writer.set("llama." + key, value);
  }
  writer.set("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  writer.set("tokenizer.ggml.model", tokenizer);
  writer.set("tokenizer.ggml.pre", "smollm");
  writer.set_array("tokenizer.ggml.tokens", std::vector<std::string>{"e", "x", "ex", "<|im_end|>"});
  if (tokenizer == "gpt2") {
    writer.set_array("tokenizer.ggml.merges", std::vector<std::string>{"e x"});
  } else {
    writer.set_array("tokenizer.ggml.scores", std::vector<float>{-1, -2, 0, 0});
    writer.set("tokenizer.ggml.unknown_token_id", 0U);
  }
  writer.set_array("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 1, 1, 3});
  writer.add("token_embd.weight", BlockFormat::q8_0, {3, 32}, values);
  writer.add("output_norm.weight", BlockFormat::f16, {96}, values);
  writer.write(folder.path() / "good");
  return folder.read("good");
}

/// A vocabulary like Gemma's, with unused tokens, and no tensors.
std::string good_vocabulary(const testing::TemporaryFolder& folder, const std::filesystem::path& fixtures) {
  const auto cases = nlohmann::json::parse(read_text(fixtures / "tokenizers" / "gemma.cases.json"));
  auto types = cases["types"].get<std::vector<std::int32_t>>();
  for (const auto& id : cases["unused"]) {
    types[id.get<std::size_t>()] = 5;
  }
  GgufWriter writer;
  writer.set("tokenizer.ggml.model", "llama");
  writer.set("tokenizer.ggml.add_space_prefix", false);
  writer.set("tokenizer.ggml.bos_token_id", 2U);
  writer.set("tokenizer.ggml.unknown_token_id", 3U);
  writer.set_array("tokenizer.ggml.token_type", types);
  writer.set_array("tokenizer.ggml.scores", cases["scores"].get<std::vector<float>>());
  writer.set_array("tokenizer.ggml.tokens", cases["tokens"].get<std::vector<std::string>>());
  writer.write(folder.path() / "good");
  return folder.read("good");
}

std::vector<Kind> kinds(const testing::TemporaryFolder& folder) {
  const std::filesystem::path fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures";
  Matrix<float> values = make_matrix<float>(3, 32);
  Random random(3);
  fill_normal(values, 1, random);
  const std::string lines =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Yo\"}]}\n"
      "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"text\": \"c\"}\n";
  std::vector<Kind> all{
      {"a.safetensors", good_safetensors(folder, values), 300, read_safetensors},
      {"adapter.safetensors", good_adapter(folder), 1100, read_adapter},
      {"version_0.safetensors", read_text(fixtures / "adapter_version_0.safetensors"), 600, read_adapter},
      {"a.gguf", good_gguf(folder, values, "gpt2"), 900, read_gguf},
      {"scores.gguf", good_gguf(folder, values, "llama"), 900, read_gguf},
      {"tokenizer.json", read_text(fixtures / "tokenizers" / "llama3.tokenizer.json"), 3000, read_tokenizer},
      {"tokenizer.json", read_text(fixtures / "tokenizers" / "llama.tokenizer.json"), 3000, read_tokenizer},
      {"gemma.gguf", good_vocabulary(folder, fixtures), 4000, read_gguf},
      {"tokenizer.json", read_text(fixtures / "tokenizers" / "gemma.tokenizer.json"), 6000, read_tokenizer},
      {"a.jsonl", lines, lines.size(), read_lines}};
  for (const auto& entry : std::filesystem::directory_iterator(fixtures / "models")) {  // of every family
    const std::string config = read_text(entry.path() / "config.json");
    all.push_back({"config.json", config, config.size(), read_config});
    if (std::filesystem::exists(entry.path() / "model.gguf")) {
      const std::string gguf = read_text(entry.path() / "model.gguf");
      all.push_back({"model.gguf", gguf, gguf.find("token_embd.weight"), read_gguf});
    }
  }
  return all;
}

/// Returns whether all went well.
bool fuzz(const Kind& kind, int count, Random& random, const testing::TemporaryFolder& folder) {
  constexpr std::size_t bound = std::size_t{64} << 20U;
  constexpr double slowest_allowed = 10;  // seconds
  int refused = 0;
  std::size_t highest = 0;
  double slowest = 0;
  for (int i = 0; i < count; ++i) {
    const std::string bytes = testing::mutate(kind.contents, random, kind.head);
    const auto path = folder.write(kind.name, bytes);
    const std::size_t before = testing::reset_memory_peak();
    const auto start = std::chrono::steady_clock::now();
    try {
      kind.read(path);
    } catch (const Error&) {
      ++refused;
    }
    slowest = std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    const std::size_t used = testing::memory_peak() - before;
    highest = std::max(highest, used);
    if (used > 4 * bytes.size() + bound || slowest > slowest_allowed) {
      std::cerr << kind.name << ": file " << i << " took " << used << " bytes, " << slowest << " s at most\n";
      return false;
    }
  }
  std::cout << kind.name << ": " << count << " files, " << refused << " refused, " << highest
            << " bytes at most, slowest " << slowest << " s\n";
  return true;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const int count = argument_count > 1 ? std::atoi(arguments[1]) : 100'000;
  const int seed = argument_count > 2 ? std::atoi(arguments[2]) : 1;
  const testing::TemporaryFolder folder;
  const auto all = kinds(folder);
  bool good = true;
  for (const Kind& kind : all) {
    Random random(static_cast<std::uint64_t>(seed));
    good = fuzz(kind, count / static_cast<int>(all.size()), random, folder) && good;
  }
  return good ? 0 : 1;
}
