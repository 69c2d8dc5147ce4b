/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tune_search.c - settings that make an objective small, on windows that the
 * search did not see
 *
 * The history is cut into windows of equal numbers of jobs, by submission.  The
 * first half of them trains: candidates are run over those jobs only.  The
 * second half is held out: at the end the whole history is run once with the
 * settings in force and once with those found, and what is said of the second
 * half was not searched for.  So it is what a site does: settings found on
 * last month are used next month, behind the queue that last month left.
 *
 * A candidate's worth is the geometric mean, over training windows, of its
 * measure over that of the settings in force, so no window counts for more
 * because its waits are long.  The search goes from knob to knob in an order
 * drawn from the seed and keeps the best value of each (coordinate descent),
 * until a round brings nothing or the tries are spent.  A change must gain
 * GAIN_MIN to be kept: less is noise, and a site should not change for it.
 *
 * A window in which nobody waits says nothing: it counts as 1.  If that is so
 * in all that train, there is nothing to search by, and nothing is tried.
 *
 * Cost: a run over half of the history a try.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/tune.h"
#include "tools/ui/progress.h"

#define GAIN_MIN 0.005

#define OF(field) offsetof(struct weft_measure, field)

const struct tune_objective tune_objectives[] = {
	{ "wait", "mean wait", OF(wait_mean) },
	{ "slowdown", "mean bounded slowdown", OF(slowdown_mean) },
	{ "completion", "mean time from submission to end",
	  OF(completion_mean) },
	{ "hours", "mean wait by resource-hours", OF(wait_weighted) },
	{ "p95", "wait of 95 %", OF(wait_p95) },
	{ "p99", "wait of 99 %", OF(wait_p99) },
};

const char *const tune_objective_words[] = {
	"wait", "slowdown", "completion", "hours", "p95", "p99", NULL
};

const struct tune_knob tune_knobs[] = {
	{ "order", { 0, 1, 2 }, 3, "predict", WEFT_PREDICT_BLEND },
	{ "predict", { 0, 1, 2, 3 }, 4, NULL, 0 },
	{ "wait_max_sec", { 0, 86400, 259200, 604800, 1209600 }, 5, NULL, 0 },
	{ "ageing_weight", { 0.01, 0.1, 1, 10, 100 }, 5, NULL, 0 },
	{ "plan_depth", { 0, 1, 10, 100, 1000, 5000 }, 6, NULL, 0 },
	{ "hold_sec", { 0, 14400, 43200, 86400, 172800, 345600 }, 6, NULL, 0 },
	{ "share_band", { 0, 0.02, 0.1, 0.3, 1 }, 5, NULL, 0 },
	{ "window_sec", { 21600, 86400, 345600, 1209600 }, 4, NULL, 0 },
	{ "fragmentation", { 0, 1 }, 2, NULL, 0 },
	{ "wide_share", { 0, 0.1, 0.2 }, 3, NULL, 0 },
	{ "lasting_sec", { 0, 604800 }, 2, NULL, 0 },
};
const uint32_t tune_knob_count = sizeof(tune_knobs) / sizeof(tune_knobs[0]);

/* ---- settings by key -------------------------------------------------------- */

const struct weft_setting *tune_setting(const char *key)
{
	for (const struct weft_setting *s = weft_policy_settings; s->key; s++)
		if (!strcmp(s->key, key))
			return s;
	return NULL;
}

double tune_get(const struct weft_policy *policy, const struct weft_setting *s)
{
	const char *at = (const char *)policy + s->offset;

	return s->type == WEFT_SETTING_BOOL ? *(const bool *)at :
		s->type == WEFT_SETTING_U32 ? *(const uint32_t *)at :
		s->type == WEFT_SETTING_WORD ? *(const int *)at :
		*(const double *)at;
}

static void set(struct weft_policy *policy, const struct weft_setting *s,
		double value)
{
	char *at = (char *)policy + s->offset;

	if (s->type == WEFT_SETTING_BOOL)
		*(bool *)at = value != 0;
	else if (s->type == WEFT_SETTING_U32)
		*(uint32_t *)at = (uint32_t)value;
	else if (s->type == WEFT_SETTING_WORD)
		*(int *)at = (int)value;
	else
		*(double *)at = value;
}

/* ---- runs ---------------------------------------------------------------------- */

struct window {
	uint32_t first, last;	/* jobs first .. last - 1 */
};

static struct window window_of(const struct tune *tune, uint32_t idx)
{
	uint64_t all = tune->run.workload->job_count;

	return (struct window) { (uint32_t)(all * idx / tune->windows),
		(uint32_t)(all * (idx + 1) / tune->windows) };
}

static bool is_in_window(const void *arg, const struct weft_workload *w,
			 uint32_t job_idx)
{
	const struct window *window = arg;

	(void)w;
	return job_idx >= window->first && job_idx < window->last;
}

static int measure(const struct tune *tune, const struct weft_workload *w,
		   const struct weft_outcome *outcome, uint32_t count,
		   double *value, uint32_t *waiting, struct weft_err *err)
{
	size_t offset = tune_objectives[tune->objective].offset;
	struct weft_measure m;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		struct window window = window_of(tune, i);
		struct weft_measure_filter filter = { is_in_window, &window };

		rc = weft_measure(w, outcome, &filter, &m, err);
		if (rc == 0)
			value[i] = *(const double *)((const char *)&m + offset);
		if (rc == 0 && m.wait_mean > 0)
			++*waiting;
	}
	return rc;
}

