/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_conf.c - see site.h: slurm.conf
 *
 * Lines in their order: NodeName, NodeSet, PartitionName, DownNodes and
 * Include are acted on, every other setting is remembered by its key.
 * NodeName=DEFAULT and PartitionName=DEFAULT set values for the lines after
 * them, and a second one adds to the first, as Slurm merges them.
 *
 * A node's CPUs, where not said, are boards * sockets * cores * threads.
 * Nodes of a partition may be a list, names of NodeSets, or ALL; they are
 * resolved when all files are read.  Names of nodes that do not exist are
 * passed over with a note, as slurmctld does with a line in its log.
 *
 * Left out: who may use a partition (accounts, groups, QOS), front ends.
 *
 * Source: Slurm, src/common/read_config.c (_parse_nodename,
 * _parse_partitionname), src/slurmctld/partition_mgr.c.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/hostlist.h"
#include "sched/site_impl.h"

#define DEPTH_MAX 8
#define DEFAULTS_MAX 128
#define NODESETS_MAX 4096
#define NUMBER_MAX UINT32_MAX

/* Values of the DEFAULT lines of one kind. */
struct defaults {
	uint32_t count;
	struct weft_site_setting item[DEFAULTS_MAX];
};

struct reading {
	struct weft_site *site;
	const struct weft_site_files *files;
	struct weft_conf_lines *lines;
	struct defaults nodes, partitions;
	struct defaults *defaults;	/* of the present line's kind */
	struct weft_err *err;
	struct weft_site_node model;	/* of the present NodeName line */
	const char *gres, *features;
	uint32_t names_left;
};

static int complain(const struct reading *r, const char *text, const char *what)
{
	return weft_conf_lines_complain(r->lines, r->err, EINVAL, "%s %s", text,
					what);
}

static int set_default(struct defaults *d, const struct weft_conf_pair *pair)
{
	char *copy = strdup(pair->value);

	if (!copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->count; i++) {
		if (!strcasecmp(d->item[i].key, pair->key)) {
			free(d->item[i].value);
			d->item[i].value = copy;
			return 0;
		}
	}
	if (d->count == DEFAULTS_MAX) {
		free(copy);
		return -E2BIG;
	}
	d->item[d->count].key = strdup(pair->key);
	d->item[d->count].value = copy;
	if (!d->item[d->count].key) {
		free(copy);
		return -ENOMEM;
	}
	d->count++;
	return 0;
}

static void defaults_fini(struct defaults *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		free(d->item[i].key);
		free(d->item[i].value);
	}
}

/* All but the line's first pair, NodeName=DEFAULT itself. */
static int read_defaults(struct reading *r)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < r->lines->count; i++)
		if (strcasecmp(r->lines->pair[i].value, "DEFAULT") ||
		    strcasecmp(r->lines->pair[i].key, r->lines->pair[0].key))
			rc = set_default(r->defaults, &r->lines->pair[i]);
	return rc ? weft_conf_lines_complain(r->lines, r->err, -rc,
					     "too many defaults, or no memory") : 0;
}

/* The line's value, or else the default's, or NULL. */
static const char *get(const struct reading *r, const char *key)
{
	const char *value = weft_conf_lines_get(r->lines, key);

	for (uint32_t i = 0; !value && i < r->defaults->count; i++)
		if (!strcasecmp(r->defaults->item[i].key, key))
			value = r->defaults->item[i].value;
	return value;
}

/* A number, if the key is given; words like INFINITE are UINT32_MAX. */
static int get_number(const struct reading *r, const char *key,
		      uint32_t *value)
{
	const char *text = get(r, key);
	uint64_t number;

	if (!text)
		return 0;
	if (!strcasecmp(text, "INFINITE") || !strcasecmp(text, "UNLIMITED") ||
	    !strcmp(text, "-1")) {
		*value = UINT32_MAX;
		return 0;
	}
	if (!weft_site_read_number(text, NUMBER_MAX, &number))
		return weft_conf_lines_complain(r->lines, r->err, EINVAL,
						"%s=%s: a number expected", key,
						text);
	*value = (uint32_t)number;
	return 0;
}

static int get_time(const struct reading *r, const char *key, uint32_t *sec)
{
	const char *text = get(r, key);

	if (text && strcasecmp(text, "NONE") && !weft_site_read_time(text, sec))
		return weft_conf_lines_complain(r->lines, r->err, EINVAL,
						"%s=%s: a time like 90, 2:00:00 or 1-12 expected",
						key, text);
	return 0;
}

