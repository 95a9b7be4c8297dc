# What quickstart and test have in common: packages, and a build. Sourced by bash, from the repository's root.

say() { printf '\n== %s\n' "$*"; }

stop() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Has the quickstart's own reader look at its options; says what is wrong with them, or what there are. A machine without Python
# hears of it later, when Python is there.
read_options() {
  command -v python3 >/dev/null || return 0
  PYTHONPATH=$PWD/deploy PYTHONDONTWRITEBYTECODE=1 python3 -c 'from hospital.__main__ import read_arguments; read_arguments()' "$@"
}

# A package counts as present when Debian says so, or when the command that it is wanted for is there (Node.js and Go often
# come from elsewhere, and then Debian's package would not install beside it).
package_is_there() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed' && return 0
  case $1 in
    nodejs) command -v node ;;
    npm) command -v npm ;;
    golang-go) command -v go ;;
    python3) command -v python3 ;;
    *) false ;;
  esac >/dev/null 2>&1
}

# Installs those packages of deploy/packages.txt that are missing.
install_packages() {
  local missing=() package as_root=()
  while read -r package; do
    [ -z "$package" ] || [ "${package#\#}" != "$package" ] || package_is_there "$package" || missing+=("$package")
  done < deploy/packages.txt
  [ ${#missing[@]} -eq 0 ] && return 0

  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  command -v apt-get >/dev/null || stop "these packages are missing, and there is no apt-get to install them (Baton is built on Debian 12): ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "installing packages needs root. Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q || stop "apt-get update failed: is the network there?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    stop "apt-get could not install: ${missing[*]}"
}

# build_targets TARGET..: configures ./build if need be and builds; without a target, everything.
build_targets() {
  say "Building (the first time takes some minutes)"
  local target targets=() log
  log=$(mktemp)
  cmake --preset release >"$log" 2>&1 || { cat "$log"; stop "cmake could not configure the build"; }
  rm -f "$log"
  for target in "$@"; do targets+=(--target "$target"); done
  cmake --build --preset release "${targets[@]}" || stop "the build failed"
}

# Debian 12 brings Node.js 18, and some of the npm packages used here want 20. Then a newer one comes from npm itself, into the build folder;
# nothing of the system is changed. Puts it first in PATH.
provide_node() {
  local folder=$PWD/build/node
  if command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then return 0; fi
  if [ ! -x "$folder/node_modules/node/bin/node" ]; then
    say "Getting Node.js 22 from npm, for this build only"
    npm install --prefix "$folder" --no-audit --no-fund --no-save node@22.23.3 >&2 || stop "npm could not install node@22"
  fi
  export PATH="$folder/node_modules/node/bin:$PATH"
}
