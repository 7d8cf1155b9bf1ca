#!/usr/bin/env bash
# Everything about speed and memory that only a CUDA GPU can tell, in about a quarter of an hour:
# studies/results/bench/on_a_gpu.sh [FOLDER]. Its CSVs carry device, versions and n.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=${1:-bench-gpu}
mkdir -p "$out"

# First that the numbers are right: captured steps equal plain ones, bit by bit.
python -m pytest -q -m gpu | tee "$out/tests.txt"

ablate bench step --csv "$out/step_fp32.csv"
ablate bench step --precision bf16 --csv "$out/step_bf16.csv"
ablate bench epoch --csv "$out/epoch_fp32.csv"
ablate bench epoch --precision bf16 --csv "$out/epoch_bf16.csv"
ablate bench memory --measured --csv "$out/memory.csv"
ablate bench data --csv "$out/data.csv"
ablate bench study --images 10000 --epochs 4 --csv "$out/study.csv"

ablate measure studies/fig5.yaml --profile short --runs "$out/runs"
ablate plot "$out/runs/fig5@short" memory