static int get_memory(const struct reading *r, const char *key, uint64_t *mib)
{
	const char *text = get(r, key);

	if (text && (!strcasecmp(text, "UNLIMITED") ||
		     !strcasecmp(text, "INFINITE"))) {
		*mib = 0;
		return 0;
	}
	if (text && !weft_site_read_memory(text, mib))
		return weft_conf_lines_complain(r->lines, r->err, EINVAL,
						"%s=%s: megabytes expected",
						key, text);
	return 0;
}

static int no_memory(const struct reading *r)
{
	return weft_conf_lines_complain(r->lines, r->err, ENOMEM,
					"no memory, or too many lines");
}

/* ---- nodes ---------------------------------------------------------------- */

/*
 * What the layout makes of CPUs: as many as told if that many sockets, cores
 * or threads there are, else all threads.  Sockets not told follow from CPUs.
 */
static void set_cpus(struct weft_site_node *n, uint32_t cpus, bool has_sockets)
{
	uint64_t per_socket = (uint64_t)n->cores_per_socket *
		n->threads_per_core;
	uint64_t all;

	if (cpus && !has_sockets && cpus >= per_socket)
		n->sockets = (uint32_t)(cpus / per_socket);
	all = per_socket * n->sockets;
	n->cpus = all > UINT16_MAX ? UINT16_MAX : (uint32_t)all;
	if (cpus && (cpus == n->sockets ||
		     cpus == (uint64_t)n->sockets * n->cores_per_socket ||
		     cpus == all))
		n->cpus = cpus;
}

static int read_layout(struct reading *r, struct weft_site_node *n)
{
	uint32_t boards = 1, sockets_per_board = 0, sockets = 0, cpus = 0;
	int rc = get_number(r, "Procs", &cpus);

	if (rc == 0)
		rc = get_number(r, "CPUs", &cpus);
	if (rc == 0)
		rc = get_number(r, "Boards", &boards);
	if (rc == 0)
		rc = get_number(r, "Sockets", &sockets);
	if (rc == 0)
		rc = get_number(r, "SocketsPerBoard", &sockets_per_board);
	if (rc == 0)
		rc = get_number(r, "CoresPerSocket", &n->cores_per_socket);
	if (rc == 0)
		rc = get_number(r, "ThreadsPerCore", &n->threads_per_core);
	if (rc)
		return rc;
	if (boards > UINT16_MAX || sockets > UINT16_MAX || cpus > UINT16_MAX ||
	    sockets_per_board > UINT16_MAX || n->cores_per_socket > UINT16_MAX ||
	    n->threads_per_core > UINT16_MAX)
		return complain(r, "NodeName:", "a count of CPUs over 65535");
	n->cores_per_socket += !n->cores_per_socket;
	n->threads_per_core += !n->threads_per_core;
	if (sockets_per_board)
		sockets = (boards ? boards : 1) * sockets_per_board;
	n->sockets = sockets ? sockets : 1;
	set_cpus(n, cpus, sockets != 0);
	return 0;
}

static int add_node(void *arg, const char *name)
{
	struct reading *r = arg;
	struct weft_site_node *node;
	struct weft_err why = WEFT_ERR_INIT;
	const char *own;
	int rc;

	if (r->names_left)
		r->names_left--;
	rc = weft_site_new_node(r->site, name, &node, &why);
	if (rc)
		return weft_conf_lines_complain(r->lines, r->err, -rc, "%s",
						why.msg);
	own = node->name;
	*node = r->model;
	node->name = own;
	node->features = r->features ? strdup(r->features) : NULL;
	if (r->features && !node->features)
		return weft_conf_lines_complain(r->lines, r->err, ENOMEM,
						"no memory for nodes");
	if (r->gres) {
		rc = weft_site_set_gres(r->site, node, r->gres, &why);
		if (rc)
			return weft_conf_lines_complain(r->lines, r->err, -rc,
							"%s", why.msg);
	}
	return 0;
}

