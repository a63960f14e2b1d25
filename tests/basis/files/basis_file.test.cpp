// SPDX-License-Identifier: MIT
/// @file
/// Bases and scores through files, and the policies that give stacks their bases.
#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/files/join_files.hpp>
#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/basis/policy.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
RowStack<T> stack_of(const std::string& name, const Matrix<T>& matrix) {
  RowStack<T> stack(name);
  stack.add({name + ".matrix", map(matrix)});
  return stack;
}

}  // namespace

TEMPLATE_TEST_CASE("bases come back bit for bit, with spectrum and origin", "", float, double) {
  const auto w = normal_matrix<TestType>(90, 7, 1);
  const testing::TemporaryFolder folder;
  const auto fitted = UniversalBasis<TestType>::fit(stack_of<TestType>("w", w), {.rank = 3});
  const auto random = UniversalBasis<TestType>::random(12, 2, 4);
  save_bases<TestType>(folder.path() / "b",
                       {{{"w", fitted, {{"m", 90, 7, "00000000000000ff"}}}, {"r*@12", random}}, "abc"});
  const auto file = load_bases<TestType>(folder.path() / "b");
  CHECK(file.source == "abc");
  REQUIRE(file.bases.size() == 2);
  const auto& [name, basis, matrices] = file.bases[1];
  CHECK(name == "w");
  CHECK(basis.kind() == "weights");
  CHECK(matrices == std::vector<SourceMatrix>{{"m", 90, 7, "00000000000000ff"}});
  CHECK(map(basis.components()) == map(fitted.components()));
  CHECK(map(basis.mean()) == map(fitted.mean()));
  CHECK(basis_hash(basis) == basis_hash(fitted));
  CHECK(basis.spectrum()->r2(3) == Approx(fitted.spectrum()->r2(3)).epsilon(1e-14));
  CHECK(file.bases[0].basis.kind() == "random");
  CHECK_FALSE(file.bases[0].basis.spectrum().has_value());
  CHECK(basis_hash(random) != basis_hash(random.truncated(1)));
}

TEST_CASE("scores come back with their energies; bfloat16 halves them and rounds") {
  const auto w = normal_matrix<float>(90, 7, 1);
  const auto basis = UniversalBasis<float>::fit(stack_of<float>("w", w), {.rank = 3});
  const auto scores = score_matrix(RowBlock<float>("w.matrix", map(w)), basis);
  const testing::TemporaryFolder folder;
  for (const DType dtype : {DType::f32, DType::bf16}) {
    save_scores<float>(folder.path() / "s", {{{scores, "w", basis_hash(basis)}}, "abc"}, dtype);
    const auto file = load_scores<float>(folder.path() / "s");
    CHECK(file.source == "abc");
    REQUIRE(file.scores.size() == 1);
    const auto& [matrix, stack, hash] = file.scores[0];
    CHECK(stack == "w");
    CHECK(hash == basis_hash(basis));
    CHECK(matrix.hash == scores.hash);
    CHECK(matrix.explained.r2(2) == scores.explained.r2(2));
    CHECK(map(matrix.residuals) == map(scores.residuals));
    CHECK(max_difference(matrix.scores, scores.scores) <= (dtype == DType::f32 ? 0.0 : 0.02));
  }
}

TEST_CASE("files that are none of ours are refused by name") {
  const testing::TemporaryFolder folder;
  const auto basis = UniversalBasis<float>::random(5, 2, 1);
  save_bases<float>(folder.path() / "bases", {{{"w", basis}}});
  save_scores<float>(folder.path() / "scores", {});
  CHECK_THROWS_WITH(load_scores<float>(folder.path() / "bases"), ContainsSubstring("no file of scores"));
  CHECK_THROWS_WITH(load_bases<float>(folder.path() / "scores"), ContainsSubstring("no file of bases"));
  CHECK_THROWS_WITH(save_bases<float>(folder.path() / "twice", {{{"w", basis}, {"w", basis}}}),
                    ContainsSubstring("added before"));
  auto bytes = folder.read("bases");
  bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);
  folder.write("bases", bytes);
  CHECK_THROWS_WITH(load_bases<float>(folder.path() / "bases"), ContainsSubstring("corrupted"));
}

