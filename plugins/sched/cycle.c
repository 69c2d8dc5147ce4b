/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycle.c - see cycle.h
 *
 * Snapshot under the locks, check and plan without them, start and publish in
 * slices.  What the plan says is only a proposal: every start goes through
 * Slurm's own tests and its select again (commit.c).
 *
 * Failures stay inside: no memory or an inconsistent snapshot skips the
 * cycle; a message is logged when it differs from the last one, so a trouble
 * that lasts is one line and not ten thousand.
 */
#include "plugins/sched/commit.h"
#include "plugins/sched/conf.h"
#include "plugins/sched/cycle.h"
#include "plugins/sched/forecast.h"
#include "plugins/sched/mainpass.h"
#include "plugins/sched/memory.h"
#include "plugins/sched/publish.h"
#include "plugins/sched/start.h"
#include "plugins/sched/domains.h"
#include "plugins/sched/wishes.h"
#include "plugins/slurm/node_fabric.h"

extern diag_stats_t slurmctld_diag_stats;

struct weft_cycle {
	struct weft_conf conf;
	struct weft_levels topology;	/* what topology.conf says */
	struct weft_fabric *fabric;
	bool fabric_due;	/* the configuration was read again */
	struct weft_node_fabrics *nodes;	/* what slurmds say of their GPUs */
	struct weft_memory *memory;	/* of jobs that ended; NULL: none yet */
	struct weft_forecast *forecast;	/* NULL: none yet */
	struct weft_refusals refusals;
	struct weft_stats stats;
	struct weft_err said;	/* the last trouble that was logged */
	char *state_dir;
	int64_t stats_usec;	/* when the numbers were written */
	bool stats_due;
	bool hide_jobs;		/* PrivateData=jobs */
	uint32_t whatif_from;	/* whose turn it is to be asked */
};

struct weft_cycle *weft_cycle_create(void)
{
	struct weft_cycle *cycle = calloc(1, sizeof(*cycle));

	if (cycle) {
		cycle->nodes = weft_node_fabrics_create();
		weft_conf_init(&cycle->conf);
		cycle->stats.started_sec = time(NULL);
	}
	return cycle;
}

/* Log err unless it is what we said last. */
static void complain(struct weft_cycle *cycle, const struct weft_err *err,
		     const char *consequence)
{
	if (!strcmp(cycle->said.msg, err->msg))
		return;
	cycle->said = *err;
	error("sched/weft: %s; %s", err->msg, consequence);
}

/* What weft.json and topology.conf say of the fabric now. */
static void use_levels(struct weft_cycle *cycle)
{
	slurmctld_lock_t conf_read = { .conf = READ_LOCK };
	struct weft_levels topology = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	char *plugin;

	lock_slurmctld(conf_read);
	plugin = xstrdup(slurm_conf.topology_plugin);
	unlock_slurmctld(conf_read);
	if (weft_node_fabrics_configure(cycle->nodes, &cycle->conf.levels,
					&err))
		complain(cycle, &err, "nodes show the domains they found");
	if (weft_domains_read_topology(&topology, plugin, &err)) {
		complain(cycle, &err, "the last good topology stays in force");
	} else {
		weft_levels_fini(&cycle->topology);
		cycle->topology = topology;
	}
	cycle->fabric_due = true;
	xfree(plugin);
}

void weft_cycle_configure(struct weft_cycle *cycle)
{
	slurmctld_lock_t conf_write = { .conf = WRITE_LOCK };
	struct weft_err err = WEFT_ERR_INIT;
	char name[] = "weft.json";	/* 22.05 wants char * */
	char *path = get_extra_conf_path(name);

	if (weft_conf_read(path, slurm_conf.slurm_user_id, &cycle->conf, &err)) {
		cycle->said.msg[0] = '\0';	/* asked again: say it again */
		complain(cycle, &err, "the last good settings stay in force");
	} else {
		cycle->said.msg[0] = '\0';
		info("sched/weft: settings read from %s", path);
	}
	use_levels(cycle);
	xfree(path);
	lock_slurmctld(conf_write);
	weft_mainpass_off(cycle->conf.bridge.start_at_submit);
	cycle->hide_jobs = slurm_conf.private_data & PRIVATE_DATA_JOBS;
	free(cycle->state_dir);
	cycle->state_dir = slurm_conf.state_save_location ?
		strdup(slurm_conf.state_save_location) : NULL;
	unlock_slurmctld(conf_write);
}

