/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - gres_nvlink.so (GresTypes=gpu,nvlink)
 *
 * There is nothing to allocate here: no node has Gres=nvlink.  The name is the
 * door through which Slurm lets a plugin see every GRES of the node while it
 * registers, and through which a message of ours reaches slurmctld.
 *
 * In slurmd, at start and at each reconfigure: find the devices (source.h),
 * complete the gpu records (complete.h), say what differs, and put the
 * inventory as one word (gres/report.h) into the Type of the one nvlink record
 * of the list, which slurmd sends along with its registration.  slurmctld
 * keeps it in the node's gres_list as the name of a type of which there are
 * none; plugins/slurm/node_fabric.c reads it there.  So the scheduler knows
 * the links and the NVLink domain of every node without a file to keep in
 * step, and learns of new hardware when slurmd starts again.
 *
 * In slurmstepd the same word arrives over Slurm's own channel between the
 * two (send_stepd, recv_stepd) and is left in the process' environment for
 * the SPANK plugin, which orders the GPUs of each task.
 *
 * Nothing here makes slurmd stop: on any failure one line is logged and the
 * GPUs stay as slurm.conf and gres.conf have them.
 *
 * Source: src/{common,interfaces}/gres.c, gres_g_node_config_load() and
 * _node_config_validate().
 */
#include <stdlib.h>
#include <time.h>

#include "plugins/gres/complete.h"
#include "plugins/gres/source.h"

#include "gres/report.h"

const char plugin_name[] = "Weft GPU fabric";
const char plugin_type[] = "gres/nvlink";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

/* What the SPANK plugin reads in slurmstepd's own environment. */
#define REPORT_ENV "WEFT_NODE_REPORT"
#define LIVE_ENV "WEFT_NODE_LIVE"	/* set if it is of this very machine */
#define NCCL_ENV "WEFT_NODE_NCCL"	/* what NCCL_TOPO_FILE should be, if anything */

extern int init(void);
extern int fini(void);
extern int gres_p_node_config_load(struct xlist *records,
				   node_config_load_t *config);
extern void gres_p_job_set_env(char ***env, bitstr_t *bits, uint64_t count,
			       gres_internal_flags_t flags);
extern void gres_p_step_set_env(char ***env, bitstr_t *bits, uint64_t count,
				gres_internal_flags_t flags);
extern void gres_p_task_set_env(char ***env, bitstr_t *bits, uint64_t count,
				bitstr_t *usable, gres_internal_flags_t flags);
extern void gres_p_send_stepd(buf_t *buffer);
extern void gres_p_recv_stepd(buf_t *buffer);
extern struct xlist *gres_p_get_devices(void);
extern void gres_p_step_hardware_init(bitstr_t *usable, char *settings);
extern void gres_p_step_hardware_fini(void);

/* Of slurmd; Slurm calls in under its gres_context_lock. */
static struct weft_gres_source source;
static char *report;	/* malloc()ed; NULL: nothing known */

int init(void)
{
	return SLURM_SUCCESS;
}

int fini(void)
{
	free(report);
	report = NULL;
	return SLURM_SUCCESS;
}

static int find_nvlink(void *x, void *key)
{
	gres_slurmd_conf_t *rec = x;

	return !xstrcmp(rec->name, "nvlink");
}

/* Make the report and put it into the list's nvlink record. */
static void send_report(struct xlist *records, const node_config_load_t *config,
			const struct weft_inventory *inv)
{
	gres_slurmd_conf_t *rec = list_find_first(records, find_nvlink, NULL);
	struct weft_buf buf;

	free(report);
	report = NULL;
	weft_buf_init(&buf, WEFT_REPORT_LIMIT);
	if (weft_report_format(inv, (uint64_t)time(NULL), &buf) == 0)
		report = weft_buf_steal(&buf);
	weft_buf_fini(&buf);
	if (!report) {
		error("gres/nvlink: the inventory is too large to report");
		return;
	}
	if (rec && rec->count) {
		error("gres/nvlink: take nvlink out of Gres= in slurm.conf (GresTypes=gpu,nvlink is enough): the NVLink domain is not reported");
		return;
	}
	if (!rec) {
		rec = xmalloc(sizeof(*rec));
		rec->name = xstrdup("nvlink");
		rec->plugin_id = gres_build_id(rec->name);
		rec->cpu_cnt = config->cpu_cnt;
		list_append(records, rec);
	}
	rec->count = 1;
	rec->config_flags = GRES_CONF_HAS_TYPE;
	rec->type_name = xstrdup(report);
}

