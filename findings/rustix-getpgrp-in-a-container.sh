#!/usr/bin/env bash
# rustix 1.1.6: getpgrp() returns a Pid that is never 0. In a PID namespace the kernel answers 0 for a process group whose leader is
# outside of it, as for the first process that `unshare --fork --pid` starts, or a container's that shares its starter's group. Built
# with debug assertions the program panics there ("assertion failed: pgid > 0"); getppid(), which has the same answer, returns None.
# After setsid(), in a group of its own, getpgrp() answers. Needs unshare with user namespaces, or root.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'END'
[package]
name = "asks"
version = "0.0.0"
edition = "2021"
[dependencies.rustix]
version = "=1.1.6"
features = ["process"]
END
cat > src/main.rs <<'END'
fn main() {
    println!("parent: {}", rustix::process::getppid().is_some());
    if std::env::args().count() > 1 {
        rustix::process::setsid().unwrap();
    }
    println!("group: {}", rustix::process::getpgrp().as_raw_nonzero());
}
END
cargo build --quiet
asks=$folder/target/debug/asks
outside=$("$asks")
echo "outside: $outside" | tr '\n' ' '
echo
inside=(unshare --user --map-root-user --fork --pid)
[ "$(id -u)" = 0 ] && inside=(unshare --fork --pid)
status=0
"${inside[@]}" "$asks" > said 2> complained || status=$?
cat said
grep -m 1 assertion complained
own=0
"${inside[@]}" sh -c '"$0" own' "$asks" || own=$?
echo "status $status; in a session of its own $own"
[[ $outside == *'parent: true'*'group: '* ]]
grep -q 'parent: false' said && grep -q 'pgid > 0' complained && [ "$status" = 101 ]
