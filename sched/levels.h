/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels.h - who says which nodes stand together, and the tree made of it
 *
 * Three may say it: the site in weft.json (section "fabric"), Slurm's
 * topology.conf or topology.yaml, and the nodes themselves (gres/nvlink).
 * What the site says of a node wins over its topology, and that over what
 * the node says; leaf switch and NVLink domain are separate questions.
 */
#ifndef WEFT_SCHED_LEVELS_H
#define WEFT_SCHED_LEVELS_H

#include <stddef.h>

#include "lib/json.h"
#include "sched/fabric.h"

#define WEFT_LEVELS_GROUPS_MAX 65536
#define WEFT_LEVELS_SWITCHES_MAX 16384
#define WEFT_LEVELS_NAMES_MAX 4000000	/* of nodes and switches, all groups */
#define WEFT_LEVELS_TEXT_MAX (16u << 20)

enum weft_said_by {
	WEFT_SAID_BY_SITE,
	WEFT_SAID_BY_TOPOLOGY,
	WEFT_SAID_BY_NODE,
	WEFT_SAID_BY_COUNT
};

struct weft_level_group {
	enum weft_said_by by;
	bool is_domain;		/* an NVLink domain, else a switch */
	unsigned int line;	/* of its file, 0: none */
	char *name;
	char *nodes;		/* hostlist of what is right below, or NULL */
	char *switches;		/* hostlist of switches right below, or NULL */
};

struct weft_levels {
	struct weft_level_group *group;
	uint32_t count, cap;
};

void weft_levels_fini(struct weft_levels *levels);

/* One group; texts are copied.  -EINVAL for a list that is none, -E2BIG. */
int weft_levels_add(struct weft_levels *levels,
		    const struct weft_level_group *group, struct weft_err *err);

/*
 * "fabric": {"domains": [{"name", "nodes"}], "switches": [...]} of weft.json;
 * no such section gives nothing.  -EINVAL with the position, also for a node
 * in two domains.  On failure *levels is as before.
 */
int weft_levels_read_json(struct weft_levels *levels,
			  const struct weft_json *doc, struct weft_err *err);

/*
 * topology.conf: SwitchName= lines of topology/tree, or BlockName= and
 * BlockSizes= of topology/block (24.11): a block is an NVLink domain, and
 * what larger BlockSizes gather is a switch named "first..last".  -EINVAL
 * with "name:line: ...".  On failure *levels is as before.
 */
int weft_levels_read_topology(struct weft_levels *levels, const char *name,
			      const char *text, size_t len,
			      struct weft_err *err);

/*
 * topology.yaml of Slurm 25.05: the topology marked cluster_default, else the
 * first.  In libweftsite.la, which needs libyaml.
 */
int weft_levels_read_yaml(struct weft_levels *levels, const char *name,
			  const char *text, size_t len, struct weft_err *err);

/* What the building had to pass over; first_* are "" if nothing. */
struct weft_levels_report {
	uint32_t unknown_count;		/* names of nodes that do not exist */
	uint32_t conflict_count;	/* nodes in two groups of one kind */
	char first_unknown[64];
	char first_conflict[192];
};

/* The index of a node's name, UINT32_MAX if there is none. */
typedef uint32_t (*weft_node_find)(void *arg, const char *name);

/*
 * The tree over the caller's nodes.  A node named in two groups of one source
 * stays in the first.  report may be NULL.
 */
int weft_levels_build(const struct weft_levels *levels, uint32_t node_count,
		      weft_node_find find, void *arg,
		      struct weft_fabric **ret_fabric,
		      struct weft_levels_report *report, struct weft_err *err);

/* The domain that this source gives the node, or NULL. */
const char *weft_levels_domain(const struct weft_levels *levels,
			       enum weft_said_by by, const char *node);

#endif
