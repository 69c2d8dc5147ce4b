/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - JobSubmitPlugins=weft
 *
 * Slurm calls job_submit() for each new job and job_modify() for each update,
 * with read locks on its configuration, jobs, nodes and partitions.  Both turn
 * the request into a weft_submission, apply the site's rules, write back what
 * they changed, and hand the user the message.
 *
 * Whatever goes wrong here, jobs go through: without rules, with a bad file,
 * or out of memory, the filter is as if it were not there, and says so in
 * slurmctld's log.
 */
#include "config.h"

#include <string.h>
#include <time.h>

#include "plugins/job_submit/bridge.h"
#include "plugins/job_submit/reload.h"
#include "plugins/job_submit/usage.h"
#include "plugins/slurm/defer.h"
#include "plugins/slurm/submit.h"
#include "submit/record.h"

/* What Slurm looks up; all else stays inside (-fvisibility=hidden). */
#pragma GCC visibility push(default)
extern const char plugin_name[], plugin_type[];
extern const uint32_t plugin_version;
int init(void);
int fini(void);
int job_submit(job_desc_msg_t *desc, uint32_t submit_uid, char **err_msg);
int job_modify(WEFT_SLURM_JOB_MODIFY_ARGS);
#pragma GCC visibility pop

const char plugin_name[] = "Weft's rules for submissions";
const char plugin_type[] = "job_submit/weft";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

int init(void)
{
	weft_reload_init();
	return SLURM_SUCCESS;
}

int fini(void)
{
	weft_reload_fini();
	return SLURM_SUCCESS;
}

/*
 * Leave word of what the rules changed.  An update cannot: Slurm lets only
 * administrators write AdminComment there.
 */
static void record(const struct weft_rules *rules, const struct weft_verdict *v,
		   job_desc_msg_t *desc)
{
	struct weft_buf buf;

	if (!v->change_count)
		return;
	weft_buf_init(&buf, 2 * WEFT_RECORD_LIMIT);
	if (weft_record_write(rules, v, &buf) == 0)
		xstrfmtcat(desc->admin_comment, "%s%s",
			   desc->admin_comment ? " " : "", weft_buf_str(&buf));
	weft_buf_fini(&buf);
}

/*
 * What a job is worked on with, 30 KB.  Slurm answers each request in a fresh
 * thread, on whose stack every page of it would be a fault: half of the
 * filter's time.  Guarded by the lock on the rules (reload.h).
 */
static struct {
	struct weft_submission asked, before;
	struct weft_verdict verdict;
	struct weft_bridge bridge;
} desk;

/* To the user if the release can, and to the log if the job was refused. */
static void tell(const struct weft_rules *rules, const struct weft_verdict *v,
		 const char *what, uint32_t uid, char **err_msg)
{
	if (v->message_len && err_msg)
		xstrfmtcat(*err_msg, "%s%s", *err_msg ? "\n" : "", v->message);
	if (v->rejected)
		info("job_submit/weft: rule %s rejects %s of uid %u: %s",
		     weft_rules_name(rules, v->rule_idx), what, uid, v->message);
}

int job_submit(job_desc_msg_t *desc, uint32_t submit_uid, char **err_msg)
{
	struct weft_circumstance c = { .now_sec = time(NULL),
				       .usage = weft_usage_count };
	const struct weft_rules *rules = weft_reload_lock(c.now_sec, &c.throttle);
	uint32_t uid = desc->user_id == NO_VAL ? submit_uid : desc->user_id;
	struct weft_submission *sub = &desk.asked;
	struct weft_verdict *verdict = &desk.verdict;
	bool rejected;

	if (desc->immediate && desc->immediate != NO_VAL16)
		weft_slurm_defer_lift();
	if (!rules)
		return SLURM_SUCCESS;
	c.usage_arg = (void *)rules;
	weft_submission_init(sub);
	sub->value[WEFT_F_MODIFY].num = 0;
	weft_bridge_fill(sub, desc, weft_rules_fields(rules));
	weft_bridge_fill_names(&desk.bridge, sub, uid, submit_uid, desc->group_id,
			       weft_rules_fields(rules));
	weft_submission_derive(sub);
	weft_rules_apply(rules, &c, sub, verdict);
	rejected = verdict->rejected;
	if (!rejected) {
		record(rules, verdict, desc);	/* its texts are in desc */
		weft_bridge_store(sub, verdict->changed, desc);
	}
	tell(rules, verdict, "a job", submit_uid, err_msg);
	weft_reload_unlock();
	return rejected ? ESLURM_ACCESS_DENIED : SLURM_SUCCESS;
}

int job_modify(WEFT_SLURM_JOB_MODIFY_ARGS)
{
	struct weft_circumstance c = { .now_sec = time(NULL) };
	const struct weft_rules *rules = weft_reload_lock(c.now_sec, &c.throttle);
	struct weft_submission *before = &desk.before, *after = &desk.asked;
	struct weft_verdict *verdict = &desk.verdict;
	weft_fieldset_t changing;
	bool rejected;

	if (!rules)
		return SLURM_SUCCESS;
	weft_submission_init(before);
	before->value[WEFT_F_MODIFY].num = 1;
	weft_bridge_fill_job(before, job);
	weft_bridge_fill_names(&desk.bridge, before, job->user_id, submit_uid,
			       job->group_id, weft_rules_fields(rules));
	weft_submission_copy(after, before);
	weft_bridge_fill(after, desc, weft_rules_fields(rules));
	weft_submission_derive(before);
	weft_submission_derive(after);
	changing = weft_submission_diff(before, after);
	c.changing = &changing;
	weft_rules_apply(rules, &c, after, verdict);
	rejected = verdict->rejected;
	if (!rejected)
		weft_bridge_store(after, verdict->changed, desc);
	tell(rules, verdict, "an update", submit_uid, WEFT_SLURM_JOB_MODIFY_ERR_MSG);
	weft_reload_unlock();
	return rejected ? ESLURM_ACCESS_DENIED : SLURM_SUCCESS;
}
