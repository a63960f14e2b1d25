// SPDX-License-Identifier: MIT
/// @file
/// Lookups in a frozen table, in float, bfloat16 or Q8_0, and in one with scores (`W0[t] + S[t] B`), at the shapes of
/// the paper's model, of GPT-2 and of SmolLM2-135M.
///
/// A name is `lookup/forward/BF16/smollm2/49152x576/threads:1`, or `lookup_with_scores`, which has a backward pass: the
/// gradient of all scores is written, as AdamW reads it. See support/matrix_benchmarks.hpp for the counters; what the
/// rows that are asked for take is counted, and the limits are those of an array of that size.
#include <ampsft/parameterization/score.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/operation_benchmarks.hpp"
#include "support/quantized_blocks.hpp"

namespace {

using namespace bench;
using ampsft::BlockFormat;
using ampsft::FrozenBase;
using Scores = ampsft::ScoreParameterization<float>;

struct Table {
  const char* model;
  Index tokens, rows, width;
};

constexpr Index rank = 8;

enum class Pass { without_scores, forward, backward };

FrozenBase<float> make_table(const Table& table, BlockFormat format) {
  auto values = random_matrix<float>(table.rows, table.width);
  if (format == BlockFormat::f32) {
    return std::make_shared<const ampsft::Matrix<float>>(std::move(values));
  }
  std::shared_ptr<const ampsft::FrozenWeight<float>> weight;
  if (format == BlockFormat::bf16) {
    weight = std::make_shared<const ampsft::Bf16Weight<float>>(values);
  } else {
    weight = random_quantized(format, table.rows, table.width);
  }
  return weight;
}

/// What a pass cannot do without: the rows that are asked for, and their scores or the gradients of all scores.
Work work_of(const Table& table, BlockFormat format, Pass pass) {
  const auto tokens = static_cast<double>(table.tokens);
  const double row = static_cast<double>(ampsft::row_bytes(format, table.width));
  const double dequantized = static_cast<double>(table.width) * sizeof(float);
  const double scores = static_cast<double>(rank) * sizeof(float);
  const double products = tokens * 2.0 * static_cast<double>(rank * table.width);
  switch (pass) {
    case Pass::without_scores:
      return {tokens * dequantized, tokens * row, 0.0};
    case Pass::forward:
      return {tokens * dequantized, tokens * (row + scores), products};
    case Pass::backward:
      return {static_cast<double>(table.rows) * scores, tokens * dequantized, products};
  }
  return {};
}

void run(benchmark::State& state, const Table& table, BlockFormat format, Pass pass) {
  const auto basis = std::make_shared<const ampsft::UniversalBasis<float>>(
      ampsft::UniversalBasis<float>::random(table.width, rank, 1));
  const FrozenBase<float> base = make_table(table, format);
  Scores scores("embedding", base, basis, ampsft::ScoreForm::exact_start);
  ampsft::Random random(1);
  std::vector<std::int32_t> rows(static_cast<std::size_t>(table.tokens));
  for (auto& row : rows) {
    row = static_cast<std::int32_t>(random.below(table.rows));
  }
  const auto dy = random_matrix<float>(table.tokens, table.width);
  FloatTape tape;
  const auto look_up = [&] {
    const auto found = pass == Pass::without_scores ? base.gather(tape, rows) : scores.gather(tape, rows);
    benchmark::DoNotOptimize(found.value().data());
    return found;
  };
  ampsft::Variable<float> y;
  const auto clear = [&] {
    tape.clear();
    scores.leaves().front()->clear_gradient();
  };
  const auto prepare = [&] {
    clear();
    y = look_up();
  };
  const auto differentiate = [&] { tape.backward(y, dy); };
  const Work work = work_of(table, format, pass);
  const auto bytes = static_cast<Index>(work.bytes());
  prepare();  // makes the memory
  if (pass == Pass::backward) {
    differentiate();
    measure<float>(state, work, bytes, differentiate, prepare);
  } else {
    measure<float>(state, work, bytes, look_up, clear);
  }
}

bool add() {
  for (const Table& table :
       {Table{"paper72", 2048, 15007, 256}, {"gpt2", 512, 50257, 768}, {"smollm2", 512, 49152, 576}}) {
    for (const auto& [name, pass] :
         {std::pair("lookup/forward", Pass::without_scores), std::pair("lookup_with_scores/forward", Pass::forward),
          std::pair("lookup_with_scores/backward", Pass::backward)}) {
      for (const auto format : {BlockFormat::f32, BlockFormat::bf16, BlockFormat::q8_0}) {
        if (pass == Pass::backward && format != BlockFormat::f32) {
          continue;  // it reads nothing of the table
        }
        for (const int threads : {1, 2}) {
          const std::string full = std::string(name) + "/" + std::string(ampsft::block_format_name(format)) + "/" +
                                   table.model + "/" + std::to_string(table.rows) + "x" + std::to_string(table.width) +
                                   "/threads:" + std::to_string(threads);
          benchmark::RegisterBenchmark(full.c_str(),
                                       [table = table, format, pass = pass, threads](benchmark::State& state) {
                                         ampsft::set_thread_count(threads);
                                         run(state, table, format, pass);
                                       })
              ->UseManualTime()
              ->Unit(benchmark::kMicrosecond);
        }
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
