#!/bin/sh
# What a hit costs here and elsewhere: hyper alone, nginx and HAProxy as caches, `opagate serve`. All
# give the same list of 10 KB from memory over loopback to callers that show the right token.
#
# Each server has the first core to itself while it is measured, wrk has the other; one after the
# other is measured in each round, so that what else the machine does meets all. Prints a markdown
# table of medians. p99 is that of a server under as much load as it can take from 64 connections.
#
# nginx, HAProxy and wrk are installed from Debian if they are missing (which takes root). Everything
# that is started here is ended here. Usage: peers.sh [ROUNDS] [SECONDS]
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-20}
seconds=${2:-2}
profile=${PROFILE:-release}
token=bench-token-0123456789abcdef0100
target="/v1/teams/demo/service_users?count=65"

missing=""
for tool in nginx haproxy wrk; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
# The run level keeps Debian from starting what it installs.
[ -z "$missing" ] || RUNLEVEL=1 apt-get install -y --no-install-recommends $missing >&2

cargo build --profile "$profile" 2>/dev/null
opagate=target/$profile/opagate
hit=$(cargo bench --no-run --bench hit 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
directory=$(mktemp -d -p /dev/shm)
started=""
end() {
    kill $started 2>/dev/null || true
    wait
    rm -rf "$directory"
}
trap end EXIT
trap 'exit 1' INT TERM

start() { # name command: sets pid
    name=$1
    shift
    taskset -c 0 "$@" >>"$directory/$name.out" 2>>"$directory/$name.err" &
    pid=$!
    started="$started $pid"
}

await() { # port
    for _ in $(seq 100); do
        if curl -s -o /dev/null "http://127.0.0.1:$1/"; then return; fi
        sleep 0.1
    done
    echo "nothing answers on port $1" >&2
    tail -n 5 "$directory"/*.err >&2
    exit 1
}

servers=""
add() { # name port pid: one to be measured
    await "$2"
    servers="$servers $1:$2:$3"
    curl -sf -H "Authorization: Bearer $token" -o "$directory/$1.body" "http://127.0.0.1:$2$target"
    if ! cmp -s "$directory/hyper.body" "$directory/$1.body"; then
        echo "$1 answers otherwise than hyper" >&2
        exit 1
    fi
    if curl -sf -o /dev/null "http://127.0.0.1:$2$target"; then
        echo "$1 answers callers without a token" >&2
        exit 1
    fi
}

gateway() { # name port filter
    sed -e "s/@PORT@/$2/; s/@ADMIN@/$(($2 + 1))/; s/@EMULATOR@/18190/; s/@LOG@/$3/" \
        -e "s/@HASH@/$(printf %s "$token" | sha256sum | cut -d' ' -f1)/" \
        -e "s|@ID@|$(sed -n 's/^key id *//p' "$directory/emulator.out")|" \
        -e "s|@SECRET@|$(sed -n 's/^secret *//p' "$directory/emulator.out")|" \
        benches/peers/opagate.toml >"$directory/$1.toml"
    start "$1" "$opagate" serve --config "$directory/$1.toml"
    add "$1" "$2" "$pid"
}

start hyper "$hit" serve page 127.0.0.1:18100
await 18100
curl -sf -H "Authorization: Bearer $token" -o "$directory/hyper.body" "http://127.0.0.1:18100$target"
add hyper 18100 "$pid"

sed -e "s|@DIRECTORY@|$directory|; s/@TOKEN@/$token/; s/@ORIGIN@/18100/" \
    -e "s/@QUIET@/18110/; s/@LOGGED@/18111/" benches/peers/nginx.conf >"$directory/nginx.conf"
start nginx nginx -c "$directory/nginx.conf" -g 'daemon off;'
await 18110
worker=$(pgrep -P "$pid" -f "worker process")
add nginx 18110 "$worker"
add nginx,access_log 18111 "$worker"

sed -e "s/@PORT@/18120/; s/@TOKEN@/$token/; s/@ORIGIN@/18100/" \
    benches/peers/haproxy.cfg >"$directory/haproxy.cfg"
start haproxy haproxy -f "$directory/haproxy.cfg"
add haproxy 18120 "$pid"

start emulator "$opagate" emulate --listen 127.0.0.1:18190
await 18190
gateway opagate 18130 info
gateway opagate,log=off 18140 off

ticks() { # pid: utime and stime in hundredths of a second
    cut -d' ' -f14,15 "/proc/$1/stat" | tr ' ' '+' | bc
}

measure() { # round name port pid: a line of results
    before=$(ticks "$4")
    taskset -c 1 wrk -t1 -c64 -d"${seconds}s" --latency -H "Authorization: Bearer $token" \
        "http://127.0.0.1:$3$target" >"$directory/wrk"
    after=$(ticks "$4")
    if grep -q Non-2xx "$directory/wrk"; then
        cat "$directory/wrk" >&2
        exit 1
    fi
    awk -v round="$1" -v name="$2" -v ticks="$((after - before))" '
        / 99%/ { p99 = $2 + 0; if ($2 ~ /us$/) p99 /= 1000; else if ($2 !~ /ms$/) p99 *= 1000 }
        / requests in / { cpu = ticks * 10000 / $1 }
        /^Requests\/sec/ { rate = $2 }
        END { print round, name, cpu, rate, p99 }' "$directory/wrk" >>"$directory/results"
}

for round in $(seq "$rounds"); do
    for server in $servers; do
        IFS=: read -r name port pid <<END
$server
END
        measure "$round" "$name" "$port" "$pid"
        # Logs are in memory, and nobody reads them.
        : >"$directory/$name.err"
        : >"$directory/nginx.log"
    done
done

echo "$rounds rounds of $seconds s, load average now $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "| server | CPU µs a request | to hyper | requests/s | p99 ms |"
echo "|---|---|---|---|---|"
awk '
    function median(of, name,    i, j, t, n, a) {
        n = rounds[name]
        for (i = 1; i <= n; i++) a[i] = of[name, i]
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
        return (a[int((n + 1) / 2)] + a[int((n + 2) / 2)]) / 2
    }
    !($2 in rounds) { order[++names] = $2 }
    {
        i = ++rounds[$2]
        cpu[$2, i] = $3; rate[$2, i] = $4; p99[$2, i] = $5
        ratio[$2, i] = $3 / cpu["hyper", i]
    }
    END {
        for (n = 1; n <= names; n++) {
            name = order[n]
            printf "| %s | %.2f | %.2f | %d | %.2f |\n", name, median(cpu, name), \
                median(ratio, name), median(rate, name), median(p99, name)
        }
    }' "$directory/results"
