// SPDX-License-Identifier: MIT
/// @file
/// The products of a layer with a weight that stays quantised, beside the same in bfloat16 and in float, for one token,
/// few and many; and the dequantising alone.
///
/// A name is `output/Q8_0/16x576x1536/threads:1` (tokens x outputs x inputs), or `input_gradient`, or
/// `dequantize/Q8_0/576x1536/...`: each thread widens rows into a row that stays in its cache. The bytes are those of
/// the stored weight, of the input and of the output; to dequantise counts as no operation.
#include <ampsft/simd/layer.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/matrix_benchmarks.hpp"
#include "support/quantized_blocks.hpp"

namespace {

using namespace bench;
using ampsft::BlockFormat;
using ampsft::map;

enum class Pass { output, input_gradient };

struct Case {
  BlockFormat format;
  Index tokens, outputs, inputs;
};

/// A weight in any of the forms.
class AnyWeight {
 public:
  explicit AnyWeight(const Case& of) {
    if (of.format == BlockFormat::f32) {
      plain_ = random_matrix<float>(of.outputs, of.inputs);
    } else if (of.format == BlockFormat::bf16) {
      other_ = std::make_unique<ampsft::Bf16Weight<float>>(random_matrix<float>(of.outputs, of.inputs));
    } else {
      other_ = random_quantized(of.format, of.outputs, of.inputs);
    }
  }

  [[nodiscard]] double bytes() const {
    return other_ ? static_cast<double>(other_->bytes()) : static_cast<double>(plain_.size() * sizeof(float));
  }

  void output(const ampsft::Matrix<float>& x, ampsft::Matrix<float>& y) const {
    if (other_) {
      other_->output(map(x), map(y), ampsft::WriteMode::overwrite, 1.0F, ampsft::ConstMatrixMap<float>(nullptr, 0, 0));
    } else {
      ampsft::layer_output<float>(map(x), map(plain_), map(y));
    }
  }

  void input_gradient(const ampsft::Matrix<float>& dy, ampsft::Matrix<float>& dx) const {
    if (other_) {
      other_->input_gradient(map(dy), map(dx), ampsft::WriteMode::overwrite, 1.0F);
    } else {
      ampsft::layer_input_gradient<float>(map(dy), map(plain_), map(dx));
    }
  }

 private:
  ampsft::Matrix<float> plain_;
  std::unique_ptr<ampsft::FrozenWeight<float>> other_;  // or none
};

void multiply(benchmark::State& state, const Case& of, Pass pass) {
  const AnyWeight weight(of);
  const bool forward = pass == Pass::output;
  const auto from = random_matrix<float>(of.tokens, forward ? of.inputs : of.outputs);
  auto to = random_matrix<float>(of.tokens, forward ? of.outputs : of.inputs);
  Work work;
  work.flops = 2.0 * static_cast<double>(of.tokens * of.outputs * of.inputs);
  work.read = weight.bytes() + static_cast<double>(from.size() * sizeof(float));
  work.written = static_cast<double>(to.size() * sizeof(float));
  measure<float>(state, work, static_cast<Index>(weight.bytes()),
                 [&] { forward ? weight.output(from, to) : weight.input_gradient(from, to); });
}

void dequantize(benchmark::State& state, const Case& of) {
  const auto weight = random_quantized(of.format, of.outputs, of.inputs);
  Work work;
  work.read = static_cast<double>(weight->bytes());
  measure<float>(state, work, weight->bytes(), [&] {
    ampsft::parallel_for(of.outputs, 16, [&](Index begin, Index end) {
      static thread_local std::vector<float> row;
      row.resize(static_cast<std::size_t>(of.inputs));
      for (Index i = begin; i < end; ++i) {
        weight->copy_row(i, row.data());
        benchmark::DoNotOptimize(row.data());
      }
    });
  });
}

template <class Run>
void add_case(const std::string& operation, const Case& of, const std::string& shape, Run run) {
  for (const int threads : {1, 2}) {
    const std::string name = operation + "/" + std::string(ampsft::block_format_name(of.format)) + "/" + shape +
                             "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [of, run, threads](benchmark::State& state) {
                                   ampsft::set_thread_count(threads);
                                   run(state, of);
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

bool add() {
  for (const auto& [outputs, inputs] : {std::pair<Index, Index>(576, 1536), std::pair<Index, Index>(2048, 2048)}) {
    const std::string weight = std::to_string(outputs) + "x" + std::to_string(inputs);
    for (const auto format : {BlockFormat::q8_0, BlockFormat::q4_0, BlockFormat::q4_k, BlockFormat::q6_k}) {
      add_case("dequantize", {format, 0, outputs, inputs}, weight, dequantize);
    }
    for (const Index tokens : {1, 16, 512}) {
      for (const auto& [name, pass] :
           {std::pair("output", Pass::output), std::pair("input_gradient", Pass::input_gradient)}) {
        for (const auto format : {BlockFormat::f32, BlockFormat::bf16, BlockFormat::q8_0, BlockFormat::q4_0,
                                  BlockFormat::q4_k, BlockFormat::q6_k}) {
          add_case(name, {format, tokens, outputs, inputs}, std::to_string(tokens) + "x" + weight,
                   [pass = pass](benchmark::State& state, const Case& of) { multiply(state, of, pass); });
        }
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
