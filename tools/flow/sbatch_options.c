/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sbatch_options.c - see sbatch_options.h
 *
 * The table follows sbatch(1) of Slurm 22.05 and 24.11; an option that only
 * newer releases have is left to them.  An option is USED, IGNORED (it steers
 * the sbatch command itself, not the job) or REFUSED, when a workflow already
 * has its own word for it or it would break the promise that each task is
 * submitted once.  Time and memory are read by lib/units.h.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/nearest.h"
#include "lib/units.h"
#include "tools/flow/sbatch_options.h"

#define FLAG WEFT_SBATCH_FLAG
#define TEXT WEFT_SBATCH_TEXT
#define COUNT WEFT_SBATCH_COUNT
#define MEMORY WEFT_SBATCH_MEMORY
#define TIME WEFT_SBATCH_TIME
#define USED false, WEFT_SBATCH_USED, NULL
#define MAYBE true, WEFT_SBATCH_USED, NULL
#define IGNORED(maybe) maybe, WEFT_SBATCH_IGNORED, NULL
#define REFUSED(why) true, WEFT_SBATCH_REFUSED, why

static const struct weft_sbatch_option options[] = {
	{ "account", 'A', TEXT, USED },
	{ "acctg-freq", 0, TEXT, USED },
	{ "array", 'a', TEXT, REFUSED("give the task \"array:\" instead") },
	{ "batch", 0, TEXT, USED },
	{ "bb", 0, TEXT, USED },
	{ "bbf", 0, TEXT, REFUSED("give the burst buffer by \"bb\"") },
	{ "begin", 'b', WEFT_SBATCH_DATE, USED },
	{ "chdir", 'D', TEXT, USED },
	{ "cluster-constraint", 0, TEXT, USED },
	{ "clusters", 'M', TEXT, REFUSED("a workflow lives on one cluster") },
	{ "comment", 0, TEXT, USED },
	{ "constraint", 'C', TEXT, USED },
	{ "container", 0, TEXT, USED },
	{ "context", 0, TEXT, USED },
	{ "contiguous", 0, FLAG, USED },
	{ "core-spec", 'S', COUNT, USED },
	{ "cores-per-socket", 0, COUNT, USED },
	{ "cpu-freq", 0, TEXT, REFUSED("set it for the step: srun --cpu-freq") },
	{ "cpus-per-gpu", 0, COUNT, USED },
	{ "cpus-per-task", 'c', COUNT, USED },
	{ "deadline", 0, WEFT_SBATCH_DATE, USED },
	{ "delay-boot", 0, TIME, USED },
	{ "dependency", 'd', TEXT, USED },
	{ "distribution", 'm', TEXT, USED },
	{ "error", 'e', TEXT, USED },
	{ "exclude", 'x', TEXT, USED },
	{ "exclusive", 0, TEXT, MAYBE },
	{ "export", 0, TEXT, USED },
	{ "export-file", 0, TEXT, REFUSED("write the variables under \"env:\"") },
	{ "extra-node-info", 'B', TEXT, USED },
	{ "get-user-env", 0, TEXT, MAYBE },
	{ "gid", 0, TEXT, REFUSED("a workflow runs as you") },
	{ "gpu-bind", 0, TEXT, USED },
	{ "gpu-freq", 0, TEXT, USED },
	{ "gpus", 'G', TEXT, USED },
	{ "gpus-per-node", 0, TEXT, USED },
	{ "gpus-per-socket", 0, TEXT, USED },
	{ "gpus-per-task", 0, TEXT, USED },
	{ "gres", 0, TEXT, USED },
	{ "gres-flags", 0, TEXT, USED },
	{ "help", 'h', FLAG, IGNORED(false) },
	{ "hint", 0, TEXT, USED },
	{ "hold", 'H', FLAG, REFUSED("Weft holds and releases the jobs itself") },
	{ "ignore-pbs", 0, FLAG, IGNORED(false) },
	{ "input", 'i', TEXT, USED },
	{ "job-name", 'J', TEXT, USED },
	{ "kill-on-invalid-dep", 0, TEXT,
	  REFUSED("Weft decides what happens after a failure: see \"on_failure\"") },
	{ "licenses", 'L', TEXT, USED },
	{ "mail-type", 0, TEXT, USED },
	{ "mail-user", 0, TEXT, USED },
	{ "mcs-label", 0, TEXT, USED },
	{ "mem", 0, MEMORY, USED },
	{ "mem-bind", 0, TEXT, IGNORED(false) },
	{ "mem-per-cpu", 0, MEMORY, USED },
	{ "mem-per-gpu", 0, MEMORY, USED },
	{ "mincpus", 0, COUNT, USED },
	{ "network", 0, TEXT, USED },
	{ "nice", 0, WEFT_SBATCH_INT, MAYBE },
	{ "no-kill", 'k', TEXT, MAYBE },
	{ "no-requeue", 0, FLAG, USED },
	{ "nodefile", 'F', TEXT, REFUSED("give the nodes by \"nodelist\"") },
	{ "nodelist", 'w', TEXT, USED },
	{ "nodes", 'N', WEFT_SBATCH_NODES, USED },
	{ "ntasks", 'n', COUNT, USED },
	{ "ntasks-per-core", 0, COUNT, USED },
	{ "ntasks-per-gpu", 0, COUNT, USED },
	{ "ntasks-per-node", 0, COUNT, USED },
	{ "ntasks-per-socket", 0, COUNT, USED },
	{ "open-mode", 0, TEXT, USED },
	{ "output", 'o', TEXT, USED },
	{ "overcommit", 'O', FLAG, USED },
	{ "oversubscribe", 's', FLAG, USED },
	{ "parsable", 0, FLAG, IGNORED(false) },
	{ "partition", 'p', TEXT, USED },
	{ "power", 0, TEXT, IGNORED(false) },
	{ "prefer", 0, TEXT, USED },
	{ "priority", 0, TEXT, REFUSED("use \"nice\"; Weft needs the priority to hold jobs") },
	{ "profile", 0, TEXT, USED },
	{ "propagate", 0, TEXT, IGNORED(true) },
	{ "qos", 'q', TEXT, USED },
	{ "quiet", 'Q', FLAG, IGNORED(false) },
	{ "reboot", 0, FLAG, USED },
	{ "requeue", 0, FLAG, USED },
	{ "reservation", 0, TEXT, USED },
	{ "signal", 0, WEFT_SBATCH_SIGNAL, USED },
	{ "sockets-per-node", 0, COUNT, USED },
	{ "spread-job", 0, FLAG, USED },
	{ "switches", 0, TEXT, USED },
	{ "test-only", 0, FLAG, REFUSED("use \"weft flow run --dry-run\"") },
	{ "thread-spec", 0, COUNT, USED },
	{ "threads-per-core", 0, COUNT, USED },
	{ "time", 't', TIME, USED },
	{ "time-min", 0, TIME, USED },
	{ "tmp", 0, MEMORY, USED },
	{ "uid", 0, TEXT, REFUSED("a workflow runs as you") },
	{ "usage", 0, FLAG, IGNORED(false) },
	{ "use-min-nodes", 0, FLAG, USED },
	{ "verbose", 'v', FLAG, IGNORED(false) },
	{ "version", 'V', FLAG, IGNORED(false) },
	{ "wait", 'W', FLAG, IGNORED(false) },
	{ "wait-all-nodes", 0, COUNT, USED },
	{ "wckey", 0, TEXT, USED },
	{ "wrap", 0, TEXT, REFUSED("give the task \"run:\" instead") },
	{ NULL },
};

