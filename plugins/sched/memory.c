/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.c - see memory.h
 *
 * Slurm keeps the record of a job that ended for MinJobAge (300 s), so a look
 * at all records every LOOK_SEC misses none, unless that is set very short.
 * A look takes the jobs that ended in [last look, now): a second that is not
 * over is left to the next look, so no job is learnt twice.
 *
 * What is compared: user, account, name, what was asked (the texts of its
 * TRES as they stand, CPUs and nodes) and the limit; gone are steps, hosts and
 * results.  A job that was requeued or cancelled before it ran teaches
 * nothing; one that failed does, for it will likely fail again as fast.
 *
 * What was learnt outlives slurmctld: every SAVE_SEC, and when the plugin ends,
 * it is written to DIR/weft/run_times (opinion_state.c), the file before it
 * being kept as run_times.old.  One that is damaged is not believed, and then
 * the old one is read; without either the limit is the opinion until jobs have
 * ended.  The time of the last look is in front of it, so jobs that ended while
 * slurmctld was away, and that it still knows, are learnt, and none twice.
 *
 * Errors are of what would have been said at the job's end, just before it
 * was learnt: the last opinion before its start is not kept.
 *
 * Cost: O(records) in one hold every LOOK_SEC; two probes and a look into
 * Slurm's hash of jobs for each waiting job in slices.
 */
#include <math.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "plugins/sched/memory.h"

#define KINDS_MAX 65536		/* 5 MiB */
#define LOOK_SEC 10
#define SAVE_SEC 300
#define STATE_MAX ((size_t)8 << 20)
#define HEAD_LEN 42		/* "weft run times, SEEN LEARNT" and a new line */

struct weft_memory {
	struct weft_opinions *opinions;
	time_t seen_sec;	/* jobs that ended before are learnt */
	uint64_t learnt, saved;	/* jobs; and how many of them are in the file */
	time_t saved_sec;
	bool bad;		/* the file is not worth keeping as the old one */
};

struct weft_memory *weft_memory_create(void)
{
	struct weft_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->opinions = weft_opinions_create(KINDS_MAX);
	if (!memory->opinions) {
		free(memory);
		return NULL;
	}
	return memory;
}

/* ---- kept in a file ----------------------------------------------------------- */

static int name_file(const char *dir, const char *end, char *path, size_t size,
		     struct weft_err *err)
{
	if ((size_t)snprintf(path, size, "%s/weft/run_times%s", dir, end) < size)
		return 0;
	return weft_err_set(err, ENAMETOOLONG, "StateSaveLocation is too long");
}

/* The head is text, so that `head -1` tells an admin what the file is. */
static int read_head(struct weft_memory *memory, const char *text, size_t len,
		     time_t now)
{
	uint64_t seen, learnt;
	int used = 0;

	if (len < HEAD_LEN || text[HEAD_LEN - 1] != '\n' ||
	    sscanf(text, "weft run times %12" SCNu64 " %13" SCNu64 "%n", &seen,
		   &learnt, &used) != 2 || used != HEAD_LEN - 1)
		return -EINVAL;
	/* A clock that was set back: what has ended was learnt. */
	memory->seen_sec = (time_t)seen > now ? now : (time_t)seen;
	memory->learnt = memory->saved = learnt;
	return 0;
}

static int load(struct weft_memory *memory, const char *path, time_t now,
		struct weft_err *err)
{
	struct weft_opinions *opinions;
	char *text;
	size_t len;
	int rc = weft_file_read_owned(path, STATE_MAX,
				      slurm_conf.slurm_user_id, &text, &len, err);

	if (rc)
		return rc;
	if (len < HEAD_LEN)
		rc = weft_err_set(err, EINVAL, "no record of run times");
	else
		rc = weft_opinions_read(text + HEAD_LEN, len - HEAD_LEN,
					KINDS_MAX, &opinions, err);
	if (rc == 0 && read_head(memory, text, len, now)) {
		weft_opinions_destroy(opinions);
		rc = weft_err_set(err, EINVAL, "its first line is not ours");
	}
	if (rc == 0) {
		weft_opinions_destroy(memory->opinions);
		memory->opinions = opinions;
	} else {
		weft_err_prefix(err, "%s", path);
	}
	free(text);
	return rc;
}

