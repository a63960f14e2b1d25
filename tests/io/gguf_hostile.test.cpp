// SPDX-License-Identifier: MIT
/// @file
/// GGUF files with one thing wrong each, and thousands of damaged ones: refused with an Error or read, never more.
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using ampsft::detail::append_counted;
using ampsft::detail::append_number;

namespace {

std::string head(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
  std::string bytes = "GGUF";
  append_number(bytes, version);
  append_number(bytes, tensors);
  append_number(bytes, pairs);
  return bytes;
}

std::string pair(std::string_view key, std::uint32_t kind, std::string_view value) {
  std::string bytes;
  append_counted(bytes, key);
  append_number(bytes, kind);
  return bytes.append(value);
}

template <class... Numbers>
std::string numbers(Numbers... values) {
  std::string bytes;
  (append_number(bytes, values), ...);
  return bytes;
}

std::string tensor(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type,
                   std::uint64_t offset) {
  std::string bytes;
  append_counted(bytes, name);
  append_number(bytes, static_cast<std::uint32_t>(extents.size()));
  for (const std::uint64_t extent : extents) {
    append_number(bytes, extent);
  }
  append_number(bytes, type);
  append_number(bytes, offset);
  return bytes;
}

std::string with_data(std::string bytes, std::size_t data) {
  bytes.resize((bytes.size() + 31) / 32 * 32 + data);
  return bytes;
}

constexpr std::uint32_t u32 = 4;
constexpr std::uint32_t string_kind = 8;
constexpr std::uint32_t array_kind = 9;

/// Reads all that a file offers.
void read_all(const std::filesystem::path& path) {
  const GgufFile file(path);
  const auto attempt = [](auto&& read) {
    try {
      read();
    } catch (const Error&) {
      // Another kind, type or rank may be refused; another exception fails the test.
    }
  };
  for (const std::string_view key : file.keys()) {
    const GgufValue& value = file.value(key);
    attempt([&] { static_cast<void>(value.number()); });
    attempt([&] { static_cast<void>(value.integer()); });
    attempt([&] { static_cast<void>(value.text()); });
    attempt([&] { static_cast<void>(value.texts()); });
    attempt([&] { static_cast<void>(value.numbers<float>()); });
  }
  for (const std::string& name : file.names()) {
    attempt([&] { static_cast<void>(file.read_matrix<float>(name)); });
  }
}

}  // namespace

