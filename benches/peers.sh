#!/bin/sh
# What a hit costs here and elsewhere: hyper alone, nginx and HAProxy as caches, `opagate serve`. All
# give the same list of 10 KB from memory over loopback to callers that show the right token.
#
# Each server has the first core to itself while it is measured, the client has the other; one after
# the other is measured in each round, so that what else the machine does meets all. First wrk takes as
# much as each server can give, then h2load asks all of them for SHARE percent of what the slowest can.
# Prints markdown tables of medians; ratios are medians of each round's.
#
# nginx, HAProxy, wrk and h2load are installed from Debian if they are missing (which takes root).
# Everything that is started here is ended here. Shorter: ROUNDS=3 SECONDS_EACH=1 PACED_ROUNDS=3.
set -eu
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-20}
paced_rounds=${PACED_ROUNDS:-20}
seconds=${SECONDS_EACH:-2}
share=${SHARE:-60}
connections=64
profile=${PROFILE:-release}
token=bench-token-0123456789abcdef0100
target="/v1/teams/demo/service_users?count=65"

missing=""
for tool in nginx haproxy wrk; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
command -v h2load >/dev/null || missing="$missing nghttp2-client"
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
add() { # name port pid: one to be measured, and with gzip too if its name has no comma
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
    case $1 in *,*) return ;; esac
    servers="$servers $1,gzip:$2:$3"
    # Who makes the gzip form only when it is wanted has a moment for it.
    for _ in 1 2 3 4 5; do
        curl -sf -H "Authorization: Bearer $token" -H "Accept-Encoding: gzip" -o "$directory/$1.gz" \
            "http://127.0.0.1:$2$target"
        sleep 0.2
    done
    if ! gzip -dc <"$directory/$1.gz" | cmp -s "$directory/hyper.body" -; then
        echo "$1 gives no gzip" >&2
        exit 1
    fi
}

gateway() { # name port filter audit
    sed -e "s|@AUDIT@|$4|" -e "s/@PORT@/$2/; s/@ADMIN@/$(($2 + 1))/; s/@EMULATOR@/18190/; s/@LOG@/$3/" \
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
gateway opagate 18130 info "file = '$directory/audit'"
gateway opagate,audit=off 18140 info ""
gateway opagate,audit=off,log=off 18150 off ""

ticks() { # pid: utime and stime in hundredths of a second
    cut -d' ' -f14,15 "/proc/$1/stat" | tr ' ' '+' | bc
}

nanoseconds() { # pid: what its threads have run, finer than `ticks`
    cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

headers_of() { # name: sets the arguments that make the headers of a request
    coding=identity
    case $1 in *,gzip) coding=gzip ;; esac
}

measure() { # round name port pid: a line of results
    headers_of "$2"
    before=$(ticks "$4")
    taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" -H "Authorization: Bearer $token" \
        -H "Accept-Encoding: $coding" "http://127.0.0.1:$3$target" >"$directory/wrk"
    after=$(ticks "$4")
    if grep -q Non-2xx "$directory/wrk"; then
        cat "$directory/wrk" >&2
        exit 1
    fi
    awk -v round="$1" -v name="$2" -v ticks="$((after - before))" '
        / requests in / { cpu = ticks * 10000 / $1 }
        /^Requests\/sec/ { rate = $2 }
        END { print round, name, cpu, rate }' "$directory/wrk" >>"$directory/results"
}

pace() { # round name port pid: a line of results at the common rate
    headers_of "$2"
    rm -f "$directory/times"
    before=$(nanoseconds "$4")
    taskset -c 1 h2load --h1 -t1 -c"$connections" -D"$seconds" --rps="$each" \
        --log-file="$directory/times" -H "Authorization: Bearer $token" \
        -H "Accept-Encoding: $coding" "http://127.0.0.1:$3$target" >"$directory/h2load"
    after=$(nanoseconds "$4")
    # Start, status and microseconds of each request.
    sort -n -k3,3 "$directory/times" | awk -v round="$1" -v name="$2" -v cpu="$((after - before))" '
        $2 != 200 { exit 1 }
        { took[NR] = $3 }
        END {
            print round, name, took[int(NR * 0.99 + 0.5)], NR >"'"$directory"'/last"
            print round, name, cpu / 1000 / NR, NR
        }' >>"$directory/paced_cpu"
    cat "$directory/last" >>"$directory/paced"
}

every() { # what rounds: does it with each server in each round
    for round in $(seq "$2"); do
        for server in $servers; do
            IFS=: read -r name port pid <<END
$server
END
            "$1" "$round" "$name" "$port" "$pid"
            # Logs are in memory, and nobody reads them.
            : >"$directory/${name%,gzip}.err"
            : >"$directory/nginx.log"
        done
    done
}

medians='
    function median(of, name,    i, j, t, n, a) {
        n = rounds[name]
        for (i = 1; i <= n; i++) a[i] = of[name, i]
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
        return (a[int((n + 1) / 2)] + a[int((n + 2) / 2)]) / 2
    }
    # What is compared is asked in the same coding.
    function base(name, of) { return name ~ /,gzip$/ ? of ",gzip" : of }
    !($2 in rounds) { order[++names] = $2 }
    { i = ++rounds[$2]; first[$2, i] = $3; second[$2, i] = $4 }
    END {
        for (n = 1; n <= names; n++) {
            name = order[n]
            for (i = 1; i <= rounds[name]; i++) {
                to_hyper[name, i] = first[name, i] / first[base(name, "hyper"), i]
                to_haproxy[name, i] = first[name, i] / first[base(name, "haproxy"), i]
            }
        }
        for (n = 1; n <= names; n++) {
            name = order[n]
            printf "| %s | %.2f | %.2f | %.2f | %d |\n", name, median(first, name), \
                median(to_hyper, name), median(to_haproxy, name), median(second, name)
            if (!slowest || median(second, name) < slowest) slowest = median(second, name)
        }
        print slowest >rates
    }'

every measure "$rounds"
echo "$rounds rounds of $seconds s, load average now $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "| server | CPU µs a request | to hyper | to HAProxy | requests/s |"
echo "|---|---|---|---|---|"
awk -v rates="$directory/rates" "$medians" "$directory/results"

# h2load takes whole requests a second for each connection.
each=$(awk -v share="$share" -v connections="$connections" \
    '{ print int($1 * share / 100 / connections) }' "$directory/rates")
every pace "$paced_rounds"
echo
echo "$paced_rounds rounds at $share % of the slowest: $((each * connections)) requests/s asked for"
echo
echo "| server | p99 µs | to hyper | to HAProxy | requests a round |"
echo "|---|---|---|---|---|"
awk -v rates=/dev/null "$medians" "$directory/paced"
echo
echo "| server | CPU µs a request | to hyper | to HAProxy | requests a round |"
echo "|---|---|---|---|---|"
awk -v rates=/dev/null "$medians" "$directory/paced_cpu"