int weft_memory_load(struct weft_memory *memory, const char *dir, time_t now,
		     struct weft_err *err)
{
	char path[PATH_MAX], old[PATH_MAX];
	int rc = name_file(dir, "", path, sizeof(path), err);

	memory->saved_sec = now;
	if (rc == 0)
		rc = name_file(dir, ".old", old, sizeof(old), err);
	if (rc)
		return rc;
	rc = load(memory, path, now, err);
	memory->bad = rc != 0;
	if (rc && rc != -ENOENT)	/* said, and the old one taken if it will do */
		return load(memory, old, now, NULL) ? rc : -ESTALE;
	if (rc == -ENOENT)
		rc = load(memory, old, now, err);
	return rc == -ENOENT ? 0 : rc;
}

int weft_memory_save(struct weft_memory *memory, const char *dir, time_t now,
		     bool ends, struct weft_err *err)
{
	char path[PATH_MAX], old[PATH_MAX];
	struct weft_buf buf;
	int rc;

	if (memory->learnt == memory->saved ||
	    (!ends && now < memory->saved_sec + SAVE_SEC &&
	     now >= memory->saved_sec))
		return 0;
	memory->saved_sec = now;
	rc = name_file(dir, "", path, sizeof(path), err);
	if (rc)
		return rc;
	snprintf(old, sizeof(old), "%.*s/weft", PATH_MAX - 8, dir);
	(void)mkdir(old, 0755);		/* it mostly is there */
	rc = name_file(dir, ".old", old, sizeof(old), err);
	if (rc)
		return rc;
	weft_buf_init(&buf, STATE_MAX);
	weft_buf_addf(&buf, "weft run times %012" PRIu64 " %013" PRIu64 "\n",
		      (uint64_t)memory->seen_sec, memory->learnt);
	rc = weft_opinions_write(memory->opinions, &buf);
	if (rc)
		weft_err_set(err, -rc, "no memory to save run times");
	if (rc == 0 && !memory->bad)
		(void)rename(path, old);	/* there may be none yet */
	/* A crash that loses the last minutes loses no more: there is .old. */
	if (rc == 0)
		rc = (ends ? weft_file_replace : weft_file_replace_soon)
			(path, buf.data, buf.len, 0600, err);
	weft_buf_fini(&buf);
	if (rc == 0) {
		memory->saved = memory->learnt;
		memory->bad = false;
	}
	return rc;
}

/* ---- learning ----------------------------------------------------------------- */

void weft_memory_destroy(struct weft_memory *memory)
{
	if (!memory)
		return;
	weft_opinions_destroy(memory->opinions);
	free(memory);
}

static struct weft_predict_key key_of(const job_record_t *job_ptr)
{
	const weft_slurm_details_t *details = job_ptr->details;
	struct weft_predict_key key = {
		.user_idx = job_ptr->user_id,
		.account_idx = (uint32_t)weft_hash_text(WEFT_HASH_INIT, job_ptr->account),
		.name_hash = job_ptr->name ?
			weft_predict_hash(job_ptr->name) : 0,
		.limit_sec = job_ptr->time_limit < NO_VAL ?
			(double)job_ptr->time_limit * 60 : 0,
	};

	key.name_hash = weft_hash_text(key.name_hash, job_ptr->tres_per_job);
	key.name_hash = weft_hash_text(key.name_hash, job_ptr->tres_per_node);
	key.name_hash = weft_hash_text(key.name_hash, job_ptr->tres_per_socket);
	key.name_hash = weft_hash_text(key.name_hash, job_ptr->tres_per_task);
	if (details) {
		key.cpus = details->min_cpus;
		key.nodes = details->min_nodes;
	}
	return key;
}

static void learn(struct weft_memory *memory, const job_record_t *job_ptr)
{
	struct weft_predict_key key = key_of(job_ptr);
	struct weft_opinion opinion;
	time_t ran = job_ptr->end_time - job_ptr->start_time -
		job_ptr->tot_sus_time;

	weft_opinions_ask(memory->opinions, &key, &opinion);
	weft_opinions_learn(memory->opinions, &key, &opinion,
			    ran > 0 ? (double)ran : 0);
	memory->learnt++;
}

