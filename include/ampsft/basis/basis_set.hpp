// SPDX-License-Identifier: MIT
/// @file
/// The bases that the weights of a model share, one for each input width.
#pragma once

#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>

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
                              const std::shared_ptr<const UniversalBasis<T>>& other);

/// Frozen bases, one a width; copies share them.
///
/// Iteration gives pairs of width and pointer, narrowest first. What decides which weights share a basis is the key of
/// the map below: `for_weight` is how a weight finds its basis, so that another grouping changes this class alone.
template <Scalar T = float>
class BasisSet {
 public:
  using Pointer = std::shared_ptr<const UniversalBasis<T>>;

  BasisSet() = default;

  /// Throws `Error` as `insert` does.
  BasisSet(std::initializer_list<Pointer> bases);

  /// Adds a basis and returns the one that the set has now; the same one again changes nothing. Throws `Error` for a
  /// null pointer, and if there is a different basis of that width.
  const Pointer& insert(Pointer basis);

  const Pointer& insert(UniversalBasis<T> basis);

  /// Whether there was one of that width.
  bool erase(Index width) { return bases_.erase(width) > 0; }

  /// The basis of that width, or null.
  [[nodiscard]] Pointer find(Index width) const;

  /// The basis of that width. Throws `Error` that names the widths that are there.
  [[nodiscard]] const Pointer& at(Index width) const { return at_key(width, ""); }

  /// The basis of a weight of that name whose rows have that width. Throws as `at`, and names the weight.
  [[nodiscard]] const Pointer& for_weight(const std::string& name, Index width) const;

  [[nodiscard]] bool contains(Index width) const { return bases_.contains(width); }
  [[nodiscard]] std::size_t size() const noexcept { return bases_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bases_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return bases_.begin(); }
  [[nodiscard]] auto end() const noexcept { return bases_.end(); }

  /// The rank of each basis, narrowest first.
  [[nodiscard]] std::vector<Index> ranks() const;

  /// Bytes of all directions and means.
  [[nodiscard]] Index bytes() const;

  /// Whether both hold the same bases, bit for bit.
  [[nodiscard]] bool operator==(const BasisSet& other) const {
    return std::equal(begin(), end(), other.begin(), other.end(), [](const auto& one, const auto& another) {
      return one.first == another.first && same_basis(one.second, another.second);
    });
  }

 private:
  using Key = Index;  // a width

  [[nodiscard]] const Pointer& at_key(Key key, const std::string& whose) const;

  std::map<Key, Pointer> bases_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/basis_set_inl.hpp>
#endif
