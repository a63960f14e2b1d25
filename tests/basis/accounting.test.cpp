// SPDX-License-Identifier: MIT
/// @file
/// The accounting against the paper's own digits.
#include <ampsft/basis/accounting.hpp>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("the paper's model is counted digit for digit") {
  const Accounting counts = make_accounting({{.rows = 46'398, .width = 256, .rank = 8}}, 4'352'512, 10'291'456);
  CHECK(counts.score_coefficients == 371'184);
  CHECK(counts.basis == 2'048);
  CHECK(counts.non_weight == 4'352'512);
  CHECK(counts.weight_structure == 11'504'656);
  CHECK(counts.total == 16'230'400);
  CHECK(counts.unique_parameters == 10'291'456);
  CHECK(counts.stacked_rows == 46'398);
  CHECK(format_accounting(counts) ==
        "Component                     Parameters  Fraction  Trainable?\n"
        "Score coefficients               371,184     2.29%  YES\n"
        "Universal basis (K=8)              2,048     0.01%  No (shared)\n"
        "Non-weight params              4,352,512     26.8%  No (frozen)\n"
        "Weight structure              11,504,656     70.9%  No (derived)\n"
        "Total                         16,230,400      100%  2.29%\n");
}

TEST_CASE("stacks of several widths add up") {
  const Accounting counts = make_accounting({{100, 16, 4}, {30, 64, 4}}, 7, 3'000);
  CHECK(counts.score_coefficients == 520);
  CHECK(counts.basis == 4 * 16 + 4 * 64);
  CHECK(counts.total == 1'600 + 1'920 + 7);
  CHECK(counts.score_coefficients + counts.basis + counts.non_weight + counts.weight_structure == counts.total);
  CHECK(counts.stacked_rows == 130);
  CHECK(counts.rank == 4);
  const Accounting mixed = make_accounting({{100, 16, 4}, {30, 64, 8}, {10, 32, 4}}, 0, 0);
  CHECK(mixed.rank == 0);
  CHECK_THAT(format_accounting(mixed), ContainsSubstring("Universal bases "));
}

TEST_CASE("a basis that costs more than it saves shows as a negative structure") {
  const Accounting counts = make_accounting({{40, 100, 100}}, 0, 4'000);
  CHECK(counts.weight_structure == -10'000);
  CHECK_THAT(format_accounting(counts), ContainsSubstring("-10,000"));
}

TEST_CASE("thousands are separated") {
  CHECK(with_thousands(0) == "0");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(1'000) == "1,000");
  CHECK(with_thousands(-999) == "-999");
  CHECK(with_thousands(-123'456) == "-123,456");
  CHECK(with_thousands(1'234'567'890) == "1,234,567,890");
}

TEST_CASE("impossible counts are refused") {
  CHECK_THROWS_WITH(make_accounting({{10, 4, 5}}, 0, 0), ContainsSubstring("rank 5"));
  CHECK_THROWS_AS(make_accounting({{10, 4, 0}}, 0, 0), Error);
  CHECK_THROWS_AS(make_accounting({{-1, 4, 1}}, 0, 0), Error);
  CHECK_THROWS_AS(make_accounting({}, -1, 0), Error);
  constexpr Index many = Index{1} << 40;
  CHECK(make_accounting({{many, 1 << 22, 1}}, many, 0).total == (Index{1} << 62) + many);
  CHECK_THROWS_WITH(make_accounting({{many, 1 << 23, 1}}, 0, 0), ContainsSubstring("more than 2^63 - 1"));
  CHECK_THROWS_AS(make_accounting({{many, 1 << 22, 1}, {many, 1 << 22, 1}}, 0, 0), Error);
  CHECK_THROWS_AS(make_accounting({{many, 1 << 22, 1 << 22}, {1 << 22, Index{1} << 40, 1}}, 0, 0), Error);
  CHECK(make_accounting({}, 0, 0).total == 0);
}
