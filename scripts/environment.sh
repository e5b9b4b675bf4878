# Functions that ./install and ./check share: find Pythons and make environments with what aio needs.

pythons() { # prints one working interpreter for each minor version from 3.11 on, oldest first
    local minor candidate
    for minor in 11 12 13 14 15; do
        for candidate in "python3.$minor" "$HOME"/.pyenv/versions/3."$minor".*/bin/python python3 /usr/bin/python3; do
            if "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
                echo "$candidate"
                break
            fi
        done
    done
}

make_environment() { # INTERPRETER FOLDER REQUIREMENT...: makes or renews FOLDER unless it is up to date
    local python=$1 folder=$2 stamp
    shift 2
    stamp="$("$python" --version) $* $(cat constraints.txt pyproject.toml | cksum)"
    if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    echo "making $folder with $("$python" --version)" >&2
    rm -rf "$folder"
    if ! "$python" -m venv "$folder" >/dev/null 2>&1; then
        # Debian keeps the venv module in a package of its own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null 2>&1 || true
        fi
        if ! "$python" -m venv --clear "$folder" >&2; then
            echo "$python cannot make environments: install its venv module (Debian: apt install python3-venv)" >&2
            return 1
        fi
    fi
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
        "$folder/bin/python" -m pip install --quiet --constraint constraints.txt "$@" >&2 || return 1
    echo "$stamp" > "$folder/stamp"
}
