// SPDX-License-Identifier: MIT
#include "decompose/bases.hpp"

#include <ampsft/basis/policy.hpp>
#include <ampsft/basis/rank_selection.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "decompose/meter.hpp"

namespace decompose {

namespace {

using ampsft::concat;
using ampsft::SvdOptions;

SvdOptions with_rank(const Options& options, Index rank) {
  SvdOptions svd = options.svd;
  svd.rank = rank;
  return svd;
}

/// Says what is wrong with the accuracy of a basis, if anything is.
void warn(const std::string& stack, const Basis& basis) {
  if (basis.fit_report() && !basis.fit_report()->risk.empty()) {
    std::printf("  note: %s: %s\n", stack.c_str(), basis.fit_report()->risk.c_str());
  }
}

/// Cuts bases at the ranks that a budget buys; ranks of 0 leave none.
Bases cut(const std::vector<Basis>& bases, const std::vector<Index>& ranks) {
  Bases result;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    result.push_back(ranks[i] > 0 ? std::optional(bases[i].truncated(ranks[i])) : std::nullopt);
  }
  return result;
}

std::vector<Index> ranks_in_budget(Index budget, const std::vector<Basis>& bases, const std::vector<Index>& rows) {
  std::vector<ampsft::RankCandidate> candidates;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    candidates.push_back({*bases[i].spectrum(), rows[i]});
  }
  const auto ranks = ampsft::ScoreBudget{budget}.select(candidates);
  ampsft::require(std::any_of(ranks.begin(), ranks.end(), [](Index rank) { return rank > 0; }), "--budget ", budget,
                  " is less than one direction of the smallest group takes, ",
                  *std::min_element(rows.begin(), rows.end()), " scores");
  return ranks;
}

/// The rank that a stack is fitted at: what is asked for, or the most that a budget could buy.
Index fitted_rank(const Options& options, Index rows, Index width) {
  return options.budget ? std::max<Index>(1, ampsft::ScoreBudget{*options.budget}.most(rows, width))
                        : std::min(options.svd.rank, width);
}

Bases fit_weights(const Options& options, const Source& source) {
  Meter meter("fitting", source.work(), true);
  std::vector<SvdOptions> svds;
  std::vector<Index> rows;
  for (const auto& stack : source.stacks) {
    svds.push_back(with_rank(options, fitted_rank(options, stack.rows(), stack.width())));
    svds.back().on_rows = [&meter, width = stack.width()](Index read) {
      meter.add(static_cast<double>(read) * static_cast<double>(width));
    };
    rows.push_back(stack.rows());
  }
  auto bases = Basis::fit_each(source.stacks, svds);
  meter.done(concat(bases.size(), bases.size() == 1 ? " basis" : " bases"));
  for (std::size_t i = 0; i < bases.size(); ++i) {
    warn(source.stacks[i].name(), bases[i]);
  }
  return options.budget ? cut(bases, ranks_in_budget(*options.budget, bases, rows)) : Bases(bases.begin(), bases.end());
}

}  // namespace

std::vector<Moments> accumulate_all(const Source& source) {
  Meter meter("accumulating", source.work(), false);
  std::vector<Moments> all;
  for (const auto& stack : source.stacks) {
    const auto width = static_cast<double>(stack.width());
    all.push_back(ampsft::accumulate(stack, [&](Index rows) { meter.add(static_cast<double>(rows) * width); }));
  }
  meter.done(concat(source.matrices, " matrices"));
  return all;
}

Bases make_bases(const Options& options, const std::vector<Moments>& moments) {
  Meter meter("solving", 1.0, false);
  std::vector<Basis> bases;
  std::vector<Index> rows;
  for (const auto& [stack, gram, matrices] : moments) {
    Index rank = fitted_rank(options, gram.count(), gram.width());
    if (options.variance) {
      const auto spectrum = ampsft::make_spectrum(ampsft::truncated_svd(gram, with_rank(options, 1)));
      const std::vector<ampsft::RankCandidate> candidate{{spectrum, gram.count()}};
      rank = ampsft::VarianceShare{*options.variance}.select(candidate).front();
    }
    bases.push_back(Basis::from_svd(ampsft::truncated_svd(gram, with_rank(options, rank)), "weights"));
    rows.push_back(gram.count());
    warn(stack, bases.back());
  }
  meter.done(concat(bases.size(), bases.size() == 1 ? " basis" : " bases"));
  return options.budget ? cut(bases, ranks_in_budget(*options.budget, bases, rows)) : Bases(bases.begin(), bases.end());
}

Bases make_bases(const Options& options, const Source& source) {
  if (options.kind == "weights") {
    return options.variance ? make_bases(options, accumulate_all(source)) : fit_weights(options, source);
  }
  Bases bases;
  if (options.kind == "file") {
    const ampsft::StoredBasis<float> stored{ampsft::load_bases<float>(options.basis)};
    for (const auto& stack : source.stacks) {
      bases.emplace_back(stored.fit(stack));
    }
    return bases;
  }
  for (const auto& stack : source.stacks) {
    bases.emplace_back(ampsft::RandomBasis{std::min(options.svd.rank, stack.width()), options.svd.seed}.fit(stack));
  }
  return bases;
}

void require_same_matrices(const std::vector<Moments>& moments, const Source& source) {
  using ampsft::require;
  for (const auto& stack : source.stacks) {
    const auto found =
        std::find_if(moments.begin(), moments.end(), [&](const auto& one) { return one.stack == stack.name(); });
    require(found != moments.end(), "the merged files hold nothing of the group '", stack.name(),
            "'; accumulate it too, or leave its matrices out");
    const auto& known = found->matrices;
    for (const auto& block : stack.blocks()) {
      const bool there = std::any_of(known.begin(), known.end(), [&](const auto& one) {
        return one.name == block.name() && one.rows == block.rows() && one.cols == block.cols();
      });
      require(there, "the merged files hold no matrix '", block.name(), "' of ", block.rows(), " x ", block.cols(),
              " in the group '", stack.name(), "'");
    }
    require(known.size() == stack.blocks().size(), "the merged files hold ", known.size(), " matrices of the group '",
            stack.name(), "', the model ", stack.blocks().size());
  }
  require(moments.size() == source.stacks.size(), "the merged files hold ", moments.size(),
          " groups of matrices, the model ", source.stacks.size());
}

}  // namespace decompose
