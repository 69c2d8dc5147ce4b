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
 * A request that says more than a shape can gives one that says a part of it,
 * and so does any if left is true: shape.left, Slurm's select must place the job.
 * -ENOTSUP: no part of it can be told.  -ENOMEM.
 */
int weft_shape_of(struct weft_snapshot *snap, job_record_t *job_ptr, bool left,
		  uint32_t *ret_shape_idx);

#define WEFT_SEGMENT_MAX 100000

/* Units of memory, CPUs and GPUs of a request, and whether that is all of it
 * (shape->left); see request.c.  -ENOTSUP: none of it can be told. */
int weft_request_read(const struct weft_snapshot *snap, job_record_t *job_ptr,
		      struct weft_shape *shape);
/* WEFT_SEGMENT, WEFT_DOMAIN and Slurm's own wishes for the place. */
void weft_request_wishes(const job_record_t *job_ptr, struct weft_shape *shape);

#endif