static int read_nodes(struct reading *r, const char *names)
{
	struct weft_err why = WEFT_ERR_INIT;
	struct weft_site_node n = {
		.sockets = 1, .cores_per_socket = 1, .threads_per_core = 1,
		.mem_mib = 1, .weight = 1,
	};
	const char *state;
	int rc;

	r->defaults = &r->nodes;
	if (!strcasecmp(names, "DEFAULT"))
		return read_defaults(r);
	rc = read_layout(r, &n);
	if (rc == 0)
		rc = get_memory(r, "RealMemory", &n.mem_mib);
	if (rc == 0)
		rc = get_number(r, "Weight", &n.weight);
	if (rc)
		return rc;
	state = get(r, "State");
	n.usable = !state || weft_site_is_usable(state);
	r->gres = get(r, "Gres");
	r->features = get(r, "Features");
	if (!r->features)
		r->features = get(r, "Feature");
	if (r->features && strlen(r->features) > WEFT_SITE_FEATURES_MAX)
		return complain(r, "Features:", "too long");
	r->model = n;
	r->err->msg[0] = '\0';
	rc = weft_hostlist_each(names, r->names_left, add_node, r, &why);
	if (rc && !r->err->msg[0])
		return weft_conf_lines_complain(r->lines, r->err, -rc,
						"NodeName: %s", why.msg);
	return rc;
}

static int set_down(void *arg, const char *name)
{
	struct reading *r = arg;
	uint32_t idx = weft_site_find_node(r->site, name);

	if (idx != UINT32_MAX)
		r->site->node[idx].usable = false;
	return 0;
}

static int read_down(struct reading *r, const char *names)
{
	const char *state = weft_conf_lines_get(r->lines, "State");
	struct weft_err why = WEFT_ERR_INIT;
	int rc;

	if (state && weft_site_is_usable(state))
		return 0;
	rc = weft_hostlist_each(names, WEFT_SITE_NODES_MAX, set_down, r, &why);
	return rc ? weft_conf_lines_complain(r->lines, r->err, -rc,
					     "DownNodes: %s", why.msg) : 0;
}

static int read_nodeset(struct reading *r, const char *name)
{
	const char *nodes = weft_conf_lines_get(r->lines, "Nodes");
	const char *feature = weft_conf_lines_get(r->lines, "Feature");
	struct weft_site_group *more, *to;

	if (!nodes && !feature)
		return complain(r, "NodeSet:", "Nodes or Feature expected");
	more = r->site->nodeset_count < NODESETS_MAX ?
		realloc(r->site->nodeset,
			(r->site->nodeset_count + 1) * sizeof(*more)) : NULL;
	if (!more)
		return no_memory(r);
	r->site->nodeset = more;
	to = &more[r->site->nodeset_count++];
	*to = (struct weft_site_group) {
		.name = strdup(name),
		.nodes = nodes ? strdup(nodes) : NULL,
		.feature = feature ? strdup(feature) : NULL,
	};
	if (!to->name || (nodes && !to->nodes) || (feature && !to->feature))
		return no_memory(r);
	return 0;
}

/* ---- partitions ------------------------------------------------------------ */

/* "FORCE:4" */
static int read_oversubscribe(struct reading *r, struct weft_site_partition *p)
{
	static const char *const words[] = { "NO", "EXCLUSIVE", "YES", "FORCE" };
	const char *text = get(r, "OverSubscribe");
	uint64_t share = 4;
	size_t len;

	if (!text)
		text = get(r, "Shared");
	if (!text)
		return 0;
	len = strcspn(text, ":");
	if (text[len] && !weft_site_read_number(text + len + 1, 65535, &share))
		return complain(r, "OverSubscribe: a number expected after", text);
	for (int i = 0; i < 4; i++) {
		if (strlen(words[i]) == len && !strncasecmp(text, words[i], len)) {
			p->oversubscribe = (enum weft_oversubscribe)i;
			p->share_max = i < 2 ? 1 : (uint32_t)share;
			return 0;
		}
	}
	return complain(r, "OverSubscribe: NO, EXCLUSIVE, YES or FORCE expected, not",
			text);
}

static bool is_yes(const char *text)
{
	return text && (!strcasecmp(text, "YES") || !strcasecmp(text, "TRUE") ||
			!strcasecmp(text, "UP") || !strcmp(text, "1"));
}

static int read_priority(struct reading *r, struct weft_site_partition *p)
{
	int rc = get_number(r, "Priority", &p->priority_tier);

	p->priority_factor = p->priority_tier;
	if (rc == 0)
		rc = get_number(r, "PriorityTier", &p->priority_tier);
	if (rc == 0)
		rc = get_number(r, "PriorityJobFactor", &p->priority_factor);
	return rc;
}

