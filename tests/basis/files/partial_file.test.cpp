// SPDX-License-Identifier: MIT
/// @file
/// Moments computed apart and merged against the whole, and files of them that cannot be used.
#include <ampsft/basis/files/join_files.hpp>
#include <ampsft/basis/files/partial_files.hpp>
#include <ampsft/basis/policy.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <limits>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
RowStack<T> stack_of(const std::vector<std::pair<std::string, const Matrix<T>*>>& matrices) {
  RowStack<T> stack("group");
  for (const auto& [name, matrix] : matrices) {
    stack.add({name, map(*matrix)});
  }
  return stack;
}

double largest(const Matrix<double>& matrix) {
  return map(matrix).cwiseAbs().maxCoeff();
}

}  // namespace

TEMPLATE_TEST_CASE("halves that were computed apart and merged equal the whole", "", float, double) {
  auto a = normal_matrix<TestType>(3000, 9, 1);
  flat(a) += TestType(100);  // means that differ between the parts
  const auto b = normal_matrix<TestType>(500, 9, 2);
  const auto c = normal_matrix<TestType>(70, 9, 3);
  const testing::TemporaryFolder folder;
  Index told = 0;
  const auto whole =
      accumulate(stack_of<TestType>({{"a", &a}, {"b", &b}, {"c", &c}}), [&](Index rows) { told += rows; });
  CHECK(told == 3570);
  save_partial<TestType>(folder.path() / "1", {accumulate(stack_of<TestType>({{"a", &a}}))});
  save_partial<TestType>(folder.path() / "2", {accumulate(stack_of<TestType>({{"b", &b}, {"c", &c}}))});
  const auto merged = merge_partials<TestType>({folder.path() / "1", folder.path() / "2"});
  REQUIRE(merged.size() == 1);
  const auto& [stack, gram, matrices] = merged.front();
  CHECK(stack == "group");
  CHECK(matrices == whole.matrices);
  CHECK(gram.count() == 3570);
  CHECK(max_difference(gram.mean(), whole.gram.mean()) <= 1e-12);
  CHECK(gram.raw_energy() == Approx(whole.gram.raw_energy()).epsilon(1e-13));
  const auto scatter = gram.scatter();
  CHECK(max_difference(scatter, whole.gram.scatter()) <= 1e-12 * largest(scatter));
  GramAccumulator<TestType> plain(9);
  plain.add(map(a));
  plain.add(map(b));
  plain.add(map(c));
  CHECK(max_difference(scatter, plain.scatter()) <= 1e-12 * largest(scatter));
  CHECK(source_hash(matrices) == source_hash({whole.matrices[2], whole.matrices[0], whole.matrices[1]}));
  CHECK(source_hash(matrices) != source_hash({whole.matrices[0], whole.matrices[1]}));
}

TEST_CASE("the hashes of moments and of scores agree") {
  const auto a = normal_matrix<float>(3000, 9, 1);
  const auto moments = accumulate(stack_of<float>({{"a", &a}}));
  const auto scores = score_matrix(RowBlock<float>("a", map(a)), UniversalBasis<float>::random(9, 2, 1));
  CHECK(moments.matrices.front().hash == hash_text(scores.hash));
}

TEST_CASE("parts that do not belong together are refused") {
  const auto a = normal_matrix<float>(30, 9, 1);
  const auto narrow = normal_matrix<float>(30, 8, 1);
  const testing::TemporaryFolder folder;
  const auto save = [&](const std::string& file, const std::string& name, const Matrix<float>& matrix,
                        const std::string& stack = "group") {
    auto moments = accumulate(stack_of<float>({{name, &matrix}}));
    moments.stack = stack;
    save_partial<float>(folder.path() / file, {moments});
    return folder.path() / file;
  };
  const auto first = save("first", "a", a);
  CHECK_THROWS_WITH(merge_partials<float>({first, save("again", "a", a)}),
                    ContainsSubstring("again") && ContainsSubstring("'a'") && ContainsSubstring("twice"));
  CHECK_THROWS_WITH(merge_partials<float>({first, save("narrow", "n", narrow)}), ContainsSubstring("width 8"));
  CHECK_THROWS_WITH(merge_partials<float>({first, save("other", "a", a, "another")}),
                    ContainsSubstring("other") && ContainsSubstring("'a'") && ContainsSubstring("'another'"));
  CHECK_THROWS_AS(merge_partials<float>({}), Error);
  CHECK_THROWS_WITH(PartialFiles({first}).merged<float>("missing"), ContainsSubstring("'missing'"));
  CHECK_THROWS_AS(accumulate(RowStack<float>{}), Error);
  auto bad = a;
  bad(17, 3) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(accumulate(stack_of<float>({{"a", &a}, {"bad", &bad}})),
                    ContainsSubstring("'bad'") && ContainsSubstring("row 17"));
}

