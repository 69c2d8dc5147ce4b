/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.c - see conf.h
 *
 * Section "sched" holds the policy, which the simulator reads as well;
 * section "bridge" holds what only makes sense inside a slurmctld, "fabric"
 * where the nodes are (sched/levels.h).
 */
#include <errno.h>

#include "plugins/sched/conf.h"

#define AT(field) offsetof(struct weft_bridge, field)

const struct weft_setting weft_bridge_settings[] = {
	{ "interval_msec", WEFT_SETTING_U32, AT(interval_msec), 100, 600000,
	  5000, NULL, "milliseconds",
	  "a cycle at least this often, even if nothing changed" },
	{ "slice_msec", WEFT_SETTING_U32, AT(slice_msec), 1, 1000, 20, NULL,
	  "milliseconds", "hold slurmctld's locks at most about this long" },
	{ "turn_msec", WEFT_SETTING_U32, AT(turn_msec), 0, 10000, 300, NULL,
	  "milliseconds",
	  "a cycle's time for jobs that are left to Slurm's own select" },
	{ "steer", WEFT_SETTING_BOOL, AT(steer), 0, 1, 1, NULL, NULL,
	  "make Slurm allocate exactly the chosen GPUs" },
	{ "explain", WEFT_SETTING_BOOL, AT(explain), 0, 1, 1, NULL, NULL,
	  "write what weft why tells into SystemComment of waiting jobs" },
	{ "whatif", WEFT_SETTING_U32, AT(whatif), 0, 100000, 200, NULL,
	  "searches",
	  "spent in a cycle on what waiting jobs could ask to start sooner; 0: none" },
	{ "forecast_sec", WEFT_SETTING_U32, AT(forecast_sec), 0, 3600, 10, NULL,
	  "seconds", "between two forecasts of likely starts; 0: none" },
	{ "het_jobs", WEFT_SETTING_BOOL, AT(het_jobs), 0, 1, 1, NULL, NULL,
	  "make slurmctld accept heterogeneous jobs; read when it starts" },
	{ "requeue_max", WEFT_SETTING_U32, AT(requeue_max), 0, 1000000, 10,
	  NULL, "restarts",
	  "a job is started again at most so often for its --requeue-on" },
	{ "start_at_submit", WEFT_SETTING_BOOL, AT(start_at_submit), 0, 1, 0,
	  NULL, NULL,
	  "let slurmctld itself place an srun or salloc that heads the queue, "
	  "without Weft's choice of nodes and GPUs" },
	{ NULL }
};

void weft_conf_init(struct weft_conf *conf)
{
	*conf = (struct weft_conf) { 0 };
	weft_settings_defaults(weft_policy_settings, &conf->policy);
	weft_settings_defaults(weft_bridge_settings, &conf->bridge);
}

void weft_conf_fini(struct weft_conf *conf)
{
	weft_levels_fini(&conf->levels);
}

int weft_conf_read(const char *path, uid_t owner, struct weft_conf *conf,
		   struct weft_err *err)
{
	struct weft_json *doc = NULL;
	struct weft_conf fresh;
	int rc;

	weft_conf_init(&fresh);
	rc = weft_settings_open(path, &owner, &doc, err);
	if (rc == 0)
		rc = weft_settings_read(weft_policy_settings, doc, "sched",
					&fresh.policy, sizeof(fresh.policy),
					err);
	if (rc == 0)
		rc = weft_settings_read(weft_bridge_settings, doc, "bridge",
					&fresh.bridge, sizeof(fresh.bridge),
					err);
	if (rc == 0)
		rc = weft_levels_read_json(&fresh.levels, doc, err);
	weft_json_destroy(doc);
	if (rc && rc != -ENOENT)
		return rc;
	weft_conf_fini(conf);
	*conf = fresh;
	return 0;
}
