// SPDX-License-Identifier: MIT
#include "decompose/result.hpp"

#include <algorithm>
#include <utility>

#include "decompose/meter.hpp"

namespace decompose {

namespace {

/// Throws unless the values are those that were accumulated under this name.
void require_accumulated(const Scores& scores, const std::string& stack, const std::vector<Moments>& moments) {
  for (const auto& one : moments) {
    for (const auto& matrix : one.matrices) {
      ampsft::require(one.stack != stack || matrix.name != scores.name || matrix.hash == ampsft::hash_text(scores.hash),
                      "matrix '", scores.name,
                      "' holds other values than when it was accumulated for the merged files");
    }
  }
}

double share(const std::vector<Group>& groups, Index k, double ampsft::Explained::*whole) {
  double left = 0.0;
  double all = 0.0;
  for (const auto& group : groups) {
    left += group.total.left(std::min(k, group.total.rank()));
    all += group.total.*whole;
  }
  return all > 0.0 ? 1.0 - left / all : 1.0;
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

ampsft::SourceMatrix source_of(const Scores& scores, Index width) {
  return {.name = scores.name, .rows = scores.explained.rows, .cols = width, .hash = ampsft::hash_text(scores.hash)};
}

Result score_all(const Source& source, const Bases& bases, const std::vector<Moments>& moments) {
  Meter meter("scores", source.work(), false);
  Result result;
  std::vector<ampsft::SourceMatrix> hashes;
  for (std::size_t i = 0; i < source.stacks.size(); ++i) {
    const auto& stack = source.stacks[i];
    Group group{.name = stack.name(), .rows = stack.rows(), .width = stack.width(), .basis = bases[i]};
    if (bases[i]) {
      for (const auto& block : stack.blocks()) {
        group.matrices.push_back(ampsft::score_matrix(block, *bases[i]));
        const auto& scores = group.matrices.back();
        require_accumulated(scores, stack.name(), moments);
        source.tensors.release(block.name());
        group.total += scores.explained;
        hashes.push_back(source_of(scores, stack.width()));
        meter.add(static_cast<double>(block.rows()) * static_cast<double>(block.cols()));
      }
    }
    result.groups.push_back(std::move(group));
  }
  result.source = ampsft::source_hash(std::move(hashes));
  account(result, source.other_elements);
  meter.done(ampsft::concat(source.matrices, source.matrices == 1 ? " matrix" : " matrices"));
  return result;
}

Result without_scores(const std::vector<Moments>& moments, const Bases& bases) {
  Result result;
  std::vector<ampsft::SourceMatrix> hashes;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& [stack, gram, matrices] = moments[i];
    Group group{.name = stack, .rows = gram.count(), .width = gram.width(), .basis = bases[i]};
    if (bases[i]) {  // what the spectrum says of all rows together
      const auto& spectrum = *bases[i]->spectrum();
      const auto& values = spectrum.eigenvalues;
      group.total = {.rows = gram.count(),
                     .raw_energy = spectrum.raw_energy,
                     .centred_energy = spectrum.centred_energy,
                     .score_energy = {values.begin(), values.begin() + bases[i]->rank()}};
    }
    hashes.insert(hashes.end(), matrices.begin(), matrices.end());
    result.groups.push_back(std::move(group));
  }
  result.source = ampsft::source_hash(std::move(hashes));
  account(result, 0);
  return result;
}

}  // namespace decompose
