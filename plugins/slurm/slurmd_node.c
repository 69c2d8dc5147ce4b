/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmd_node.c - see slurmd_node.h
 *
 * Slurm numbers cores by socket, then core ("abstract"); the kernel numbers
 * CPUs as the firmware listed them ("machine").  slurmd keeps the map and
 * hands out both directions: src/slurmd/common/xcpuinfo.c.  The symbols are
 * weak since the same .so is loaded into slurmctld and slurmstepd.
 */
#include "plugins/slurm/slurmd_node.h"

#include "src/slurmd/slurmd/slurmd.h"

extern slurmd_conf_t *conf __attribute__((weak));
extern int xcpuinfo_abs_to_mac(char *abs, char **mac) __attribute__((weak));

bool weft_slurmd_node_get(struct weft_slurmd_node *ret_node)
{
	if (!running_in_slurmd() || !&conf || !conf || !conf->node_name)
		return false;
	ret_node->name = conf->node_name;
	ret_node->core_count = (uint32_t)conf->conf_sockets * conf->conf_cores;
	ret_node->socket_cores = conf->conf_cores;
	if (!ret_node->core_count) {
		ret_node->core_count = (uint32_t)conf->sockets * conf->cores;
		ret_node->socket_cores = conf->cores;
	}
	return ret_node->core_count > 0;
}

bitstr_t *weft_slurmd_cores_of(const node_config_load_t *config,
			       const struct weft_idxset *pus,
			       uint32_t core_count)
{
	bitstr_t *machine, *cores = NULL;
	char *range, *abs = NULL;

	if (!config->xcpuinfo_mac_to_abs || !pus || !conf->block_map_size)
		return NULL;
	machine = bit_alloc(conf->block_map_size);
	weft_idxset_foreach(pus, cpu) {
		if (cpu >= conf->block_map_size) {
			FREE_NULL_BITMAP(machine);
			return NULL;
		}
		bit_set(machine, cpu);
	}
	range = bit_fmt_full(machine);
	FREE_NULL_BITMAP(machine);
	if (range && range[0] &&
	    config->xcpuinfo_mac_to_abs(range, &abs) == SLURM_SUCCESS &&
	    abs && abs[0]) {
		cores = bit_alloc(core_count);
		if (bit_unfmt(cores, abs) || bit_ffs(cores) < 0)
			FREE_NULL_BITMAP(cores);
	}
	xfree(range);
	xfree(abs);
	return cores;
}

bitstr_t *weft_slurmd_cpus_of(const char *cores, uint32_t cpu_count)
{
	bitstr_t *cpus = NULL;
	char *abs = xstrdup(cores), *mac = NULL;

	if (xcpuinfo_abs_to_mac &&
	    xcpuinfo_abs_to_mac(abs, &mac) == SLURM_SUCCESS && mac) {
		cpus = bit_alloc(cpu_count);
		if (bit_unfmt(cpus, mac))
			FREE_NULL_BITMAP(cpus);
	}
	xfree(abs);
	xfree(mac);
	return cpus;
}

bool weft_slurm_hostlist_has(const char *list, const char *name)
{
	weft_slurm_hostlist hosts = hostlist_create(list);
	bool found = hosts && hostlist_find(hosts, name) >= 0;

	if (hosts)
		hostlist_destroy(hosts);
	return found;
}
