// SPDX-License-Identifier: MIT
/// @file
/// Checks written safetensors files: round trips, layout, determinism, the checksum.

#include <ampsft/core/random.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

Matrix<float> random_matrix(Index rows, Index cols) {
  Random random(3);
  Matrix<float> matrix = make_matrix<float>(rows, cols);
  fill_normal(matrix, 1, random);
  return matrix;
}

}  // namespace

TEST_CASE("what is written is read back, in every dtype") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "file.safetensors";
  const Matrix<float> single = random_matrix(401, 333);  // more than one piece of the writer
  const Matrix<double> twice = make_matrix(map(single).cast<double>());
  const Matrix<float> none = make_matrix<float>(0, 4);
  const std::vector<std::int64_t> integers{1, -2, 1LL << 62};
  SafetensorsWriter writer;
  writer.set_metadata("step", "7");
  writer.add("half", DType::f16, {401, 333}, single);
  writer.add("brain", DType::bf16, {401 * 333}, twice);
  writer.add("single", single);
  writer.add("double", twice);
  writer.add("dequantized", DType::f64, {401, 333}, single);
  writer.add("narrowed", DType::f32, {401, 333}, twice);
  writer.add("none", none);
  writer.add_integers("integers", {3, 1}, integers);
  writer.write(path);

  const SafetensorsFile file(path);
  CHECK(file.verify_checksum());
  CHECK(file.metadata().at("step") == "7");
  CHECK(file.names() ==
        std::vector<std::string>{"double", "dequantized", "integers", "single", "narrowed", "none", "half", "brain"});
  for (const char* name : {"single", "double", "dequantized", "narrowed"}) {
    const Matrix<float> read = file.read_matrix<float>(name);
    CHECK(map(read) == map(single));
  }
  const Matrix<float> half = file.read_matrix<float>("half");
  const Matrix<float> brain = file.read_matrix<float>("brain");
  CHECK(half == make_matrix(map(single).unaryExpr([](float x) { return fp16_to_float(float_to_fp16(x)); })));
  CHECK(rows(brain) == 1);
  CHECK((flat(brain) == flat(single).unaryExpr([](float x) { return bf16_to_float(float_to_bf16(x)); })).all());
  CHECK(file.read_integers("integers") == integers);
  CHECK(file.info("integers").shape == std::vector<Index>{3, 1});
  CHECK(rows(file.read_matrix<float>("none")) == 0);

  SafetensorsWriter copier;  // of tensors as they are stored
  copier.set_metadata("step", "7");
  for (const auto& name : file.names()) {
    copier.add_stored(name, file.info(name));
  }
  copier.write(folder.path() / "copy");
  CHECK(folder.read("copy") == folder.read("file.safetensors"));
}

TEST_CASE("the data begins on 8 bytes, every tensor on a multiple of its element, the bytes repeat") {
  const testing::TemporaryFolder folder;
  const Matrix<float> odd = random_matrix(3, 3);
  std::string first;
  for (const std::string name : {"a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"}) {
    SafetensorsWriter writer;
    writer.add("h" + name, DType::bf16, {9}, odd);
    writer.add("s" + name, odd);
    writer.add("d" + name, DType::f64, {9, 1}, odd);
    const auto path = folder.path() / "file";
    writer.write(path);
    const std::string bytes = folder.read("file");
    writer.write(path);
    CHECK(folder.read("file") == bytes);

    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof(header));
    CHECK(header % 8 == 0);
    const SafetensorsFile file(path);
    for (const auto& tensor : file.names()) {
      const TensorInfo info = file.info(tensor);
      CHECK(reinterpret_cast<std::uintptr_t>(info.bytes.data()) % dtype_bytes(info.dtype) == 0);
    }
  }
}

TEST_CASE("a damaged byte is found, in the header and in the data") {
  const testing::TemporaryFolder folder;
  const Matrix<float> values = random_matrix(2, 5);
  SafetensorsWriter writer;
  writer.set_metadata("step", "1000");
  writer.add("values", values);
  writer.write(folder.path() / "good");
  const std::string good = folder.read("good");
  std::size_t found = 0;
  for (std::size_t i = 8; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto path = folder.write("bad", bad);
    try {
      // Without its key the checksum is not missed; every other damage must show.
      if (SafetensorsFile(path).verify_checksum()) {
        FAIL("byte " << i << " was changed unnoticed");
      }
    } catch (const Error& error) {
      ++found;
      CHECK_THAT(error.what(), ContainsSubstring("bad"));
    }
  }
  CHECK(found >= good.size() - 8 - detail::checksum_key.size());

  const std::string tail = good.substr(0, good.size() - 1) + static_cast<char>(good.back() ^ 1);
  CHECK_THROWS_WITH(SafetensorsFile(folder.write("bad", tail)).verify_checksum(), ContainsSubstring("is corrupted"));
}

TEST_CASE("what cannot be written is an error") {
  const testing::TemporaryFolder folder;
  const Matrix<float> values = random_matrix(2, 2);
  SafetensorsWriter writer;
  writer.add("values", values);
  CHECK_THROWS_WITH(writer.add("values", values), ContainsSubstring("was added before"));
  CHECK_THROWS_WITH(writer.add("other", DType::f32, {5}, values), ContainsSubstring("[5] does not fit 4 values"));
  CHECK_THROWS_WITH(writer.add("other", DType::f32, {-2, -2}, values), ContainsSubstring("negative"));
  CHECK_THROWS_AS(writer.add("other", DType::i64, {2, 2}, values), Error);
  CHECK_THROWS_AS(writer.add("__metadata__", values), Error);
  CHECK_THROWS_AS(writer.set_metadata("ampsft.checksum", "0"), Error);
  CHECK_THROWS_AS(writer.write(folder.path() / "missing" / "file"), Error);
  writer.set_metadata("text", "\xff");
  CHECK_THROWS_WITH(writer.write(folder.path() / "file"), ContainsSubstring("not valid UTF-8"));
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a writer tells of tensors and bytes: once while it hashes them, once while it writes them") {
  const testing::TemporaryFolder folder;
  const Matrix<float> large = random_matrix(900, 700);  // several pieces
  const Matrix<float> small = random_matrix(3, 5);
  SafetensorsWriter writer;
  writer.add("large", large);
  writer.add("half", DType::bf16, {900, 700}, large);
  writer.add("small", small);
  std::vector<TensorProgress> seen;
  writer.write(folder.path() / "file.safetensors", [&](const TensorProgress& one) { seen.push_back(one); });
  REQUIRE(seen.size() > 10);
  CHECK(seen.front().stage == "hashed");
  CHECK(seen.front().done == 0);
  CHECK(seen.front().share == Approx((1 << 20) / (6.0 * 900 * 700 + 4 * 15)));
  CHECK(seen.back().stage == "written");
  int stages = 1;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].all == 3);
    const bool last = i + 1 == seen.size() || seen[i + 1].stage != seen[i].stage;
    CHECK((seen[i].done == 3) == last);
    if (last) {
      CHECK(seen[i].share == Approx(1.0));
      stages += i + 1 < seen.size() ? 1 : 0;
    } else {
      CHECK(seen[i + 1].done >= seen[i].done);
      CHECK(seen[i + 1].share >= seen[i].share);
    }
  }
  CHECK(stages == 2);
}