const struct weft_sbatch_option *weft_sbatch_options(size_t *ret_count)
{
	if (ret_count)
		*ret_count = sizeof(options) / sizeof(options[0]) - 1;
	return options;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(*a == '_' && *b == '-'))
			return false;
	return !*a && !*b;
}

const struct weft_sbatch_option *weft_sbatch_option_find(const char *name)
{
	static const char *const alias[][2] = {
		{ "tasks-per-node", "ntasks-per-node" },
		{ "share", "oversubscribe" },
		{ "workdir", "chdir" },
	};

	for (size_t i = 0; i < sizeof(alias) / sizeof(alias[0]); i++)
		if (same_name(name, alias[i][0]))
			name = alias[i][1];
	for (const struct weft_sbatch_option *o = options; o->name; o++)
		if (same_name(name, o->name))
			return o;
	return NULL;
}

const struct weft_sbatch_option *weft_sbatch_option_letter(char letter)
{
	for (const struct weft_sbatch_option *o = options; letter && o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

const char *weft_sbatch_option_nearest(const char *name)
{
	const char *names[sizeof(options) / sizeof(options[0])];
	size_t count = 0;

	for (const struct weft_sbatch_option *o = options; o->name; o++)
		names[count++] = o->name;
	return weft_nearest(name, names, count);
}

/* Digits at *p; false if there are none or they pass INT64_MAX. */
static bool digits(const char **p, uint64_t *ret)
{
	uint64_t value = 0;
	const char *at = *p;

	for (; isdigit((unsigned char)*at); at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > (uint64_t)1 << 53)
			return false;
	}
	if (at == *p)
		return false;
	*p = at;
	*ret = value;
	return true;
}

int weft_sbatch_parse_count(const char *text, uint64_t *ret_count)
{
	uint64_t value;

	if (!digits(&text, &value))
		return -EINVAL;
	if (*text == 'k' || *text == 'K') {
		value *= 1024;
		text++;
	} else if (*text == 'm' || *text == 'M') {
		value *= 1048576;
		text++;
	}
	if (*text || value >= UINT32_MAX - 1)
		return -EINVAL;
	*ret_count = value;
	return 0;
}

int weft_sbatch_parse_mib(const char *text, uint64_t *ret_mib)
{
	return weft_units_parse_mib(text, ret_mib) ? -EINVAL : 0;
}

int weft_sbatch_parse_minutes(const char *text, uint32_t *ret_minutes)
{
	uint64_t min;

	if (weft_units_parse_min(text, &min))
		return -EINVAL;
	*ret_minutes = min == WEFT_UNITS_UNLIMITED ? UINT32_MAX : (uint32_t)min;
	return 0;
}

int weft_sbatch_parse_nodes(const char *text, uint32_t *ret_min, uint32_t *ret_max)
{
	char low[24];
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);
	uint64_t min, max;

	if (len >= sizeof(low))
		return -EINVAL;
	memcpy(low, text, len);
	low[len] = 0;
	if (weft_sbatch_parse_count(low, &min))
		return -EINVAL;
	max = min;
	if (dash && weft_sbatch_parse_count(dash + 1, &max))
		return -EINVAL;
	if (max < min || !max)
		return -EINVAL;
	*ret_min = (uint32_t)min;
	*ret_max = (uint32_t)max;
	return 0;
}

