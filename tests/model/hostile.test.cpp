// SPDX-License-Identifier: MIT
/// @file
/// Damaged configs of every family: read or refused with an Error, and what was read can be written and read again.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

const std::filesystem::path fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures";

/// Writes a file anew: some file systems write one that is cut and filled again through to the disk.
std::filesystem::path put(const testing::TemporaryFolder& folder, const std::string& name, const std::string& bytes) {
  std::filesystem::remove(folder.path() / name);
  return folder.write(name, bytes);
}

/// Whether the config.json of a folder was read; what was read is written, unless that is refused, and read again.
bool reads(const testing::TemporaryFolder& folder, const std::string& text) {
  ModelConfig config;
  put(folder, "config.json", text);
  try {
    config = read_huggingface_config(folder.path());
  } catch (const Error&) {
    return false;
  }
  std::string written;
  try {
    static_cast<void>(tensor_sources(config, TensorNaming::huggingface));
    written = huggingface_config_json(config, DType::f32).dump();
  } catch (const Error&) {
    return true;
  }
  put(folder, "config.json", written);
  const std::string difference = first_difference(read_huggingface_config(folder.path()), config);
  if (!difference.empty()) {
    FAIL_CHECK(difference << " differ after writing what was read from " << text);
  }
  return true;
}

/// Calls `use` with every text in which one member, or the first element of a list, has another value or is gone.
template <class Use>
void for_each_change(nlohmann::json& root, nlohmann::json& part, Use&& use) {
  constexpr double huge = 1e300;
  static const nlohmann::json values[] = {0,
                                          -1,
                                          7,
                                          std::int64_t{1} << 30,
                                          std::numeric_limits<std::uint64_t>::max(),
                                          0.5,
                                          huge,
                                          true,
                                          nullptr,
                                          "default",
                                          nlohmann::json::array(),
                                          nlohmann::json::object()};
  for (auto& [key, value] : part.items()) {
    const nlohmann::json good = value;
    for (const auto& bad : values) {
      value = bad;
      use(root.dump());
    }
    value = good;
    if (value.is_structured()) {
      for_each_change(root, value, use);
    }
    if (part.is_array()) {
      break;
    }
  }
  const nlohmann::json good = part.is_object() ? part : nlohmann::json::object();
  for (const auto& [key, value] : good.items()) {
    part.erase(key);
    use(root.dump());
    part[key] = value;
  }
}

}  // namespace

TEST_CASE("a config with any one member changed is read or refused, in every family", "[model]") {
  const testing::TemporaryFolder folder;
  for (const auto* const kind : {"models", "configs"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fixtures / kind)) {
      if (entry.path().filename().string().ends_with("_full")) {
        continue;
      }
      INFO(entry.path());
      auto json = nlohmann::json::parse(read_text(entry.path() / "config.json"));
      int refused = 0;
      int count = 0;
      for_each_change(json, json, [&](const std::string& text) {
        ++count;
        refused += reads(folder, text) ? 0 : 1;
      });
      CHECK(count > 100);
      CHECK(refused > count / 10);
      CHECK(refused < count);
    }
  }
}

TEST_CASE("configs with damaged bytes are read or refused, in every family", "[model]") {
  const testing::TemporaryFolder folder;
  Random random(4);
  constexpr int count = 200;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures / "models")) {
    INFO(entry.path());
    const std::string good = read_text(entry.path() / "config.json");
    int refused = 0;
    for (int i = 0; i < count; ++i) {
      refused += reads(folder, testing::mutate(good, random, good.size())) ? 0 : 1;
    }
    CHECK(refused > count / 4);
    CHECK(refused < count);
    if (!std::filesystem::exists(entry.path() / "model.gguf")) {
      continue;
    }
    const std::string gguf = read_text(entry.path() / "model.gguf");
    const std::size_t head = gguf.find("token_embd.weight");  // the metadata
    refused = 0;
    for (int i = 0; i < count; ++i) {
      const auto path = put(folder, "model.gguf", testing::mutate(gguf, random, head));
      try {
        const GgufFile file(path);
        static_cast<void>(find_tensors(read_gguf_config(file), file));
      } catch (const Error&) {
        ++refused;
      }
    }
    CHECK(refused > count / 4);
    CHECK(refused < count);
  }
}
