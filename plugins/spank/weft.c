/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * weft.c - weft.so for plugstack.conf: the options users type, and the GPUs
 * of each task in good order
 *
 * Where the user types (srun: local; sbatch and salloc: allocator) the
 * options are checked at once and, when all are read, put into the job's
 * control environment, which slurmctld keeps with the job through arrays,
 * requeue and its own restart.  An srun inside an allocation sets nothing for
 * the scheduler: the job is placed already, and SPANK drops what it inherits
 * from sbatch's environment without a word.
 *
 * Every option exists as --weft-NAME on every release, and as --NAME where
 * Slurm has none of that name, so a script can be written for both.
 *
 * In the task, just before the user's program: the order of
 * CUDA_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES, WEFT_* variables that
 * describe the set, and NUMA binding where nobody has bound yet.  What the
 * node looks like comes from gres_nvlink.so in the same process
 * (plugins/gres/plugin.c); without it the task is left as it is.
 *
 * Arguments in plugstack.conf: bind=no leaves CPUs and memory alone;
 * order=index makes that the default order.
 *
 * Nothing here fails a job: a task that cannot be helped runs as Slurm has it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/slurm/spank_compat.h"

#include "gres/rails.h"
#include "gres/report.h"
#include "plugins/spank/options.h"
#include "plugins/spank/task.h"

SPANK_PLUGIN(weft, 1)

#define REPORT_ENV "WEFT_NODE_REPORT"	/* see plugins/gres/plugin.c */
#define LIVE_ENV "WEFT_NODE_LIVE"
#define NCCL_ENV "WEFT_NODE_NCCL"
#define LIST_SIZE 4096

static struct {
	char value[WEFT_OPTION_COUNT][WEFT_OPTION_SIZE];	/* "" not given */
	bool bind;
	enum weft_gpu_order order;
} state;

/* ---- options ------------------------------------------------------------ */

static int take_option(int id, const char *text, int remote)
{
	struct weft_err err = WEFT_ERR_INIT;

	if (weft_option_parse((enum weft_option_id)id, text, state.value[id],
			      &err) == 0)
		return ESPANK_SUCCESS;
	if (!remote)
		slurm_error("%s", err.msg);
	return ESPANK_BAD_ARG;
}

/* SPANK keeps its own copy of the option, strings included. */
static void register_option(spank_t spank, enum weft_option_id id, bool prefix)
{
	const struct weft_option *option = weft_option_get(id);
	char name[SPANK_OPTION_MAXLEN], usage[256];
	char arg[64];
	struct spank_option spopt = {
		.name = name, .arginfo = arg, .usage = usage,
		.has_arg = 1, .val = (int)id, .cb = take_option,
	};

	snprintf(name, sizeof(name), "%s%s", prefix ? "weft-" : "",
		 option->name);
	snprintf(arg, sizeof(arg), "%s", option->arg);
	if (prefix && !weft_slurm_has_option(option->name))
		snprintf(usage, sizeof(usage), "the same as --%s",
			 option->name);
	else
		snprintf(usage, sizeof(usage), "%s", option->help);
	if (spank_option_register(spank, &spopt) != ESPANK_SUCCESS)
		slurm_debug("weft: --%s is taken", name);
}

static void read_arguments(int argc, char **argv)
{
	state.bind = true;
	state.order = WEFT_GPU_ORDER_RING;
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "bind=no"))
			state.bind = false;
		else if (!strncmp(argv[i], "order=", 6))
			state.order = weft_gpu_order_parse(argv[i] + 6);
		else if (strcmp(argv[i], "bind=yes") != 0)
			slurm_error("weft: plugstack.conf: %s: bind=yes|no or order=ring|index|numa expected",
				    argv[i]);
	}
}

int slurm_spank_init(spank_t spank, int argc, char **argv)
{
	spank_context_t context = spank_context();

	read_arguments(argc, argv);
	if (context != S_CTX_LOCAL && context != S_CTX_ALLOCATOR &&
	    context != S_CTX_REMOTE)
		return ESPANK_SUCCESS;
	for (int id = 0; id < WEFT_OPTION_COUNT; id++) {
		const char *name = weft_option_get((enum weft_option_id)id)->name;

		if (!weft_slurm_has_option(name))
			register_option(spank, (enum weft_option_id)id, false);
		register_option(spank, (enum weft_option_id)id, true);
	}
	return ESPANK_SUCCESS;
}