TEST_CASE("bases whose spectrum or hash cannot be are refused by name") {
  const auto w = normal_matrix<float>(90, 3, 1);
  const auto basis = UniversalBasis<float>::fit(stack_of<float>("w", w), {.rank = 2});
  const auto& spectrum = *basis.spectrum();
  const testing::TemporaryFolder folder;
  const auto load = [&](const Spectrum& changed) {
    save_bases<float>(folder.path() / "b", {{{"w", basis.with_spectrum(changed)}}});
    return load_bases<float>(folder.path() / "b");
  };
  CHECK(load(spectrum).bases.size() == 1);
  const auto refused = [&](auto change, const char* message) {
    Spectrum changed = spectrum;
    change(changed);
    CHECK_THROWS_WITH(load(changed), ContainsSubstring("'w'") && ContainsSubstring(message));
  };
  refused([](Spectrum& s) { std::swap(s.eigenvalues[0], s.eigenvalues[1]); }, "descend");
  refused([](Spectrum& s) { s.eigenvalues[0] *= 1.5; }, "cannot be");
  refused([](Spectrum& s) { s.centred_energy = 2.0 * s.raw_energy; }, "cannot be");
  refused([](Spectrum& s) { s.raw_energy = -1.0; }, "cannot be");
  refused([](Spectrum& s) { s.sum_of_squares = -1.0; }, "cannot be");
  // Another basis' hash, and a width that is no integer, in a file that is whole otherwise.
  const auto rewritten = [&](const std::string& from, const std::string& to) {
    save_bases<float>(folder.path() / "b", {{{"w", basis}}});
    const SafetensorsFile file(folder.path() / "b");
    auto text = file.metadata().at("ampsft.bases");
    text.replace(text.find(from), from.size(), to);
    SafetensorsWriter writer;
    for (const auto& name : file.names()) {
      writer.add_stored(name, file.info(name));
    }
    writer.set_metadata("ampsft.bases", text);
    writer.write(folder.path() / "changed");
    return load_bases<float>(folder.path() / "changed");
  };
  CHECK(rewritten("\"row_width\":0", "\"row_width\":3").bases.size() == 1);
  CHECK_THROWS_WITH(rewritten("\"row_width\":0", "\"row_width\":3.5"), ContainsSubstring("not what it should be"));
  CHECK_THROWS_WITH(rewritten("\"row_width\":0", "\"row_width\":2"), ContainsSubstring("more than its width"));
  CHECK_THROWS_WITH(rewritten(basis_hash(basis), "0123456789abcdef"), ContainsSubstring("hash"));
  CHECK(load_bases<double>(folder.path() / "b").bases.size() == 1);  // the hash is of the numbers as float
}

TEST_CASE("files of single matrices' scores are put together") {
  const auto basis = UniversalBasis<float>::random(7, 3, 1);
  const testing::TemporaryFolder folder;
  ScoreFile<float> both{.scores = {}, .source = "abc"};
  std::vector<std::filesystem::path> parts;
  for (const Index rows : {20, 30}) {
    const auto w = normal_matrix<float>(rows, 7, 1);
    const auto name = std::to_string(rows);
    const StoredScores<float> one{score_matrix(RowBlock<float>(name, map(w)), basis), "w", basis_hash(basis)};
    parts.push_back(folder.path() / ("part" + name));
    save_scores<float>(parts.back(), {{one}}, DType::bf16);
    both.scores.push_back(one);
  }
  save_scores<float>(folder.path() / "both", both, DType::bf16);
  join_scores(folder.path() / "joined", parts, "abc");
  CHECK(folder.read("joined") == folder.read("both"));
  Index visited = 0;
  CHECK(visit_scores<float>(folder.path() / "joined", [&](const StoredScores<float>& one) {
          CHECK(one.matrix.explained.rows == (visited++ == 0 ? 20 : 30));
        }) == "abc");
  CHECK(visited == 2);
}

TEST_CASE("policies give a stack its basis") {
  static_assert(BasisPolicy<WeightBasis, float> && BasisPolicy<RandomBasis, double>);
  static_assert(BasisPolicy<StoredBasis<float>, float> && BasisPolicy<MomentBasis<float>, float>);
  static_assert(!BasisPolicy<StoredBasis<float>, double>);
  const auto w = normal_matrix<float>(90, 7, 1);
  const auto stack = stack_of<float>("w", w);
  const auto fitted = WeightBasis{{.rank = 3}}.fit(stack);
  CHECK(map(fitted.components()) == map(UniversalBasis<float>::fit(stack, {.rank = 3}).components()));
  CHECK(map(RandomBasis{2, 9}.fit(stack).components()) == map(UniversalBasis<float>::random(7, 2, 9).components()));

  const auto other = UniversalBasis<float>::random(7, 3, 2);
  const StoredBasis<float> named{{{{"u", other}, {"w", fitted}}, ""}, 2};
  CHECK(map(named.fit(stack).components()) == map(fitted.truncated(2).components()));
  const StoredBasis<float> by_width{{{{"other", other}, {"wide", UniversalBasis<float>::random(8, 3, 2)}}, ""}};
  CHECK(map(by_width.fit(stack).components()) == map(other.components()));
  CHECK_THROWS_WITH((StoredBasis<float>{{{{"u", other}, {"v", other}}, ""}}.fit(stack)), ContainsSubstring("2 bases"));
  CHECK_THROWS_WITH((StoredBasis<float>{}.fit(stack)), ContainsSubstring("0 bases of width 7"));

  GramAccumulator<float> gram(7);
  gram.add(map(w));
  MomentBasis<float> moments{.moments = {{7, gram}}, .kind = "activations", .rank = 2};
  CHECK(moments.fit(stack).kind() == "activations");
  CHECK(map(moments.fit(stack).components()) ==
        map(UniversalBasis<float>::fit(stack, {.rank = 2, .centred = false, .method = SvdMethod::gram}).components()));
}
