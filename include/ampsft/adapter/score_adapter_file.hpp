// SPDX-License-Identifier: MIT
/// @file
/// Score adapters as files: the scores of one fine-tuning, with the bases or beside them.
#pragma once

#include <ampsft/adapter/detail/adapter_header.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ampsft {

/// How an adapter is stored.
struct AdapterFileOptions {
  std::optional<DType> scores = {};  ///< F32, BF16 or F64; none: the precision that they have, as the bases keep
  /// Name of a file beside the adapter's that holds the bases, for any number of adapters; empty: they go into the
  /// adapter's own. One that is there is kept, and must hold the same bases.
  std::string basis_file = {};
};

namespace detail {

/// Bases of a file that `save_bases` wrote.
template <Scalar T>
[[nodiscard]] BasisSet<T> read_basis_file(const std::filesystem::path& path);

/// Throws unless `bases` are those that the header tells of; numbers of another precision have other hashes, so only
/// shapes are compared then.
template <Scalar T>
void require_bases(const AdapterHeader& header, const BasisSet<T>& bases, const std::filesystem::path& path);

/// Those of the bases that are stored in the adapter's own file.
template <Scalar T>
[[nodiscard]] BasisSet<T> read_own_bases(const SafetensorsFile& file, const AdapterHeader& header);

template <Scalar T>
[[nodiscard]] ScoreAdapter<T> read_scores(const SafetensorsFile& file, AdapterHeader header, const BasisSet<T>& bases);

}  // namespace detail

/// Writes an adapter as safetensors, atomically, with a checksum.
///
/// It holds `WEIGHT.scores` (`n x K`) and, unless they have a file of their own, `basis.WIDTH.components` and
/// `basis.WIDTH.mean`. The metadata "ampsft.adapter" holds form, ranks, kinds and hashes of the bases, the base's hash,
/// which weights share scores, and the training summary.
///
/// Throws `Error` for a basis file that holds other bases, and if a file cannot be written.
template <Scalar T>
void save_adapter(const std::filesystem::path& path, const ScoreAdapter<T>& adapter,
                  const AdapterFileOptions& options = {});

/// Reads what `save_adapter` wrote, or a file of an older version; bases beside the file are read too. Attach it with
/// `attach_adapter`, which checks the base.
///
/// Throws `Error` that names the file if it is no adapter, is damaged, or its bases are not those it was made with.
/// Memory: twice the file's at most for BF16 scores as float.
template <Scalar T = float>
[[nodiscard]] ScoreAdapter<T> load_adapter(const std::filesystem::path& path);

/// The same over bases that are in memory already, which the adapter then shares; throws if they are not its own.
template <Scalar T = float>
[[nodiscard]] ScoreAdapter<T> load_adapter(const std::filesystem::path& path, const BasisSet<T>& bases);

/// The bases of an adapter's file, or of a file of bases that has one a width. Throws `Error` that names the file if it
/// is neither, is damaged, or holds two of one width.
template <Scalar T = float>
[[nodiscard]] BasisSet<T> load_basis_set(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/score_adapter_file_inl.hpp>
#endif
