#!/usr/bin/env bash
# Measures what infrastructure encryption costs: the same SIZE MiB (random bytes and words, half each) backed up and restored by turns in a
# vault with one layer and in one with two, ROUNDS times, each backup of an item of its own. Prints medians and their ratio.
# usage: tests/bench/layers.sh [ROUNDS] [SIZE] [RVAULT]   (5 rounds of 512 MiB; the binary `dotnet publish client/cli -c Release` makes)
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} size=${2:-512}
rvault=$(realpath "${3:-artifacts/publish/RecoveryVault.Cli/release/rvault}")
[ -x "$rvault" ] || { echo "no $rvault: run 'dotnet publish client/cli -c Release' first" >&2; exit 1; }

place=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$place"' EXIT
export RVAULT_STORE=$place/store RVAULT_KEYS=$place/keys
mkdir "$place/source"
head -c $((size / 2))M /dev/urandom > "$place/source/random"
head -c $((size * 3 / 8))M /dev/urandom | base64 -w 0 > "$place/source/text"

rv() { "$rvault" "$@" > "$place/out" 2> "$place/err" || { cat "$place/out" "$place/err" >&2; exit 1; }; }
rv keyvault create --name kv1 --location home --enable-purge-protection true
rv keyvault key create --vault-name kv1 --name kek --kty RSA --size 3072
rv identity create --name bench -o json
principal=$(sed -n 's/.*"principalId": *"\([^"]*\)".*/\1/p' "$place/out")
rv keyvault set-policy --name kv1 --object-id "$principal" --key-permissions get list wrapKey unwrapKey
for layers in Disabled Enabled; do
  rv vault create --name "v-$layers" --location home --mi-user-assigned bench --key-vault-name kv1 --key-name kek \
    --infrastructure-encryption "$layers"
done

TIMEFORMAT='%R %U %S'
measure() { local name=$1; shift; { time rv "$@"; } 2>> "$place/$name"; }
for round in $(seq "$rounds"); do
  for layers in Disabled Enabled; do
    rv protection enable --vault-name "v-$layers" --item-name "item-$round" --source "$place/source"
    measure "backup-$layers" protection backup-now --vault-name "v-$layers" --item-name "item-$round"
    measure "restore-$layers" restore run --vault-name "v-$layers" --item-name "item-$round" --target "$place/restored"
    cmp "$place/source/text" "$place/restored/text"
    rm -rf "$place/restored"
    rv protection disable --vault-name "v-$layers" --item-name "item-$round"
  done
  # Only one round of packs at a time lies in memory.
  rm -rf "$place"/store/packs/*
done

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.3f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
wall() { awk '{ print $1 }' "$place/$1" | median; }
processor() { awk '{ print $2 + $3 }' "$place/$1" | median; }
ratio() { awk -v one="$1" -v two="$2" 'BEGIN { printf "%.2f", two / one }'; }
echo "median of $rounds rounds of $size MiB on $(nproc) cores, seconds (start-up included):"
for what in backup restore; do
  for kind in wall processor; do
    one=$($kind "$what-Disabled") two=$($kind "$what-Enabled")
    printf '%-8s %-10s one layer %s   two layers %s   ratio %s\n' "$what" "$kind" "$one" "$two" "$(ratio "$one" "$two")"
  done
done