static int read_memory_default(struct reading *r, struct weft_site_partition *p)
{
	int rc = get_memory(r, "DefMemPerNode", &p->mem_default_mib);

	if (rc || !get(r, "DefMemPerCPU"))
		return rc;
	p->mem_default_per_cpu = true;
	return get_memory(r, "DefMemPerCPU", &p->mem_default_mib);
}

static int read_partition(struct reading *r, const char *name)
{
	struct weft_site_partition *p;
	struct weft_err why = WEFT_ERR_INIT;
	const char *nodes, *state;
	int rc;

	r->defaults = &r->partitions;
	if (!strcasecmp(name, "DEFAULT"))
		return read_defaults(r);
	rc = weft_site_new_partition(r->site, name, &p, &why);
	if (rc)
		return weft_conf_lines_complain(r->lines, r->err, -rc, "%s",
						why.msg);
	nodes = get(r, "Nodes");
	state = get(r, "State");
	p->node_list = nodes ? strdup(nodes) : NULL;
	if (nodes && !p->node_list)
		return no_memory(r);
	p->is_default = is_yes(get(r, "Default"));
	p->up = !state || !strcasecmp(state, "UP");
	rc = get_time(r, "MaxTime", &p->max_sec);
	p->default_sec = p->max_sec;
	if (rc == 0)
		rc = get_time(r, "DefaultTime", &p->default_sec);
	if (rc == 0)
		rc = get_number(r, "MinNodes", &p->nodes_min);
	if (rc == 0)
		rc = get_number(r, "MaxNodes", &p->nodes_max);
	if (rc == 0)
		rc = get_number(r, "MaxCPUsPerNode", &p->cpus_per_node_max);
	if (rc == 0)
		rc = read_memory_default(r, p);
	if (rc == 0)
		rc = read_priority(r, p);
	return rc ? rc : read_oversubscribe(r, p);
}

/* ---- the file ------------------------------------------------------------- */

static int read_file(struct reading *r, const char *name, const char *text,
		     size_t len, int depth);

static int read_include(struct reading *r, const char *name, int depth)
{
	char *text;
	size_t len;
	int rc;

	if (!r->files || depth >= DEPTH_MAX)
		return complain(r, r->files ? "Include is nested too deep:" :
				"other files are not read here: Include", name);
	rc = r->files->read(r->files->arg, name, &text, &len, r->err);
	if (rc) {
		weft_err_prefix(r->err, "%s:%u", r->lines->name,
				r->lines->line);
		return rc;
	}
	rc = read_file(r, name, text, len, depth + 1);
	free(text);
	return rc;
}

static int read_line(struct reading *r, int depth)
{
	const struct weft_conf_pair *first = &r->lines->pair[0];
	int rc = 0;

	if (!strcasecmp(first->key, "Include"))
		return read_include(r, first->value, depth);
	if (!strcasecmp(first->key, "NodeName"))
		return read_nodes(r, first->value);
	if (!strcasecmp(first->key, "PartitionName"))
		return read_partition(r, first->value);
	if (!strcasecmp(first->key, "NodeSet"))
		return read_nodeset(r, first->value);
	if (!strcasecmp(first->key, "DownNodes"))
		return read_down(r, first->value);
	for (uint32_t i = 0; rc == 0 && i < r->lines->count; i++)
		rc = weft_site_set(r->site, r->lines->pair[i].key,
				   r->lines->pair[i].value, r->err);
	return rc;
}

static int read_file(struct reading *r, const char *name, const char *text,
		     size_t len, int depth)
{
	struct weft_conf_lines lines, *outer = r->lines;
	int rc;

	weft_conf_lines_init(&lines, name, text, len);
	r->lines = &lines;
	while ((rc = weft_conf_lines_next(&lines, r->err)) == 1) {
		rc = read_line(r, depth);
		if (rc)
			break;
	}
	weft_conf_lines_fini(&lines);
	r->lines = outer;
	return rc;
}

int weft_site_add_slurm_conf(struct weft_site *site, const char *name,
			     const char *text, size_t len,
			     const struct weft_site_files *files,
			     struct weft_err *err)
{
	struct weft_err own = WEFT_ERR_INIT;
	struct reading *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return weft_err_set(err, ENOMEM, "%s: no memory", name);
	r->site = site;
	r->files = files;
	r->err = &own;
	r->names_left = WEFT_SITE_NODES_MAX;
	rc = read_file(r, name, text, len, 0);
	if (rc)
		weft_err_set(err, -rc, "%s", own.msg);
	defaults_fini(&r->nodes);
	defaults_fini(&r->partitions);
	free(r);
	return rc;
}
