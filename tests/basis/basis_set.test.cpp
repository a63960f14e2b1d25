// SPDX-License-Identifier: MIT
/// @file
/// One basis a width, found by weights, compared by its numbers.
#include <ampsft/basis/basis_set.hpp>

#include <memory>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

std::shared_ptr<const UniversalBasis<float>> random_basis(Index width, Index rank, std::uint64_t seed = 1) {
  return std::make_shared<const UniversalBasis<float>>(UniversalBasis<float>::random(width, rank, seed));
}

}  // namespace

TEST_CASE("a set gives the basis of a width, shared, narrowest first") {
  BasisSet<float> bases;
  CHECK(bases.empty());
  const auto wide = random_basis(12, 2);
  const auto narrow = random_basis(8, 3);
  CHECK(bases.insert(wide) == wide);
  CHECK(bases.insert(narrow) == narrow);
  CHECK(bases.size() == 2);
  CHECK(bases.contains(8));
  CHECK_FALSE(bases.contains(9));
  CHECK(bases.find(12) == wide);
  CHECK(bases.find(9) == nullptr);
  CHECK(bases.at(8) == narrow);
  CHECK(bases.for_weight("up.weight", 12) == wide);
  std::vector<Index> widths;
  for (const auto& [width, basis] : bases) {
    widths.push_back(width);
    CHECK(basis->width() == width);
  }
  CHECK(widths == std::vector<Index>{8, 12});
  CHECK(bases.ranks() == std::vector<Index>{3, 2});
  CHECK(bases.bytes() == ((3 + 1) * 8 + (2 + 1) * 12) * 4);  // directions and means
  CHECK(bases.erase(8));
  CHECK_FALSE(bases.erase(8));
  CHECK(bases.size() == 1);
}

TEST_CASE("a basis that is not there is named, and those that are") {
  const BasisSet<float> bases{random_basis(8, 3), random_basis(12, 2)};
  CHECK_THROWS_WITH(bases.at(9), ContainsSubstring("no basis of width 9;") && ContainsSubstring("width 8, 12"));
  CHECK_THROWS_WITH(bases.for_weight("up.weight", 9), ContainsSubstring("no basis of width 9 for up.weight"));
  CHECK_THROWS_WITH(BasisSet<float>{}.at(9), ContainsSubstring("empty"));
}

TEST_CASE("a width has one basis: the same again is nothing new, another is refused") {
  BasisSet<float> bases{random_basis(8, 3)};
  const auto first = bases.at(8);
  CHECK(bases.insert(UniversalBasis<float>::random(8, 3, 1)) == first);  // equal numbers elsewhere in memory
  CHECK_THROWS_WITH(bases.insert(random_basis(8, 3, 2)), ContainsSubstring("another basis of width 8"));
  CHECK_THROWS_WITH(bases.insert(random_basis(8, 2)), ContainsSubstring("of rank 3"));
  CHECK_THROWS_AS(bases.insert(std::shared_ptr<const UniversalBasis<float>>()), Error);
  CHECK(bases.at(8) == first);
  CHECK_THROWS_AS((BasisSet<float>{random_basis(8, 3), random_basis(8, 3, 2)}), Error);
}

TEST_CASE("sets are equal that hold the same numbers") {
  const BasisSet<float> bases{random_basis(8, 3), random_basis(12, 2)};
  CHECK(bases == BasisSet<float>{random_basis(12, 2), random_basis(8, 3)});
  CHECK_FALSE(bases == BasisSet<float>{random_basis(8, 3)});
  CHECK_FALSE(bases == BasisSet<float>{random_basis(8, 3), random_basis(12, 2, 5)});
  CHECK_FALSE(bases == BasisSet<float>{random_basis(8, 3), random_basis(13, 2)});
  auto shifted = make_matrix<float>(1, 12, 0.0F);
  shifted(0, 3) = 1.0F;
  const auto with_mean = std::make_shared<const UniversalBasis<float>>(
      UniversalBasis<float>::from_components(bases.at(12)->components(), shifted));
  CHECK_FALSE(bases == BasisSet<float>{random_basis(8, 3), with_mean});
}
