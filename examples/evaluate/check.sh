#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Perplexities of the tiny chat model and its small adapters: together and alone, merged, on chats and on text; and bad
# input, which must end with one line on stderr and exit code 2. ctest gives the program as the argument.
set -euo pipefail

program=$1
[[ -x $(dirname "$program")/export ]] || { echo "the check needs the program export; build it as well" >&2; exit 1; }
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

for ((i = 0; i < 9; ++i)); do
  printf '{"messages": [{"role": "user", "content": "say %s"}, {"role": "assistant", "content": "word %s, of them"}]}\n' \
    "$i" "$((i * 77777))"
done > chats.jsonl
cp "$here/check.sh" text.txt

run() { "$program" --model "$model" --threads 1 "$@" > out.log 2> err.log || die "$(cat err.log)"; }
# loss NAME [true]: of a line of the JSON results, of merged weights or not.
loss() {
  tr -d ' \n' < out.log | tr '{' '\n' |
    sed -n "s/^\"loss\":\([0-9.e-]*\),\"merged\":${2-false},\"name\":\"$1\".*/\1/p" | grep . || die "no loss of $1"
}
near() { awk "BEGIN { d = $1 - $2; exit !(d < 2e-5 && d > -2e-5) }" || die "$3: $1 and $2"; }
far() { awk "BEGIN { d = $1 - $2; exit !(d > 1e-3 || d < -1e-3) }" || die "$3: $1 and $2"; }

# Adapters in one call have the losses that each has alone, and merged; so has the base, however many rows at a time.
run -d chats.jsonl --context 64 --json
base=$(loss base)
run -d chats.jsonl --context 64 --json -a "$one"
first=$(loss one)
run -d chats.jsonl --context 64 --json -a "$two"
second=$(loss two)
for rows in 1 2 100; do
  run -d chats.jsonl --context 64 --json -a "$one" -a "zwei=$two" --merged --rows $rows
  near "$(loss base)" "$base" 'the base beside adapters'
  near "$(loss one)" "$first" 'the first adapter beside another'
  near "$(loss zwei)" "$second" 'the second adapter beside another'
  near "$(loss one true)" "$first" 'the first adapter, merged'
  near "$(loss zwei true)" "$second" 'the second adapter, merged'
done
run -d chats.jsonl --context 64 --json -a "$one" --weights stored --merged
near "$(loss one)" "$first" 'an adapter upon stored weights'
near "$(loss one true)" "$first" 'the same, merged'
far "$base" "$first" 'an adapter without effect'
far "$first" "$second" 'two adapters, one loss'
run -d chats.jsonl --context 64 --json --loss everything
far "$(loss base)" "$base" 'the loss on everything is that on answers'
run -d chats.jsonl --context 64 --json -a "$truncated" --merged
near "$(loss base)" "$base" 'the base of a truncated adapter'
far "$(loss truncated)" "$base" 'a truncated adapter without effect'
near "$(loss truncated true)" "$(loss truncated)" 'a truncated adapter, merged'

# LoRA, truncated scores and scores over other bases stand beside each other.
"$(dirname "$program")/export" --model "$model" -a "$two" --peft lora > export.log
run -d chats.jsonl --context 64 --json -a lora -a "$one" -a "$truncated" -a "$fixtures/chat_adapters/apart.safetensors" \
  -a "zwei=$two" --merged
near "$(loss base)" "$base" 'the base beside LoRA'
near "$(loss lora)" "$second" 'LoRA of the same change'
near "$(loss lora true)" "$second" 'the same, merged'
near "$(loss one)" "$first" 'scores beside LoRA'
near "$(loss zwei)" "$second" 'scores in one pass with others'
near "$(loss truncated true)" "$(loss truncated)" 'a truncated adapter beside others, merged'
near "$(loss apart true)" "$(loss apart)" 'scores over another basis, merged'
far "$(loss apart)" "$base" 'scores over another basis without effect'

printf 'data = "chats.jsonl"\ncontext = 64\njson = true\nadapter = ["%s"]\n' "$one" > options.toml
run --config options.toml
near "$(loss one)" "$first" 'options of a file'

run -d text.txt -a "$one"
grep -q '^one .* [-+][0-9.]* %$' out.log || die "no line of the table: $(cat out.log)"
grep -q 'tokens predicted of text.txt' out.log || die 'no count of tokens'

echo '{"text": 5}' >> chats.jsonl
refuse 'line 10' --model "$model" -d chats.jsonl
run -d chats.jsonl --context 64 --json --skip-bad
near "$(loss base)" "$base" 'a bad record counts'
refuse 'required' --model "$model"
refuse 'nowhere' --model "$model" -d nowhere
refuse 'there is no model' --model nowhere -d text.txt
refuse 'context' --model "$model" -d text.txt --context 1000
refuse 'needs an adapter' --model "$model" -d text.txt --merged
echo 'dato = "text.txt"' > wrong.toml
refuse 'wrong.toml: there is no option dato' --config wrong.toml --model "$model" -d text.txt
refuse_full --model "$model" -d text.txt --threads 1 --json
refuse '0123456789abcdef' --model "$model" -d text.txt -a "$fixtures/chat_adapters/foreign.safetensors"
echo 'evaluate: all checks passed'
