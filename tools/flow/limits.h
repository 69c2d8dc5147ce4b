/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits.h - which limits of accounting a plan would meet
 *
 * Pure: the limits come as data (tools/slurm/assoc.h).
 */
#ifndef WEFT_FLOW_LIMITS_H
#define WEFT_FLOW_LIMITS_H

#include "tools/flow/compile.h"
#include "tools/slurm/assoc.h"

/* The options by which accounting knows a job; NULL: the default. */
struct weft_limit_key {
	const char *account, *partition, *qos;
};

bool weft_limit_key_equal(const struct weft_limit_key *a, const struct weft_limit_key *b);
/* Those of an object; borrowed from it. */
struct weft_limit_key weft_limit_key_of(const struct weft_object *object);

enum weft_limit_effect {
	WEFT_LIMIT_NEVER,	/* jobs that can never start */
	WEFT_LIMIT_WAVES,	/* Slurm takes it part by part only */
	WEFT_LIMIT_SLOWER,	/* fewer at once than the plan allows */
};

struct weft_limit_hit {
	struct weft_site_limit limit;
	enum weft_limit_effect effect;
	uint32_t object;	/* the first that meets it */
	uint32_t unit_count;	/* units that meet it */
	uint64_t asked;		/* the most one asks; of SUBMIT and RUN, units */
};

/* Fill list[] with the limits on jobs of those options; how many there are. */
typedef uint32_t weft_limits_fn(void *ctx, const char *account, const char *partition,
				const char *qos,
				struct weft_site_limit list[WEFT_SITE_LIMITS]);

/*
 * The limits that the plan's objects meet, *ret_hits malloc'd.  A unit without
 * a time limit counts with default_minutes (UINT32_MAX: with none).
 */
int weft_limits_check(const struct weft_plan *plan, uint32_t default_minutes,
		      weft_limits_fn *limits, void *ctx,
		      struct weft_limit_hit **ret_hits, uint32_t *ret_count,
		      struct weft_err *err);

const char *weft_limit_effect_name(enum weft_limit_effect effect);

#endif
