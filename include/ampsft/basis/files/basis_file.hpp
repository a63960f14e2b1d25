// SPDX-License-Identifier: MIT
/// @file
/// Bases as a file: directions, means, singular values, and where they come from.
#pragma once

#include <ampsft/basis/source.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// A basis and the stack that it belongs to.
template <Scalar T>
struct NamedBasis {
  std::string stack;
  UniversalBasis<T> basis;
  std::vector<SourceMatrix> matrices = {};  ///< that it stands for; may be empty
};

/// Bases of several stacks, and a hash of what they were computed from ("" if it is not known).
template <Scalar T>
struct BasisFile {
  std::vector<NamedBasis<T>> bases;
  std::string source = {};
};

/// A hash of a basis' directions and mean: what tells scores whether a basis is theirs.
template <Scalar T>
[[nodiscard]] std::string basis_hash(const UniversalBasis<T>& basis);

namespace detail {

inline constexpr const char* bases_key = "ampsft.bases";

[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json to_json(const Spectrum& spectrum);

/// Throws unless singular values descend and hold no more than the energies say.
[[nodiscard]] AMPSFT_HEADER_INLINE Spectrum spectrum_from(const nlohmann::json& json,
                                                          const Matrix<double>& singular_values);

}  // namespace detail

/// Writes bases as safetensors, atomically, with a checksum.
///
/// They are `basis.STACK.components` (`K x d`), `basis.STACK.mean` (`d`) in the format of `T` and, where a spectrum is
/// known, `basis.STACK.singular_values` (F64). The metadata "ampsft.bases" holds kinds, ranks, energies, the matrices
/// and the hash of the source. Throws `Error` for two bases of one stack.
template <Scalar T>
void save_bases(const std::filesystem::path& path, const BasisFile<T>& file);

/// Reads what `save_bases` wrote. Throws `Error` that names the file if it is no such file or is damaged, if a spectrum
/// cannot be one or a hash (of numbers stored as `T`) is another basis', and as `UniversalBasis::from_components` does
/// for directions that are not orthonormal.
template <Scalar T>
[[nodiscard]] BasisFile<T> load_bases(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/files/detail/basis_file_inl.hpp>
#endif
