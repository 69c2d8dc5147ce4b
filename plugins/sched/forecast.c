/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forecast.c - see forecast.h
 *
 * Made every interval_sec, after the cycle's starts, on the snapshot that the
 * cycle planned with; it may take TIME_MAX_USEC and a twentieth of the
 * scheduler's time, so a job that comes meanwhile waits no longer than that.
 * Jobs beyond what was planned by then have no forecast.
 *
 * What was told of a job first is kept until the job has started, and then
 * compared with the start: of such comparisons comes "how sure".  The first
 * telling is the hardest, and the one that people act on.  A wait of less than
 * WAIT_MIN_SEC is no forecast worth judging.  A job that starts and ends
 * between two forecasts is not judged.
 *
 * One table by job number, sorted; made anew by each forecast, so that jobs
 * that are gone fall out.  Nothing is saved.
 *
 * Cost: a look into Slurm's hash of jobs for each waiting and running job, in
 * slices, and one plan without locks.
 */
#include "plugins/sched/forecast.h"

#define TIME_MAX_USEC 100000
#define SHARE 20		/* a forecast that took 1 s waits for 20 */
#define WAIT_MIN_SEC 20
#define SAY_EVERY 64		/* jobs between two looks at the slice */

struct told {
	uint32_t job_id;
	int64_t likely_sec;		/* by the last forecast */
	int64_t first_sec, first_likely_sec;	/* told first; 0: nothing yet */
};

struct weft_forecast {
	struct told *told;		/* by job_id */
	uint32_t told_count;
	struct weft_likely_record record;
	int64_t next_usec, end_usec;	/* of the forecast at hand */
	bool prepared;
	struct weft_expected expected;	/* of the snapshot at hand */
};

struct weft_forecast *weft_forecast_create(void)
{
	return calloc(1, sizeof(struct weft_forecast));
}

static void drop_expected(struct weft_forecast *f)
{
	free(f->expected.job_sec);
	free(f->expected.running_end_sec);
	f->expected = (struct weft_expected) { NULL, NULL };
	f->prepared = false;
}

void weft_forecast_destroy(struct weft_forecast *forecast)
{
	if (!forecast)
		return;
	drop_expected(forecast);
	free(forecast->told);
	free(forecast);
}

static int compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	return x->job_id < y->job_id ? -1 : x->job_id > y->job_id;
}

static struct told *find(const struct weft_forecast *f, uint32_t job_id)
{
	struct told key = { .job_id = job_id };

	return f->told_count ? bsearch(&key, f->told, f->told_count,
				       sizeof(*f->told), compare) : NULL;
}

/* It runs: how good was the forecast, and when will it end? */
static void look_at_running(struct weft_forecast *f,
			    const struct weft_memory *memory,
			    const job_record_t *job_ptr, int64_t *ret_end_sec)
{
	struct told *told = find(f, job_ptr->job_id);

	if (told && told->first_sec) {
		weft_likely_judge(&f->record, told->first_sec,
				  told->first_likely_sec, job_ptr->start_time);
		told->first_sec = 0;
	}
	*ret_end_sec = weft_memory_expect_end(memory, job_ptr, time(NULL));
}

static bool expect_running(struct weft_forecast *f,
			   const struct weft_memory *memory,
			   const struct weft_snapshot *snap,
			   struct weft_slice *slice)
{
	for (uint32_t i = 0; i < snap->cluster.running_count; i++) {
		const job_record_t *job_ptr;

		if (i % SAY_EVERY == 0 && !weft_slice_next(slice))
			return false;
		job_ptr = find_job_record(snap->cluster.running[i].job_id);
		if (job_ptr && IS_JOB_RUNNING(job_ptr))
			look_at_running(f, memory, job_ptr,
					&f->expected.running_end_sec[i]);
	}
	return true;
}

static bool expect_waiting(struct weft_forecast *f,
			   const struct weft_memory *memory,
			   const struct weft_snapshot *snap,
			   struct weft_slice *slice)
{
	struct weft_ref_walk walk = { .snap = snap, .slice = slice };
	const struct weft_ref *ref;
	const job_record_t *job_ptr;

