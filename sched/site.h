/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site.h - a cluster as its configuration describes it
 *
 * Fed with texts in any of these forms, in this order of preference for what
 * two of them say: weft.json's fabric, slurm.conf, gres.conf, topology.conf
 * or topology.yaml; or what `scontrol show nodes` prints; or one line of
 * numbers.  Then finish() resolves partitions, checks, and builds the fabric
 * tree; weft_site_cluster() lends it as an idle cluster to plan on.
 *
 * Text in, structs out: files are read by weft_site_read() alone.  Messages
 * begin with "file:line:".  What is passed over (a topology's node that does
 * not exist, say) is told in notes, a line each.
 */
#ifndef WEFT_SCHED_SITE_H
#define WEFT_SCHED_SITE_H

#include "lib/buf.h"
#include "lib/names.h"
#include "sched/cluster.h"
#include "sched/levels.h"

#define WEFT_SITE_TEXT_MAX (16u << 20)	/* bytes of one file */
#define WEFT_SITE_NODES_MAX 1000000
#define WEFT_SITE_PARTITIONS_MAX 10000
#define WEFT_SITE_UNLIMITED UINT32_MAX

struct weft_site_node {
	const char *name;		/* the site's */
	uint32_t cpus;			/* as Slurm counts them */
	uint32_t sockets, cores_per_socket, threads_per_core;
	uint64_t mem_mib;
	uint32_t gpus;
	weft_gpuset_t gpus_of_type[WEFT_GPU_TYPES_MAX];	/* by type index */
	uint32_t gpus_untyped;		/* counted in gpus as well */
	char *features;			/* "ib,h100", or NULL */
	char *partitions;		/* as `scontrol show nodes` says, or NULL */
	uint32_t weight;
	bool usable;			/* not DOWN, DRAIN, FAIL or FUTURE */
};

enum weft_oversubscribe {
	WEFT_OVERSUBSCRIBE_NO,
	WEFT_OVERSUBSCRIBE_EXCLUSIVE,	/* whole nodes only */
	WEFT_OVERSUBSCRIBE_YES,
	WEFT_OVERSUBSCRIBE_FORCE,
};

struct weft_site_partition {
	char *name;
	struct weft_idxset *nodes;	/* after finish() */
	char *node_list;		/* as written; NULL: none */
	uint32_t max_sec, default_sec;	/* or WEFT_SITE_UNLIMITED */
	uint32_t nodes_min, nodes_max;	/* or WEFT_SITE_UNLIMITED */
	uint32_t cpus_per_node_max;	/* or WEFT_SITE_UNLIMITED */
	uint64_t mem_default_mib;	/* 0: unlimited */
	bool mem_default_per_cpu;
	uint32_t priority_tier, priority_factor;
	bool is_default;
	bool up;
	enum weft_oversubscribe oversubscribe;
	uint32_t share_max;		/* jobs on one resource, YES and FORCE */
};

struct weft_site {
	uint32_t node_count, node_cap;
	struct weft_site_node *node;
	struct weft_names *node_names;	/* index as in node[] */
	uint32_t partition_count, partition_cap;
	struct weft_site_partition *partition;
	struct weft_names *gpu_types;	/* at most WEFT_GPU_TYPES_MAX */
	struct weft_levels levels;
	struct weft_levels_report passed_over;
	struct weft_fabric *fabric;	/* after finish() */
	struct weft_buf notes;
	struct weft_site_setting *setting;	/* other lines of slurm.conf */
	uint32_t setting_count;
	struct weft_site_group *nodeset;
	uint32_t nodeset_count;
	struct weft_site_loan *loan;	/* what weft_site_cluster() lends */
};

struct weft_site *weft_site_create(void);	/* NULL: no memory */
void weft_site_destroy(struct weft_site *site);

/* "--nodes 121 --gpus 8 --domain 2": equal nodes named node0 ... */
struct weft_site_line {
	uint32_t nodes;
	uint32_t gpus;			/* a node */
	const char *gpu_type;		/* or NULL */
	uint32_t cpus;			/* a node; 0: 16 a GPU, 64 without */
	uint64_t mem_mib;		/* a node; 0: 1 TiB */
	uint32_t domain_nodes;		/* nodes in an NVLink domain; 0: none */
	uint32_t leaf_nodes;		/* nodes below a leaf switch; 0: none */
};
int weft_site_add_line(struct weft_site *site,
		       const struct weft_site_line *line, struct weft_err *err);

/*
 * How an Include line is answered: the whole file, for free().  name is what
 * the line says (relative names are the caller's to place).
 */
struct weft_site_files {
	int (*read)(void *arg, const char *name, char **ret_text,
		    size_t *ret_len, struct weft_err *err);
	void *arg;
};

/* files may be NULL: an Include is then an error. */
int weft_site_add_slurm_conf(struct weft_site *site, const char *name,
			     const char *text, size_t len,
			     const struct weft_site_files *files,
			     struct weft_err *err);
/* Types and counts of GPUs, for nodes that slurm.conf gave before. */
int weft_site_add_gres_conf(struct weft_site *site, const char *name,
			    const char *text, size_t len,
			    const struct weft_site_files *files,
			    struct weft_err *err);
int weft_site_add_topology_conf(struct weft_site *site, const char *name,
				const char *text, size_t len,
				struct weft_err *err);
/* The text of `scontrol show nodes`, also with --oneliner. */
int weft_site_add_nodes_text(struct weft_site *site, const char *name,
			     const char *text, size_t len,
			     struct weft_err *err);
int weft_site_add_json(struct weft_site *site, const struct weft_json *doc,
		       struct weft_err *err);

/* Once, when all is added.  -EINVAL: no node, an unknown node in a partition. */
int weft_site_finish(struct weft_site *site, struct weft_err *err);

/*
 * slurm.conf with gres.conf, topology.conf and weft.json where they lie
 * beside it, or the text of `scontrol show nodes` (told by its first word);
 * finished.
 */
int weft_site_read(const char *path, struct weft_site **ret_site,
		   struct weft_err *err);

/* The machine, idle at time 0, borrowed: as long as the site. NULL: no memory. */
const struct weft_cluster *weft_site_cluster(struct weft_site *site);

/* Index or UINT32_MAX. */
uint32_t weft_site_find_node(const struct weft_site *site, const char *name);
uint32_t weft_site_find_partition(const struct weft_site *site,
				  const char *name);
bool weft_site_has_feature(const struct weft_site_node *node,
			   const char *feature);
/*
 * The nodes that a job's constraint allows ("a&(b|c)"), in ret_nodes of the
 * site's size.  *ret_simplified: it counts nodes or wants all of one kind, and
 * ret_nodes are those that can be among them.  -EINVAL: it is no constraint.
 */
int weft_site_match(const struct weft_site *site, const char *constraint,
		    struct weft_idxset *ret_nodes, bool *ret_simplified,
		    struct weft_err *err);
/* Another line of slurm.conf, "SchedulerParameters" say, or NULL. */
const char *weft_site_get(const struct weft_site *site, const char *key);

#endif
