# SPDX-License-Identifier: MIT
# What the check scripts of the examples share. They set `program`, and `forbidden`, which no refused run may leave.

die() { echo "check failed: $*" >&2; exit 1; }

# wait_for FILE: until it is there, on however busy a machine.
wait_for() { for _ in $(seq 1 3000); do [[ ! -e $1 ]] || return 0; sleep 0.02; done; die "$1 did not come"; }

# refuse PATTERN OPTIONS...: the program must end with exit code 2 and one line on stderr that holds the pattern.
refuse() {
  local pattern=$1 code=0; shift
  "$program" "$@" > out.log 2> err.log || code=$?
  [[ $code == 2 ]] || die "exit code $code instead of 2 for: $*"
  [[ $(wc -l < err.log) == 1 ]] || die "not one line on stderr for: $*: $(cat err.log)"
  grep -q -- "$pattern" err.log || die "'$pattern' is not in the error: $(cat err.log)"
  [[ ! -e $forbidden ]] || die "output was left after: $*"
  [[ -z $(find . -name '*.tmp' -o -name '.decompose*') ]] || die "a half-written file after: $*"
}

# refuse_full OPTIONS...: results that cannot be written must be an error that says why.
refuse_full() {
  [[ -c /dev/full ]] || return 0
  local code=0
  "$program" "$@" > /dev/full 2> err.log || code=$?
  [[ $code == 2 ]] || die "exit code $code instead of 2 where standard output is full, for: $*"
  grep -q 'standard output: No space left' err.log || die "no reason where standard output is full: $(cat err.log)"
}