int slurm_spank_init_post_opt(spank_t spank, int argc, char **argv)
{
	spank_context_t context = spank_context();

	if (context != S_CTX_LOCAL && context != S_CTX_ALLOCATOR)
		return ESPANK_SUCCESS;
	for (int id = 0; id < WEFT_OPTION_COUNT; id++) {
		const char *env = weft_option_get((enum weft_option_id)id)->env;
		spank_err_t rc;

		if (!state.value[id][0])
			continue;
		rc = spank_job_control_setenv(spank, env, state.value[id], 1);
		if (rc != ESPANK_SUCCESS) {
			slurm_error("weft: %s cannot be passed on: %s", env,
				    spank_strerror(rc));
			return ESPANK_ERROR;
		}
	}
	return ESPANK_SUCCESS;
}

/* ---- in the task -------------------------------------------------------- */

static bool task_env(spank_t spank, const char *name, char value[LIST_SIZE])
{
	return spank_getenv(spank, name, value, LIST_SIZE) == ESPANK_SUCCESS &&
	       value[0];
}

/* The node's numbers of the task's GPUs, as Slurm lists them. */
static bool global_list(spank_t spank, char global[LIST_SIZE])
{
	return task_env(spank, "SLURM_STEP_GPUS", global) ||
	       task_env(spank, "SLURM_JOB_GPUS", global);
}

static enum weft_gpu_order wanted_order(void)
{
	const char *typed = state.value[WEFT_OPTION_GPU_ORDER];

	return typed[0] ? weft_gpu_order_parse(typed) : state.order;
}

/* Order each *_VISIBLE_DEVICES there is; global becomes the ordered list. */
static void order_visible(spank_t spank, const struct weft_inventory *inv,
			  char global[LIST_SIZE])
{
	static const char *const names[] = { "CUDA_VISIBLE_DEVICES",
					     "ROCR_VISIBLE_DEVICES" };
	char visible[LIST_SIZE], ordered[LIST_SIZE], order[LIST_SIZE];
	bool any = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!task_env(spank, names[i], visible) ||
		    !weft_task_order(inv, wanted_order(), visible, global,
				     ordered, order, LIST_SIZE))
			continue;
		spank_setenv(spank, names[i], ordered, 1);
		any = true;
	}
	if (any)
		memcpy(global, order, strlen(order) + 1);
}

/* WEFT_NIC_0=mlx5_2: the NIC nearest to the first visible GPU, and so on. */
static void describe(spank_t spank, const struct weft_inventory *inv,
		     const char *global)
{
	int32_t nic_idx[WEFT_GPUS_MAX];
	uint32_t place = 0;

	weft_rails_nearest(inv, nic_idx);
	spank_setenv(spank, "WEFT_GPUS", global, 1);
	if (inv->domain[0])
		spank_setenv(spank, "WEFT_NVLINK_DOMAIN", inv->domain, 1);
	for (const char *p = global; p && *p; place++) {
		unsigned long gpu = strtoul(p, NULL, 10);
		int32_t nic = gpu < inv->gpu_count ? nic_idx[gpu] : -1;
		char name[32];

		if (nic >= 0) {
			snprintf(name, sizeof(name), "WEFT_NIC_%u", place);
			spank_setenv(spank, name, inv->nic[nic].name, 1);
		}
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
}

/*
 * Where the machine shows NCCL a wrong topology the site has a file of the
 * right one; a user's own choice stays, and a file that the user cannot read
 * would make NCCL fail.
 */
static void name_nccl_file(spank_t spank)
{
	const char *path = getenv(NCCL_ENV);
	char own[LIST_SIZE];

	if (path && !task_env(spank, "NCCL_TOPO_FILE", own) &&
	    access(path, R_OK) == 0)
		spank_setenv(spank, "NCCL_TOPO_FILE", path, 0);
}

/* CPUs are bound unless the user said how: --cpu-bind=none is an answer. */
static bool may_bind_cpus(spank_t spank)
{
	char type[LIST_SIZE];

	return !task_env(spank, "SLURM_CPU_BIND_TYPE", type);
}

int slurm_spank_task_init(spank_t spank, int argc, char **argv)
{
	const char *report = getenv(REPORT_ENV);
	struct weft_inventory *inv;
	struct weft_err err = WEFT_ERR_INIT;
	char global[LIST_SIZE];

	if (!spank_remote(spank) || !report || !global_list(spank, global) ||
	    !weft_task_gpus(global))
		return ESPANK_SUCCESS;
	if (weft_report_parse(report, &inv, NULL, &err)) {
		slurm_debug("weft: %s", err.msg);
		return ESPANK_SUCCESS;
	}
	order_visible(spank, inv, global);
	describe(spank, inv, global);
	name_nccl_file(spank);
	if (state.bind && getenv(LIVE_ENV))
		weft_task_bind(weft_task_numas(inv, weft_task_gpus(global)),
			       may_bind_cpus(spank));
	weft_inventory_destroy(inv);
	return ESPANK_SUCCESS;
}
