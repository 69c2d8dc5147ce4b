/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.c - the configuration files of a sandbox
 *
 * slurm.conf is the smallest that lets many slurmds run on one host: %n in
 * every path that two of them would share (TmpFS too: mpi/pmix keeps files
 * there), a port each, and config_overrides so that the hardware is what we
 * say.  What differs between Slurm releases is in write_small().
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "lib/file.h"
#include "tools/sandbox/sandbox.h"

enum { CONF_LIMIT = 4 << 20 };

static int write_file(const struct weft_sandbox *s, const char *name,
		      struct weft_buf *text, unsigned int mode,
		      struct weft_err *err)
{
	char path[PATH_MAX];
	int rc = weft_buf_error(text);

	if (rc)
		rc = weft_err_sys(err, -rc, "%s", name);
	else {
		weft_sandbox_path(s, path, sizeof(path), "etc/%s", name);
		rc = weft_file_replace(path, weft_buf_str(text), text->len, mode,
				       err);
	}
	weft_buf_fini(text);
	return rc;
}

static void add_paths(const struct weft_sandbox *s, struct weft_buf *b)
{
	weft_buf_addf(b,
		"ClusterName=%s\n"
		"SlurmctldHost=localhost(127.0.0.1)\n"
		"SlurmctldPort=%u\n"
		"AuthType=auth/munge\nCredType=cred/munge\n"
		"AuthInfo=socket=%s/run/munge.socket\n",
		s->name, s->port, s->dir);
	weft_buf_addf(b,
		"StateSaveLocation=%s/state\n"
		"SlurmctldPidFile=%s/run/slurmctld.pid\n"
		"SlurmctldLogFile=%s/log/slurmctld.log\n",
		s->dir, s->dir, s->dir);
	weft_buf_addf(b,
		"SlurmdSpoolDir=%s/spool/%%n\n"
		"SlurmdPidFile=%s/run/slurmd.%%n.pid\n"
		"SlurmdLogFile=%s/log/slurmd.%%n.log\n"
		"TmpFS=%s/tmp/%%n\n",
		s->dir, s->dir, s->dir, s->dir);
	weft_buf_addf(b, "PlugStackConfig=%s/etc/plugstack.conf\n", s->dir);
	if (s->plugins)
		weft_buf_addf(b, "PluginDir=%s/plugins:%s\n", s->dir,
			      s->stock_dir);
}

static void add_behaviour(const struct weft_sandbox *s, struct weft_buf *b)
{
	uid_t uid = getuid();

	weft_buf_addf(b, uid ? "SlurmUser=%u\nSlurmdUser=%u\n" :
			       "SlurmUser=root\nSlurmdUser=root\n",
		      (unsigned int)uid, (unsigned int)uid);
	weft_buf_adds(b,
		"ProctrackType=proctrack/linuxproc\n"
		"TaskPlugin=task/none\n"
		"MpiDefault=none\n"
		"SwitchType=switch/none\n"
		"JobAcctGatherType=jobacct_gather/none\n"
		"SlurmdParameters=config_overrides\n"
		"ReturnToService=2\n"
		"SelectType=select/cons_tres\n"
		"SelectTypeParameters=CR_Core_Memory\n"
		"DefMemPerCPU=100\n"
		"MaxJobCount=100000\n"
		"MaxArraySize=100001\n"
		"SlurmctldDebug=info\nSlurmdDebug=info\n");
	weft_buf_addf(b, "SchedulerType=%s\n",
		      s->have_sched ? "sched/weft" : "sched/backfill");
	if (s->gpus)
		weft_buf_addf(b, "GresTypes=%s\n",
			      s->have_gres ? "gpu,nvlink" : "gpu");
	if (s->have_submit)
		weft_buf_adds(b, "JobSubmitPlugins=weft\n");
	if (s->slurmdbd)
		weft_buf_addf(b,
			"AccountingStorageType=accounting_storage/slurmdbd\n"
			"AccountingStorageHost=127.0.0.1\n"
			"AccountingStoragePort=%u\n"
			"AccountingStoragePass=%s/run/munge.socket\n"
			"AccountingStorageTRES=gres/gpu\n", s->port + 1,
			s->dir);
	else
		weft_buf_adds(b, "AccountingStorageType=accounting_storage/none\n");
}

static void add_nodes(const struct weft_sandbox *s, struct weft_buf *b)
{
	uint32_t first = s->port + WEFT_SANDBOX_PORTS_BESIDE;
	uint32_t sockets = s->cpus % 2 ? 1 : 2;

	weft_buf_addf(b, "NodeName=node[0-%u] NodeHostname=localhost "
		"NodeAddr=127.0.0.1 Port=[%u-%u] CPUs=%u Sockets=%u "
		"CoresPerSocket=%u ThreadsPerCore=1 RealMemory=%u",
		s->nodes - 1, first, first + s->nodes - 1, s->cpus, sockets,
		s->cpus / sockets, s->memory_mib);
	if (s->gpus && s->gpu_type[0])
		weft_buf_addf(b, " Gres=gpu:%s:%u", s->gpu_type, s->gpus);
	else if (s->gpus)
		weft_buf_addf(b, " Gres=gpu:%u", s->gpus);
	weft_buf_adds(b, "\nPartitionName=main Nodes=ALL Default=YES "
			 "MaxTime=UNLIMITED State=UP\n");
	if (s->partition)
		weft_buf_addf(b, "PartitionName=%s\n", s->partition);
}

