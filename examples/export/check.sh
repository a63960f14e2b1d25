#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Exports the small adapters of the tests in every form, and every kind of bad input, which must end with one line on
# stderr and exit code 2. ctest gives the program as the argument.
set -euo pipefail

program=$1
forbidden=bad
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../support/check.sh"
fixtures=$here/../../tests/data/fixtures
model=$fixtures/models/chat
one=$fixtures/chat_adapters/one.safetensors
two=$fixtures/chat_adapters/two.safetensors
truncated=$fixtures/chat_adapters/truncated.safetensors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_WAIT_POLICY=passive LC_ALL=C

run() { "$program" --model "$model" "$@" > out.log 2> err.log || die "$(cat err.log)"; }
size() { wc -c < "$1"; }

# PEFT, llama.cpp, a merged folder that differs from its source, and has its other files.
run -a "$one" --peft peft --gguf lora.gguf --merged merged --base-name some/model
grep -q '"base_model_name_or_path": "some/model"' peft/adapter_config.json || die 'the base of the PEFT folder'
grep -q 'base_model.model.model.layers.1.mlp.up_proj.lora_B.weight' peft/adapter_model.safetensors || die 'PEFT tensors'
[[ $(head -c 4 lora.gguf) == GGUF ]] || die 'no GGUF file'
cmp -s "$model/tokenizer.json" merged/tokenizer.json || die 'the tokenizer of the merged folder'
cmp -s "$model/model.safetensors" merged/model.safetensors && die 'nothing was merged'
run --merged plain
[[ $(size plain/model.safetensors) == $(size merged/model.safetensors) ]] || die 'a merged model is as large as its base'
run --merged small --dtype bf16
(($(size small/model.safetensors) < $(size plain/model.safetensors))) || die 'bfloat16 is smaller'

# A folder of one format says so, and has no other: not even for norms.
grep -q '"torch_dtype": "bfloat16"' small/config.json || die 'the format in the config'
! head -c 4096 small/model.safetensors | grep -q '"F32"' || die 'a tensor of another format'

# Progress: none for a short job, where there is no terminal; else the steps, and how many tensors are written.
run -a "$one" --peft again --merged merged_again
[[ $(cat out.log) == $'Written: again\nWritten: merged_again' ]] || die "more than was asked for: $(cat out.log)"
if script -qec true /dev/null < /dev/null > script.log 2>&1; then
  printf -v command '%q ' "$program" --model "$model" -a "$one" --peft again --merged merged_again
  script -qec "$command" /dev/null < /dev/null > terminal.log || die "on a terminal: $(cat terminal.log)"
  for step in 'export  step 1 of 5: the model is read' 'step 2 of 5: adapters' 'step 3 of 5: the adapter is put' \
    'step 4 of 5: a LoRA folder' 'step 5 of 5: the merged model, [0-9]* of [0-9]* tensors written, .* \(left\|so far\)'; do
    grep -q "$step" terminal.log || die "no '$step' on a terminal: $(cat terminal.log)"
  done
fi

# Score files: formats, scales, sums.
run -a "$one" -o copy.safetensors
run -a copy.safetensors -o half.safetensors --dtype bf16
(($(size half.safetensors) < $(size copy.safetensors))) || die 'scores in bfloat16 are smaller'
run -a copy.safetensors --scale 2 -o twice.safetensors
run -a twice.safetensors:0.25 -a copy.safetensors:0.5 -o again.safetensors
run -a copy.safetensors --merged once
run -a again.safetensors --merged same
cmp -s once/model.safetensors same/model.safetensors || die '2 x 1/4 + 1/2 is not 1'
run -a copy.safetensors -a "$two":0.5 --merged both
cmp -s both/model.safetensors merged/model.safetensors && die 'the second adapter has no effect'

# What went to PEFT comes back: over its own basis nothing is lost, over another one something is.
run --import-peft peft --basis "$one" -o back.safetensors
grep -q '^all .* 0\.0 % of the energy is lost' out.log || die "an import over its own basis: $(cat out.log)"
run -a back.safetensors --merged back
cmp -s merged/model.safetensors back/model.safetensors || die 'an import computes something else'
run --import-peft peft --rank 3 -o other.safetensors
grep -q '^all .* [1-9][0-9.]* % of the energy is lost' out.log || die "an import over another basis: $(cat out.log)"

# A PEFT folder is an adapter: exact as it is, scaled, summed with others, and in every form but scores.
run -a peft --peft copied --gguf copied.gguf --merged from_lora
cmp -s peft/adapter_model.safetensors copied/adapter_model.safetensors || die 'a PEFT folder became another one'
cmp -s lora.gguf copied.gguf || die 'a PEFT folder became another GGUF file'
cmp -s merged/model.safetensors from_lora/model.safetensors || die 'a PEFT folder merges otherwise'
grep -q 'by a script' copied/ampsft.json || die 'the folder does not remember its training'
run -a peft --scale 2 --peft doubled
run -a doubled:0.25 -a copied:0.5 --merged halves
run -a peft:0.5 -a "$one":0.5 --merged mixed
for folder in halves mixed; do
  [[ $(size $folder/model.safetensors) == $(size merged/model.safetensors) ]] || die "$folder"
done
run -a "$two" --peft second
run -a peft -a second --peft together
grep -q 'lora_A' together/adapter_model.safetensors || die 'a sum of LoRA'

# Options of a file.
printf 'model = "%s"\nadapter = ["%s"]\nmerged = "configured"\n' "$model" "$one" > options.toml
"$program" --config options.toml > out.log
cmp -s merged/model.safetensors configured/model.safetensors || die 'options of a file are others'

# A truncated adapter leaves as a merged model or a score file alone.
run -a "$truncated" --merged cut -o cut.safetensors

refuse 'nothing is to be written' --model "$model" -a "$one"
refuse 'is LoRA, which' --model "$model" -a peft -o bad
refuse 'truncated adapter cannot' --model "$model" -a peft -a "$truncated" --peft bad
refuse 'overwrite' --model "$model" -a peft --peft peft
refuse 'folders of their own' --model "$model" -a "$one" --peft bad --merged bad
echo 'scail = 2' > wrong.toml
refuse 'wrong.toml: there is no option scail' --config wrong.toml --model "$model" -a "$one" -o bad
refuse_full --model "$model" -a "$one" -o copy.safetensors
refuse 'no adapter to export' --model "$model" --peft bad
refuse 'export the merged model' --model "$model" -a "$truncated" --peft bad
refuse 'must sum to 1' --model "$model" -a "$truncated" --scale 2 -o bad
refuse 'different bases of width 16' --model "$model" -a "$two" -a "$fixtures/chat_adapters/apart.safetensors" -o bad
refuse 'different forms' --model "$model" -a "$one" -a "$truncated" -o bad
refuse '0123456789abcdef' --model "$model" -a "$fixtures/chat_adapters/foreign.safetensors" -o bad
refuse 'is no weight' --model "$model" -a "$one:much" -o bad
refuse 'exclude each other' --model "$model" -a "$one" --import-peft peft -o bad
refuse 'belong to --import-peft' --model "$model" -a "$one" --rank 4 -o bad
refuse 'adapter_config.json' --model "$model" --import-peft merged -o bad
refuse 'a folder of its own' --model "$model" --merged "$model"
refuse 'there is no model' --model nowhere -a "$one" -o bad
refuse 'dtype' --model "$model" -a "$one" -o bad --dtype f16
refuse 'is no adapter' --model "$model" -a "$model/model.safetensors" -o bad
echo 'export: all checks passed'
