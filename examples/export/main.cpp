// SPDX-License-Identifier: MIT
// Takes adapters to other tools: PEFT, llama.cpp, transformers; and a LoRA of PEFT to scores.
#include <string>

#include "export/adapter.hpp"
#include "export/options.hpp"
#include "support/inputs_kept.hpp"
#include "support/load_model.hpp"
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

/// The model is read; an adapter is made and put onto it; every output is written.
int count_steps(const Options& options) {
  const bool adapts = !options.import_peft.empty() || !options.adapters.empty();
  const int adapter_files = adapts ? !options.peft.empty() + !options.gguf.empty() + !options.scores.empty() : 0;
  return 1 + (adapts ? 2 : 0) + adapter_files + (options.merged.empty() ? 0 : 1);
}

void write_adapter(const Options& options, const ampsft::Adapter& adapter, example::Steps& steps) {
  const ampsft::DType dtype = options.dtype.value_or(ampsft::DType::f32);
  if (!options.peft.empty()) {
    write_to(options.peft, "a LoRA folder for PEFT", steps,
             [&] { adapter.export_peft(options.peft, dtype, options.base_name); });
  }
  if (!options.gguf.empty()) {
    write_to(options.gguf, "a LoRA file for llama.cpp", steps, [&] { adapter.export_gguf(options.gguf, dtype); });
  }
  if (!options.scores.empty()) {
    write_to(options.scores, "a score file", steps, [&] { adapter.save(options.scores, dtype); });
  }
}

void run(const Options& options) {
  const fs::path peft_file = options.peft / "adapter_model.safetensors";
  example::require_inputs_kept({options.pretrained.model, options.basis, options.import_peft, options.source},
                               {options.scores, options.gguf, peft_file});
  for (const auto& term : options.adapters) {
    example::require_inputs_kept({term.file}, {options.scores, options.gguf, peft_file});
  }
  example::Steps steps("export", count_steps(options));
  steps.begin("the model is read");
  auto model = example::load_model(options.pretrained);
  const auto adapter = make_adapter(options, model, steps);
  if (!adapter.empty()) {
    ampsft::require(options.scores.empty() || adapter.method() == "scores", "the adapter is LoRA, which ",
                    options.scores, " cannot hold; write it with --peft, or make scores of it with --import-peft");
    steps.begin("the adapter is put onto its base");
    model.attach(adapter);  // refuses one of another base
    write_adapter(options, adapter, steps);
  }
  if (!options.merged.empty()) {
    write_to(options.merged, "the merged model", steps, [&] {
      model.save(
          options.merged, options.dtype,
          [&](const ampsft::TensorProgress& progress) {
            steps.update(ampsft::concat(progress.done, " of ", progress.all, " tensors ", progress.stage),
                         progress.share);
          },
          options.source);
    });
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
