// SPDX-License-Identifier: MIT
/// @file
/// The bases that the weights of a model share, one for each input width.
#pragma once

#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Whether both pointers lead to the same directions and mean, bit for bit; neither may be null.
template <Scalar T>
[[nodiscard]] bool same_basis(const std::shared_ptr<const UniversalBasis<T>>& one,
                              const std::shared_ptr<const UniversalBasis<T>>& other) {
  const auto same = [](const Matrix<T>& a, const Matrix<T>& b) {
    return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
  };
  return one == other || (same(one->components(), other->components()) && same(one->mean(), other->mean()));
}

/// Frozen bases, one a width; copies share them.
///
/// Iteration gives pairs of width and pointer, narrowest first. What decides which weights share a basis is the key of
/// the map below: `for_weight` is how a weight finds its basis, so that another grouping changes this class alone.
template <Scalar T>
class BasisSet {
 public:
  using Pointer = std::shared_ptr<const UniversalBasis<T>>;

  BasisSet() = default;

  /// Throws `Error` as `insert` does.
  BasisSet(std::initializer_list<Pointer> bases) {
    for (const Pointer& basis : bases) {
      insert(basis);
    }
  }

  /// Adds a basis and returns the one that the set has now; the same one again changes nothing. Throws `Error` for a
  /// null pointer, and if there is a different basis of that width.
  const Pointer& insert(Pointer basis) {
    require(basis != nullptr, "a null pointer is no basis; make one, say by UniversalBasis<T>::random");
    const Index width = basis->width();
    const auto [place, is_new] = bases_.try_emplace(width, std::move(basis));  // moves only if it is new
    require(is_new || same_basis(place->second, basis), "there is another basis of width ", width, " already, of rank ",
            place->second->rank(), "; a set has one a width, so erase that one first");
    return place->second;
  }

  const Pointer& insert(UniversalBasis<T> basis) {
    return insert(std::make_shared<const UniversalBasis<T>>(std::move(basis)));
  }

  /// Whether there was one of that width.
  bool erase(Index width) { return bases_.erase(width) > 0; }

  /// The basis of that width, or null.
  [[nodiscard]] Pointer find(Index width) const {
    const auto found = bases_.find(width);
    return found != bases_.end() ? found->second : nullptr;
  }

  /// The basis of that width. Throws `Error` that names the widths that are there.
  [[nodiscard]] const Pointer& at(Index width) const { return at_key(width, ""); }

  /// The basis of a weight of that name whose rows have that width. Throws as `at`, and names the weight.
  [[nodiscard]] const Pointer& for_weight(const std::string& name, Index width) const {
    return at_key(width, " for " + name);
  }

  [[nodiscard]] bool contains(Index width) const { return bases_.contains(width); }
  [[nodiscard]] std::size_t size() const noexcept { return bases_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bases_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return bases_.begin(); }
  [[nodiscard]] auto end() const noexcept { return bases_.end(); }

  /// The rank of each basis, narrowest first.
  [[nodiscard]] std::vector<Index> ranks() const {
    std::vector<Index> ranks;
    for (const auto& [width, basis] : bases_) {
      ranks.push_back(basis->rank());
    }
    return ranks;
  }

  /// Bytes of all directions and means.
  [[nodiscard]] Index bytes() const {
    Index numbers = 0;
    for (const auto& [width, basis] : bases_) {
      numbers += (basis->rank() + 1) * width;
    }
    return numbers * static_cast<Index>(sizeof(T));
  }

  /// Whether both hold the same bases, bit for bit.
  [[nodiscard]] bool operator==(const BasisSet& other) const {
    return std::equal(begin(), end(), other.begin(), other.end(), [](const auto& one, const auto& another) {
      return one.first == another.first && same_basis(one.second, another.second);
    });
  }

 private:
  using Key = Index;  // a width

  [[nodiscard]] const Pointer& at_key(Key key, const std::string& whose) const {
    const auto found = bases_.find(key);
    if (found == bases_.end()) {
      std::string widths;
      for (const auto& [width, basis] : bases_) {
        widths += (widths.empty() ? "" : ", ") + std::to_string(width);
      }
      fail("there is no basis of width ", key, whose, "; ",
           widths.empty() ? "the set is empty" : "there are those of width ", widths);
    }
    return found->second;
  }

  std::map<Key, Pointer> bases_;
};

}  // namespace ampsft
