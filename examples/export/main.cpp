// SPDX-License-Identifier: MIT
// Takes adapters to other tools: PEFT, llama.cpp, transformers; and a LoRA of PEFT to scores.
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>

#include <cstdio>
#include <system_error>

#include "export/adapter.hpp"
#include "export/options.hpp"
#include "support/inputs_kept.hpp"
#include "support/pretrained.hpp"
#include "support/program.hpp"

namespace {

using namespace exporting;

void say_written(const fs::path& path) {
  std::printf("Written: %s\n", path.string().c_str());
}

/// The folder that `--merged` takes after; a GGUF file without one is told by its own facts.
void write_merged(const Options& options, example::Pretrained& pretrained) {
  std::error_code ignored;
  const fs::path& path = pretrained.path();
  const fs::path source = !options.source.empty() || !fs::is_directory(path, ignored) ? options.source : path;
  if (source.empty()) {
    ampsft::export_gguf_model(options.merged, path, pretrained.model(), options.dtype.value_or(ampsft::DType::f32));
  } else {
    ampsft::export_merged(options.merged, source, pretrained.model().weights(), pretrained.facts(), options.dtype);
  }
  say_written(options.merged);
}

void run(const Options& options) {
  example::require_inputs_kept({options.pretrained.model, options.basis, options.import_peft, options.source},
                               {options.scores, options.gguf, options.peft / "adapter_model.safetensors"});
  for (const auto& term : options.adapters) {
    example::require_inputs_kept({term.file}, {options.scores, options.gguf});
  }
  const bool fits = !options.import_peft.empty() && options.basis.empty();  // to dense weights
  example::Pretrained pretrained(options.pretrained,
                                 {.storage = fits ? ampsft::WeightStorage::dense : ampsft::WeightStorage::as_stored});
  const auto adapter = make_adapter(options, pretrained);
  if (adapter) {
    ampsft::attach_adapter(*adapter, pretrained.model().weights());  // refuses one of another base
    const std::string base = options.base_name.empty() ? pretrained.path().string() : options.base_name;
    const ampsft::DType dtype = options.dtype.value_or(ampsft::DType::f32);
    if (!options.peft.empty()) {
      ampsft::export_peft(options.peft, *adapter, pretrained.facts(), {.base_model = base, .dtype = dtype});
      say_written(options.peft);
    }
    if (!options.gguf.empty()) {
      const bool half = dtype == ampsft::DType::bf16;
      ampsft::export_gguf_lora(options.gguf, *adapter, pretrained.facts(),
                               half ? ampsft::BlockFormat::bf16 : ampsft::BlockFormat::f32);
      say_written(options.gguf);
    }
    if (!options.scores.empty()) {
      ampsft::save_adapter(options.scores, *adapter, {.scores = dtype});
      say_written(options.scores);
    }
  }
  if (!options.merged.empty()) {
    write_merged(options, pretrained);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (parse_options(argc, argv, options)) {
      run(options);
    }
    return 0;
  });
}
