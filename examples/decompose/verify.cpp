// SPDX-License-Identifier: MIT
#include "decompose/verify.hpp"

#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "decompose/bases.hpp"
#include "decompose/meter.hpp"

namespace decompose {

namespace {

/// Energy of a matrix and of what scores and basis miss of it, element by element.
struct Missed {
  double energy = 0.0;
  double residual = 0.0;
};

Missed missed(const ampsft::RowBlock<float>& block, const ampsft::Matrix<float>& scores, const Basis& basis) {
  constexpr Index chunk = 256;
  Missed sums;
  ampsft::Matrix<float> buffer;
  ampsft::Matrix<float> rebuilt = ampsft::make_matrix<float>(std::min(chunk, block.rows()), block.cols());
  for (Index first = 0; first < block.rows(); first += chunk) {
    const Index count = std::min(chunk, block.rows() - first);
    const auto rows = block.read(first, count, buffer);
    auto target = ampsft::map(rebuilt).topRows(count);
    ampsft::reconstruct<float>(ampsft::map(scores).middleRows(first, count), ampsft::map(basis.components()),
                               ampsft::map(basis.mean()), target, ampsft::Stores::cached);
    sums.energy += rows.cast<double>().squaredNorm();
    sums.residual += (rows.cast<double>() - target.cast<double>()).squaredNorm();
  }
  return sums;
}

}  // namespace

Verification verify(const std::filesystem::path& basis_file, const std::filesystem::path& score_file,
                    const Source& source) {
  using ampsft::require;
  const auto bases = ampsft::load_bases<float>(basis_file);
  // Rounding of scores to bfloat16 adds energies of 2^-18 of theirs; of the sums in float, less.
  constexpr double tolerance = 2e-5;
  Meter meter("verifying", source.work(), false);
  Verification result;
  const auto check = [&](const ampsft::StoredScores<float>& stored) {
    const auto& [matrix, stack, hash] = stored;
    const auto basis = std::find_if(bases.bases.begin(), bases.bases.end(),
                                    [&name = stored.stack](const auto& one) { return one.stack == name; });
    require(basis != bases.bases.end() && ampsft::basis_hash(basis->basis) == hash, "the basis of '", matrix.name,
            "' is not the one that its scores were made with");
    const auto block = source.tensors.rows<float>(matrix.name);
    require(block.rows() == ampsft::rows(matrix.scores) && block.cols() == basis->basis.width(), "matrix '",
            matrix.name, "' is ", block.rows(), " x ", block.cols(), ", its scores and basis stand for ",
            ampsft::rows(matrix.scores), " x ", basis->basis.width());
    const Missed sums = missed(block, matrix.scores, basis->basis);
    const double stated = matrix.explained.r2(matrix.explained.rank());
    constexpr double worst = -1e3;  // the error's energy is a thousand times that of the matrix
    require(stated >= worst, "scores say nothing of the matrix '", matrix.name, "': their R2 is ", stated,
            ", for its numbers are far smaller than those of other matrices of the group '", stack,
            "'; give it a group of its own");
    const double found = sums.energy > 0.0 ? 1.0 - sums.residual / sums.energy : stated;
    const double difference = std::abs(found - stated);
    const double energy = std::max(matrix.explained.raw_energy, std::numeric_limits<double>::min());
    const double scale = std::max(1.0, matrix.explained.centred_energy / energy);  // R2 is of the raw energy
    require(difference <= tolerance * scale, "the reconstruction of '", matrix.name, "' has an R2 of ", found,
            ", but its file states ", stated);
    require(std::abs(sums.energy - matrix.explained.raw_energy) <= 1e-9 * sums.energy, "matrix '", matrix.name,
            "' has changed since its scores were made");
    result.largest_difference = std::max(result.largest_difference, difference);
    ++result.matrices;
    source.tensors.release(matrix.name);
    meter.add(static_cast<double>(block.rows()) * static_cast<double>(block.cols()));
  };
  const std::string scored = ampsft::visit_scores<float>(score_file, check);
  require(bases.source == scored, "basis.safetensors and scores.safetensors are of different models");
  meter.done(
      ampsft::concat(result.matrices, " matrices reconstructed, largest difference in R2 ", result.largest_difference));
  return result;
}

}  // namespace decompose