int weft_sbatch_parse_signal_name(const char *text, size_t len)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
		{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "ALRM", SIGALRM },
		{ "TERM", SIGTERM }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
		{ "URG", SIGURG }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
		{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
		{ "XCPU", SIGXCPU }, { "CHLD", SIGCHLD },
	};
	const char *p = text;
	uint64_t number;

	if (digits(&p, &number))
		return p == text + len && number > 0 && number <= 64 ? (int)number :
								       -EINVAL;
	if (len > 3 && !strncasecmp(text, "SIG", 3)) {
		text += 3;
		len -= 3;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len &&
		    !strncasecmp(names[i].name, text, len))
			return names[i].number;
	return -EINVAL;
}

int weft_sbatch_parse_signal(const char *text, int *ret_signal,
			     unsigned int *ret_seconds, unsigned int *ret_flags)
{
	const char *colon = strchr(text, ':'), *at;
	unsigned int flags = 0;
	uint64_t seconds = 60;
	int number;

	for (; colon && text < colon; text++) {
		if (*text == 'B' || *text == 'b')
			flags |= 1;
		else if (*text == 'R' || *text == 'r')
			flags |= 2;
		else
			return -EINVAL;
	}
	if (colon)
		text = colon + 1;
	at = strchr(text, '@');
	number = weft_sbatch_parse_signal_name(
		text, at ? (size_t)(at - text) : strlen(text));
	if (number < 0)
		return -EINVAL;
	if (at) {
		at++;
		if (!digits(&at, &seconds) || *at || seconds > 65535)
			return -EINVAL;
	}
	*ret_signal = number;
	*ret_seconds = (unsigned int)seconds;
	*ret_flags = flags;
	return 0;
}

