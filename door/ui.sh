# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ui.sh - steps that a person can watch, and one clear line when one fails
#
#   ui_begin NAME        open build/log/NAME.log, take the door's lock
#   ui_plan N            the next N steps are counted 1/N .. N/N
#   step TEXT COMMAND..  run COMMAND (a function too) with its output in the
#                        log; show a spinner on a terminal, plain lines else;
#                        when it fails, the last lines of the log, and exit 1
#   try TEXT COMMAND..   the same, but a failure is returned, not final
#   say TEXT             one line to the person
#   die TEXT             one line that says what to do, exit 1
#   note TEXT            one line into the log only; `advice TEXT` replaces
#                        "TEXT failed" by a line that says what to do
#
# A step runs in a process group of its own, so that an interrupt ends all of
# it and nothing goes on behind the person's back.  It reads no terminal.

exec 3>&1
ui_step=0
ui_steps=0
ui_job=
ui_log=/dev/null

if [ -t 1 ] && [ "${CI:-}" != true ] && [ "${TERM:-dumb}" != dumb ]; then
	ui_live=1
else
	ui_live=
fi

say() { printf '%s\n' "$*" >&3; }
note() { printf '%s\n' "$*"; }

die()
{
	printf 'run: %s\n' "$*" >&2
	exit 1
}

# Called inside a step: the line that the person shall read if it fails.
advice()
{
	printf '%s\n' "$*" >"$ui_log.advice"
	return 1
}

ui_begin()
{
	mkdir -p "$build/log" || die "cannot write to $build; whose is it?"
	exec 9>"$build/log/lock" || die "cannot write to $build/log; whose is it?"
	if ! flock -n 9; then
		say "another ./run works in this tree; waiting for it"
		flock 9
	fi
	ui_log=$build/log/$1.log
	: >"$ui_log" || die "cannot write to $ui_log; whose is it?"
	rm -f "$ui_log.advice"
	trap 'ui_interrupted INT 130' INT
	trap 'ui_interrupted TERM 143' TERM
	trap 'ui_interrupted HUP 129' HUP
}

ui_interrupted()
{
	trap '' INT TERM HUP
	if [ -n "$ui_job" ]; then
		kill -TERM -- "-$ui_job" 2>/dev/null
		wait "$ui_job" 2>/dev/null
	fi
	printf '\nrun: interrupted; run it again to go on\n' >&2
	exit "$2"
}

ui_plan()
{
	ui_step=0
	ui_steps=$1
}

ui_elapsed() { printf '%d s' $((SECONDS - $1)); }

# The spinner, until the step's process is gone.
ui_watch()	# PID TEXT SINCE
{
	local frames='|/-o' i=0

	while kill -0 "$1" 2>/dev/null; do
		if [ -n "$ui_live" ]; then
			printf '\r\033[K%s %s %s' "$2" "${frames:i++%4:1}" \
				"$(ui_elapsed "$3")" >&3
		elif [ $(((SECONDS - $3) / 60)) -gt $i ]; then
			i=$(((SECONDS - $3) / 60))
			say "$2 ... still at it, $(ui_elapsed "$3")"
		fi
		sleep 0.2
	done
	[ -z "$ui_live" ] || printf '\r\033[K' >&3
}

try()	# TEXT COMMAND...
{
	local text="[$((++ui_step))/$ui_steps] $1" since=$SECONDS rc
	shift

	printf '\n==== %s\n' "$text" >>"$ui_log"
	[ -n "$ui_live" ] || say "$text ..."
	set -m
	("$@") </dev/null >>"$ui_log" 2>&1 9>&- &
	ui_job=$!
	set +m
	ui_watch "$ui_job" "$text" "$since"
	wait "$ui_job"
	rc=$?
	ui_job=
	if [ $rc -eq 0 ]; then
		say "$text: done, $(ui_elapsed "$since")"
	else
		say "$text: FAILED after $(ui_elapsed "$since")"
	fi
	return $rc
}

step()	# TEXT COMMAND...
{
	try "$@" && return
	ui_why >&2
	printf 'run: all of it is in %s\n' "$ui_log" >&2
	exit 1
}

# Why the last step failed: its advice, else what it said last.
ui_why()
{
	if [ -s "$ui_log.advice" ]; then
		sed 's/^/run: /' "$ui_log.advice"
	else
		ui_tail "$ui_log"
	fi
}

ui_tail()
{
	echo "---- the last lines of $1"
	tail -n 25 "$1"
	echo "----"
}
