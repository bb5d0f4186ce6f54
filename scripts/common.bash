# Sourced by the scripts beside it: where things are, and what could not be run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/strata-tools # slow to make, so kept outside the tree
jobs=$(nproc)

# One file per part of the tests that could not be run, holding the reason. scripts/test prints them last.
not_run_dir=$root/build/not-run

not_run() { # PART REASON
  mkdir -p "$not_run_dir"
  printf '%s because %s\n' "$1" "$2" >"$not_run_dir/${1//[^A-Za-z0-9]/_}"
  echo "NOT RUN: $1 because $2" >&2
}

at_least() { # VERSION MINIMUM
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Prints a cargo of at least 1.85 (edition 2024), wherever it is.
find_cargo() {
  local cargo version
  for cargo in "$(command -v cargo || true)" "$HOME/.cargo/bin/cargo" /usr/bin/cargo; do
    [ -n "$cargo" ] && [ -x "$cargo" ] || continue
    version=$("$cargo" --version 2>/dev/null | awk '{print $2}') || continue
    if [ -n "$version" ] && at_least "$version" 1.85; then
      echo "$cargo"
      return
    fi
  done
  return 1
}

find_julia() {
  if command -v julia >/dev/null; then
    command -v julia
  elif [ -x "$tools/julia/bin/julia" ]; then
    echo "$tools/julia/bin/julia"
  else
    return 1
  fi
}

# A compiler cache in the user's own folder, shared by all checkouts of this tree.
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$root
  export CCACHE_SLOPPINESS=pch_defines,time_macros # without it nothing that uses a precompiled header is cached
fi