	while ((ref = weft_ref_next(&walk, &job_ptr))) {
		double sec = weft_memory_expect(memory, job_ptr);

		for (uint32_t k = 0; k < ref->job_count; k++)
			f->expected.job_sec[ref->job_idx + k] = sec;
	}
	return !walk.dropped;
}

bool weft_forecast_prepare(struct weft_forecast *f, struct weft_memory *memory,
			   const struct weft_snapshot *snap,
			   struct weft_slice *slice, uint32_t interval_sec)
{
	int64_t now = weft_slice_now_usec();

	drop_expected(f);
	if (!interval_sec || now < f->next_usec || !snap->job_count)
		return true;
	f->next_usec = now + (int64_t)interval_sec * 1000000;
	weft_memory_look(memory, time(NULL));
	if (!weft_memory_learnt(memory))
		return true;
	f->expected.job_sec = calloc(snap->job_count, sizeof(double));
	f->expected.running_end_sec = calloc((size_t)snap->cluster.running_count + 1,
					     sizeof(int64_t));
	if (!f->expected.job_sec || !f->expected.running_end_sec) {
		drop_expected(f);
		return true;	/* no memory: no forecast */
	}
	f->prepared = true;
	return expect_running(f, memory, snap, slice) &&
		expect_waiting(f, memory, snap, slice);
}

static bool is_over(void *arg)
{
	const struct weft_forecast *f = arg;

	return weft_slice_now_usec() > f->end_usec;
}

/* The first of a job's entries stands for it. */
static uint32_t make_table(const struct weft_forecast *f,
			   const struct weft_snapshot *snap,
			   const int64_t *start, struct told *table)
{
	int64_t now = snap->cluster.now_sec;
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; i < snap->ref_count; i++)
		if (snap->ref[i].job_idx != UINT32_MAX)
			table[count++] = (struct told) {
				.job_id = snap->ref[i].job_id,
				.likely_sec = start[snap->ref[i].job_idx],
			};
	qsort(table, count, sizeof(*table), compare);
	for (uint32_t i = 0; i < count; i++) {
		const struct told *old;

		if (kept && table[kept - 1].job_id == table[i].job_id)
			continue;
		table[kept] = table[i];
		old = find(f, table[kept].job_id);
		if (old && old->first_sec) {
			table[kept].first_sec = old->first_sec;
			table[kept].first_likely_sec = old->first_likely_sec;
		} else if (table[kept].likely_sec >= now + WAIT_MIN_SEC) {
			table[kept].first_sec = now;
			table[kept].first_likely_sec = table[kept].likely_sec;
		}
		kept++;
	}
	return kept;
}

void weft_forecast_run(struct weft_forecast *f,
		       const struct weft_snapshot *snap,
		       const struct weft_policy *policy)
{
	int64_t begin = weft_slice_now_usec(), took;
	struct weft_err err = WEFT_ERR_INIT;
	struct told *table;
	int64_t *start;

	if (!f->prepared)
		return;
	f->end_usec = begin + TIME_MAX_USEC;
	start = calloc(snap->job_count, sizeof(*start));
	table = calloc((size_t)snap->ref_count + 1, sizeof(*table));
	if (start && table &&
	    weft_likely_run(&snap->cluster, policy, snap->shape,
			    snap->shape_count, snap->job, snap->job_count,
			    &f->expected, is_over, f, start, &err) == 0) {
		uint32_t count = make_table(f, snap, start, table);

		free(f->told);
		f->told = table;
		f->told_count = count;
		table = NULL;
	}
	free(start);
	free(table);
	drop_expected(f);
	took = weft_slice_now_usec() - begin;
	f->next_usec = MAX(f->next_usec, begin + SHARE * took);
}

int64_t weft_forecast_get(const struct weft_forecast *forecast, uint32_t job_id,
			  uint32_t *ret_sure)
{
	const struct told *told = find(forecast, job_id);

	*ret_sure = weft_likely_sure(&forecast->record);
	return told ? told->likely_sec : 0;
}
