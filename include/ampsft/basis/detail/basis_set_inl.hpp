// SPDX-License-Identifier: MIT
/// @file
/// Bodies of basis_set.hpp.
#pragma once

#include <ampsft/basis/basis_set.hpp>
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

template <Scalar T>
bool same_basis(const std::shared_ptr<const UniversalBasis<T>>& one,
                const std::shared_ptr<const UniversalBasis<T>>& other) {
  const auto same = [](const Matrix<T>& a, const Matrix<T>& b) {
    return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
  };
  return one == other || (same(one->components(), other->components()) && same(one->mean(), other->mean()));
}

template <Scalar T>
BasisSet<T>::BasisSet(std::initializer_list<Pointer> bases) {
  for (const Pointer& basis : bases) {
    insert(basis);
  }
}

template <Scalar T>
const typename BasisSet<T>::Pointer& BasisSet<T>::insert(Pointer basis) {
  require(basis != nullptr, "a null pointer is no basis; make one, say by UniversalBasis<T>::random");
  const Index width = basis->width();
  const auto [place, is_new] = bases_.try_emplace(width, std::move(basis));  // moves only if it is new
  require(is_new || same_basis(place->second, basis), "there is another basis of width ", width, " already, of rank ",
          place->second->rank(), "; a set has one a width, so erase that one first");
  return place->second;
}

template <Scalar T>
const typename BasisSet<T>::Pointer& BasisSet<T>::insert(UniversalBasis<T> basis) {
  return insert(std::make_shared<const UniversalBasis<T>>(std::move(basis)));
}

template <Scalar T>
typename BasisSet<T>::Pointer BasisSet<T>::find(Index width) const {
  const auto found = bases_.find(width);
  return found != bases_.end() ? found->second : nullptr;
}

template <Scalar T>
const typename BasisSet<T>::Pointer& BasisSet<T>::for_weight(const std::string& name, Index width) const {
  return at_key(width, " for " + name);
}

template <Scalar T>
std::vector<Index> BasisSet<T>::ranks() const {
  std::vector<Index> ranks;
  for (const auto& [width, basis] : bases_) {
    ranks.push_back(basis->rank());
  }
  return ranks;
}

template <Scalar T>
Index BasisSet<T>::bytes() const {
  Index numbers = 0;
  for (const auto& [width, basis] : bases_) {
    numbers += (basis->rank() + 1) * width;
  }
  return numbers * static_cast<Index>(sizeof(T));
}

template <Scalar T>
const typename BasisSet<T>::Pointer& BasisSet<T>::at_key(Key key, const std::string& whose) const {
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

AMPSFT_INSTANCE(bool same_basis(const std::shared_ptr<const UniversalBasis<float>>& one,
                                const std::shared_ptr<const UniversalBasis<float>>& other));

AMPSFT_INSTANCE(bool same_basis(const std::shared_ptr<const UniversalBasis<double>>& one,
                                const std::shared_ptr<const UniversalBasis<double>>& other));

AMPSFT_INSTANCE(class BasisSet<float>);
AMPSFT_INSTANCE(class BasisSet<double>);

}  // namespace ampsft
