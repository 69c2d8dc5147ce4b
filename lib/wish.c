/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wish.c - see wish.h
 *
 * One spelling per option, so that what is kept can be compared and read back
 * with little: numbers in decimal (seconds for times), words in lower case,
 * causes in the table's order.  Users may put anything into a control
 * environment or a comment, so reading takes nothing that writing would not
 * give: weft_wish_set() writes the value again and compares.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/wish.h"

#define NUMBER_MAX 100000000	/* nodes, seconds */
#define ENTRY_MAX 160
#define TEXT_MAX 512

static const struct {
	const char *name, *env;
} wishes[WEFT_WISH_COUNT] = {
	[WEFT_WISH_SEGMENT] = { "segment", "WEFT_SEGMENT" },
	[WEFT_WISH_DOMAIN] = { "domain", "WEFT_DOMAIN" },
	[WEFT_WISH_GPU_ORDER] = { "gpu-order", "WEFT_GPU_ORDER" },
	[WEFT_WISH_CHECKPOINT_SIGNAL] = { "checkpoint-signal",
					  "WEFT_CHECKPOINT_SIGNAL" },
	[WEFT_WISH_MIN_RUNTIME] = { "min-runtime", "WEFT_MIN_RUNTIME" },
	[WEFT_WISH_REQUEUE_ON] = { "requeue-on", "WEFT_REQUEUE_ON" },
};

static const struct { const char *name; int number; } signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
	{ "ABRT", SIGABRT }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
	{ "ALRM", SIGALRM }, { "TERM", SIGTERM }, { "CONT", SIGCONT },
	{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
	{ "URG", SIGURG }, { "XCPU", SIGXCPU },
};

static const char *const causes[] = {
	"node-fail", "boot-fail", "preempt", "timeout", "oom", "fail", "none",
};

static const char *const orders[] = { "ring", "index", "numa" };

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

const char *weft_wish_name(enum weft_wish_id id)
{
	return wishes[id].name;
}

const char *weft_wish_env(enum weft_wish_id id)
{
	return wishes[id].env;
}

/* Digits at *at, which moves behind them. */
static bool read_number(const char **at, uint32_t *ret)
{
	const char *p = *at;
	uint32_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint32_t)(*p - '0');
		if (n > NUMBER_MAX)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*ret = n;
	return true;
}

int weft_wish_signal(const char *text, size_t len)
{
	const char *end = text;
	uint32_t number = 0;

	if (read_number(&end, &number) && end != text + len)
		return 0;
	if (len > 3 && !strncasecmp(text, "SIG", 3)) {
		text += 3;
		len -= 3;
	}
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if ((number && signals[i].number == (int)number) ||
		    (strlen(signals[i].name) == len &&
		     !strncasecmp(text, signals[i].name, len)))
			return signals[i].number;
	return 0;
}

const char *weft_wish_signal_name(int number)
{
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return NULL;
}

static uint32_t find_cause(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(causes); i++)
		if (strlen(causes[i]) == len && !strncasecmp(causes[i], text, len))
			return 1u << i;
	return 0;
}

uint32_t weft_wish_causes(const char *text)
{
	uint32_t set = 0, one;

	for (;; text++) {
		size_t len = strcspn(text, ",");

		one = find_cause(text, len);
		if (!one)
			return 0;
		set |= one;
		text += len;
		if (!*text)
			break;
	}
	return (set & WEFT_REQUEUE_NONE) && set != WEFT_REQUEUE_NONE ? 0 : set;
}

static void print_causes(uint32_t set, char value[WEFT_WISH_VALUE])
{
	size_t at = 0;

	value[0] = '\0';
	for (size_t i = 0; i < COUNT_OF(causes); i++)
		if (set & 1u << i)
			at += (size_t)snprintf(value + at, WEFT_WISH_VALUE - at,
					       "%s%s", at ? "," : "", causes[i]);
}

const char *weft_wish_value(const struct weft_wish *w, enum weft_wish_id id,
			    char value[WEFT_WISH_VALUE])
{
	const char *word = NULL;

	value[0] = '\0';
	if (!(w->given & 1u << id))
		return value;
	switch (id) {
	case WEFT_WISH_SEGMENT:
		snprintf(value, WEFT_WISH_VALUE, "%u", w->segment);
		break;
	case WEFT_WISH_DOMAIN:
		word = w->same_domain ? "same" : "any";
		break;
	case WEFT_WISH_GPU_ORDER:
		word = w->gpu_order;
		break;
	case WEFT_WISH_CHECKPOINT_SIGNAL:
		word = weft_wish_signal_name(w->signal);
		snprintf(value, WEFT_WISH_VALUE, "%s%s@%u",
			 w->signal_batch ? "B:" : "", word ? word : "", w->signal_sec);
		return value;
	case WEFT_WISH_MIN_RUNTIME:
		snprintf(value, WEFT_WISH_VALUE, "%u", w->min_runtime_sec);
		break;
	case WEFT_WISH_REQUEUE_ON:
		print_causes(w->causes, value);
		break;
	case WEFT_WISH_COUNT:
		break;
	}
	if (word)
		snprintf(value, WEFT_WISH_VALUE, "%s", word);
	return value;
}