/* One that was cancelled while it waited has no nodes. */
static bool has_run(const job_record_t *job_ptr)
{
	return job_ptr->start_time && job_ptr->nodes && job_ptr->nodes[0] &&
		job_ptr->start_time <= job_ptr->end_time;
}

static void look(struct weft_memory *memory, time_t now)
{
	struct listIterator *it = list_iterator_create(job_list);
	job_record_t *job_ptr;

	while ((job_ptr = list_next(it)))
		if (IS_JOB_FINISHED(job_ptr) && has_run(job_ptr) &&
		    job_ptr->end_time >= memory->seen_sec &&
		    job_ptr->end_time < now)
			learn(memory, job_ptr);
	list_iterator_destroy(it);
	memory->seen_sec = now;
}

void weft_memory_look(struct weft_memory *memory, time_t now)
{
	/* A clock that was set back: begin again from there. */
	if (now >= memory->seen_sec + LOOK_SEC || now < memory->seen_sec)
		look(memory, now);
}

uint64_t weft_memory_learnt(const struct weft_memory *memory)
{
	return memory->learnt;
}

/* What is known of the user's other jobs only says too little: 0. */
static double expect_like(const struct weft_memory *memory,
			  const struct weft_predict_key *key)
{
	struct weft_opinion opinion;

	weft_opinions_ask(memory->opinions, key, &opinion);
	return opinion.source == WEFT_PREDICT_KIND ?
		opinion.sec[WEFT_PREDICT_LIKE] : 0;
}

double weft_memory_expect(const struct weft_memory *memory,
			  const job_record_t *job_ptr)
{
	struct weft_predict_key key = key_of(job_ptr);

	return expect_like(memory, &key);
}

int64_t weft_memory_expect_end(const struct weft_memory *memory,
			       const job_record_t *job_ptr, time_t now)
{
	struct weft_predict_key key = key_of(job_ptr);
	double ran = difftime(now, job_ptr->start_time) -
		(double)job_ptr->tot_sus_time;
	double sec = expect_like(memory, &key);

	if (sec <= 0)
		return 0;
	ran = ran > 0 ? ran : 0;
	return now + (time_t)ceil(weft_predict_correct(sec, ran, key.limit_sec) -
				  ran);
}

bool weft_memory_use(struct weft_memory *memory,
		     enum weft_predict_method method,
		     struct weft_snapshot *snap, struct weft_slice *slice,
		     time_t now)
{
	struct weft_ref_walk walk = { .snap = snap, .slice = slice };
	const struct weft_ref *ref;
	const job_record_t *job_ptr;

	if (method == WEFT_PREDICT_OFF)
		return true;
	weft_memory_look(memory, now);
	while ((ref = weft_ref_next(&walk, &job_ptr))) {
		struct weft_predict_key key = key_of(job_ptr);
		double sec = weft_opinions_expect(memory->opinions, method,
						  &key);

		for (uint32_t k = 0; k < ref->job_count; k++)
			snap->job[ref->job_idx + k].predicted_sec = sec;
	}
	return !walk.dropped;
}

static uint64_t percent(double part, uint64_t of)
{
	return of ? (uint64_t)(part * 100 / (double)of + 0.5) : 0;
}

void weft_memory_count(const struct weft_memory *memory,
		       struct weft_stats *stats)
{
	static const double quantile[WEFT_STATS_QUANTILES] = {
		0.05, 0.25, 0.5, 0.75, 0.95 };

	stats->predict_learnt = memory->learnt;
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++) {
		const struct weft_predict_errors *e =
			weft_opinions_errors(memory->opinions, m);

		stats->predict_accuracy[m] = percent(e->accuracy_sum, e->count);
		stats->predict_within[m] = percent((double)e->within_count,
						   e->count);
		for (int q = 0; q < WEFT_STATS_QUANTILES; q++)
			stats->predict_ratio[m][q] = (uint64_t)(100 *
				weft_predict_errors_quantile(e, quantile[q]) +
				0.5);
	}
}
