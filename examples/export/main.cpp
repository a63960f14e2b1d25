// SPDX-License-Identifier: MIT
// Takes adapters to other tools: PEFT, llama.cpp, transformers; and a LoRA of PEFT to scores.
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>

#include <string>
#include <system_error>

#include "export/adapter.hpp"
#include "export/options.hpp"
#include "support/inputs_kept.hpp"
#include "support/pretrained.hpp"
#include "support/program.hpp"
#include "support/steps.hpp"

namespace {

using namespace exporting;

/// Runs one step that ends with an output.
template <class Write>
void write_to(const fs::path& path, const std::string& what, example::Steps& steps, Write&& write) {
  steps.begin(what);
  write();
  steps.say("Written: " + path.string());
}

/// The folder that `--merged` takes after; a GGUF file without one is told by its own config.
void write_merged(const Options& options, example::Pretrained& pretrained, example::Steps& steps) {
  std::error_code ignored;
  const fs::path& path = pretrained.path();
  const fs::path source = !options.source.empty() || !fs::is_directory(path, ignored) ? options.source : path;
  const auto on_tensors = [&](const ampsft::TensorProgress& progress) {
    steps.update(ampsft::concat(progress.done, " of ", progress.all, " tensors ", progress.stage), progress.share);
  };
  if (source.empty()) {
    ampsft::export_gguf_model(options.merged, path, pretrained.model(), options.dtype.value_or(ampsft::DType::f32),
                              on_tensors);
  } else {
    ampsft::export_merged(options.merged, source, pretrained.model().weights(), pretrained.config(), options.dtype,
                          on_tensors);
  }
}

/// The model is read; an adapter is made and put onto it; every output is written.
int count_steps(const Options& options) {
  const bool adapts = !options.import_peft.empty() || !options.adapters.empty();
  const int adapter_files = adapts ? !options.peft.empty() + !options.gguf.empty() + !options.scores.empty() : 0;
  return 1 + (adapts ? 2 : 0) + adapter_files + (options.merged.empty() ? 0 : 1);
}

void run(const Options& options) {
  example::require_inputs_kept({options.pretrained.model, options.basis, options.import_peft, options.source},
                               {options.scores, options.gguf, options.peft / "adapter_model.safetensors"});
  for (const auto& term : options.adapters) {
    example::require_inputs_kept({term.file}, {options.scores, options.gguf});
  }
  example::Steps steps("export", count_steps(options));
  steps.begin("the model is read");
  example::Pretrained pretrained(options.pretrained, {.storage = ampsft::WeightStorage::as_stored});
  const auto adapter = make_adapter(options, pretrained, steps);
  if (adapter) {
    steps.begin("the adapter is put onto its base");
    ampsft::attach_adapter(*adapter, pretrained.model().weights());  // refuses one of another base
    const std::string base = options.base_name.empty() ? pretrained.path().string() : options.base_name;
    const ampsft::DType dtype = options.dtype.value_or(ampsft::DType::f32);
    if (!options.peft.empty()) {
      write_to(options.peft, "a LoRA folder for PEFT", steps, [&] {
        ampsft::export_peft(options.peft, *adapter, pretrained.config(), {.base_model = base, .dtype = dtype});
      });
    }
    if (!options.gguf.empty()) {
      const bool half = dtype == ampsft::DType::bf16;
      write_to(options.gguf, "a LoRA file for llama.cpp", steps, [&] {
        ampsft::export_gguf_lora(options.gguf, *adapter, pretrained.config(),
                                 half ? ampsft::BlockFormat::bf16 : ampsft::BlockFormat::f32);
      });
    }
    if (!options.scores.empty()) {
      write_to(options.scores, "a score file", steps,
               [&] { ampsft::save_adapter(options.scores, *adapter, {.scores = dtype}); });
    }
  }
  if (!options.merged.empty()) {
    write_to(options.merged, "the merged model", steps, [&] { write_merged(options, pretrained, steps); });
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
