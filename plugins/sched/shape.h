/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.h - a job record's request as a struct weft_shape
 */
#ifndef WEFT_PLUGINS_SCHED_SHAPE_H
#define WEFT_PLUGINS_SCHED_SHAPE_H

#include "plugins/sched/snapshot.h"

/* Shapes met so far in this cycle, found by what they ask; NULL: no memory. */
struct weft_shape_index *weft_shape_index_create(uint32_t job_count);
void weft_shape_index_destroy(struct weft_shape_index *index);

/*
 * The shape of a prepared job (start.h), added to the snapshot if it is new.
 * -ENOTSUP: the request says more than a shape can; Slurm's select must take
 * it.  -ENOMEM.
 */
int weft_shape_of(struct weft_snapshot *snap, job_record_t *job_ptr,
		  uint32_t *ret_shape_idx);

#define WEFT_SEGMENT_MAX 100000

/* Units of memory, CPUs and GPUs of a request; see request.c. */
int weft_request_read(const struct weft_snapshot *snap, job_record_t *job_ptr,
		      struct weft_shape *shape);
/* WEFT_SEGMENT, WEFT_DOMAIN and Slurm's own wishes for the place. */
void weft_request_wishes(const job_record_t *job_ptr, struct weft_shape *shape);

#endif
