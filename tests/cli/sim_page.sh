#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim_page.sh - the page of weft sim --html, as a browser sees it
#
# The history's name is hostile, for it stands in the page.  Without xmllint or
# chromium what they would judge is skipped.
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
log="$cli_tmp/<script>alert(1)<&\"'.csv"
page=$cli_tmp/page.html

# 300 jobs of 1 to 16 GPUs on 8 nodes of 4.
awk 'BEGIN {
	print "job_id,submit_s,user,gpus,runtime_s,timelimit_s"
	for (i = 0; i < 300; i++)
		printf "%d,%d,u%d,%d,%d,%d\n", i, i * 40, i % 7,
			i % 23 ? 1 + i % 4 : 16, 200 + i * 37 % 2000,
			4000
}' >"$log"

skip() {
	cli_count=$((cli_count + 1))
	echo "ok $cli_count - $1 # SKIP $2"
}

no_link() { ! grep -Eio '(src|href|url)[=(] *["'\'']?(https?:|//|file:)' "$page"; }
bars() { test "$(grep -c '<rect' "$page")" -gt 300; }

check "a page" 0 '^300 jobs' . "$weft" sim "$log" -n 8 -g 4 -d 2 \
	-s weft,backfill,fifo --html "$page"
check "nothing is fetched" 0 "" "" no_link
check "the name is escaped" 0 '&lt;script&gt;alert\(1\)&lt;&amp;&quot;' "" cat "$page"
check "nothing runs" 1 "" "" grep -qi '<script' "$page"
check "measures, with ratios" 0 '&#215; [0-9.]+ \([0-9.]+ to' "" cat "$page"
check "domains" 0 'domain3: [0-9]+ % held' "" cat "$page"
check "bars" 0 "" "" bars
check "page nowhere" 1 "" 'none/page' "$weft" sim "$log" -n 8 -s fifo \
	--html "$cli_tmp/none/page"
check "no node but one, nobody waits" 0 . . "$weft" sim "$log" -n 1 -g 16 \
	-s easy --html "$cli_tmp/one.html"
# However long the history, what is drawn of it has an end.
awk 'BEGIN {
	print "job_id,submit_s,user,gpus,runtime_s,timelimit_s"
	for (i = 0; i < 50000; i++)
		printf "%d,%d,u,1,%d,9\n", i, i / 200, 1 + i % 7
}' >"$cli_tmp/long.csv"
small() { test "$(wc -c <"$cli_tmp/long.html")" -lt 6000000; }
check "a long history" 0 '^50000 jobs' . "$weft" sim "$cli_tmp/long.csv" -n 64 -g 8 \
	-s fifo --html "$cli_tmp/long.html"
check "is no long page" 0 "" "" small
check "numbers as people write them" 1 "" "" grep -Eq '>[0-9.]+e[+]0' "$cli_tmp/long.html"
if command -v xmllint >/dev/null; then
	check "well-formed" 0 "" "" xmllint --noout --nonet "$page" "$cli_tmp/one.html"
else
	skip "well-formed" "no xmllint here"
fi
if command -v chromium >/dev/null; then
	browser() {
		timeout 60 chromium --headless --no-sandbox --disable-gpu \
			--disable-dev-shm-usage --user-data-dir="$cli_tmp/browser" \
			--enable-logging=stderr "$@" 2>"$cli_tmp/said"
	}
	cp "$page" "$cli_tmp/plain.html"
	browser --dump-dom "file://$cli_tmp/plain.html" >"$cli_tmp/dom"
	check "a browser shows it" 0 '<polyline class="n c2"' "" cat "$cli_tmp/dom"
	check "and has no complaint" 1 "" "" grep -E 'CONSOLE|net::ERR' "$cli_tmp/said"
	browser --window-size=1000,3000 --screenshot="$cli_tmp/page.png" \
		"file://$cli_tmp/plain.html" >/dev/null
	check "and draws it" 0 "" "" test -s "$cli_tmp/page.png"
else
	skip "a browser shows it" "no chromium here"
fi
cli_end