uint32_t weft_cycle_interval_msec(const struct weft_cycle *cycle)
{
	return cycle->conf.bridge.interval_msec;
}

bool weft_cycle_het_jobs(const struct weft_cycle *cycle)
{
	return cycle->conf.bridge.het_jobs;
}

static bool can_schedule(void)
{
	return job_list && part_list && avail_node_bitmap &&
		node_record_table_ptr && !slurmctld_config.scheduling_disabled &&
		fed_mgr_sibs_synced() && !job_is_completing(NULL);
}

static void tell_fabric(const struct weft_fabric *fabric)
{
	uint32_t count[WEFT_LEVEL_DOMAIN + 1] = { 0 };

	for (uint32_t v = 0; v < fabric->vertex_count; v++)
		count[fabric->vertex[v].level]++;
	info("sched/weft: fabric: %u nodes, %u NVLink domains, %u leaf switches, %u switches above",
	     fabric->node_count, count[WEFT_LEVEL_DOMAIN],
	     count[WEFT_LEVEL_LEAF], count[WEFT_LEVEL_SWITCH]);
}

/* The tree over the present node table; kept until either changes. */
static int need_fabric(struct weft_cycle *cycle, uint32_t node_count,
		       struct weft_err *err)
{
	const struct weft_levels none = { 0 };
	struct weft_levels_report report;
	struct weft_fabric *fresh;
	int rc;

	if (cycle->fabric && cycle->fabric->node_count == node_count &&
	    !cycle->fabric_due)
		return 0;
	rc = weft_domains_build(&cycle->conf.levels, &cycle->topology,
				cycle->nodes, node_count, &fresh, &report, err);
	if (rc == -EINVAL) {	/* a switch below itself, say */
		complain(cycle, err, "the fabric is left as it was");
		cycle->fabric_due = false;
		if (cycle->fabric && cycle->fabric->node_count == node_count)
			return 0;
		rc = weft_domains_build(&none, &none, NULL, node_count,
					&fresh, &report, err);
	}
	if (rc)
		return rc;
	if (report.unknown_count)
		error("sched/weft: fabric: %u names of nodes that slurm.conf does not have are passed over, %s first",
		      report.unknown_count, report.first_unknown);
	if (report.conflict_count)
		error("sched/weft: fabric: %u nodes are in two places, the first counts: %s",
		      report.conflict_count, report.first_conflict);
	tell_fabric(fresh);
	weft_fabric_destroy(cycle->fabric);
	cycle->fabric = fresh;
	cycle->fabric_due = false;
	return 0;
}

/*
 * Give each node of the snapshot the picker of its hardware.  One that counts
 * other GPUs than Slurm does is of no use.
 */
static void lend_pickers(const struct weft_cycle *cycle,
			 struct weft_snapshot *snap)
{
	const struct weft_node_fabric *seen;
	node_record_t *record;

	for (uint32_t i = 0; i < snap->cluster.node_count; i++) {
		record = node_record_table_ptr[i];
		if (!record || !record->name)
			continue;
		seen = weft_node_fabrics_get(cycle->nodes, record);
		if (seen->picker &&
		    seen->inv->gpu_count == snap->cluster.node[i].total.gpus)
			snap->cluster.node[i].picker = seen->picker;
	}
}

/* To tell likely starts, run times are learnt in any case. */
static bool wants_forecast(const struct weft_conf *conf)
{
	return conf->bridge.explain && conf->bridge.forecast_sec;
}

static bool wants_memory(const struct weft_conf *conf)
{
	return conf->policy.predict || wants_forecast(conf);
}

/* What was learnt before slurmctld was restarted; outside of the locks. */
static void need_memory(struct weft_cycle *cycle)
{
	struct weft_err err = WEFT_ERR_INIT;
	int rc = 0;

	if (cycle->memory || !wants_memory(&cycle->conf))
		return;
	cycle->memory = weft_memory_create();
	if (cycle->memory && cycle->state_dir)
		rc = weft_memory_load(cycle->memory, cycle->state_dir,
				      time(NULL), &err);
	if (rc)
		complain(cycle, &err, rc == -ESTALE ?
			 "what was learnt before is used" :
			 "run times are learnt anew");
}

static void save_memory(struct weft_cycle *cycle, bool ends)
{
	struct weft_err err = WEFT_ERR_INIT;

	if (cycle->memory && cycle->state_dir &&
	    weft_memory_save(cycle->memory, cycle->state_dir, time(NULL), ends,
			     &err))
		complain(cycle, &err, "what was learnt of run times is not saved");
}

