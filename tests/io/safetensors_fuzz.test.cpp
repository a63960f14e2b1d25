// SPDX-License-Identifier: MIT
/// @file
/// Thousands of damaged files: each is either read in full or refused with an Error, never more.

#include <ampsft/core/random.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

/// Reads all that a file offers; returns how many tensors that were.
std::size_t read_all(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  std::size_t count = 0;
  for (const std::string& name : file.names()) {
    try {
      if (file.info(name).dtype == DType::i64) {
        count += file.read_integers(name).size() < 1000 ? 1U : 0U;
      } else {
        const Matrix<double> values = file.read_matrix<double>(name);
        count += flat(values).isNaN().count() < 1000 ? 1U : 0U;
      }
    } catch (const Error&) {
      // A tensor that changed its dtype or rank may be refused; another exception fails the test.
    }
  }
  file.verify_checksum();
  return count;
}

}  // namespace

TEST_CASE("a damaged safetensors file is read or refused") {
  const testing::TemporaryFolder folder;
  Random random(11);
  Matrix<float> values = make_matrix<float>(3, 5);
  fill_normal(values, 1, random);
  const std::vector<std::int64_t> integers{1, 2, 3};
  SafetensorsWriter writer;
  writer.set_metadata("key", "value");
  writer.add("single", values);
  writer.add("half", DType::f16, {15}, values);
  writer.add("double", DType::f64, {5, 3}, values);
  writer.add_integers("integers", {3}, integers);
  writer.write(folder.path() / "good");
  const std::string good = folder.read("good");
  REQUIRE(read_all(folder.path() / "good") == 4);

  int refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    const auto path = folder.write("bad", bytes);
    try {
      read_all(path);
    } catch (const Error&) {
      ++refused;
    }
  };
  for (std::size_t size = 0; size < good.size(); ++size) {
    attempt(good.substr(0, size));
  }
  CHECK(refused == static_cast<int>(good.size()));
  for (int i = 0; i < 5000; ++i) {
    attempt(testing::mutate(good, random));
  }
  CHECK(refused > 5000);
}