static void complete(struct xlist *records, const node_config_load_t *config,
		     const struct weft_slurmd_node *node,
		     const struct weft_inventory *inv)
{
	struct weft_complete what = {
		.inv = inv,
		.config = config,
		.core_count = node->core_count,
		.socket_cores = node->socket_cores,
		.live = !source.path[0],
	};
	struct weft_inventory *seen;
	struct weft_err err = WEFT_ERR_INIT;
	uint32_t filled;

	weft_complete_compare(records, inv, node->name);
	filled = inv->gpu_count ? weft_complete_gpus(records, &what) : 0;
	info("gres/nvlink: %s: %u GPUs from %s, cores given to %u, NVLink domain %s%s%s",
	     node->name, inv->gpu_count,
	     source.path[0] ? source.path : inv->source, filled,
	     inv->domain[0] ? inv->domain : "unknown",
	     inv->note[0] ? "; " : "", inv->note);
	/* The controller counts GPUs by Slurm's bits, not by the driver's. */
	if (weft_inventory_project(inv, what.gpu_of_bit, what.bit_count, &seen,
				   &err)) {
		error("gres/nvlink: %s: %s", node->name, err.msg);
		return;
	}
	send_report(records, config, seen);
	weft_inventory_destroy(seen);
}

int gres_p_node_config_load(struct xlist *records, node_config_load_t *config)
{
	struct weft_slurmd_node node;
	struct weft_inventory *inv;
	struct weft_err err = WEFT_ERR_INIT;

	if (!config->in_slurmd || !weft_slurmd_node_get(&node))
		return SLURM_SUCCESS;
	if (weft_gres_source_read(&source, node.name, &err))
		error("gres/nvlink: %s: %s; %s", node.name, err.msg,
		      source.path[0] ? "the previous source stays" :
				       "the machine itself is asked instead");
	if (weft_gres_source_load(&source, &inv, &err)) {
		free(report);
		report = NULL;
		error("gres/nvlink: %s: %s; the GPUs stay as slurm.conf and gres.conf have them, without cores and links",
		      node.name, err.msg);
		return SLURM_SUCCESS;
	}
	complete(records, config, &node, inv);
	weft_inventory_destroy(inv);
	return SLURM_SUCCESS;
}

/* ---- slurmd to slurmstepd ----------------------------------------------- */

void gres_p_send_stepd(buf_t *buffer)
{
	char live[] = "1", *is_live = NULL;
	char *nccl = source.nccl[0] ? source.nccl : NULL;

	if (report && !source.path[0])
		is_live = live;
	packstr(report, buffer);
	packstr(is_live, buffer);
	packstr(nccl, buffer);
}

static void take_env(const char *name, buf_t *buffer)
{
	char *text = NULL;

	if (!weft_slurm_unpackstr(&text, buffer))
		return;
	if (text)
		setenv(name, text, 1);
	else
		unsetenv(name);
	xfree(text);
}

void gres_p_recv_stepd(buf_t *buffer)
{
	take_env(REPORT_ENV, buffer);
	take_env(LIVE_ENV, buffer);
	take_env(NCCL_ENV, buffer);
}

/* ---- nothing is ever allocated ------------------------------------------ */

void gres_p_job_set_env(char ***env, bitstr_t *bits, uint64_t count,
			gres_internal_flags_t flags)
{
}

void gres_p_step_set_env(char ***env, bitstr_t *bits, uint64_t count,
			 gres_internal_flags_t flags)
{
}

void gres_p_task_set_env(char ***env, bitstr_t *bits, uint64_t count,
			 bitstr_t *usable, gres_internal_flags_t flags)
{
}

struct xlist *gres_p_get_devices(void)
{
	return NULL;
}

void gres_p_step_hardware_init(bitstr_t *usable, char *settings)
{
}

void gres_p_step_hardware_fini(void)
{
}

WEFT_SLURM_GRES_IDLE_SYMBOLS