/*
 * A second opinion on run times, for the order of jobs and for the forecast,
 * where the settings want one.  False: the snapshot must be dropped.
 */
static bool predict(struct weft_cycle *cycle, struct weft_snapshot *snap,
		    struct weft_slice *slice)
{
	const struct weft_conf *conf = &cycle->conf;
	bool tell = wants_forecast(conf);

	if (!wants_memory(conf))
		return true;
	if (tell && !cycle->forecast)
		cycle->forecast = weft_forecast_create();
	if (!cycle->memory)	/* no memory: the limit it is */
		return true;
	return weft_memory_use(cycle->memory, (enum weft_predict_method)
			       conf->policy.predict, snap, slice,
			       time(NULL)) &&
		(!tell || !cycle->forecast ||
		 weft_forecast_prepare(cycle->forecast, cycle->memory, snap,
				       slice, conf->bridge.forecast_sec));
}

/* 1: nothing to do now; 0: a snapshot to release; -errno. */
static int take(struct weft_cycle *cycle, struct weft_snapshot *snap,
		struct weft_slice *slice, struct weft_err *err)
{
	int rc = 1;

	need_memory(cycle);
	weft_slice_begin(slice);
	if (weft_wishes_walk(time(NULL), cycle->conf.bridge.requeue_max))
		schedule_job_save();
	if (weft_node_fabrics_refresh(cycle->nodes))
		cycle->fabric_due = true;
	if (weft_node_fabrics_unprepared(cycle->nodes)) {
		weft_slice_end(slice);
		weft_node_fabrics_prepare(cycle->nodes);
		weft_slice_begin(slice);
	}
	if (weft_slice_next(slice) && can_schedule())
		rc = need_fabric(cycle, (uint32_t)node_record_count, err);
	if (rc == 0)
		rc = weft_snapshot_take(snap, cycle->fabric, &cycle->refusals,
					slice, time(NULL), err);
	if (rc == 0)
		lend_pickers(cycle, snap);
	if (rc == 0 && !predict(cycle, snap, slice))
		rc = WEFT_SNAPSHOT_DROPPED;
	weft_slice_end(slice);
	return rc;
}

static void count(struct weft_cycle *cycle, const struct weft_snapshot *snap,
		  const struct weft_plan *plan)
{
	struct weft_stats *s = &cycle->stats;

	s->pending = snap->ref_count;
	s->shapes = snap->shape_count;
	s->running = snap->cluster.running_count;
	s->nodes = snap->cluster.node_count;
	s->planned = plan->stats.planned;
	s->pick_usec = plan->stats.pick_usec;
	s->picks = plan->stats.picks;
	s->depth = snap->job_count;
}

/* What sdiag shows of a backfill scheduler. */
static void tell_sdiag(const struct weft_stats *s)
{
	slurmctld_diag_stats.bf_cycle_counter++;
	slurmctld_diag_stats.bf_cycle_last = (uint32_t)s->cycle_usec;
	slurmctld_diag_stats.bf_cycle_max =
		MAX(slurmctld_diag_stats.bf_cycle_max, (uint32_t)s->cycle_usec);
	slurmctld_diag_stats.bf_cycle_sum += s->cycle_usec;
	slurmctld_diag_stats.bf_last_depth = s->pending;
	slurmctld_diag_stats.bf_last_depth_try = s->planned;
	slurmctld_diag_stats.bf_depth_sum += s->pending;
	slurmctld_diag_stats.bf_depth_try_sum += s->planned;
	slurmctld_diag_stats.bf_queue_len = s->pending;
	slurmctld_diag_stats.bf_queue_len_sum += s->pending;
	slurmctld_diag_stats.bf_when_last_cycle = s->last_sec;
}

static int plan_and_commit(struct weft_cycle *cycle,
			   const struct weft_snapshot *snap,
			   struct weft_slice *slice, struct weft_err *err)
{
	int64_t begin = weft_slice_now_usec(), planned;
	struct weft_plan *plan = NULL;
	struct weft_commit commit = {
		.snap = snap,
		.refusals = &cycle->refusals,
		.stats = &cycle->stats,
		.slice = slice,
		.turn_usec = cycle->conf.bridge.turn_msec * 1000,
		.steer = cycle->conf.bridge.steer,
	};
	struct weft_policy policy = cycle->conf.policy;
	struct weft_publish publish = {
		.explain = cycle->conf.bridge.explain,
		.hide_jobs = cycle->hide_jobs,
		.forecast = cycle->conf.bridge.forecast_sec ? cycle->forecast : NULL,
	};
	uint32_t started;
	int rc;

