// SPDX-License-Identifier: MIT
/// @file
/// Bodies of score_file.hpp.
#pragma once

#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/files/score_file.hpp>
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

template <Scalar T>
void save_scores(const std::filesystem::path& path, const ScoreFile<T>& file, DType dtype) {
  SafetensorsWriter writer;
  nlohmann::json json = {{"version", 1}, {"source", file.source}, {"matrices", nlohmann::json::object()}};
  for (const auto& [matrix, stack, basis] : file.scores) {
    const auto& known = matrix.explained;
    json["matrices"][matrix.name] = {{"stack", stack},
                                     {"basis", basis},
                                     {"hash", hash_text(matrix.hash)},
                                     {"raw_energy", known.raw_energy},
                                     {"centred_energy", known.centred_energy},
                                     {"score_energy", known.score_energy},
                                     {"r2", known.r2(known.rank())}};
    writer.add(matrix.name + ".scores", dtype, {rows(matrix.scores), cols(matrix.scores)}, matrix.scores);
    writer.add(matrix.name + ".residuals", DType::f32, {cols(matrix.residuals)}, matrix.residuals);
  }
  writer.set_metadata(detail::scores_key, json_text(json));
  writer.write(path);
}

template <Scalar T>
ScoreFile<T> load_scores(const std::filesystem::path& path) {
  ScoreFile<T> result;
  result.source = visit_scores<T>(path, [&](StoredScores<T> one) { result.scores.push_back(std::move(one)); });
  return result;
}

AMPSFT_INSTANCE(void save_scores(const std::filesystem::path&, const ScoreFile<float>&, DType));
AMPSFT_INSTANCE(void save_scores(const std::filesystem::path&, const ScoreFile<double>&, DType));
AMPSFT_INSTANCE(ScoreFile<float> load_scores(const std::filesystem::path&));
AMPSFT_INSTANCE(ScoreFile<double> load_scores(const std::filesystem::path&));

}  // namespace ampsft
