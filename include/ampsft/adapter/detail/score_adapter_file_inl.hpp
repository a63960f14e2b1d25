// SPDX-License-Identifier: MIT
/// @file
/// Bodies of score_adapter_file.hpp.
#pragma once

#include <ampsft/adapter/detail/adapter_header.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
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

namespace ampsft::detail {

template <Scalar T>
BasisSet<T> read_basis_file(const std::filesystem::path& path) {
  BasisSet<T> bases;
  for (auto& [stack, basis, matrices] : load_bases<T>(path).bases) {
    require(!bases.contains(basis.width()), path, " holds two bases of width ", basis.width(),
            "; an adapter has one a width");
    bases.insert(std::move(basis));
  }
  return bases;
}

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

template <Scalar T>
BasisSet<T> read_own_bases(const SafetensorsFile& file, const AdapterHeader& header) {
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
ScoreAdapter<T> read_scores(const SafetensorsFile& file, AdapterHeader header, const BasisSet<T>& bases) {
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

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void save_adapter(const std::filesystem::path& path, const ScoreAdapter<T>& adapter,
                  const AdapterFileOptions& options) {
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

template <Scalar T>
ScoreAdapter<T> load_adapter(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  auto header = detail::read_adapter_header(file);
  const auto bases = header.basis_file.empty() ? detail::read_own_bases<T>(file, header)
                                               : detail::read_basis_file<T>(path.parent_path() / header.basis_file);
  return detail::read_scores<T>(file, std::move(header), bases);
}

template <Scalar T>
ScoreAdapter<T> load_adapter(const std::filesystem::path& path, const BasisSet<T>& bases) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  return detail::read_scores<T>(file, detail::read_adapter_header(file), bases);
}

template <Scalar T>
BasisSet<T> load_basis_set(const std::filesystem::path& path) {
  const bool is_adapter = SafetensorsFile(path).metadata().contains(detail::adapter_key);
  return is_adapter ? load_adapter<T>(path).bases : detail::read_basis_file<T>(path);
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(BasisSet<float> read_basis_file(const std::filesystem::path& path));
AMPSFT_INSTANCE(BasisSet<double> read_basis_file(const std::filesystem::path& path));
AMPSFT_INSTANCE(void require_bases(const AdapterHeader& header, const BasisSet<float>& bases,
                                   const std::filesystem::path& path));
AMPSFT_INSTANCE(void require_bases(const AdapterHeader& header, const BasisSet<double>& bases,
                                   const std::filesystem::path& path));
AMPSFT_INSTANCE(BasisSet<float> read_own_bases(const SafetensorsFile& file, const AdapterHeader& header));
AMPSFT_INSTANCE(BasisSet<double> read_own_bases(const SafetensorsFile& file, const AdapterHeader& header));
AMPSFT_INSTANCE(ScoreAdapter<float> read_scores(const SafetensorsFile& file, AdapterHeader header,
                                                const BasisSet<float>& bases));
AMPSFT_INSTANCE(ScoreAdapter<double> read_scores(const SafetensorsFile& file, AdapterHeader header,
                                                 const BasisSet<double>& bases));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(void save_adapter(const std::filesystem::path& path, const ScoreAdapter<float>& adapter,
                                  const AdapterFileOptions& options));

AMPSFT_INSTANCE(void save_adapter(const std::filesystem::path& path, const ScoreAdapter<double>& adapter,
                                  const AdapterFileOptions& options));

AMPSFT_INSTANCE(ScoreAdapter<float> load_adapter(const std::filesystem::path& path));
AMPSFT_INSTANCE(ScoreAdapter<double> load_adapter(const std::filesystem::path& path));
AMPSFT_INSTANCE(ScoreAdapter<float> load_adapter(const std::filesystem::path& path, const BasisSet<float>& bases));
AMPSFT_INSTANCE(ScoreAdapter<double> load_adapter(const std::filesystem::path& path, const BasisSet<double>& bases));
AMPSFT_INSTANCE(BasisSet<float> load_basis_set(const std::filesystem::path& path));
AMPSFT_INSTANCE(BasisSet<double> load_basis_set(const std::filesystem::path& path));

}  // namespace ampsft
