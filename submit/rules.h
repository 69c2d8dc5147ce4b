/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the site's rules for submissions: compiled once, applied to each job
 *
 * Section "submit" of weft.json holds an ordered list of rules.  Each has a
 * name, a match (none: every job) and actions, taken in the order in which they
 * are written.  weft.json(5) is the language's manual.
 *
 *   rules    compiled, constant, shared by any number of threads
 *   state    the token buckets; the caller guards it by a lock
 *   verdict  what came out for one job, with the space its texts live in
 *
 * Applying allocates nothing (except what regexec() takes inside libc for a
 * rule with a pattern), reads no clock and writes no log.
 */
#ifndef WEFT_SUBMIT_RULES_H
#define WEFT_SUBMIT_RULES_H

#include "lib/json.h"
#include "submit/submission.h"
#include "submit/throttle.h"

#define WEFT_RULES_MAX 4096
#define WEFT_MESSAGE_SIZE 2048
#define WEFT_SCRATCH_SIZE 8192
#define WEFT_CHARGES_MAX 16

struct weft_rules;

/*
 * Compile the section at path ("submit") of a document; a document without it
 * gives no rules.  -EINVAL with file:line:column, the path and what was
 * expected; -ENOMEM.
 */
int weft_rules_compile(const struct weft_json *doc, const char *path,
		       struct weft_rules **ret_rules, struct weft_err *err);
/* Those of a weft.json's section "submit"; owner as weft_settings_open(). */
int weft_rules_read(const char *path, const uid_t *owner,
		    struct weft_rules **ret_rules, struct weft_err *err);
void weft_rules_destroy(struct weft_rules *rules);

uint32_t weft_rules_count(const struct weft_rules *rules);
const char *weft_rules_name(const struct weft_rules *rules, uint32_t rule_idx);
/* Fields that some rule looks at: others need not be filled in. */
weft_fieldset_t weft_rules_fields(const struct weft_rules *rules);
/* Some rule looks at the environment. */
bool weft_rules_env(const struct weft_rules *rules);

/* What a user, account, ... already has in the queue. */
struct weft_usage {
	uint64_t jobs, pending_jobs, running_jobs;	/* an array task is a job */
	uint64_t gpus, array_tasks, gpu_hours;		/* pending and running */
};

/*
 * Ask the queue: the jobs that agree with sub in all of the fields in per (of
 * USER, ACCOUNT, PARTITION, QOS; none: all jobs) and, if rule_idx is not
 * WEFT_RULES_ANY, match that rule (weft_rules_match()).  0, or -errno:
 * unknown, and the limit is not held against the job.
 */
#define WEFT_RULES_ANY UINT32_MAX
typedef int weft_usage_fn(void *arg, weft_fieldset_t per, uint32_t rule_idx,
			  const struct weft_submission *sub,
			  struct weft_usage *ret_usage);
/* Does the rule's match hold for the job? */
bool weft_rules_match(const struct weft_rules *rules, uint32_t rule_idx,
		      const struct weft_submission *sub);

struct weft_circumstance {
	int64_t now_sec;
	/* NULL for a new job; for an update the fields that it changes. */
	const weft_fieldset_t *changing;
	struct weft_throttle *throttle;	/* NULL: rates are not checked */
	weft_usage_fn *usage;		/* NULL: limits are not checked */
	void *usage_arg;
	struct weft_buf *trace;		/* NULL: no trace; one line a rule */
};

struct weft_charge {
	uint64_t key;
	double amount;
	struct weft_rate rate;
};

/* One step of a job's way through the rules; texts live as long as the verdict. */
struct weft_change {
	uint32_t rule_idx;
	int field;
	union weft_value was, is;
};
#define WEFT_CHANGES_MAX 24

struct weft_verdict {
	bool rejected;
	bool exempt;			/* nothing was looked at */
	int32_t rule_idx;		/* that rejected, else -1 */
	weft_fieldset_t changed;	/* fields set: WEFT_FIELD_BIT() */
	uint32_t applied;		/* rules that matched */
	struct weft_change change[WEFT_CHANGES_MAX];	/* the first ones, in order */
	uint32_t change_count;
	char message[WEFT_MESSAGE_SIZE];	/* lines for the user, "" for none */
	size_t message_len;
	char scratch[WEFT_SCRATCH_SIZE];	/* texts set by rules live here */
	size_t scratch_len;
	struct weft_charge charge[WEFT_CHARGES_MAX];
	uint32_t charge_count;
};

/*
 * Apply the rules to sub, which is changed as they say; its texts may then
 * point into rules and verdict.  Buckets are charged only if the job is
 * accepted.  Cost: one pass over the rules.
 */
void weft_rules_apply(const struct weft_rules *rules,
		      const struct weft_circumstance *c,
		      struct weft_submission *sub, struct weft_verdict *verdict);

#endif
