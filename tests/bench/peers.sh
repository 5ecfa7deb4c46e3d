#!/usr/bin/env bash
# Measures rvault beside restic and borg on the same data, alternating within one run, and prints a Markdown table.
#
# usage: peers.sh [--rounds N] [--quick] [--only mixed,large,small,image] [--tools rvault,restic,borg] [--work DIR]
#
#   --rounds N   how often everything is run; the table shows medians (default 3)
#   --quick      small corpora and one round: a few minutes
#   --only ...   which corpora (default: all four; large is mixed four times over, 5 GB, first backup only)
#   --work DIR   where corpora and repositories lie (default /dev/shm/rvault-peers: memory, so that no disk is measured); removed at the end
#                unless KEEP=1
#   RVAULT=FILE  measures this binary instead of publishing one
#
# Installs restic and borgbackup from Debian when they are missing (needs root then). Needs python3 and the .NET SDK.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

for tool in restic borg; do
  if ! command -v "$tool" >/dev/null; then
    apt-get update -q >&2 && apt-get install -qy restic borgbackup >&2
  fi
done
if [ -z "${RVAULT:-}" ]; then
  dotnet publish "$root/client/cli" -c Release -v q --nologo >&2
  RVAULT=$root/artifacts/publish/RecoveryVault.Cli/release/rvault
fi
dotnet build "$here/limits" -c Release -v q --nologo >&2
LIMITS=$root/artifacts/bin/limits/release/limits RVAULT=$RVAULT exec python3 "$here/peers.py" "$@"