/*
 * The jobs of the first so many windows, and their measures; ret_waiting: in how
 * many of these windows somebody waited.
 */
static int run_windows(const struct tune *tune,
		       const struct weft_policy *policy, uint32_t count,
		       double *value, uint32_t *ret_waiting,
		       struct weft_err *err)
{
	struct weft_workload part = *tune->run.workload;
	struct weft_sim_settings settings = tune->run.settings;
	struct weft_outcome *outcome;
	int rc;

	part.job_count = window_of(tune, count - 1).last;
	settings.policy = *policy;
	settings.opinions = weft_opinions_create(SIM_KINDS_MAX);
	if (!settings.opinions)
		return weft_err_set(err, ENOMEM, "no memory for predictions");
	rc = weft_sim_run(tune->run.machine, &part, &weft_sim_weft, &settings,
			  NULL, &outcome, err);
	weft_opinions_destroy(settings.opinions);
	if (rc)
		return rc;
	*ret_waiting = 0;
	rc = measure(tune, &part, outcome, count, value, ret_waiting, err);
	weft_outcome_destroy(outcome);
	return rc;
}

static double worth(const struct tune *tune, const double *value)
{
	double sum = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < tune->windows / 2; i++, n++)
		if (value[i] > 0 && tune->before[i] > 0)
			sum += log(value[i] / tune->before[i]);
		else if (value[i] > 0)	/* nobody waited, and now they do */
			sum += log(2);
	return exp(sum / n);
}

/* ---- the search ---------------------------------------------------------------- */

struct search {
	struct tune *tune;
	double best;		/* worth of tune->best */
	struct weft_progress bar;
};

/* Better ones are kept.  1: no try is left. */
static int try_value(struct search *s, const struct tune_knob *knob,
		     double value, bool *ret_better, struct weft_err *err)
{
	const struct weft_setting *setting = tune_setting(knob->key);
	const struct weft_setting *with = knob->with ?
		tune_setting(knob->with) : NULL;
	struct tune *tune = s->tune;
	struct weft_policy policy = tune->best;
	double got[TUNE_WINDOWS_MAX], w;
	uint32_t waiting;
	int rc;

	if (!setting || tune_get(&policy, setting) == value)
		return 0;
	if (tune->tried == tune->tries)
		return 1;
	set(&policy, setting, value);
	if (with && value != 0 && tune_get(&policy, with) == 0)
		set(&policy, with, knob->with_value);
	rc = run_windows(tune, &policy, tune->windows / 2, got, &waiting,
			 err);
	weft_progress_set(&s->bar, ++tune->tried);
	if (rc)
		return rc;
	w = worth(tune, got);
	if (w < s->best * (1 - GAIN_MIN)) {
		s->best = w;
		tune->best = policy;
		*ret_better = true;
	}
	return 0;
}

static void shuffle(uint32_t *order, uint32_t count, uint64_t *state)
{
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint32_t i = count; i-- > 1;) {
		uint32_t k, swap = order[i];

		*state = *state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		k = (uint32_t)(*state >> 33) % (i + 1);
		order[i] = order[k];
		order[k] = swap;
	}
}

static int search_round(struct search *s, uint64_t *state, bool *ret_better,
			struct weft_err *err)
{
	uint32_t order[64];
	int rc = 0;

	shuffle(order, tune_knob_count, state);
	for (uint32_t i = 0; rc == 0 && i < tune_knob_count; i++) {
		const struct tune_knob *knob = &tune_knobs[order[i]];

		for (uint32_t k = 0; rc == 0 && k < knob->count; k++)
			rc = try_value(s, knob, knob->value[k], ret_better, err);
	}
	return rc;
}

static int hold_out(struct tune *tune, struct weft_err *err)
{
	uint32_t seen = tune->windows / 2, waiting;
	int rc = run_windows(tune, &tune->start, tune->windows, tune->before,
			     &waiting, err);

	if (rc == 0)
		rc = run_windows(tune, &tune->best, tune->windows, tune->after,
				 &waiting, err);
	tune->train = weft_measure_ratio(tune->after, tune->before, seen);
	tune->held_out = weft_measure_ratio(tune->after + seen,
					    tune->before + seen,
					    tune->windows - seen);
	return rc;
}

int tune_search(struct tune *tune, struct weft_err *err)
{
	struct search s = { .tune = tune, .best = 1 };
	uint64_t state = tune->run.args.seed;
	bool better = true;
	int rc;

	tune->start = tune->best = tune->run.settings.policy;
	weft_progress_begin(&s.bar, "settings tried", tune->tries);
	rc = run_windows(tune, &tune->start, tune->windows / 2, tune->before,
			 &tune->waiting, err);
	while (rc == 0 && better && tune->waiting) {
		better = false;
		rc = search_round(&s, &state, &better, err);
	}
	if (rc >= 0)
		weft_progress_set(&s.bar, s.bar.total);
	weft_progress_end(&s.bar);
	return rc < 0 ? rc : hold_out(tune, err);
}
