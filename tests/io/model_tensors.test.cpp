// SPDX-License-Identifier: MIT
/// @file
/// Models in one file and in shards: the same tensors, and errors that name file and tensor.
#include <ampsft/io/model_tensors.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using testing::raw;
using testing::safetensors_bytes;

namespace {

/// A file with one 2 x 3 matrix of bfloat16 per name, all elements `value`.
std::string shard(const std::vector<std::string>& names, std::uint16_t value = 0x3f80) {
  std::string header = "{";
  std::string data;
  for (const auto& name : names) {
    header += concat(header.size() > 1 ? "," : "", '"', name, R"(":{"dtype":"BF16","shape":[2,3],"data_offsets":[)",
                     data.size(), ',', data.size() + 12, "]}");
    data += raw(std::vector<std::uint16_t>(6, value));
  }
  return safetensors_bytes(header + "}", data);
}

std::string index_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string text = R"({"metadata":{"total_size":1},"weight_map":{)";
  for (const auto& [tensor, file] : entries) {
    text += concat(text.back() == '{' ? "" : ",", '"', tensor, "\":\"", file, '"');
  }
  return text + "}}";
}

constexpr const char* first = "model-00001-of-00002.safetensors";
constexpr const char* second = "model-00002-of-00002.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

}  // namespace

TEST_CASE("one file, shards with an index and shards without hold the same tensors in the same order") {
  const testing::TemporaryFolder folder;
  folder.write("one.safetensors", shard({"b.10", "b.9", "a"}));
  folder.write(concat("with/", first), shard({"b.10", "a"}));
  folder.write(concat("with/", second), shard({"b.9"}));
  folder.write(concat("with/", index_name), index_of({{"b.10", first}, {"a", first}, {"b.9", second}}));
  folder.write("with/consolidated.safetensors", shard({"another form"}));  // not of the series: not ours
  folder.write("without/x.safetensors", shard({"b.9"}));
  folder.write("without/y.safetensors", shard({"a", "b.10"}));
  for (const char* path : {"one.safetensors", "with", "with/model.safetensors.index.json", "without"}) {
    CAPTURE(path);
    ModelTensors opened(folder.path() / path);
    const ModelTensors model = std::move(opened);
    CHECK(model.names() == std::vector<std::string>{"a", "b.9", "b.10"});
    CHECK(model.is_matrix("b.9"));
    Matrix<float> buffer;
    const auto block = model.rows<float>("b.9");
    CHECK(block.name() == "b.9");
    CHECK((block.read(0, 2, buffer).array() == 1.0F).all());
    model.release("b.9");
    CHECK((block.read(1, 1, buffer).array() == 1.0F).all());
    CHECK_THROWS_WITH(model.info("b.8"), ContainsSubstring("did you mean \"b.9\""));
  }
}

TEST_CASE("only matrices of floating-point numbers are rows") {
  const testing::TemporaryFolder folder;
  const std::string header = R"({"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("i":{"dtype":"I64","shape":[1,1],"data_offsets":[8,16]},)"
                             R"("u":{"dtype":"U8","shape":[1,4],"data_offsets":[16,20]},)"
                             R"("e":{"dtype":"F32","shape":[0,4],"data_offsets":[20,20]},)"
                             R"("m":{"dtype":"F16","shape":[1,2],"data_offsets":[20,24]}})";
  const ModelTensors model(
      folder.write("m.safetensors", safetensors_bytes(header, std::string(20, '\0') + raw<std::uint16_t>({1, 2}))));
  for (const char* name : {"v", "i", "u", "e"}) {
    CHECK_FALSE(model.is_matrix(name));
  }
  CHECK(model.is_matrix("m"));
  CHECK_THROWS_WITH(model.rows<float>("v"),
                    ContainsSubstring("m.safetensors") && ContainsSubstring("\"v\"") && ContainsSubstring("[2]"));
}

TEST_CASE("shards that do not belong together are refused by name") {
  const testing::TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const std::vector<std::string>& words) {
    for (const auto& word : words) {
      CHECK_THROWS_WITH(ModelTensors(folder.path() / name), ContainsSubstring(name) && ContainsSubstring(word));
    }
  };
  folder.write(concat("lost/", first), shard({"a"}));
  folder.write(concat("lost/", index_name), index_of({{"a", first}, {"b", second}}));
  refused("lost", {second, "not beside it"});

  folder.write(concat("gap/", first), shard({"a"}));
  refused("gap", {"part 2 of the 2"});

  folder.write(concat("unlisted/", first), shard({"a"}));
  folder.write(concat("unlisted/", second), shard({"b"}));
  folder.write(concat("unlisted/", index_name), index_of({{"a", first}}));
  refused("unlisted", {"does not name the shard", second});

  folder.write("twice/x.safetensors", shard({"a"}));
  folder.write("twice/y.safetensors", shard({"a"}));
  refused("twice", {"\"a\"", "x.safetensors", "y.safetensors"});

  folder.write("lacks/x.safetensors", shard({"a"}));
  folder.write(concat("lacks/", index_name), index_of({{"a", "x.safetensors"}, {"b", "x.safetensors"}}));
  refused("lacks", {"\"b\"", "does not hold it"});

  folder.write("more/x.safetensors", shard({"a", "b"}));
  folder.write(concat("more/", index_name), index_of({{"a", "x.safetensors"}}));
  refused("more", {"leaves out tensor \"b\""});

  folder.write("moved/x.safetensors", shard({"a"}));
  folder.write("moved/y.safetensors", shard({"b"}));
  folder.write(concat("moved/", index_name), index_of({{"a", "y.safetensors"}, {"b", "x.safetensors"}}));
  refused("moved", {"but it lies in"});

  folder.write("cut/x.safetensors", shard({"a"}).substr(0, 70));
  refused("cut", {"x.safetensors"});
}

TEST_CASE("folders and indices that are none are refused") {
  const testing::TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const char* message) {
    CHECK_THROWS_WITH(ModelTensors(folder.path() / name), ContainsSubstring(message));
  };
  std::filesystem::create_directory(folder.path() / "empty");
  refused("empty", "holds no *.safetensors");
  refused("nowhere", "there is no file or folder");
  folder.write("two/a.safetensors.index.json", "{}");
  folder.write("two/b.safetensors.index.json", "{}");
  refused("two", "2 indices");
  folder.write("none.index.json", R"({"metadata":{}})");
  refused("none.index.json", "no weight_map");
  folder.write("text.index.json", "weights");
  refused("text.index.json", "parse error");
  folder.write("away.index.json", index_of({{"a", "../x.safetensors"}}));
  refused("away.index.json", "plain name");
  folder.write("number.index.json", R"({"weight_map":{"a":1}})");
  refused("number.index.json", "not a string");
}

TEST_CASE("shard names are told from other names") {
  const auto name = detail::parse_shard_name("model-00002-of-00005.safetensors");
  REQUIRE(name.has_value());
  CHECK(name->series == "model");
  CHECK(name->part == 2);
  CHECK(name->parts == 5);
  for (const char* other : {"model.safetensors", "model-00002-of-00005.bin", "model-00006-of-00005.safetensors",
                            "model-00000-of-00005.safetensors", "model-of-00005.safetensors", "-of-.safetensors",
                            ".safetensors", "model-99999999999999999999999-of-99999999999999999999999.safetensors"}) {
    CHECK_FALSE(detail::parse_shard_name(other).has_value());
  }
}
