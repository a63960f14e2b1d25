// SPDX-License-Identifier: MIT
#include "bases.hpp"

#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/weight_moments.hpp>
#include <ampsft/train/collect_moments.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "support/adapters.hpp"

namespace finetune {
namespace {

using Basis = ampsft::UniversalBasis<float>;
using Moments = ampsft::MomentsByWidth<float>;

std::set<Index> widths_of(const Options& options, ampsft::Transformer<float>& model) {
  std::set<Index> widths;
  for (const auto* weight : ampsft::match_weights(model.weights(), options.targets)) {
    ampsft::require(options.rank <= weight->cols(), "--rank must be at most ", weight->cols(), ", the width of ",
                    weight->name(), "'s rows, not ", options.rank);
    widths.insert(weight->cols());
  }
  return widths;
}

/// A basis for each width, from `make(width)`.
template <class Make>
ampsft::BasisByWidth<float> for_each_width(const Options& options, example::Pretrained& pretrained, Make&& make) {
  ampsft::BasisByWidth<float> bases;
  for (const Index width : widths_of(options, pretrained.model())) {
    bases.emplace(width, std::make_shared<const Basis>(make(width)));
  }
  return bases;
}

ampsft::CollectOptions collect_options(const Options& options) {
  return {
      .batches = options.basis_batches, .sequences = options.batch, .seed = options.seed, .patterns = options.targets};
}

ampsft::BasisByWidth<float> random_bases(const Options& options, example::Pretrained& pretrained) {
  return for_each_width(options, pretrained,
                        [&](Index width) { return Basis::random(width, options.rank, options.seed); });
}

/// Refuses ranks above a width, and for activations widths that no target reads: lookups in an embedding read none.
void require_rows(const Options& options, ampsft::Transformer<float>& model, const ampsft::PackedDataset& training) {
  const auto widths = widths_of(options, model);
  if (options.basis != "activations") {
    return;
  }
  std::set<std::string> names;
  for (const auto* weight : ampsft::match_weights(model.weights(), options.targets)) {
    names.insert(weight->name());
  }
  std::set<Index> read;
  ampsft::Tape<float> tape(ampsft::TapeMode::planning);
  tape.observe_inputs([&](const std::string& weight, ampsft::Variable<float> x) {
    if (names.contains(weight)) {
      read.insert(x.cols());
    }
  });
  model.checkpoint_blocks(false);  // their tapes have no observer
  static_cast<void>(model.loss(tape, training.window_batch(0, 1).view()));
  model.checkpoint_blocks(options.checkpoint_blocks);
  for (const Index width : widths) {
    ampsft::require(read.contains(width), "--basis activations: the targets of width ", width,
                    " multiply nothing, for rows of an embedding are only looked up; choose another --basis");
  }
}

}  // namespace

ampsft::BasisByWidth<float> make_bases(const Options& options, example::Pretrained& pretrained,
                                       const ampsft::PackedDataset& training) {
  require_rows(options, pretrained.model(), training);  // before the long work
  const auto of_moments = [&](const Moments& moments, const char* kind, bool centred) {
    return for_each_width(options, pretrained, [&](Index width) {
      const auto found = moments.find(width);
      ampsft::require(found != moments.end(), "no ", kind, " of width ", width, " were seen; choose another --basis");
      return Basis::from_svd(ampsft::truncated_svd(found->second, options.rank, centred), kind);
    });
  };
  if (options.basis == "random") {
    return random_bases(options, pretrained);
  }
  if (options.basis == "weights") {
    return of_moments(ampsft::weight_moments(pretrained.model().weights(), options.targets), "weights", true);
  }
  if (options.basis == "activations") {
    return of_moments(ampsft::collect_activations(pretrained.model(), training, collect_options(options)),
                      "activations", false);
  }
  if (options.basis == "gradients") {
    const auto collect = [&] {  // the second model is gone before the bases are made
      auto dense = ampsft::load_pretrained<float>(pretrained.path());
      dense.checkpoint_blocks(options.checkpoint_blocks);
      return ampsft::collect_gradients(dense, training, collect_options(options));
    };
    return of_moments(collect(), "gradients", false);
  }
  const auto stored = example::read_bases(options.basis);
  return for_each_width(options, pretrained, [&](Index width) {
    const auto found = stored.find(width);
    ampsft::require(found != stored.end(), options.basis, " holds no basis of width ", width);
    return found->second->truncated(options.rank);
  });
}

ampsft::BasisByWidth<float> stand_in_bases(const Options& options, example::Pretrained& pretrained,
                                           const ampsft::PackedDataset& training) {
  if (!basis_kinds().contains(options.basis)) {
    return make_bases(options, pretrained, training);
  }
  require_rows(options, pretrained.model(), training);
  return random_bases(options, pretrained);
}

}  // namespace finetune