static int add_extra(const struct weft_sandbox *s, struct weft_buf *b,
		     struct weft_err *err)
{
	char *text;
	size_t len;
	int rc;

	if (!s->conf_extra)
		return 0;
	rc = weft_file_read(s->conf_extra, CONF_LIMIT / 2, &text, &len, err);
	if (rc)
		return rc;
	weft_buf_adds(b, "\n");
	weft_buf_add(b, text, len);
	weft_buf_adds(b, "\n");
	free(text);
	return 0;
}

static int write_slurm_conf(const struct weft_sandbox *s, struct weft_err *err)
{
	struct weft_buf b;
	int rc;

	weft_buf_init(&b, CONF_LIMIT);
	add_paths(s, &b);
	add_behaviour(s, &b);
	add_nodes(s, &b);
	rc = add_extra(s, &b, err);
	if (rc) {
		weft_buf_fini(&b);
		return rc;
	}
	return write_file(s, "slurm.conf", &b, 0644, err);
}

static int write_small(const struct weft_sandbox *s, struct weft_err *err)
{
	struct weft_buf b;
	int rc;

	weft_buf_init(&b, CONF_LIMIT);
	if (s->gpus == 1)
		weft_buf_addf(&b, "Name=gpu %s%s File=%s/dev/nvidia0\n",
			      s->gpu_type[0] ? "Type=" : "", s->gpu_type,
			      s->dir);
	else if (s->gpus)
		weft_buf_addf(&b, "Name=gpu %s%s File=%s/dev/nvidia[0-%u]\n",
			      s->gpu_type[0] ? "Type=" : "", s->gpu_type,
			      s->dir, s->gpus - 1);
	rc = write_file(s, "gres.conf", &b, 0644, err);
	if (rc)
		return rc;
	/* 22.05 does not know the word, later ones fail without cgroups. */
	weft_buf_init(&b, CONF_LIMIT);
	if (strtoul(s->release, NULL, 10) >= 23)
		weft_buf_adds(&b, "CgroupPlugin=disabled\n");
	rc = write_file(s, "cgroup.conf", &b, 0644, err);
	if (rc)
		return rc;
	weft_buf_init(&b, CONF_LIMIT);
	if (s->have_spank)
		weft_buf_addf(&b, "required %s/plugins/weft.so\n", s->dir);
	return write_file(s, "plugstack.conf", &b, 0644, err);
}

/* Node i of n in d equal domains: where domain k begins. */
static uint32_t domain_begin(const struct weft_sandbox *s, uint32_t k)
{
	return (uint32_t)((uint64_t)k * s->nodes / s->domains);
}

static void add_string(struct json_object *o, const char *key,
		       const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add_string(struct json_object *o, const char *key,
		       const char *fmt, ...)
{
	char text[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *domains_json(const struct weft_sandbox *s)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t k = 0; k < s->domains; k++) {
		struct json_object *one = json_object_new_object();
		uint32_t from = domain_begin(s, k), to = domain_begin(s, k + 1);

		add_string(one, "name", "d%u", k);
		if (to - from > 1)
			add_string(one, "nodes", "node[%u-%u]", from, to - 1);
		else
			add_string(one, "nodes", "node%u", from);
		json_object_array_add(list, one);
	}
	return list;
}

static struct json_object *sources_json(const struct weft_sandbox *s)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; n < s->nodes && s->topology_count; n++) {
		struct json_object *one = json_object_new_object();

		add_string(one, "names", "node%u", n);
		add_string(one, "source", "%s",
			   s->topology[n % s->topology_count]);
		json_object_array_add(list, one);
	}
	return list;
}

static int write_weft_json(const struct weft_sandbox *s, struct weft_err *err)
{
	struct json_object *root = json_object_new_object();
	struct json_object *section;
	struct weft_buf b;

	if (s->domains) {
		section = json_object_new_object();
		json_object_object_add(section, "domains", domains_json(s));
		json_object_object_add(root, "fabric", section);
	}
	if (s->topology_count) {
		section = json_object_new_object();
		json_object_object_add(section, "nodes", sources_json(s));
		json_object_object_add(root, "gres", section);
	}
	weft_buf_init(&b, CONF_LIMIT);
	weft_buf_addf(&b, "%s\n", json_object_to_json_string_ext(root,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return write_file(s, "weft.json", &b, 0644, err);
}

int weft_sandbox_write_conf(const struct weft_sandbox *s, struct weft_err *err)
{
	int rc = write_slurm_conf(s, err);

	if (!rc)
		rc = write_small(s, err);
	if (!rc && s->plugins)
		rc = write_weft_json(s, err);
	return rc;
}
