#!/usr/bin/env bash
# Measures the memory of a silo that takes many backups at once: serves a store, lets SESSIONS clients back up SIZE MiB each (random
# bytes and words, a tree of its own for each), and prints the peak of the silo's resident memory and how long all of them took.
# usage: tests/bench/sessions.sh [SESSIONS] [SIZE] [RVAULT]   (16 sessions of 128 MiB; the binary `dotnet publish client/cli -c Release` makes)
set -euo pipefail
cd "$(dirname "$0")/../.."
sessions=${1:-16} size=${2:-128}
rvault=$(realpath "${3:-artifacts/publish/RecoveryVault.Cli/release/rvault}")
[ -x "$rvault" ] || { echo "no $rvault: run 'dotnet publish client/cli -c Release' first" >&2; exit 1; }

place=$(mktemp -d -p /dev/shm)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$place"' EXIT
export RVAULT_STORE=$place/store RVAULT_KEYS=$place/keys
"$rvault" vault create --name bench --location here > "$place/out"
for n in $(seq "$sessions"); do
  mkdir -p "$place/source/$n"
  head -c $((size / 2))M /dev/urandom > "$place/source/$n/random"
  head -c $((size / 2))M /dev/urandom | base64 -w 0 > "$place/source/$n/text"
  "$rvault" protection enable --vault-name bench --item-name "item-$n" --source "$place/source/$n" > "$place/out"
done

"$rvault" serve > "$place/serving" 2>&1 &
server=$!
until grep -q Serving "$place/serving"; do kill -0 "$server"; done
idle=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
started=$(date +%s.%N)
jobs=()
for n in $(seq "$sessions"); do
  "$rvault" protection backup-now --vault-name bench --item-name "item-$n" --no-progress > "$place/out-$n" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
took=$(echo "$(date +%s.%N) $started" | awk '{ print $1 - $2 }')
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$server/status")
awk -v n="$sessions" -v size="$size" -v idle="$idle" -v peak="$peak" -v took="$took" 'BEGIN {
  printf "%d sessions at once, about %d MiB each: silo %.0f MB at rest, %.0f MB at most; all done in %.1f s\n", n, size, idle / 1024, peak / 1024, took }'
