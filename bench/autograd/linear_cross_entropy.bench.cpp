// SPDX-License-Identifier: MIT
/// @file
/// The LM head with its loss, forward and backward, as one operation and as two with the logits between them, at the
/// shapes of the paper's model, of GPT-2, of SmolLM2-135M and of Gemma 3 270M.
///
/// A name is `form/model/fused/threads:1`, or `separate`. Counters of the median call: GFLOP/s of the products that the
/// form needs (for exponentials nothing is counted), and their share of this process's multiply-adds in float
/// (`share_of_peak`; with bfloat16's arithmetic it can pass 1), and `held_MiB`: what the tape holds at its peak besides
/// the leaves and their gradients.
#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/linear_cross_entropy.hpp>

#include <optional>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;

enum class Form { dense, exact_start, exact_start_bf16, truncated };

struct Head {
  const char* model;
  Index tokens, vocabulary, width;
};

constexpr Index rank = 8;

/// The leaves of a head in one form, and its terms on a tape.
class Layer {
 public:
  Layer(const Head& head, Form form)
      : form_(form),
        x_("x", random_matrix<float>(head.tokens, head.width)),
        w_("w", random_matrix<float>(head.vocabulary, head.width)),
        z_("z", random_matrix<float>(head.tokens, rank)),
        s_("s", random_matrix<float>(head.vocabulary, rank)) {
    ampsft::flat(w_.value) *= 0.05F;
    w_.trainable = form == Form::dense;
    if (form == Form::exact_start_bf16) {
      bf16_.emplace(w_.value, ampsft::Arithmetic::bf16);
    }
  }

  ampsft::ProductSum<float> products(ampsft::Tape<float>& tape) {
    for (auto* leaf : {&x_, &w_, &z_, &s_}) {
      leaf->clear_gradient();
    }
    ampsft::ProductSum<float> products;
    if (form_ == Form::truncated) {
      products[0] = {tape.leaf(z_), tape.leaf(s_)};
      return products;
    }
    if (bf16_) {
      products[0] = {tape.leaf(x_), {}, 1.0F, &*bf16_};
    } else {
      products[0] = {tape.leaf(x_), tape.leaf(w_)};
    }
    if (form_ != Form::dense) {
      products[1] = {tape.leaf(z_), tape.leaf(s_)};
    }
    return products;
  }

 private:
  Form form_;
  ampsft::Parameter<float> x_;
  ampsft::Parameter<float> w_;
  ampsft::Parameter<float> z_;
  ampsft::Parameter<float> s_;
  std::optional<ampsft::Bf16Weight<float>> bf16_;
};

/// What the products cannot do without, forward and for each gradient.
Work work_of(const Head& head, Form form) {
  const double products = form == Form::dense ? 3.0 : form == Form::truncated ? 0.0 : 2.0;
  const double per_logit =
      2.0 * products * static_cast<double>(head.width) + (form == Form::dense ? 0.0 : 6.0 * static_cast<double>(rank));
  const double gradient = form == Form::dense ? 1.0 : 0.0;
  Work work;
  work.flops = per_logit * static_cast<double>(head.tokens * head.vocabulary);
  const double weight =
      static_cast<double>(head.vocabulary * (form == Form::truncated ? rank : head.width)) * sizeof(float);
  const double input = static_cast<double>(head.tokens * (form == Form::truncated ? rank : head.width)) * sizeof(float);
  work.read = weight + input;
  work.written = gradient * weight + input;
  return work;
}

void run(benchmark::State& state, const Head& head, Form form, bool fused) {
  Layer layer(head, form);
  ampsft::Tape<float> tape;
  ampsft::Random random(1);
  std::vector<std::int32_t> targets(static_cast<std::size_t>(head.tokens));
  for (auto& target : targets) {
    target = static_cast<std::int32_t>(random.below(head.vocabulary));
  }
  ampsft::ProductSum<float> products;
  const auto prepare = [&] {
    tape.clear();
    products = layer.products(tape);
  };
  const auto step = [&] {
    tape.backward(fused ? ampsft::linear_cross_entropy<float>(products, {}, targets)
                        : ampsft::cross_entropy<float>(ampsft::linear<float>(products), targets));
  };
  prepare();
  step();  // makes the memory
  measure<float>(state, work_of(head, form), Index{4} << 20, step, prepare);
  for (const char* unused : {"GB/s", "share_of_bandwidth", "share_of_limit"}) {
    state.counters.erase(unused);
  }
  state.counters["held_MiB"] = static_cast<double>(tape.bytes()) / (1 << 20);
}

bool add() {
  for (const Head& head : {Head{"paper72", 2048, 15007, 256},
                           {"gpt2", 512, 50257, 768},
                           {"smollm2", 512, 49152, 576},
                           {"gemma3", 512, 262144, 640}}) {
    for (const auto& [name, form] :
         {std::pair("dense", Form::dense), std::pair("exact_start", Form::exact_start),
          std::pair("exact_start_bf16", Form::exact_start_bf16), std::pair("truncated", Form::truncated)}) {
      for (const int threads : {1, 2}) {
        for (const bool fused : {true, false}) {
          const std::string full = std::string(name) + "/" + head.model + (fused ? "/fused" : "/separate") +
                                   "/threads:" + std::to_string(threads);
          benchmark::RegisterBenchmark(full.c_str(),
                                       [head = head, form = form, fused, threads](benchmark::State& state) {
                                         ampsft::set_thread_count(threads);
                                         run(state, head, form, fused);
                                       })
              ->UseManualTime()
              ->Unit(benchmark::kMillisecond);
        }
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
