// SPDX-License-Identifier: MIT
#include "decompose/result.hpp"

#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/matrix_scores.hpp>

#include <algorithm>
#include <utility>

#include "decompose/meter.hpp"

namespace decompose {

namespace {

/// Throws unless the values are those that were accumulated under this name.
void require_accumulated(const ampsft::SourceMatrix& matrix, const std::string& stack,
                         const std::vector<ampsft::PartialStack>& merged) {
  for (const auto& one : merged) {
    for (const auto& known : one.matrices) {
      ampsft::require(one.stack != stack || known.name != matrix.name || known.hash == matrix.hash, "matrix '",
                      matrix.name, "' holds other values than when it was accumulated for the merged files");
    }
  }
}

double share(const std::vector<Group>& groups, Index k, double ampsft::Explained::*whole) {
  double left = 0.0;
  double all = 0.0;
  for (const auto& group : groups) {
    left += group.basis ? group.total.left(std::min(k, group.total.rank())) : group.total.*whole;
    all += group.total.*whole;
  }
  return all > 0.0 ? 1.0 - left / all : 1.0;
}

ampsft::Explained energies(const Group& group, const Found& found) {
  return {
      .rows = group.rows, .raw_energy = found.raw_energy, .centred_energy = found.centred_energy, .score_energy = {}};
}

void account(Result& result, Index other_elements) {
  std::vector<ampsft::StackShape> shapes;
  Index unique = other_elements;
  for (const auto& group : result.groups) {
    unique += group.rows * group.width;
    if (group.rank() > 0) {
      shapes.push_back({group.rows, group.width, group.rank()});
    } else {
      other_elements += group.rows * group.width;
    }
  }
  result.accounting = ampsft::make_accounting(shapes, other_elements, unique);
}

}  // namespace

double Result::r2(Index k) const {
  return share(groups, k, &ampsft::Explained::raw_energy);
}

double Result::variance_share(Index k) const {
  return share(groups, k, &ampsft::Explained::centred_energy);
}

Index Result::largest_rank() const {
  Index rank = 0;
  for (const auto& group : groups) {
    rank = std::max(rank, group.rank());
  }
  return rank;
}

Result score_all(const Source& source, const Bases& bases, const std::vector<ampsft::PartialStack>& merged,
                 ScoreParts& scores) {
  Meter meter("scores", source.work(), false);
  Result result;
  std::vector<ampsft::SourceMatrix> scored;
  for (std::size_t i = 0; i < source.stacks.size(); ++i) {
    const auto& stack = source.stacks[i];
    Group group{.name = stack.name(), .rows = stack.rows(), .width = stack.width(), .basis = bases[i].basis};
    if (group.basis) {
      const std::string hash = ampsft::basis_hash(*group.basis);
      for (const auto& block : stack.blocks()) {
        auto matrix = ampsft::score_matrix(block, *group.basis);
        source.tensors.release(block.name());
        const ampsft::SourceMatrix values{block.name(), block.rows(), block.cols(), ampsft::hash_text(matrix.hash)};
        require_accumulated(values, stack.name(), merged);
        group.total += matrix.explained;
        group.matrices.push_back({values, matrix.explained});
        scored.push_back(values);
        scores.add({std::move(matrix), stack.name(), hash});
        meter.add(static_cast<double>(block.rows()) * static_cast<double>(block.cols()));
      }
    } else {
      group.total = energies(group, bases[i]);
    }
    result.groups.push_back(std::move(group));
  }
  result.source = ampsft::source_hash(std::move(scored));
  account(result, source.other_elements);
  meter.done(ampsft::concat(source.matrices, source.matrices == 1 ? " matrix" : " matrices"));
  return result;
}

Result without_scores(const std::vector<ampsft::PartialStack>& merged, const Bases& bases) {
  Result result;
  std::vector<ampsft::SourceMatrix> hashes;
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const auto& stack = merged[i];
    Group group{.name = stack.stack, .rows = stack.count, .width = stack.width, .basis = bases[i].basis};
    group.total = energies(group, bases[i]);
    if (group.basis) {  // what the spectrum says of all rows together
      const auto& values = group.basis->spectrum()->eigenvalues;
      group.total.score_energy.assign(values.begin(), values.begin() + group.rank());
    }
    hashes.insert(hashes.end(), stack.matrices.begin(), stack.matrices.end());
    result.groups.push_back(std::move(group));
  }
  result.source = ampsft::source_hash(std::move(hashes));
  account(result, 0);
  return result;
}

void write_bases(const std::filesystem::path& path, const Result& result) {
  ampsft::BasisFile<float> file{.bases = {}, .source = result.source};
  for (const auto& group : result.groups) {
    if (group.basis) {
      ampsft::NamedBasis<float> basis{group.name, *group.basis};
      for (const auto& matrix : group.matrices) {
        basis.matrices.push_back(matrix.source);
      }
      file.bases.push_back(std::move(basis));
    }
  }
  ampsft::save_bases(path, file);
}

}  // namespace decompose
