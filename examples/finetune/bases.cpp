// SPDX-License-Identifier: MIT
#include "bases.hpp"

#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/collect_moments.hpp>

#include <set>
#include <string>

namespace finetune {
namespace {

/// The first directions of bases that are stored in a file.
struct BasisOfFile {
  const std::filesystem::path& file;
  ampsft::BasisSet<float> bases;
  Index rank;

  [[nodiscard]] ampsft::UniversalBasis<float> fit(const ampsft::RowStack<float>& stack) const {
    const auto found = bases.find(stack.width());
    ampsft::require(found != nullptr, file, " holds no basis of width ", stack.width());
    return found->truncated(rank);
  }
};

std::set<Index> widths_of(const Options& options, ampsft::Transformer<float>& model) {
  std::set<Index> widths;
  for (const auto* weight : ampsft::match_weights(model.weights(), options.targets)) {
    ampsft::require(options.rank <= weight->cols(), "--rank must be at most ", weight->cols(), ", the width of ",
                    weight->name(), "'s rows, not ", options.rank);
    widths.insert(weight->cols());
  }
  return widths;
}

ampsft::CollectOptions collect_options(const Options& options) {
  return {
      .batches = options.basis_batches, .sequences = options.batch, .seed = options.seed, .patterns = options.targets};
}

ampsft::BasisSet<float> random_bases(const Options& options, example::Pretrained& pretrained) {
  return ampsft::fit_bases(pretrained.model().weights(),
                           ampsft::RandomBasis{.rank = options.rank, .seed = options.seed}, options.targets);
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

ampsft::BasisSet<float> make_bases(const Options& options, example::Pretrained& pretrained,
                                   const ampsft::PackedDataset& training) {
  require_rows(options, pretrained.model(), training);  // before the long work
  const auto fit = [&](const auto& from) {
    return ampsft::fit_bases(pretrained.model().weights(), from, options.targets);
  };
  if (options.basis == "random") {
    return random_bases(options, pretrained);
  }
  if (options.basis == "weights") {
    return fit(ampsft::SvdOptions{.rank = options.rank});
  }
  if (options.basis == "activations") {
    return fit(
        ampsft::MomentBasis<float>{ampsft::collect_activations(pretrained.model(), training, collect_options(options)),
                                   "activations", options.rank});
  }
  if (options.basis == "gradients") {
    const auto collect = [&] {  // the second model is gone before the bases are made
      auto dense = ampsft::load_pretrained<float>(pretrained.path());
      dense.checkpoint_blocks(options.checkpoint_blocks);
      return ampsft::collect_gradients(dense, training, collect_options(options));
    };
    return fit(ampsft::MomentBasis<float>{collect(), "gradients", options.rank});
  }
  return fit(BasisOfFile{options.basis, ampsft::load_basis_set<float>(options.basis), options.rank});
}

ampsft::BasisSet<float> stand_in_bases(const Options& options, example::Pretrained& pretrained,
                                       const ampsft::PackedDataset& training) {
  if (!basis_kinds().contains(options.basis)) {
    return make_bases(options, pretrained, training);
  }
  require_rows(options, pretrained.model(), training);
  return random_bases(options, pretrained);
}

}  // namespace finetune
