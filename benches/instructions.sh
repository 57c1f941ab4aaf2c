#!/bin/sh
# Instructions of one hit in user space, counted by callgrind: the gateway without a log and with one
# as shipped (the thread that writes it included), and hyper alone.
#
# Two lengths are run and subtracted, so that what happens once does not count. Needs valgrind.
# With an argument it leaves callgrind's file of the gateway's longer run there, to look into.
set -eu
cd "$(dirname "$0")/.."

binary=$(cargo bench --no-run --bench hit 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
few=4000
many=20000

log=$(mktemp)
trap 'rm -f "$log"' EXIT

count() { # mode size times file
    if ! valgrind --tool=callgrind --callgrind-out-file="$4" --log-file="$log" \
        "$binary" "$1" "$2" "$3" 2>/dev/null; then
        cat "$log" >&2
        exit 1
    fi
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log"
}

one() { # mode size file
    long=$(count "$1" "$2" $many "$3")
    short=$(count "$1" "$2" $few /dev/null)
    echo $(((long - short) / (many - few)))
}

for size in item page list; do
    gateway=$(one gateway $size "${1:-/dev/null}")
    logged=$(one logged $size /dev/null)
    bare=$(one bare $size /dev/null)
    echo "$size: gateway $gateway, logged $logged, bare hyper $bare instructions a hit"
done