	if (publish.explain) {
		policy.whatif_tests = cycle->conf.bridge.whatif;
		policy.whatif_from = cycle->whatif_from;
	}
	policy.clock_usec = weft_slice_now_usec;
	rc = weft_cluster_check(&snap->cluster, err);
	if (rc == 0)
		rc = weft_plan_run(&snap->cluster, &policy,
				   snap->shape, snap->shape_count, snap->job,
				   snap->job_count, slice->stop,
				   slice->stop_arg, &plan, err);
	if (rc)
		return rc;
	planned = weft_slice_now_usec();
	commit.plan = plan;
	cycle->stats.steer_usec = 0;
	started = weft_commit_run(&commit);
	cycle->whatif_from = plan->stats.whatif_next;
	if (publish.explain && publish.forecast)
		weft_forecast_run(cycle->forecast, snap, &policy);
	rc = weft_publish_run(&publish, snap, plan, slice, err);
	cycle->stats.plan_usec = (uint64_t)(planned - begin);
	cycle->stats.commit_usec = (uint64_t)(weft_slice_now_usec() - planned);
	cycle->stats.started += started;
	count(cycle, snap, plan);
	weft_plan_destroy(plan);
	if (started) {
		schedule_node_save();
		schedule_job_save();
	}
	return rc;
}

static void finish(struct weft_cycle *cycle, const struct weft_slice *slice,
		   int64_t begin)
{
	struct weft_stats *s = &cycle->stats;
	int64_t now = weft_slice_now_usec();

	s->cycles++;
	s->cycle_usec = (uint64_t)(now - begin);
	s->cycle_usec_max = MAX(s->cycle_usec_max, s->cycle_usec);
	s->cycle_usec_sum += s->cycle_usec;
	s->lock_usec = (uint64_t)slice->longest_usec;
	if (cycle->memory)
		weft_memory_count(cycle->memory, s);
	s->lock_usec_max = MAX(s->lock_usec_max, s->lock_usec);
	s->last_sec = time(NULL);
	tell_sdiag(s);
	cycle->stats_due = true;
}

void weft_cycle_idle(struct weft_cycle *cycle)
{
	int64_t now = weft_slice_now_usec();
	struct weft_err err = WEFT_ERR_INIT;

	save_memory(cycle, false);
	if (!cycle->stats_due || !cycle->state_dir ||
	    now - cycle->stats_usec < 1000000)
		return;
	cycle->stats_usec = now;
	cycle->stats_due = false;
	if (weft_stats_write(&cycle->stats, cycle->state_dir, &err))
		complain(cycle, &err, "weft sched stats will be out of date");
}

void weft_cycle_run(struct weft_cycle *cycle, bool (*stop)(void *arg),
		    void *stop_arg)
{
	struct weft_slice slice = {
		.locks = WEFT_START_LOCKS,
		.limit_usec = (int64_t)cycle->conf.bridge.slice_msec * 1000,
		.stop = stop,
		.stop_arg = stop_arg,
	};
	int64_t begin = weft_slice_now_usec();
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_snapshot snap = { 0 };
	int rc = take(cycle, &snap, &slice, &err);

	cycle->stats.snapshot_usec = (uint64_t)(weft_slice_now_usec() - begin);
	cycle->stats.queue_usec = (uint64_t)snap.queue_usec;
	if (rc == 0 && snap.ref_count)
		rc = plan_and_commit(cycle, &snap, &slice, &err);
	weft_snapshot_release(&snap);
	if (rc < 0) {
		cycle->stats.cycles_skipped++;
		complain(cycle, &err, "the cycle is skipped");
	}
	if (rc <= 0)
		finish(cycle, &slice, begin);
}

void weft_cycle_destroy(struct weft_cycle *cycle)
{
	if (!cycle)
		return;
	save_memory(cycle, true);
	weft_fabric_destroy(cycle->fabric);
	weft_node_fabrics_destroy(cycle->nodes);
	weft_memory_destroy(cycle->memory);
	weft_forecast_destroy(cycle->forecast);
	weft_conf_fini(&cycle->conf);
	weft_levels_fini(&cycle->topology);
	free(cycle->state_dir);
	free(cycle);
}