TEST_CASE("files that are no moments are refused by name") {
  const testing::TemporaryFolder folder;
  const auto matrix = make_matrix<double>(1, 3, -1.0);
  const auto refused = [&](const char* json, const char* message) {
    SafetensorsWriter writer;
    writer.add("s.mean", DType::f64, {3}, matrix);
    const auto square = make_matrix<double>(1, 6, -1.0);
    writer.add("s.scatter", DType::f64, {6}, square);
    if (json != nullptr) {
      writer.set_metadata("ampsft.partial", json);
    }
    writer.write(folder.path() / "file");
    CHECK_THROWS_WITH(load_partial<float>(folder.path() / "file"), ContainsSubstring(message));
  };
  refused(nullptr, "no file of partial results");
  refused("{", "parse error");
  refused("{}", "version");
  refused(R"({"version":2})", "another version");
  refused(R"({"version":1,"stacks":{"s":{"width":4,"count":1,"raw_energy":1,
             "matrices":[{"name":"a","rows":1,"cols":4,"hash":""}]}}})",
          "width of 4");
  refused(R"({"version":1,"stacks":{"s":{"width":3,"count":1,"raw_energy":1,"matrices":[]}}})", "not those of its");
  refused(R"({"version":1,"stacks":{"s":{"width":3,"count":1,"raw_energy":1,
             "matrices":[{"name":"a","rows":2,"cols":3,"hash":""}]}}})",
          "not those of its");
  refused(R"({"version":1,"stacks":{"s":{"width":3,"count":1,"raw_energy":1,
             "matrices":[{"name":"a","rows":1,"cols":3,"hash":""}]}}})",
          "negative energy");
  refused(R"({"version":1,"stacks":{"t":{"width":3,"count":0,"raw_energy":1,"matrices":[]}}})", "t.mean");
  refused(R"({"version":1,"stacks":{"s":{"width":3.5,"count":1,"raw_energy":1,"matrices":[]}}})", "not what it should");
  refused(R"({"version":1,"stacks":{"s":{"width":3,"count":1e300,"raw_energy":1,"matrices":[]}}})",
          "not what it should");
  refused(R"({"version":1,"stacks":{"s":{"width":3,"count":1,"raw_energy":1,
             "matrices":[{"name":"a","rows":1.5,"cols":3,"hash":""}]}}})",
          "not what it should");
  refused(R"({"version":1,"stacks":{"s":{"width":3}}})", "not what it should be");
}

TEST_CASE("an energy that is not that of mean and scatter is refused") {
  const auto a = normal_matrix<float>(30, 9, 1);
  const testing::TemporaryFolder folder;
  const auto moments = accumulate(stack_of<float>({{"a", &a}}));
  SafetensorsWriter writer;
  const auto packed = detail::pack_lower(moments.gram.lower_scatter());
  writer.add("group.mean", DType::f64, {9}, moments.gram.mean());
  writer.add("group.scatter", DType::f64, {45}, packed);
  nlohmann::json json = {{"version", 1},
                         {"stacks",
                          {{"group",
                            {{"width", 9},
                             {"count", 30},
                             {"raw_energy", 2.0 * moments.gram.raw_energy()},
                             {"matrices", detail::to_json(moments.matrices)}}}}}};
  writer.set_metadata("ampsft.partial", json.dump());
  writer.write(folder.path() / "file");
  CHECK_THROWS_WITH(load_partial<float>(folder.path() / "file"),
                    ContainsSubstring("file") && ContainsSubstring("'group'") && ContainsSubstring("energy"));
}

TEST_CASE("partial files of single stacks are put together") {
  const auto a = normal_matrix<float>(30, 9, 1);
  const auto b = normal_matrix<float>(20, 5, 2);
  const testing::TemporaryFolder folder;
  auto narrow = accumulate(stack_of<float>({{"b", &b}}));
  narrow.stack = "narrow";
  const auto wide = accumulate(stack_of<float>({{"a", &a}}));
  save_partial<float>(folder.path() / "1", {wide});
  save_partial<float>(folder.path() / "2", {narrow});
  save_partial<float>(folder.path() / "both", {wide, narrow});
  join_partials(folder.path() / "joined", {folder.path() / "1", folder.path() / "2"});
  CHECK(folder.read("joined") == folder.read("both"));
  CHECK_THROWS_WITH(join_partials(folder.path() / "twice", {folder.path() / "1", folder.path() / "1"}),
                    ContainsSubstring("added before"));
}
