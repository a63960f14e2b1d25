// SPDX-License-Identifier: MIT
#include "decompose/bases.hpp"

#include <ampsft/basis/policy.hpp>
#include <ampsft/basis/rank_selection.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
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

/// Cuts bases at the ranks that a budget, if there is one, buys, and says what is wrong with the accuracy of what is
/// left.
Bases cut(const Options& options, const std::vector<Basis>& bases, const std::vector<std::string>& names,
          const std::vector<Index>& rows) {
  const auto ranks = options.budget ? ranks_in_budget(*options.budget, bases, rows) : std::vector<Index>{};
  Bases result;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const auto& spectrum = *bases[i].spectrum();
    Found found{bases[i], spectrum.raw_energy, spectrum.centred_energy};
    if (options.budget) {
      found.basis = ranks[i] > 0 ? std::optional(bases[i].truncated(ranks[i])) : std::nullopt;
    }
    if (found.basis && !found.basis->fit_report()->risk.empty()) {
      std::printf("  note: %s: %s\n", names[i].c_str(), found.basis->fit_report()->risk.c_str());
    }
    result.push_back(std::move(found));
  }
  return result;
}

std::string count_bases(std::size_t count) {
  return concat(count, count == 1 ? " basis" : " bases");
}

Bases fit_weights(const Options& options, const Source& source) {
  Meter meter("fitting", source.work(), true);
  std::vector<SvdOptions> svds;
  std::vector<std::string> names;
  std::vector<Index> rows;
  for (const auto& stack : source.stacks) {
    svds.push_back(with_rank(options, fitted_rank(options, stack.rows(), stack.width())));
    svds.back().on_rows = [&meter, width = stack.width()](Index read) {
      meter.add(static_cast<double>(read) * static_cast<double>(width));
    };
    names.push_back(stack.name());
    rows.push_back(stack.rows());
  }
  const auto bases = Basis::fit_each(source.stacks, svds);
  meter.done(count_bases(bases.size()));
  return cut(options, bases, names, rows);
}

/// The basis of one stack's moments, at the rank that holds the share of the variance if one is asked for.
Basis solve(const Options& options, const ampsft::GramAccumulator<float>& gram) {
  const SvdOptions svd = with_rank(options, fitted_rank(options, gram.count(), gram.width()));
  const auto choose = [&](std::span<const double> squares) {
    const ampsft::Spectrum spectrum{.eigenvalues = {squares.begin(), squares.end()},
                                    .raw_energy = gram.raw_energy(),
                                    .centred_energy = std::accumulate(squares.begin(), squares.end(), 0.0)};
    const std::vector<ampsft::RankCandidate> candidate{{spectrum, gram.count()}};
    return ampsft::VarianceShare{*options.variance}.select(candidate).front();
  };
  return Basis::from_svd(options.variance ? ampsft::truncated_svd(gram, svd, choose) : ampsft::truncated_svd(gram, svd),
                         "weights");
}

/// The bases of stacks whose moments `get(i)` gives, of which one at a time is in memory.
template <class Get>
Bases solve_each(const Options& options, const std::vector<std::string>& names, Meter& meter, Get&& get) {
  constexpr Index wide = 2048;  // from here on solving takes seconds
  std::vector<Basis> bases;
  std::vector<Index> rows;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ampsft::StackMoments<float> moments = get(i);
    meter.say(concat("solving ", names[i], ", ", i + 1, " of ", names.size()), moments.gram.width() >= wide);
    bases.push_back(solve(options, moments.gram));
    rows.push_back(moments.gram.count());
  }
  meter.done(count_bases(bases.size()));
  return cut(options, bases, names, rows);
}

/// Without the spectrum, which is that of the rows the basis was made of.
Basis of_other_rows(const Basis& basis) {
  return Basis::from_components(basis.components(), basis.mean(), "file");
}

}  // namespace

Bases make_bases(const Options& options, const ampsft::PartialFiles& partial) {
  std::vector<std::string> names;
  double work = 0.0;
  const auto cost = [](Index width) { return std::pow(static_cast<double>(width), 3.0); };
  for (const auto& stack : partial.stacks()) {
    names.push_back(stack.stack);
    work += cost(stack.width);
  }
  Meter meter("solving", work, false);
  return solve_each(options, names, meter, [&](std::size_t i) {
    if (i > 0) {
      meter.add(cost(partial.stacks()[i - 1].width));
    }
    return partial.merged<float>(names[i]);
  });
}

Bases make_bases(const Options& options, const Source& source) {
  if (options.kind == "weights" && options.variance) {
    std::vector<std::string> names;
    for (const auto& stack : source.stacks) {
      names.push_back(stack.name());
    }
    Meter meter("bases", source.work(), false);
    return solve_each(options, names, meter, [&](std::size_t i) {
      const auto& stack = source.stacks[i];
      const auto width = static_cast<double>(stack.width());
      return ampsft::accumulate(stack, [&](Index rows) { meter.add(static_cast<double>(rows) * width); });
    });
  }
  if (options.kind == "weights") {
    return fit_weights(options, source);
  }
  Bases bases;
  if (options.kind == "file") {
    const ampsft::StoredBasis<float> stored{ampsft::load_bases<float>(options.basis)};
    for (const auto& stack : source.stacks) {
      bases.push_back({.basis = of_other_rows(stored.fit(stack))});
    }
    return bases;
  }
  for (const auto& stack : source.stacks) {
    const Index rank = std::min(options.svd.rank, stack.width());
    bases.push_back({.basis = ampsft::RandomBasis{rank, options.svd.seed}.fit(stack)});
  }
  return bases;
}

void require_same_matrices(const std::vector<ampsft::PartialStack>& merged, const Source& source) {
  using ampsft::require;
  for (const auto& stack : source.stacks) {
    const auto found =
        std::find_if(merged.begin(), merged.end(), [&](const auto& one) { return one.stack == stack.name(); });
    require(found != merged.end(), "the merged files hold nothing of the group '", stack.name(),
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
  require(merged.size() == source.stacks.size(), "the merged files hold ", merged.size(),
          " groups of matrices, the model ", source.stacks.size());
}

}  // namespace decompose
