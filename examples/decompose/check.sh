#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Decomposes small models: one file and shards, halves and the whole, every kind of basis, and every kind of bad input,
# which must end with one line on stderr, exit code 2 and no output. ctest gives the program as the argument.
set -euo pipefail

program=$1
forbidden=bad
source "$(dirname "$0")/../support/check.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_WAIT_POLICY=passive LC_ALL=C

# Files are written byte by byte. number BYTES VALUE: little-endian.
number() {
  local value=$2 text=''
  for ((i = 0; i < $1; ++i)); do text+=$(printf '\\0%o' $((value & 255))); value=$((value >> 8)); done
  printf '%b' "$text"
}
# numbers NAME COUNT: bfloat16 of sizes 0.5 to 2, the same for the same name.
numbers() {
  printf '%b' "$(awk -v seed="$(cksum <<< "$1" | cut -d' ' -f1)" -v count="$2" 'BEGIN {
    srand(seed); for (i = 0; i < count; ++i) printf "\\0%o\\0%o", int(256 * rand()), rand() < 0.5 ? 63 : 191 }')"
}
# shard FILE NAME:ROWS:COLS...: a file with these matrices; without columns, a vector.
shard() {
  local file=$1 header='' end=0 begin rows cols name
  shift
  for tensor in "$@"; do
    IFS=: read -r name rows cols <<< "$tensor"
    begin=$end; end=$((end + 2 * rows * ${cols:-1}))
    header+="${header:+,}\"$name\":{\"dtype\":\"BF16\",\"shape\":[$rows${cols:+,$cols}],\"data_offsets\":[$begin,$end]}"
  done
  header="{$header}"
  { number 8 ${#header}; printf '%s' "$header"
    for tensor in "$@"; do IFS=: read -r name rows cols <<< "$tensor"; numbers "$name" $((rows * ${cols:-1})); done
  } > "$file"
}
# index FOLDER FILE:NAME...
index() {
  local folder=$1 map=''; shift
  for entry in "$@"; do map+="${map:+,}\"${entry#*:}\":\"${entry%%:*}\""; done
  echo "{\"metadata\":{},\"weight_map\":{$map}}" > "$folder/model.safetensors.index.json"
}

embed=embed.weight:60:8 norm=norm.weight:8
first=(layers.0.up.weight:24:8 layers.0.down.weight:8:24) second=(layers.1.up.weight:24:8 layers.1.down.weight:8:24)
one=model-00001-of-00002.safetensors two=model-00002-of-00002.safetensors
shard model.safetensors "$embed" "${first[@]}" "${second[@]}" "$norm"
mkdir shards
shard "shards/$one" "${second[@]}" "$embed"
shard "shards/$two" "$norm" "${first[@]}"
whole=("$one:embed.weight" "$one:layers.1.up.weight" "$one:layers.1.down.weight" "$two:norm.weight"
  "$two:layers.0.up.weight" "$two:layers.0.down.weight")
index shards "${whole[@]}"

run() { "$program" "$@" > run.log 2> run.err || die "exit code $? for: $*: $(cat run.err)"; }
table() { sed -n '/^K /,/^Written/p' "$1" | grep -v Written; }

# A good run, read back in both formats.
run model.safetensors --rank 3 --verify -o whole
for file in basis.safetensors scores.safetensors report.json report.html; do [[ -s whole/$file ]] || die "no $file"; done
grep -q '5 matrices in 2 groups' run.log || die 'not every matrix was found'
grep -q '5 matrices reconstructed' run.log || die 'nothing was verified'
grep -q '^Total' run.log || die 'no accounting'
! grep -q $'\r' run.log || die 'a terminal line in output that is no terminal'
! grep -q 'http://\|https://\|src=' whole/report.html || die 'the page refers to something outside'
! grep -q '/nan\|nan,' whole/report.json || die 'a figure is no number'
table run.log > whole.txt
run model.safetensors --rank 3 --scores bf16 --verify -o bf16
[[ $(stat -c %s bf16/scores.safetensors) -lt $(stat -c %s whole/scores.safetensors) ]] || die 'bf16 saves nothing'

# Shards hold the same model: the same files, bit for bit; in a folder without an index too.
for input in shards shards/model.safetensors.index.json; do
  run "$input" --rank 3 -o sharded
  cmp whole/basis.safetensors sharded/basis.safetensors || die "$input: another basis"
  cmp whole/scores.safetensors sharded/scores.safetensors || die "$input: other scores"
done
cp -r shards plain; rm plain/*.json
run plain --rank 3 -o sharded
cmp whole/scores.safetensors sharded/scores.safetensors || die 'without an index: other scores'

# Halves computed apart and merged equal the whole.
run model.safetensors --include 'layers.0.*' 'embed*' --partial-out half1
run shards --exclude 'layers.0.*' 'embed*' --partial-out half2
run shards --merge half1 half2 --rank 3 --verify -o merged
table run.log > merged.txt
run model.safetensors --rank 3 --method gram -o gram
diff <(table run.log) merged.txt || die 'merged halves differ from the whole'
run --merge half2 half1 --rank 3 -o bases
[[ -s bases/basis.safetensors && ! -e bases/scores.safetensors ]] || die 'a merge without a model gives bases alone'
run model.safetensors --variance 0.9 --verify -o variance
table run.log > variance.txt
run shards --merge half1 half2 --variance 0.9 -o merged
diff <(table run.log) variance.txt || die 'merged halves give another share of the variance'

# Other groups, kinds and ranks.
run model.safetensors --group-by type --rank 2 --verify -o types
grep -q '^layers.\*.up@8 ' run.log || die 'no group by type'
run model.safetensors --group-by layer --rank 2 --verify -o layers
grep -q '^layers.1@24 ' run.log || die 'no group by layer'
run model.safetensors --group-by '*up*' '*down*' --rank 2 -o patterns
grep -q '^others@8 ' run.log || die 'no group of the rest'
run model.safetensors --kind random --rank 3 --seed 4 --verify -o random
run shards --kind file --basis whole/basis.safetensors --verify -o file
cmp whole/scores.safetensors file/scores.safetensors || die 'the same basis gave other scores'
grep -q '"kind": "file"' file/report.json || die 'a basis of a file has another kind'
! grep -q 'spectrum' file/report.json || die "another model's spectrum is shown"
run model.safetensors --budget 300 --verify -o budget
scores=$(awk '/^Score coefficients/ { gsub(",", ""); print $3 }' run.log)
((scores > 0 && scores <= 300)) || die "a budget of 300 spent $scores"
run model.safetensors --budget 16 -o budget # one direction for the smaller group, nothing for the other
all=$(awk '/^R2 / { print $2 }' run.log) part=$(awk '/^24 / { print $6 }' run.log)
awk "BEGIN { exit !($part > 0 && $all < 0.9 * $part) }" || die "R2 of all groups is $all, of the only one with a basis $part"
for method in gram krylov tsqr dense; do
  run model.safetensors --rank 3 --method "$method" --threads 1 -o method
  diff <(table run.log | cut -c 1-72 | head -3) <(cut -c 1-72 whole.txt | head -3) || die "$method: other figures"
done

# What an earlier run left does no harm, and a name that is not UTF-8 neither.
mkdir -p left .left.new && touch .left.lock && echo old | tee .left.new/scores.0 > left/report.html
cp model.safetensors $'\xff.safetensors'
run $'\xff.safetensors' --rank 3 -o left
[[ -s left/report.json && ! -e .left.new && ! -e .left.lock ]] || die 'no report, or a hidden folder'
! grep -qx old left/report.html || die 'the report was not replaced'
mkdir .left.new && echo mine > .left.new/mine # nobody's but the user's
refuse 'in the way' model.safetensors --rank 3 -o left
[[ $(cat .left.new/mine) == mine ]] || die 'a folder of the user was emptied'
rm -r .left.new

# Bad input.
head -c 1000 model.safetensors > cut.safetensors
refuse 'cut.safetensors' cut.safetensors -o bad
: > empty.safetensors
refuse 'empty' empty.safetensors -o bad
mkdir lost && cp "shards/$one" shards/*.json lost
refuse "$two" lost -o bad
rm lost/*.json
refuse 'part 2 of the 2' lost -o bad
cp -r shards unlisted && index unlisted "${whole[@]:0:3}"
refuse "does not name the shard.*$two" unlisted -o bad
sed 's/"shape":\[24,8\]/"shape":[24,9]/' model.safetensors > shape.safetensors
refuse 'shape.safetensors.*layers.0.up.weight.*\[24, 9\]' shape.safetensors -o bad
cp model.safetensors nan.safetensors # the fourth row of the first matrix, whose data begin where the header ends
header=$(($(od -A n -t u8 -N 8 model.safetensors)))
printf '\xc0\x7f' | dd of=nan.safetensors bs=1 seek=$((8 + header + 2 * 8 * 3)) conv=notrunc status=none
for kind in weights random; do
  refuse "'embed.weight'.*row 3" nan.safetensors --kind "$kind" --rank 2 -o bad
done
refuse "'embed.weight'.*row 3" nan.safetensors --partial-out bad
refuse 'no file or folder' missing -o bad
refuse 'no model' -o bad
refuse 'matches no matrix' model.safetensors --include 'layer.*.nothing' -o bad
refuse 'leave no matrix' model.safetensors --exclude '*' -o bad
refuse 'exclude each other' model.safetensors --rank 3 --budget 100 -o bad
refuse 'rank' model.safetensors --rank 0 -o bad
refuse 'budget' model.safetensors --budget 3 -o bad
refuse 'method' model.safetensors --method guess -o bad
refuse 'width' model.safetensors --kind file --basis types/basis.safetensors --include 'embed*' --group-by layer -o bad
refuse 'no file of bases' model.safetensors --kind file --basis model.safetensors -o bad
refuse "twice" shards --merge half1 half1 -o bad
refuse 'hold no matrix\|hold nothing' shards --merge half1 -o bad
sed 's/\(layers.0.up.weight\)/layers.0.xx.weight/' model.safetensors > other.safetensors
refuse 'layers.0.xx' other.safetensors --merge half1 half2 -o bad
cp model.safetensors changed.safetensors
printf '\x01' | dd of=changed.safetensors bs=1 seek=$((8 + header + 10)) conv=notrunc status=none
refuse "'embed.weight' holds other values" changed.safetensors --merge half1 half2 -o bad
refuse 'run.log' model.safetensors -o run.log/below
refuse 'run.log' model.safetensors --partial-out run.log/below
! grep -q accumulating out.log || die 'a file that cannot be written was found out after the work'
refuse "'others'" model.safetensors --group-by others -o bad
shard named.safetensors é.weight:8:8
refuse 'not UTF-8' named.safetensors --group-by $'\xc3*' -o bad
run model.safetensors --include 'embed*' --group-by type --partial-out half3
refuse "'embed.weight' is in the stack" --merge half1 half3 -o bad

# Outputs that would overwrite what is read, or be taken for it, or not fit what lies there.
cp model.safetensors kept.safetensors; cp -r whole kept; ln model.safetensors second-name
refuse 'overwrite "model.safetensors"' model.safetensors --partial-out model.safetensors
refuse 'overwrite "model.safetensors"' model.safetensors --partial-out second-name
refuse 'overwrite "whole/basis.safetensors"' shards --kind file --basis whole/basis.safetensors -o whole
refuse 'taken for a part' model.safetensors -o .
refuse 'taken for a part' plain -o plain
refuse 'taken for a part' plain --partial-out plain/partial.safetensors
refuse 'scores.safetensors of an earlier run' --merge half1 half2 -o whole
mkdir -p blocked/report.html
refuse 'report.html' model.safetensors -o blocked
[[ $(ls -A blocked) == report.html ]] || die 'a run that cannot end left files'
cmp kept.safetensors model.safetensors && diff -r kept whole || die 'a refused run changed what was there'
run shards --rank 3 -o shards # beside an index nothing is taken for a part
run shards --rank 3 -o again
echo 'all checks passed'
