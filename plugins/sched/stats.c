/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.c - see stats.h
 *
 * Slurm has no way for a scheduler plugin to answer a question, so the
 * numbers go into a small file in the state directory, which only SlurmUser
 * and root may read: written beside it and renamed, so that a reader sees one
 * state or the next.  It is not synced: after a crash it is worth nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/sched/stats.h"

#include "lib/buf.h"

#define LIMIT 8192

static void add(struct weft_buf *buf, const char *key, uint64_t value)
{
	weft_buf_addf(buf, "%s\n  \"%s\": %" PRIu64, buf->len > 1 ? "," : "",
		      key, value);
}

static void format_predictions(const struct weft_stats *s, struct weft_buf *buf)
{
	add(buf, "predict_learnt", s->predict_learnt);
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++) {
		const char *word = m == WEFT_PREDICT_OFF ? "limit" :
			weft_predict_method_words[m];
		char key[64];

		snprintf(key, sizeof(key), "predict_within_%s", word);
		add(buf, key, s->predict_within[m]);
		snprintf(key, sizeof(key), "predict_accuracy_%s", word);
		add(buf, key, s->predict_accuracy[m]);
		weft_buf_addf(buf, ",\n  \"predict_ratio_%s\": [", word);
		for (int q = 0; q < WEFT_STATS_QUANTILES; q++)
			weft_buf_addf(buf, "%s%" PRIu64, q ? ", " : "",
				      s->predict_ratio[m][q]);
		weft_buf_adds(buf, "]");
	}
}

static void format(const struct weft_stats *s, struct weft_buf *buf)
{
	weft_buf_adds(buf, "{");
	add(buf, "started_sec", (uint64_t)s->started_sec);
	add(buf, "last_sec", (uint64_t)s->last_sec);
	add(buf, "cycles", s->cycles);
	add(buf, "cycles_skipped", s->cycles_skipped);
	add(buf, "cycle_usec", s->cycle_usec);
	add(buf, "cycle_usec_max", s->cycle_usec_max);
	add(buf, "cycle_usec_mean", s->cycles ?
	    s->cycle_usec_sum / s->cycles : 0);
	add(buf, "snapshot_usec", s->snapshot_usec);
	add(buf, "queue_usec", s->queue_usec);
	add(buf, "plan_usec", s->plan_usec);
	add(buf, "pick_usec", s->pick_usec);
	add(buf, "picks", s->picks);
	add(buf, "commit_usec", s->commit_usec);
	add(buf, "steer_usec", s->steer_usec);
	add(buf, "lock_usec", s->lock_usec);
	add(buf, "lock_usec_max", s->lock_usec_max);
	add(buf, "pending", s->pending);
	add(buf, "planned", s->planned);
	add(buf, "depth", s->depth);
	add(buf, "shapes", s->shapes);
	add(buf, "running", s->running);
	add(buf, "nodes", s->nodes);
	add(buf, "started", s->started);
	add(buf, "refused", s->refused);
	add(buf, "handed", s->handed);
	add(buf, "steered", s->steered);
	add(buf, "steer_missed", s->steer_missed);
	add(buf, "steer_next", s->steer_next);
	if (s->predict_learnt)
		format_predictions(s, buf);
	weft_buf_adds(buf, "\n}\n");
}

static int replace(const char *path, const struct weft_buf *buf,
		   struct weft_err *err)
{
	char beside[4096 + 8];
	int fd, rc = 0;

	snprintf(beside, sizeof(beside), "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  0644);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s", beside);
	if (write(fd, buf->data, buf->len) != (ssize_t)buf->len)
		rc = weft_err_set(err, EIO, "%s: short write", beside);
	close(fd);
	if (rc == 0 && rename(beside, path))
		rc = weft_err_sys(err, errno, "%s", path);
	return rc;
}

int weft_stats_write(const struct weft_stats *stats, const char *dir,
		     struct weft_err *err)
{
	char path[4096];
	struct weft_buf buf;
	int rc;

	snprintf(path, sizeof(path), "%s/weft", dir);
	if (mkdir(path, 0755) && errno != EEXIST)
		return weft_err_sys(err, errno, "%s", path);
	snprintf(path, sizeof(path), "%s/weft/sched_stats.json", dir);
	weft_buf_init(&buf, LIMIT);
	format(stats, &buf);
	rc = weft_buf_error(&buf);
	if (rc == 0)
		rc = replace(path, &buf, err);
	weft_buf_fini(&buf);
	return rc;
}
