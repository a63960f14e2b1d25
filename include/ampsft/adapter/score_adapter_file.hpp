// SPDX-License-Identifier: MIT
/// @file
/// Score adapters as files: the scores of one fine-tuning, with the bases or beside them.
#pragma once

#include <ampsft/adapter/detail/adapter_header.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/basis/files/basis_file.hpp>
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
[[nodiscard]] BasisSet<T> read_basis_file(const std::filesystem::path& path) {
  BasisSet<T> bases;
  for (auto& [stack, basis, matrices] : load_bases<T>(path).bases) {
    require(!bases.contains(basis.width()), path, " holds two bases of width ", basis.width(),
            "; an adapter has one a width");
    bases.insert(std::move(basis));
  }
  return bases;
}

/// Throws unless `bases` are those that the header tells of; numbers of another precision have other hashes, so only
/// shapes are compared then.
template <Scalar T>
void require_bases(const AdapterHeader& header, const BasisSet<T>& bases, const std::filesystem::path& path) {
  for (const auto& [width, known] : header.bases) {
    const auto found = bases.find(width);
    require(found != nullptr, path, " needs a basis of width ", width, ", which is not there");
    require(found->rank() == known.rank, path, " needs a basis of width ", width, " and rank ", known.rank,
            ", but the one given has rank ", found->rank());
    const std::string hash = header.precision == dtype_name(dtype_of<T>) ? basis_hash(*found) : known.hash;
    require(known.hash.empty() || known.hash == hash, path, " needs the basis of width ", width, " with the hash ",
            known.hash, ", but the one given has ", hash);
  }
}

/// Those of the bases that are stored in the adapter's own file.
template <Scalar T>
[[nodiscard]] BasisSet<T> read_own_bases(const SafetensorsFile& file, const AdapterHeader& header) {
  BasisSet<T> bases;
  for (const auto& [width, known] : header.bases) {
    const std::string name = concat("basis.", width);
    auto basis = UniversalBasis<T>::from_components(file.read_matrix<T>(name + ".components"),
                                                    file.read_matrix<T>(name + ".mean"), known.kind);
    require(basis.width() == width, file.path(), ": the basis ", quoted(name), " has width ", basis.width());
    bases.insert(std::move(basis));
  }
  return bases;
}

template <Scalar T>
[[nodiscard]] ScoreAdapter<T> read_scores(const SafetensorsFile& file, AdapterHeader header, const BasisSet<T>& bases) {
  require_bases(header, bases, file.path());
  ScoreAdapter<T> adapter{.form = header.form,
                          .bases = {},
                          .matrices = {},
                          .base = std::move(header.base),
                          .training = std::move(header.training)};
  for (const auto& [width, known] : header.bases) {
    adapter.bases.insert(bases.at(width));
  }
  for (auto& [weights, width] : header.matrices) {
    Matrix<T> scores = file.read_matrix<T>(weights.front() + ".scores");
    require(map(scores).allFinite(), file.path(), ": the scores of ", quoted(weights.front()),
            " hold a NaN or an infinity");
    adapter.matrices.push_back({std::move(weights), width, std::move(scores)});
    static_cast<void>(adapter.basis(adapter.matrices.back()));
  }
  return adapter;
}

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
                  const AdapterFileOptions& options = {}) {
  const DType dtype = options.scores.value_or(dtype_of<T>);
  require(dtype != DType::i64 && dtype != DType::f16, "scores are stored as F32, BF16 or F64, not ", dtype_name(dtype));
  detail::AdapterHeader header{.form = adapter.form, .base = adapter.base, .training = adapter.training};
  header.basis_file = options.basis_file;
  header.precision = dtype_name(dtype_of<T>);
  SafetensorsWriter writer;
  for (const auto& [width, basis] : adapter.bases) {
    header.bases.emplace(width, detail::AdapterBasis{basis->kind(), basis->rank(), basis_hash(*basis)});
    if (options.basis_file.empty()) {
      writer.add(concat("basis.", width, ".components"), basis->components());
      writer.add(concat("basis.", width, ".mean"), dtype_of<T>, {width}, basis->mean());
    }
  }
  for (const auto& matrix : adapter.matrices) {
    static_cast<void>(adapter.basis(matrix));
    header.matrices.push_back({matrix.weights, matrix.width});
    writer.add(matrix.weights.front() + ".scores", dtype, {rows(matrix.scores), cols(matrix.scores)}, matrix.scores);
  }
  if (!options.basis_file.empty()) {
    const auto beside = path.parent_path() / detail::checked_file_name(options.basis_file, concat(path));
    if (std::filesystem::exists(beside)) {
      detail::require_bases(header, detail::read_basis_file<T>(beside), path);
    } else {
      BasisFile<T> bases;
      for (const auto& [width, basis] : adapter.bases) {
        bases.bases.push_back({concat(width), *basis, {}});
      }
      save_bases(beside, bases);
    }
  }
  writer.set_metadata(detail::adapter_key, json_text(detail::to_json(header)));
  writer.write(path);
}

/// Reads what `save_adapter` wrote, or a file of an older version; bases beside the file are read too. Attach it with
/// `attach_adapter`, which checks the base.
///
/// Throws `Error` that names the file if it is no adapter, is damaged, or its bases are not those it was made with.
/// Memory: twice the file's at most for BF16 scores as float.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> load_adapter(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  auto header = detail::read_adapter_header(file);
  const auto bases = header.basis_file.empty() ? detail::read_own_bases<T>(file, header)
                                               : detail::read_basis_file<T>(path.parent_path() / header.basis_file);
  return detail::read_scores<T>(file, std::move(header), bases);
}

/// The same over bases that are in memory already, which the adapter then shares; throws if they are not its own.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> load_adapter(const std::filesystem::path& path, const BasisSet<T>& bases) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  return detail::read_scores<T>(file, detail::read_adapter_header(file), bases);
}

/// The bases of an adapter's file, or of a file of bases that has one a width. Throws `Error` that names the file if it
/// is neither, is damaged, or holds two of one width.
template <Scalar T>
[[nodiscard]] BasisSet<T> load_basis_set(const std::filesystem::path& path) {
  const bool is_adapter = SafetensorsFile(path).metadata().contains(detail::adapter_key);
  return is_adapter ? load_adapter<T>(path).bases : detail::read_basis_file<T>(path);
}

}  // namespace ampsft
