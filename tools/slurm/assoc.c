/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assoc.c - see assoc.h
 *
 * slurm_load_assoc_mgr_info() is what `scontrol show assoc_mgr` calls.  Of an
 * association the "max" limits hold as they stand (slurmctld has already put
 * the parents' there); "grp" limits are looked for at every parent as well.
 * TRES come as arrays in the order of tres_names.  Slurm reads a QOS's limit
 * first, and the association's only where the QOS sets none
 * (slurmctld/acct_policy.c).
 *
 * A partition's own QOS goes before the job's, or after it where that has
 * OverPartQOS.  Which QOS a partition has is asked once.
 *
 * Left out: limits in minutes used so far (GrpTRESMins), of jobs that accrue
 * priority, and CPUs and memory, which a workflow's options do not tell exactly.
 */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/slurmdb.h>

#include "tools/slurm/assoc.h"

#define ENFORCE_LIMITS 2	/* bit of accounting_storage_enforce */
#define PARENTS 64

struct weft_slurm_assoc {
	assoc_mgr_info_msg_t *msg;
	partition_info_msg_t *parts;
	char *user;
	uid_t uid;
};

bool weft_slurm_enforces(uint16_t accounting_storage_enforce)
{
	return accounting_storage_enforce & ENFORCE_LIMITS;
}

int weft_slurm_assoc_refresh(struct weft_slurm_assoc *assoc, struct weft_err *err)
{
	assoc_mgr_info_request_msg_t ask = { .flags = ASSOC_MGR_INFO_FLAG_ASSOC |
						      ASSOC_MGR_INFO_FLAG_QOS };
	assoc_mgr_info_msg_t *msg = NULL;

	if (slurm_load_assoc_mgr_info(&ask, &msg))
		return weft_err_set(err, EAGAIN, "limits of accounts: %s", slurm_strerror(errno));
	if (assoc->msg)
		slurm_free_assoc_mgr_info_msg(assoc->msg);
	assoc->msg = msg;
	return 0;
}

int weft_slurm_assoc_load(struct weft_slurm_assoc **ret_assoc, struct weft_err *err)
{
	struct weft_slurm_assoc *assoc = calloc(1, sizeof(*assoc));
	const struct passwd *pw = getpwuid(getuid());
	int rc;

	if (assoc) {
		assoc->uid = getuid();
		assoc->user = strdup(pw ? pw->pw_name : "");
	}
	if (!assoc || !assoc->user) {
		free(assoc);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	rc = weft_slurm_assoc_refresh(assoc, err);
	if (!rc && slurm_load_partitions((time_t)0, &assoc->parts, SHOW_ALL))
		rc = weft_err_set(err, EAGAIN, "partitions: %s", slurm_strerror(errno));
	if (rc) {
		weft_slurm_assoc_destroy(assoc);
		return rc;
	}
	*ret_assoc = assoc;
	return 0;
}

void weft_slurm_assoc_destroy(struct weft_slurm_assoc *assoc)
{
	if (!assoc)
		return;
	if (assoc->msg)
		slurm_free_assoc_mgr_info_msg(assoc->msg);
	if (assoc->parts)
		slurm_free_partition_info_msg(assoc->parts);
	free(assoc->user);
	free(assoc);
}

/* The user's association: of the account (or the default one), best of the partition. */
static const slurmdb_assoc_rec_t *own_assoc(const struct weft_slurm_assoc *a,
					    const char *account, const char *partition)
{
	const slurmdb_assoc_rec_t *rec, *found = NULL;
	__auto_type itr = slurm_list_iterator_create(a->msg->assoc_list);

	while ((rec = slurm_list_next(itr))) {
		if (!rec->user || strcmp(rec->user, a->user))
			continue;
		if (account ? !rec->acct || strcasecmp(account, rec->acct) : !rec->is_def)
			continue;
		if (rec->partition && (!partition || strcmp(partition, rec->partition)))
			continue;
		if (!found || rec->partition)
			found = rec;
	}
	slurm_list_iterator_destroy(itr);
	return found;
}

static const slurmdb_assoc_rec_t *assoc_by_id(const struct weft_slurm_assoc *a, uint32_t id)
{
	const slurmdb_assoc_rec_t *rec;
	__auto_type itr = slurm_list_iterator_create(a->msg->assoc_list);

	while ((rec = slurm_list_next(itr)) && rec->id != id)
		;
	slurm_list_iterator_destroy(itr);
	return rec;
}

static const slurmdb_qos_rec_t *find_qos(const struct weft_slurm_assoc *a, const char *name,
					 uint32_t id)
{
	const slurmdb_qos_rec_t *rec = NULL;

	if (!a->msg->qos_list)
		return NULL;
	__auto_type itr = slurm_list_iterator_create(a->msg->qos_list);
	while ((rec = slurm_list_next(itr)) &&
	       (name ? !rec->name || strcasecmp(name, rec->name) : rec->id != id))
		;
	slurm_list_iterator_destroy(itr);
	return rec;
}

/* The QOS of a partition (NULL: the default one), NULL if it has none. */
static const slurmdb_qos_rec_t *partition_qos(const struct weft_slurm_assoc *a,
					      const char *name)
{
	for (uint32_t i = 0; i < a->parts->record_count; i++) {
		const partition_info_t *part = &a->parts->partition_array[i];

		if (name ? part->name && !strcmp(part->name, name) :
			   part->flags & PART_FLAG_DEFAULT)
			return part->qos_char && *part->qos_char ?
				       find_qos(a, part->qos_char, 0) : NULL;
	}
	return NULL;
}

struct gather {
	const struct weft_slurm_assoc *a;
	struct weft_site_limit *list;
	uint32_t count;
	uint32_t by_qos;	/* how many of them a QOS set */
};

/* Keep a limit, unless it is none or a QOS has one of that name. */
static void keep(struct gather *g, enum weft_site_limit_kind kind, const char *name,
		 uint64_t max, uint64_t used, const char *holder)
{
	struct weft_site_limit *limit = &g->list[g->count];

	if (g->count == WEFT_SITE_LIMITS)
		return;
	for (uint32_t i = 0; i < g->by_qos; i++)
		if (!strcmp(g->list[i].name, name))
			return;
	limit->kind = kind;
	limit->max = max;
	limit->used = used;
	snprintf(limit->name, sizeof(limit->name), "%s", name);
	snprintf(limit->holder, sizeof(limit->holder), "%s", holder);
	g->count++;
}

static void keep32(struct gather *g, enum weft_site_limit_kind kind, const char *name,
		   uint32_t max, uint64_t used, const char *holder)
{
	if (max != INFINITE && max != NO_VAL)
		keep(g, kind, name, max, used, holder);
}

/* The GPUs and nodes of a TRES array. */
static void keep_tres(struct gather *g, bool job, const char *name, const uint64_t *max,
		      const char *holder)
{
	char full[32];

	for (uint32_t t = 0; max && t < g->a->msg->tres_cnt; t++) {
		const char *tres = g->a->msg->tres_names[t];

		if (!tres || max[t] == INFINITE64 || max[t] == NO_VAL64)
			continue;
		snprintf(full, sizeof(full), "%s=%s", name, tres);
		if (!strcmp(tres, "gres/gpu"))
			keep(g, job ? WEFT_LIMIT_JOB_GPUS : WEFT_LIMIT_ALL_GPUS, full, max[t],
			     0, holder);
		else if (!strcmp(tres, "node"))
			keep(g, job ? WEFT_LIMIT_JOB_NODES : WEFT_LIMIT_ALL_NODES, full,
			     max[t], 0, holder);
	}
}

/* Jobs that count now against a QOS's limit for this user, or for an account. */
static uint64_t qos_used(const struct gather *g, void *list, const char *account)
{
	const slurmdb_used_limits_t *used;
	uint64_t count = 0;

	if (!list)
		return 0;
	__auto_type itr = slurm_list_iterator_create(list);
	while ((used = slurm_list_next(itr)))
		if (account ? used->acct && !strcasecmp(used->acct, account) :
			      used->uid == g->a->uid)
			count = used->submit_jobs;
	slurm_list_iterator_destroy(itr);
	return count;
}

static void keep_qos(struct gather *g, const slurmdb_qos_rec_t *qos, const char *account)
{
	const slurmdb_qos_usage_t *usage = qos->usage;
	char holder[128];

	if (!account)
		account = "";
	snprintf(holder, sizeof(holder), "QOS %.40s for account %.50s",
		 qos->name ? qos->name : "?", account);
	keep32(g, WEFT_LIMIT_SUBMIT, "MaxSubmitJobs", qos->max_submit_jobs_pa,
	       usage ? qos_used(g, usage->acct_limit_list, account) : 0, holder);
	snprintf(holder, sizeof(holder), "QOS %s", qos->name ? qos->name : "?");
	keep32(g, WEFT_LIMIT_SUBMIT, "MaxSubmitJobs", qos->max_submit_jobs_pu,
	       usage ? qos_used(g, usage->user_limit_list, NULL) : 0, holder);
	keep32(g, WEFT_LIMIT_SUBMIT, "GrpSubmitJobs", qos->grp_submit_jobs,
	       usage ? usage->grp_used_submit_jobs : 0, holder);
	keep32(g, WEFT_LIMIT_RUN, "MaxJobs", qos->max_jobs_pu, 0, holder);
	keep32(g, WEFT_LIMIT_RUN, "GrpJobs", qos->grp_jobs, 0, holder);
	keep32(g, WEFT_LIMIT_WALL, "MaxWall", qos->max_wall_pj, 0, holder);
	keep_tres(g, true, "MaxTRES", qos->max_tres_pj_ctld, holder);
	keep_tres(g, false, "MaxTRESPU", qos->max_tres_pu_ctld, holder);
	keep_tres(g, false, "GrpTRES", qos->grp_tres_ctld, holder);
	g->by_qos = g->count;
}

static void holder_of(const slurmdb_assoc_rec_t *rec, char holder[128])
{
	const char *acct = rec->acct ? rec->acct : "?";

	if (rec->user)
		snprintf(holder, 128, "user %.50s in account %.50s", rec->user, acct);
	else
		snprintf(holder, 128, "account %.100s", acct);
}

static void keep_group(struct gather *g, const slurmdb_assoc_rec_t *rec)
{
	uint64_t used = rec->usage ? rec->usage->used_submit_jobs : 0;
	char holder[128];

	holder_of(rec, holder);
	keep32(g, WEFT_LIMIT_SUBMIT, "GrpSubmitJobs", rec->grp_submit_jobs, used, holder);
	keep32(g, WEFT_LIMIT_RUN, "GrpJobs", rec->grp_jobs, 0, holder);
	keep_tres(g, false, "GrpTRES", rec->grp_tres_ctld, holder);
}

uint32_t weft_slurm_assoc_limits(const struct weft_slurm_assoc *a, const char *account,
				 const char *partition, const char *qos,
				 struct weft_site_limit list[WEFT_SITE_LIMITS])
{
	struct gather g = { .a = a, .list = list };
	const slurmdb_assoc_rec_t *rec = NULL;
	const slurmdb_qos_rec_t *own, *part;
	bool over;
	char holder[128];

	if (a->msg->assoc_list)
		rec = own_assoc(a, account, partition);
	own = find_qos(a, qos, rec ? rec->def_qos_id : 0);
	if (!own && !qos)
		own = find_qos(a, "normal", 0);
	part = partition_qos(a, partition);
	over = own && own->flags & QOS_FLAG_OVER_PART_QOS;
	if (part && !over)
		keep_qos(&g, part, rec ? rec->acct : NULL);
	if (own && own != part)
		keep_qos(&g, own, rec ? rec->acct : NULL);
	if (part && over && own != part)
		keep_qos(&g, part, rec ? rec->acct : NULL);
	if (!rec)
		return g.count;
	holder_of(rec, holder);
	keep32(&g, WEFT_LIMIT_SUBMIT, "MaxSubmitJobs", rec->max_submit_jobs,
	       rec->usage ? rec->usage->used_submit_jobs : 0, holder);
	keep32(&g, WEFT_LIMIT_RUN, "MaxJobs", rec->max_jobs, 0, holder);
	keep32(&g, WEFT_LIMIT_WALL, "MaxWall", rec->max_wall_pj, 0, holder);
	keep_tres(&g, true, "MaxTRES", rec->max_tres_ctld, holder);
	for (int i = 0; rec && i < PARENTS; i++) {
		keep_group(&g, rec);
		rec = rec->parent_id ? assoc_by_id(a, rec->parent_id) : NULL;
	}
	return g.count;
}
