#!/usr/bin/env bash
# Run Python of 64-bit ARM on another processor: `tools/on_arm64.sh FOLDER -m pytest tests/kernels`. The emulator is slow: twenty times.
# Needs Debian or a relative of it, with `qemu-user` and pip; the first call fetches Python and packages into FOLDER (300 MB).
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd); shift
packages=(numpy llvmlite protobuf google-crc32c networkx threadpoolctl tqdm scipy ml_dtypes pytest pytest-timeout hypothesis)
system=(python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libexpat1 zlib1g libssl3 libffi8 libstdc++6 libgcc-s1 liblzma5
        libbz2-1.0 libsqlite3-0 libuuid1)

if [ ! -e "$folder/ready" ]; then
  mkdir -p "$folder/system" "$folder/wheels" "$folder/site"
  dpkg --add-architecture arm64
  apt-get update -q
  (cd "$folder/system" && apt-get download -q "${system[@]/%/:arm64}" && for each in *.deb; do dpkg -x "$each" .; done)
  dpkg --remove-architecture arm64
  platforms=(--platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 --platform manylinux_2_17_aarch64)
  python3 -m pip download -q -d "$folder/wheels" "${platforms[@]}" --python-version 311 --only-binary=:all: "${packages[@]}"
  for wheel in "$folder"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$folder/site"; done
  touch "$folder/ready"
fi

here=$(cd "$(dirname "$0")/.." && pwd)
export PYTHONPATH="$here:$folder/site" PYTHONDONTWRITEBYTECODE=1
exec qemu-aarch64 -cpu max -L "$folder/system" "$folder/system/usr/bin/python3.11" "$@"
