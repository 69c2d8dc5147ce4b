/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit.c - see limit.h
 *
 * Slurm has a word for each of some 150 limits.  They are built alike:
 * QOS or Assoc, Grp or Max, what is counted, and whose jobs are counted
 * together; so they are taken apart here rather than listed.  Limits on
 * minutes (used up over time, or of running jobs to their end) are left to
 * the word itself: what ends them is not a job.
 *
 * Names of QOS and accounts come from administrators, those of TRES from
 * slurm.conf; they are shown as they are.
 *
 * Source: Slurm, src/common/slurm_protocol_defs.c (job_reason_string).
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/units.h"
#include "tools/why/limit.h"

static bool take(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_what(const char **at, struct weft_limit_kind *kind)
{
	static const struct {
		const char *word;
		enum weft_limit_what what;
		const char *tres;
	} table[] = {
		{ "SubmitJobs", WEFT_LIMIT_SUBMITTED, "" },
		{ "SubmitJob", WEFT_LIMIT_SUBMITTED, "" },
		{ "Jobs", WEFT_LIMIT_RUNNING, "" },
		{ "Cpu", WEFT_LIMIT_TRES, "cpu" }, { "CPU", WEFT_LIMIT_TRES, "cpu" },
		{ "Memory", WEFT_LIMIT_TRES, "mem" }, { "Mem", WEFT_LIMIT_TRES, "mem" },
		{ "Node", WEFT_LIMIT_TRES, "node" }, { "GRES", WEFT_LIMIT_TRES, "gres" },
		{ "License", WEFT_LIMIT_TRES, "license" },
		{ "Billing", WEFT_LIMIT_TRES, "billing" },
		{ "BB", WEFT_LIMIT_TRES, "bb" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!take(at, table[i].word))
			continue;
		kind->what = table[i].what;
		strncpy(kind->tres, table[i].tres, sizeof(kind->tres) - 1);
		return true;
	}
	return false;
}

bool weft_limit_parse(const char *word, struct weft_limit_kind *ret_kind)
{
	struct weft_limit_kind kind = { .scope = WEFT_LIMIT_USER };

	if (take(&word, "QOS"))
		kind.qos = true;
	else if (!take(&word, "Assoc"))
		return false;
	if (take(&word, "Grp"))
		kind.scope = WEFT_LIMIT_GROUP;
	else if (!take(&word, "Max"))
		return false;
	if (!take_what(&word, &kind))
		return false;
	if (take(&word, "PerUser"))
		kind.scope = WEFT_LIMIT_USER;
	else if (take(&word, "PerAccount") || take(&word, "PerAcct"))
		kind.scope = WEFT_LIMIT_ACCOUNT;
	else if (take(&word, "PerJob"))
		kind.scope = WEFT_LIMIT_JOB;
	take(&word, "Limit");
	if (*word)
		return false;	/* Minutes, RunMinutes, PerNode, ... */
	*ret_kind = kind;
	return true;
}

uint64_t weft_limit_tres(const char *list, const char *name)
{
	size_t len = strlen(name), value;
	uint64_t number;
	char text[32];

	for (; list && *list; list += strcspn(list, ","), list += *list == ',') {
		if (strncmp(list, name, len) != 0 || list[len] != '=')
			continue;
		value = strcspn(list + len + 1, ",.");
		if (value >= sizeof(text))
			return 0;
		memcpy(text, list + len + 1, value);
		text[value] = '\0';
		return weft_units_parse_mib(text, &number) ? 0 : number;
	}
	return 0;
}

/* "8 GPUs", "1 job", "64G of memory", "3 gres/nic". */
static void count(const struct weft_limit *l, uint64_t number, struct weft_buf *buf)
{
	static const struct {
		const char *tres, *one, *many;
	} words[] = {
		{ "cpu", "CPU", "CPUs" }, { "node", "node", "nodes" },
		{ "gres/gpu", "GPU", "GPUs" },
	};

	if (l->kind.what != WEFT_LIMIT_TRES) {
		weft_buf_addf(buf, "%" PRIu64 " job%s", number,
			      number == 1 ? "" : "s");
		return;
	}
	if (!strcmp(l->tres, "mem")) {
		if (number && number % 1024 == 0)
			weft_buf_addf(buf, "%" PRIu64 "G of memory", number / 1024);
		else
			weft_buf_addf(buf, "%" PRIu64 "M of memory", number);
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(l->tres, words[i].tres) != 0)
			continue;
		weft_buf_addf(buf, "%" PRIu64 " %s", number,
			      number == 1 ? words[i].one : words[i].many);
		return;
	}
	weft_buf_addf(buf, "%" PRIu64 " of %s", number, l->tres);
}

static void tell_jobs(const struct weft_limit *l, struct weft_buf *buf)
{
	for (uint32_t i = 0; i < l->job_count; i++)
		weft_buf_addf(buf, "%s%" PRIu32, i ? ", " :
			      l->job_count == 1 ? ": job " : ": jobs ", l->job[i]);
	if (l->more)
		weft_buf_addf(buf, " and %" PRIu32 " more", l->more);
}

int weft_limit_format(const struct weft_limit *l, bool you, struct weft_buf *buf)
{
	bool submitted = l->kind.what == WEFT_LIMIT_SUBMITTED;

	weft_buf_addf(buf, "%s %s allows ", l->kind.qos ? "QOS" : "account", l->of);
	if (l->kind.scope == WEFT_LIMIT_USER)
		weft_buf_adds(buf, you ? "you " : "a user ");
	else if (l->kind.scope == WEFT_LIMIT_ACCOUNT)
		weft_buf_adds(buf, "an account ");
	count(l, l->bound, buf);
	if (l->kind.scope == WEFT_LIMIT_JOB) {
		weft_buf_adds(buf, " a job; this one asks ");
		count(l, l->asked, buf);
		return weft_buf_error(buf);
	}
	weft_buf_adds(buf, submitted ? " in the queue" : " at once");
	if (l->kind.scope == WEFT_LIMIT_GROUP)
		weft_buf_adds(buf, " to all its jobs together");
	if (l->kind.scope == WEFT_LIMIT_USER)
		weft_buf_adds(buf, you ? "; you use " : "; in use: ");
	else
		weft_buf_adds(buf, "; in use: ");
	weft_buf_addf(buf, "%" PRIu64, l->used);
	if (l->asked > 1)
		weft_buf_addf(buf, ", this job asks %" PRIu64, l->asked);
	tell_jobs(l, buf);
	return weft_buf_error(buf);
}
