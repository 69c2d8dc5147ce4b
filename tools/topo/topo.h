/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo.h - a node's devices for people, and for the files that Slurm wants
 *
 * Pure functions from inventories to text: they add to a weft_buf and the
 * caller checks weft_buf_error() once.  command.c is the one that reads files
 * and prints.
 */
#ifndef WEFT_TOOLS_TOPO_TOPO_H
#define WEFT_TOOLS_TOPO_TOPO_H

#include "gres/pick.h"
#include "lib/buf.h"

struct topo_style {
	bool color;	/* the terminal knows ANSI colours */
	bool unicode;	/* and box-drawing characters */
	uint32_t width;	/* its columns */
};

/* GPUs to set apart in a picture; both may be 0. */
struct topo_marks {
	weft_gpuset_t chosen, busy;
};

/* "450", "12.5": GB/s of a number of MB/s. */
void topo_format_gbps(char text[16], uint64_t mbps);
/* "0,3-5" of a set. */
void topo_format_gpus(weft_gpuset_t gpus, struct weft_buf *buf);
/* The reverse; false unless it is a list of indices below 64. */
bool topo_parse_gpus(const char *text, weft_gpuset_t *ret_gpus);

/* show.c: the machine, its places, then topo_matrix(). */
void topo_show(const struct weft_inventory *inv, const char *name,
	       const struct topo_style *style, struct weft_buf *buf);
/* matrix.c: who is linked to whom, and how fast. */
void topo_matrix(const struct weft_inventory *inv,
		 const struct topo_marks *marks, const struct topo_style *style,
		 struct weft_buf *buf);
/* svg.c: the same as a drawing. */
void topo_svg(const struct weft_inventory *inv, const char *name,
	      struct weft_buf *buf);
/*
 * The same as a part of a larger one, at x and y, shrunk to max_width if it is
 * wider; returns its height there.
 */
uint32_t topo_svg_inside(const struct weft_inventory *inv, const char *name,
			 uint32_t x, uint32_t y, uint32_t max_width,
			 struct weft_buf *buf);
/* A line of text with a class of the style sheet; what XML wants is escaped. */
void topo_svg_text(struct weft_buf *buf, uint32_t x, uint32_t y,
		   const char *class, const char *text);
void topo_svg_escape(struct weft_buf *buf, const char *text);

struct json_object;
/* pick.c: the set as an array of indices; the caller's. */
struct json_object *topo_json_gpus(weft_gpuset_t gpus);

/* pick.c: choose and explain; false if fewer than count are free. */
struct topo_pick_ask {
	uint32_t count;
	weft_gpuset_t busy;
	enum weft_pick_goal goal;
	bool json;
};
bool topo_pick(const struct weft_inventory *inv,
	       const struct weft_picker *picker, const struct topo_pick_ask *ask,
	       const struct topo_style *style, struct weft_buf *buf);

/*
 * gres_conf.c: gres.conf lines of a node, NodeName= left out if node is NULL.
 * links: with Links=, which helps Slurm before 24.05 only.
 */
void topo_gres_conf(const struct weft_inventory *inv, const char *node,
		    bool links, struct weft_buf *buf);

/* topology_conf.c: many nodes by the NVLink domain that each reports. */
struct topo_node {
	const char *name;
	const char *domain;	/* "" if it is in none */
};
enum topo_form { TOPO_TREE, TOPO_BLOCK, TOPO_YAML, TOPO_YAML_TREE };
int topo_topology_conf(const struct topo_node *nodes, uint32_t count,
		       enum topo_form form, struct weft_buf *buf,
		       struct weft_err *err);

/*
 * hostlist.c: "n[1-3,7],login" of names, sorted, each once; order[] of the
 * caller is not changed.
 */
int topo_hostlist(const char *const *names, uint32_t count,
		  struct weft_buf *buf);

/* cluster.c: what slurmctld knows of all nodes.  Strings are owned. */
#define TOPO_HARDWARE_UNKNOWN UINT32_MAX

enum topo_node_state {
	TOPO_NODE_UP,
	TOPO_NODE_DRAINED,		/* runs what it has, takes no more */
	TOPO_NODE_DOWN,
};

struct topo_cluster_node {
	char *name;
	char *domain;			/* NVLink domain, "" none known */
	char *leaf;			/* switch right above it, "" none known */
	enum topo_node_state state;
	uint32_t hardware_idx;		/* or TOPO_HARDWARE_UNKNOWN */
	uint32_t gpu_count;		/* as slurm.conf has it */
	weft_gpuset_t busy;		/* held by jobs */
};

struct topo_hardware {
	char *id;
	struct weft_inventory *inv;	/* in the order of Slurm's GPUs */
};

struct topo_cluster {
	char *name;
	uint32_t node_count, hardware_count;
	struct topo_cluster_node *node;
	struct topo_hardware *hardware;
};

void topo_cluster_destroy(struct topo_cluster *cluster);
/* NULL if there is no such node. */
const struct topo_cluster_node *
topo_cluster_find(const struct topo_cluster *cluster, const char *name);
/* Domains, every node, each hardware once.  -ENOMEM. */
int topo_cluster_show(const struct topo_cluster *cluster, bool json,
		      const struct topo_style *style, struct weft_buf *buf);

/*
 * groups.c: the nodes in the order of a picture: by leaf, NVLink domain and
 * name, what has none last.  A group is a run of nodes with one leaf and one
 * domain.  Everything is borrowed from the cluster but the arrays.
 */
struct topo_group {
	const char *leaf, *domain;
	uint32_t first, count;		/* in node[] */
	bool new_leaf;			/* the group before has another */
	uint32_t leaf_end;		/* the group after the last with this leaf */
};

struct topo_groups {
	const struct topo_cluster_node **node;
	struct topo_group *group;
	uint32_t node_count, count;
};

/* What some of the nodes have together. */
struct topo_sum {
	uint32_t node_count, gpu_count, busy_count;
};

int topo_groups_init(struct topo_groups *groups,
		     const struct topo_cluster *cluster);	/* -ENOMEM */
void topo_groups_fini(struct topo_groups *groups);
/* Of the groups first .. end - 1. */
struct topo_sum topo_groups_sum(const struct topo_groups *groups,
				uint32_t first, uint32_t end);

/* cluster_draw.c, cluster_svg.c: every GPU of every node, and who has it. */
void topo_cluster_draw(const struct topo_groups *groups,
		       const struct topo_style *style, struct weft_buf *buf);
int topo_cluster_svg(const struct topo_cluster *cluster, struct weft_buf *buf);

/*
 * command.c: `weft topo ...`, argv[0] is "topo"; an exit code.  ask asks
 * slurmctld: 0 and a cluster of the caller's, or -errno and why not; NULL
 * where the build has no Slurm.
 */
typedef int (*topo_load_fn)(struct topo_cluster **ret_cluster,
			    struct weft_err *err);
int topo_command(int argc, char **argv, topo_load_fn ask);

#endif