TEST_CASE("a GGUF file with one thing wrong is refused by name") {
  const testing::TemporaryFolder folder;
  const auto refused = [&](const std::string& bytes) {
    try {
      GgufFile(folder.write("bad.gguf", bytes));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing thrown");
  };
  const auto big = std::uint64_t{1} << 62;
  CHECK_THAT(refused("GGML" + head(0, 0).substr(4)), ContainsSubstring("bad.gguf") && ContainsSubstring("no GGUF"));
  CHECK_THAT(refused(head(0, 0, 1)), ContainsSubstring("version is 1"));
  CHECK_THAT(refused(head(0, 0, 0x03000000)), ContainsSubstring("big-endian"));
  CHECK_THAT(refused(head(big, 0)), ContainsSubstring("believed"));
  CHECK_THAT(refused(head(0, big)), ContainsSubstring("believed"));
  CHECK_THAT(refused(head(0, 0).substr(0, 20)), ContainsSubstring("number of metadata"));
  CHECK_THAT(refused(head(0, 1) + numbers(big)), ContainsSubstring("metadata key"));
  CHECK_THAT(refused(head(0, 1) + pair("k", 13, "")), ContainsSubstring("\"k\" is of kind 13"));
  CHECK_THAT(refused(head(0, 1) + pair("k", string_kind, numbers(big))), ContainsSubstring("k needs"));
  CHECK_THAT(refused(head(0, 1) + pair("k", array_kind, numbers(u32, big))), ContainsSubstring("claims"));
  CHECK_THAT(refused(head(0, 1) + pair("k", array_kind, numbers(string_kind, big))), ContainsSubstring("k needs"));
  std::string nested;
  for (int i = 0; i < 9; ++i) {
    nested += numbers(array_kind, std::uint64_t{1});
  }
  CHECK_THAT(refused(head(0, 1) + pair("k", array_kind, nested)), ContainsSubstring("nested"));
  const std::string one = pair("k", u32, numbers(1U));
  CHECK_THAT(refused(head(0, 2) + one + one), ContainsSubstring("\"k\" appears twice"));
  CHECK_THAT(refused(head(0, 1) + pair("general.alignment", u32, numbers(24U))), ContainsSubstring("power of two"));

  CHECK_THAT(refused(head(1, 0) + tensor("t", {}, 0, 0)), ContainsSubstring("0 extents"));
  CHECK_THAT(refused(head(1, 0) + tensor("t", {1, 1, 1, 1, 1}, 0, 0)), ContainsSubstring("5 extents"));
  CHECK_THAT(refused(head(1, 0) + tensor("t", {1}, 77, 0)), ContainsSubstring("\"t\"") && ContainsSubstring("type 77"));
  CHECK_THAT(refused(head(1, 0) + tensor("t", {big, big}, 0, 0)), ContainsSubstring("too large"));
  CHECK_THAT(refused(head(1, 0) + tensor("t", {big, 1}, 0, 0)), ContainsSubstring("too large"));
  CHECK_THAT(refused(head(1, 0) + tensor("t", {33}, 2, 0)), ContainsSubstring("whole blocks of Q4_0"));
  CHECK_THAT(refused(with_data(head(1, 0) + tensor("t", {4}, 0, 0), 15)), ContainsSubstring("data area of 15"));
  CHECK_THAT(refused(with_data(head(1, 0) + tensor("t", {4}, 0, 8), 64)), ContainsSubstring("multiple of 32"));
  CHECK_THAT(refused(with_data(head(1, 0) + tensor("t", {4}, 0, big), 64)), ContainsSubstring("data area"));
  CHECK_THAT(refused(with_data(head(2, 0) + tensor("a", {9}, 0, 0) + tensor("b", {4}, 0, 32), 64)),
             ContainsSubstring("\"b\"") && ContainsSubstring("inside of another"));
  CHECK_THAT(refused(with_data(head(2, 0) + tensor("a", {1}, 0, 0) + tensor("a", {1}, 0, 32), 64)),
             ContainsSubstring("\"a\" appears twice"));
  CHECK(refused(with_data(head(1, 0) + tensor("t", {4}, 0, 0), 16)) == "nothing thrown");
  CHECK(refused(with_data(head(1, 0, 2) + tensor("t", {4}, 0, 0), 16)) == "nothing thrown");
}

TEST_CASE("a tensor of a type that cannot be read is refused only when it is asked for") {
  const testing::TemporaryFolder folder;
  const GgufFile file(folder.write("q2.gguf", with_data(head(1, 0) + tensor("t", {256}, 10, 0), 84)));
  CHECK(file.shape("t") == std::vector<Index>{256});
  CHECK_THROWS_WITH(file.info("t"), ContainsSubstring("\"t\" is of type Q2_K") && ContainsSubstring("Q4_K"));
}

TEST_CASE("a file says where its data begin") {
  const testing::TemporaryFolder folder;
  std::string bytes = head(1, 1) + pair("general.alignment", u32, numbers(256U)) + tensor("t", {1}, 0, 0);
  bytes.resize(256);
  const GgufFile file(folder.write("aligned.gguf", bytes + numbers(2.5F)));
  CHECK(file.read_matrix<float>("t")(0, 0) == 2.5F);
}

TEST_CASE("a damaged GGUF file is read or refused") {
  const testing::TemporaryFolder folder;
  Random random(5);
  Matrix<float> values = make_matrix<float>(3, 32);
  fill_normal(values, 1, random);
  GgufWriter writer;
  writer.set("number", 7U);
  writer.set("text", "some text");
  writer.set_array("texts", std::vector<std::string>{"a", "bc", ""});
  writer.set_array("numbers", std::vector<float>{1, 2});
  writer.add("plain", values);
  writer.add("small", BlockFormat::q8_0, {96}, values);
  writer.write(folder.path() / "good.gguf");
  read_all(folder.path() / "good.gguf");
  const std::string good = folder.read("good.gguf");

  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto path = folder.write("bad.gguf", testing::mutate(good, random, 300));
    try {
      read_all(path);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 2500);
}
