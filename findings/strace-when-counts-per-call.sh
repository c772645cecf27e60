#!/usr/bin/env bash
# strace 6.1-0.1 (Debian 12): with `--inject=SET:...:when=N` the Nth call is counted for each system call by itself, not over the set.
# `--inject=getppid,getpgrp:error=EPERM:when=2` on getppid, getpgrp, getppid, getpgrp fails the last two calls, not the second call of all; so a
# sweep over N that is meant to reach every call of a program reaches few, several at a time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download strace=6.1-0.1 libunwind8
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu
# 110 is getppid, 111 getpgrp (x86-64).
calls='syscall(110); syscall(111); syscall(110); syscall(111)'
root/usr/bin/strace -o trace -e trace=getppid,getpgrp --inject=getppid,getpgrp:error=EPERM:when=2 perl -e "$calls"
cat trace
seen=$(sed -n 's/^\([a-z]*\)().*\(INJECTED\).*/\1 \2/p; t; s/^\(get[a-z]*\)().*/\1/p' trace | tr '\n' ';')
[ "$seen" = 'getppid;getpgrp;getppid INJECTED;getpgrp INJECTED;' ]