int weft_sbatch_parse_gpus(const char *text, bool gres, uint64_t *ret_gpus)
{
	uint64_t sum = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		size_t name = strcspn(text, ":=,");
		bool named = name < len || !isdigit((unsigned char)*text);
		char tail[24];
		const char *last = text + len;
		uint64_t count = 1;

		while (last > text && last[-1] != ':' && last[-1] != '=')
			last--;
		if ((size_t)(text + len - last) >= sizeof(tail))
			return -EINVAL;
		memcpy(tail, last, (size_t)(text + len - last));
		tail[text + len - last] = 0;
		if (isdigit((unsigned char)*tail) &&
		    weft_sbatch_parse_count(tail, &count))
			return -EINVAL;
		if (!gres || (named && name == 3 && !strncmp(text, "gpu", 3)))
			sum += count;
		text += len + (text[len] == ',');
	}
	*ret_gpus = sum;
	return 0;
}

static const char *expected(const struct weft_sbatch_option *option,
			    const char *value)
{
	uint64_t number;
	uint32_t a, b;
	unsigned int seconds, flags;
	int signum;

	switch (option->kind) {
	case WEFT_SBATCH_FLAG:
		return strcmp(value, "true") && strcmp(value, "false") ?
			       "takes no value" : NULL;
	case WEFT_SBATCH_COUNT:
		return weft_sbatch_parse_count(value, &number) ?
			       "expected a whole number" : NULL;
	case WEFT_SBATCH_INT:
		return weft_sbatch_parse_count(value + (*value == '-'), &number) ?
			       "expected a whole number" : NULL;
	case WEFT_SBATCH_MEMORY:
		return weft_sbatch_parse_mib(value, &number) ?
			       "expected a size such as 500M or 16G" : NULL;
	case WEFT_SBATCH_TIME:
		return weft_sbatch_parse_minutes(value, &a) ?
			       "expected minutes, h:m:s, d-h or d-h:m:s" : NULL;
	case WEFT_SBATCH_NODES:
		return weft_sbatch_parse_nodes(value, &a, &b) ?
			       "expected a number of nodes, or min-max" : NULL;
	case WEFT_SBATCH_SIGNAL:
		return weft_sbatch_parse_signal(value, &signum, &seconds, &flags) ?
			       "expected [B:]SIGNAL[@SECONDS]" : NULL;
	case WEFT_SBATCH_DATE:
	case WEFT_SBATCH_TEXT:
		break;
	}
	if (!strncmp(option->name, "gpus", 4) || !strcmp(option->name, "gres"))
		return weft_sbatch_parse_gpus(value, *option->name == 'g' &&
						     option->name[1] == 'r',
					      &number) ?
			       "expected [type:]count" : NULL;
	return NULL;
}

int weft_sbatch_value_check(const struct weft_sbatch_option *option,
			    const char *value, struct weft_err *err)
{
	const char *why;

	if (option->use == WEFT_SBATCH_REFUSED)
		return weft_err_set(err, EINVAL, "--%s has no place in a workflow: %s",
				    option->name, option->help);
	if (option->use == WEFT_SBATCH_IGNORED)
		return 0;
	if (!value || !*value) {
		if (option->kind == WEFT_SBATCH_FLAG || option->value_optional)
			return 0;
		return weft_err_set(err, EINVAL, "--%s needs a value", option->name);
	}
	why = expected(option, value);
	if (!why)
		return 0;
	return weft_err_set(err, EINVAL, "--%s=%s: %s", option->name, value, why);
}
