// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <ampsft/model/pretrained.hpp>
#include <ampsft/train/collect_moments.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <cstdio>
#include <iostream>
#include <set>

#include "training.hpp"

namespace finetune {

void print_basis_plan(const Options& options, example::Pretrained& pretrained, const Records& records) {
  if (options.basis != "gradients") {
    return;
  }
  ampsft::UnfilledWeights<float> no_values;
  ampsft::Transformer<float> second(pretrained.config(), no_values);
  second.checkpoint_blocks(options.checkpoint_blocks);
  const auto batch = records.training.shuffled_batch(options.seed, 0, options.batch);
  const auto plan = ampsft::plan_collect_gradients(second, batch.view(), options.targets);
  Index moments = 0;
  std::set<Index> widths;
  for (const auto* weight : ampsft::match_weights(second.weights(), options.targets)) {
    if (widths.insert(weight->cols()).second) {
      moments += weight->cols() * weight->cols() * static_cast<Index>(sizeof(double));
    }
  }
  const Index first = ampsft::plan_weights(pretrained.model()).frozen;
  const auto line = [](const char* name, Index bytes) {
    std::printf("%-14s%12.1f MiB\n", name, static_cast<double>(bytes) / (1 << 20));
  };
  std::printf("Memory for the bases, besides some MiB that the kernels pack\n");
  line("model", first);
  line("same, in float", plan.frozen + plan.trained);
  line("its gradients", plan.gradients);
  line("activations", plan.activations);
  line("moments", moments);
  line("together", first + plan.total() + moments);
}

void print_step_plan(const Options& options, ampsft::Transformer<float>& model, const Records& records) {
  const auto batch = records.training.shuffled_batch(options.seed, 0, options.batch);
  std::cout << "Memory of a step, besides some MiB that the kernels pack\n"
            << ampsft::plan_memory(model, make_optimizer(options), batch.view()) << std::flush;
}

}  // namespace finetune
