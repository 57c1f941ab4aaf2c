#!/bin/sh
# CPU time of one hit over loopback, user and kernel together: `opagate serve` in front of `opagate
# emulate`, beside hyper alone with the same answer and the same check of the token.
#
# The server has one core, wrk the other. The best of several runs counts: what else the machine
# does only makes them worse. Needs wrk and two cores. Usage: loopback.sh [RUNS] [SECONDS]
set -eu
cd "$(dirname "$0")/.."
runs=${1:-5}
seconds=${2:-3}
profile=${PROFILE:-release}
token=bench-token-0123456789abcdef0100

cargo build --profile "$profile" 2>/dev/null
opagate=target/$profile/opagate
hit=$(cargo bench --no-run --bench hit 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
directory=$(mktemp -d)
started=""
trap 'kill $started 2>/dev/null; rm -rf "$directory"' EXIT

await() { # url
    until curl -s -o /dev/null "$1"; do sleep 0.1; done
}

start() { # command; sets pid
    taskset -c 0 "$@" >"$directory/out" 2>"$directory/err" &
    pid=$!
    started="$started $pid"
}

ticks() { # pid: utime and stime in hundredths of a second
    cut -d' ' -f14,15 "/proc/$1/stat" | tr ' ' '+' | bc
}

load() { # pid url: microseconds of CPU a request
    before=$(ticks "$1")
    taskset -c 1 wrk -t1 -c64 -d"${seconds}s" -H "Authorization: Bearer $token" "$2" >"$directory/wrk"
    after=$(ticks "$1")
    if grep -q Non-2xx "$directory/wrk"; then
        cat "$directory/wrk" >&2
        exit 1
    fi
    requests=$(sed -n 's/ *\([0-9]*\) requests in.*/\1/p' "$directory/wrk")
    echo "scale=3; ($after - $before) * 10000 / $requests" | bc
}

configure() { # port model log
    cat >"$directory/$1.toml" <<END
[[listener]]
name = "main"
listen = "127.0.0.1:$1"
[admin]
listen = "127.0.0.1:$(($1 + 1))"
[runtime]
model = "$2"
[log]
filter = "$3"
[cache.class.identity]
fresh_for = "1h"
[[caller]]
name = "bench"
token_sha256 = "$(printf %s "$token" | sha256sum | cut -d' ' -f1)"
[[team]]
name = "demo"
url = "http://127.0.0.1:18090"
[[team.principal]]
name = "gateway"
[[team.principal.key]]
id = "$(sed -n 's/^key id *//p' "$directory/emulator")"
secret = "$(sed -n 's/^secret *//p' "$directory/emulator")"
END
}

start "$opagate" emulate --listen 127.0.0.1:18090
await http://127.0.0.1:18090/
cp "$directory/out" "$directory/emulator"
servers=""
add() { # name port command: starts a server and remembers it
    name=$1 port=$2
    shift 2
    start "$@"
    await "http://127.0.0.1:$port/"
    servers="$servers $name:$port:$pid"
}
for one in per-core:warn:18100 shared:warn:18110 per-core:info:18120; do
    IFS=: read -r model log port <<END
$one
END
    configure "$port" "$model" "$log"
    add "$model,log=$log" "$port" "$opagate" serve --config "$directory/$port.toml"
done
add bare-item 18130 "$hit" serve item 127.0.0.1:18130
add bare-list 18140 "$hit" serve list 127.0.0.1:18140

for size in item list; do
    query=$([ $size = item ] && echo "?count=13" || echo)
    : >"$directory/results"
    for _ in $(seq "$runs"); do
        for server in $servers; do
            IFS=: read -r name port pid <<END
$server
END
            case $name in bare-item | bare-list) [ "$name" = bare-$size ] || continue ;; esac
            url="http://127.0.0.1:$port/v1/teams/demo/service_users$query"
            echo "$name $(load "$pid" "$url")" >>"$directory/results"
        done
    done
    sort -k1,1 -k2,2n "$directory/results" | awk -v size=$size '
        !($1 in best) { best[$1] = $2 }
        END {
            bare = best["bare-" size]
            for (name in best) printf "%s %-20s %6.2f us CPU, ratio %.3f\n", size, name, best[name], best[name] / bare
        }' | sort
done
