// SPDX-License-Identifier: MIT
/// @file
/// Scores of matrices as a file, with what is needed to know whose they are and how well they stand for them.
#pragma once

#include <ampsft/basis/detail/read_metadata.hpp>
#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <concepts>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The scores of a matrix and the basis that they belong to.
template <Scalar T>
struct StoredScores {
  MatrixScores<T> matrix;
  std::string stack;  ///< whose basis it is
  std::string basis;  ///< `basis_hash` of it
};

/// Scores of several matrices, and the hash of what they were computed from.
template <Scalar T>
struct ScoreFile {
  std::vector<StoredScores<T>> scores;
  std::string source = {};
};

namespace detail {

inline constexpr const char* scores_key = "ampsft.scores";

}  // namespace detail

/// Writes scores as safetensors, atomically, with a checksum: `<matrix>.scores` (`n x K`) in `dtype` and
/// `<matrix>.residuals` (F32, `n`: the norm that each row lacks). The metadata "ampsft.scores" holds for each matrix
/// its stack, the hashes of basis and values, and its energies, from which R2 at every rank follows.
template <Scalar T>
void save_scores(const std::filesystem::path& path, const ScoreFile<T>& file, DType dtype = dtype_of<T>);

/// Calls `visit(scores)` for each matrix of what `save_scores` wrote, one after the other in memory; returns the file's
/// source. Throws `Error` that names the file if it is no such file or is damaged.
template <Scalar T, std::invocable<StoredScores<T>> Visit>
std::string visit_scores(const std::filesystem::path& path, Visit&& visit) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  return detail::read_metadata(file, detail::scores_key, "scores", [&](const nlohmann::json& json) {
    for (const auto& [name, entry] : json.at("matrices").items()) {
      StoredScores<T> one{.matrix = {.name = name,
                                     .scores = file.read_matrix<T>(name + ".scores"),
                                     .residuals = file.read_matrix<T>(name + ".residuals"),
                                     .explained = {}},
                          .stack = entry.at("stack").template get<std::string>(),
                          .basis = entry.at("basis").template get<std::string>()};
      auto& known = one.matrix.explained;
      known.rows = rows(one.matrix.scores);
      known.raw_energy = entry.at("raw_energy").template get<double>();
      known.centred_energy = entry.at("centred_energy").template get<double>();
      known.score_energy = entry.at("score_energy").template get<std::vector<double>>();
      require(known.rank() == cols(one.matrix.scores) && cols(one.matrix.residuals) == known.rows, path,
              ": scores, residuals and energies of '", name, "' do not fit each other");
      const auto hash = entry.at("hash").template get<std::string>();
      require(hash.size() == 16 && hash.find_first_not_of("0123456789abcdef") == std::string::npos, path,
              ": the hash of '", name, "' is none");
      one.matrix.hash = std::stoull(hash, nullptr, 16);
      visit(std::move(one));
    }
    return json.at("source").get<std::string>();
  });
}

/// All of them at once.
template <Scalar T>
[[nodiscard]] ScoreFile<T> load_scores(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/files/detail/score_file_inl.hpp>
#endif
