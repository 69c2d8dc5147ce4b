/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_impl.h - what the readers of a site share
 */
#ifndef WEFT_SCHED_SITE_IMPL_H
#define WEFT_SCHED_SITE_IMPL_H

#include "sched/conf_lines.h"
#include "sched/site.h"

#define WEFT_SITE_FEATURES_MAX 65536	/* bytes */

struct weft_site_setting {
	char *key, *value;
};

/* A NodeSet= line. */
struct weft_site_group {
	char *name;
	char *nodes;		/* hostlist, or NULL */
	char *feature;		/* nodes that have it, or NULL */
};

struct weft_site_loan {
	struct weft_cluster cluster;
	const char *gpu_type[WEFT_GPU_TYPES_MAX];
	struct weft_node node[];
};

/*
 * A new node, defaults set.  -EEXIST if the name is there, -E2BIG, -ENOMEM;
 * the pointer holds until the next one is added.
 */
int weft_site_new_node(struct weft_site *site, const char *name,
		       struct weft_site_node **ret_node, struct weft_err *err);
int weft_site_new_partition(struct weft_site *site, const char *name,
			    struct weft_site_partition **ret_partition,
			    struct weft_err *err);
/* Remember a line of slurm.conf; the last of a key counts. */
int weft_site_set(struct weft_site *site, const char *key, const char *value,
		  struct weft_err *err);

/* A line for the notes, without the newline; past their limit none. */
void weft_site_note(struct weft_site *site, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * "gpu:h100:8(S:0-1),gpu:2,nic:1": the node's GPUs anew.  -EINVAL with what
 * was expected.
 */
int weft_site_set_gres(struct weft_site *site, struct weft_site_node *node,
		       const char *gres, struct weft_err *err);
/* Give count of the node's GPUs, from the lowest free, this type. */
int weft_site_add_gpus(struct weft_site *site, struct weft_site_node *node,
		       const char *type, uint32_t count, struct weft_err *err);

/* Whole numbers: digits only, at most max.  false: none. */
bool weft_site_read_number(const char *text, uint64_t max,
			   uint64_t *ret_number);
/* Slurm's times "90", "1:30:00", "2-0", "INFINITE" to seconds. */
bool weft_site_read_time(const char *text, uint32_t *ret_sec);
/* "4000", "4G", "4000M" to MiB. */
bool weft_site_read_memory(const char *text, uint64_t *ret_mib);
/* Not DOWN, DRAIN, FAIL or FUTURE, of a State= in either tool's spelling. */
bool weft_site_is_usable(const char *state);

/* Partitions' nodes from their lists. */
int weft_site_resolve(struct weft_site *site, struct weft_err *err);

#endif