static bool read_signal(struct weft_wish *w, const char *text)
{
	const char *at;

	w->signal_batch = !strncmp(text, "B:", 2);
	text += w->signal_batch ? 2 : 0;
	at = strchr(text, '@');
	if (!at)
		return false;
	w->signal = weft_wish_signal(text, (size_t)(at - text));
	at++;
	return w->signal && read_number(&at, &w->signal_sec) && w->signal_sec;
}

static bool read_value(struct weft_wish *w, enum weft_wish_id id,
		       const char *text)
{
	const char *at = text;

	switch (id) {
	case WEFT_WISH_SEGMENT:
		return read_number(&at, &w->segment) && w->segment;
	case WEFT_WISH_DOMAIN:
		w->same_domain = !strcmp(text, "same");
		return true;	/* the comparison tells */
	case WEFT_WISH_GPU_ORDER:
		for (size_t i = 0; i < COUNT_OF(orders); i++)
			if (!strcmp(text, orders[i]))
				w->gpu_order = orders[i];
		return w->gpu_order;
	case WEFT_WISH_CHECKPOINT_SIGNAL:
		return read_signal(w, text);
	case WEFT_WISH_MIN_RUNTIME:
		return read_number(&at, &w->min_runtime_sec) &&
			w->min_runtime_sec;
	case WEFT_WISH_REQUEUE_ON:
		w->causes = weft_wish_causes(text);
		return w->causes;
	case WEFT_WISH_COUNT:
		break;
	}
	return false;
}

static bool take(struct weft_wish *wish, enum weft_wish_id id, const char *text)
{
	struct weft_wish fresh = *wish;
	char value[WEFT_WISH_VALUE];

	fresh.given |= 1u << id;
	if (!read_value(&fresh, id, text) ||
	    strcmp(weft_wish_value(&fresh, id, value), text) != 0)
		return false;
	*wish = fresh;
	return true;
}

bool weft_wish_set(struct weft_wish *wish, const char *entry)
{
	size_t len;

	if (!strncmp(entry, "SPANK_", 6))
		entry += 6;
	if (strncmp(entry, "WEFT_", 5) != 0)
		return false;
	for (int id = 0; id < WEFT_WISH_COUNT; id++) {
		len = strlen(wishes[id].env);
		if (!strncmp(entry, wishes[id].env, len) && entry[len] == '=')
			return take(wish, (enum weft_wish_id)id, entry + len + 1);
	}
	return false;
}

int weft_wish_write(const struct weft_wish *wish, struct weft_buf *buf)
{
	char value[WEFT_WISH_VALUE];
	const char *before = WEFT_WISH_MARK "[";

	if (!wish->given)
		return 0;
	for (int id = 0; id < WEFT_WISH_COUNT; id++) {
		if (!(wish->given & 1u << id))
			continue;
		weft_wish_value(wish, (enum weft_wish_id)id, value);
		weft_buf_addf(buf, "%s%s=%s", before, wishes[id].name, value);
		before = " ";
	}
	weft_buf_adds(buf, "]");
	return weft_buf_error(buf);
}

/* One "name=value". */
static bool read_entry(struct weft_wish *wish, const char *text, size_t len)
{
	char entry[ENTRY_MAX], *value;

	if (len >= sizeof(entry))
		return false;
	memcpy(entry, text, len);
	entry[len] = '\0';
	value = strchr(entry, '=');
	if (!value)
		return false;
	*value++ = '\0';
	for (int id = 0; id < WEFT_WISH_COUNT; id++)
		if (!strcmp(entry, wishes[id].name))
			return take(wish, (enum weft_wish_id)id, value);
	return false;
}

int weft_wish_read(const char *text, struct weft_wish *ret_wish)
{
	struct weft_wish wish = { 0 };
	const char *end;
	size_t len;

	text = strstr(text, WEFT_WISH_MARK "[");
	if (!text)
		return -ENOENT;
	text += strlen(WEFT_WISH_MARK "[");
	end = strchr(text, ']');
	if (!end || end - text > TEXT_MAX)
		return -EINVAL;
	for (; text < end; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ]");
		if (!read_entry(&wish, text, len))
			return -EINVAL;
	}
	if (!wish.given)
		return -EINVAL;
	*ret_wish = wish;
	return 0;
}
