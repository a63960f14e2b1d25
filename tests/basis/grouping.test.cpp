// SPDX-License-Identifier: MIT
/// @file
/// Groups by width, type, layer and pattern.
#include <ampsft/basis/grouping.hpp>

#include <string>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;

namespace {

using Names = std::vector<std::string>;

/// "stack: matrix matrix" for each stack.
Names groups(const std::vector<RowBlock<float>>& matrices, const Grouping& grouping) {
  Names lines;
  for (const auto& stack : group_rows(matrices, grouping)) {
    std::string line = stack.name() + ":";
    for (const auto& block : stack.blocks()) {
      line += ' ' + block.name();
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("names without their numbers, and up to the first one") {
  CHECK(type_of_name("model.layers.12.mlp.up_proj.weight") == "model.layers.*.mlp.up_proj");
  CHECK(type_of_name("h.0.experts.7.w1") == "h.*.experts.*.w1");
  CHECK(type_of_name("lm_head.weight") == "lm_head");
  CHECK(type_of_name("weight") == "weight");
  CHECK(type_of_name("layers.1a.x2") == "layers.1a.x2");
  CHECK(type_of_name("") == "");
  CHECK(layer_of_name("model.layers.12.mlp.up_proj.weight") == "model.layers.12");
  CHECK(layer_of_name("h.0.experts.7.w1") == "h.0");
  CHECK(layer_of_name("lm_head.weight").empty());
}

TEST_CASE("matrices are grouped, and groups split by width") {
  const auto narrow = test::normal_matrix<float>(3, 4, 1);
  const auto wide = test::normal_matrix<float>(2, 6, 1);
  const std::vector<RowBlock<float>> matrices{{"embed.weight", map(narrow)},
                                              {"l.10.up.weight", map(narrow)},
                                              {"l.10.down.weight", map(wide)},
                                              {"l.2.up.weight", map(narrow)},
                                              {"l.2.down.weight", map(wide)}};
  CHECK(groups(matrices, {}) ==
        Names{"4: embed.weight l.10.up.weight l.2.up.weight", "6: l.10.down.weight l.2.down.weight"});
  CHECK(groups(matrices, {.by = GroupBy::type}) == Names{"embed@4: embed.weight",
                                                         "l.*.up@4: l.10.up.weight l.2.up.weight",
                                                         "l.*.down@6: l.10.down.weight l.2.down.weight"});
  CHECK(groups(matrices, {.by = GroupBy::layer}) == Names{"l.2@4: l.2.up.weight", "l.10@4: l.10.up.weight",
                                                          "others@4: embed.weight", "l.2@6: l.2.down.weight",
                                                          "l.10@6: l.10.down.weight"});
  CHECK(groups(matrices, {.by = GroupBy::pattern, .patterns = {"l.2.*", "*.up.weight"}}) ==
        Names{"*.up.weight@4: l.10.up.weight", "l.2.*@4: l.2.up.weight", "others@4: embed.weight",
              "l.2.*@6: l.2.down.weight", "others@6: l.10.down.weight"});
}

TEST_CASE("groupings that cannot be are refused") {
  const auto matrix = test::normal_matrix<float>(3, 4, 1);
  const std::vector<RowBlock<float>> matrices{{"a", map(matrix)}};
  CHECK_THROWS_WITH(group_rows(matrices, {.by = GroupBy::pattern}), ContainsSubstring("at least one"));
  CHECK_THROWS_AS(group_rows(matrices, {.by = GroupBy::width, .patterns = {"a"}}), Error);
  CHECK_THROWS_WITH(group_rows(matrices, {.by = GroupBy::pattern, .patterns = {"*", "a"}}), ContainsSubstring("'a'"));
  const std::vector<RowBlock<float>> named{{"a", map(matrix)}, {"others", map(matrix)}};
  CHECK_THROWS_WITH(group_rows(named, {.by = GroupBy::pattern, .patterns = {"others"}}), ContainsSubstring("'other?'"));
  CHECK(groups(named, {.by = GroupBy::pattern, .patterns = {"other?"}}) == Names{"other?@4: others", "others@4: a"});
  CHECK(group_rows(std::vector<RowBlock<float>>{}, {}).empty());
}
