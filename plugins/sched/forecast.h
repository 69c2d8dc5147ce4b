/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forecast.h - likely starts of waiting jobs, and how the forecasts came out
 */
#ifndef WEFT_PLUGINS_SCHED_FORECAST_H
#define WEFT_PLUGINS_SCHED_FORECAST_H

#include "plugins/sched/memory.h"
#include "sched/likely.h"

struct weft_forecast;

struct weft_forecast *weft_forecast_create(void);	/* NULL: no memory */
void weft_forecast_destroy(struct weft_forecast *forecast);

/*
 * With the locks of start.h: if interval_sec have passed since the last
 * forecast (and a while in proportion to what that took), note what is
 * expected of the snapshot's jobs, and judge the forecasts of those that have
 * started.  False: the snapshot must be dropped (weft_slice_next()).
 */
bool weft_forecast_prepare(struct weft_forecast *forecast,
			   struct weft_memory *memory,
			   const struct weft_snapshot *snap,
			   struct weft_slice *slice, uint32_t interval_sec);

/* Without locks: make the forecast that was prepared, if one was. */
void weft_forecast_run(struct weft_forecast *forecast,
		       const struct weft_snapshot *snap,
		       const struct weft_policy *policy);

/* The likely start of a job, 0: not known; *ret_sure as weft_likely_sure(). */
int64_t weft_forecast_get(const struct weft_forecast *forecast, uint32_t job_id,
			  uint32_t *ret_sure);

#endif
