#!/usr/bin/env bash
# Measures the whole start-up of the published program: `rvault vault show` on a small store, and `rvault --version` in the same loop, which
# is what the runtime and the command line alone cost. Prints the median of wall time and of processor time (user + system) of each.
# usage: tests/bench/startup.sh [RUNS] [RVAULT]   (20 runs of the binary that `dotnet publish client/cli -c Release` makes)
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-20}
rvault=$(realpath "${2:-artifacts/publish/RecoveryVault.Cli/release/rvault}")
[ -x "$rvault" ] || { echo "no $rvault: run 'dotnet publish client/cli -c Release' first" >&2; exit 1; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export RVAULT_STORE=$place/store RVAULT_KEYS=$place/keys
"$rvault" vault create --name docs --location home > "$place/out"

TIMEFORMAT='%R %U %S'
measure() { { time "$@" > "$place/out"; } 2>> "$place/$name"; }
for _ in $(seq "$runs"); do
  name=show measure "$rvault" vault show --name docs
  name=version measure "$rvault" --version
done

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
report() {
  printf '%-24s wall %s s   processor %s s\n' "$1" "$(awk '{ print $1 }' "$place/$2" | median)" "$(awk '{ print $2 + $3 }' "$place/$2" | median)"
}
echo "median of $runs runs on $(nproc) cores:"
report 'rvault vault show' show
report 'rvault --version' version
