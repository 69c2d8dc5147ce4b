/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload.c - see reload.h
 *
 * The file is looked at (one stat()) once a second by a thread that does
 * nothing else, so that a new file is compiled, and a bad one told in the log
 * and in weft policy status, before the next job meets it; `scontrol
 * reconfigure` needs no help.  A job that arrives looks too if the thread has
 * not done so in this second.  A file is known by device, inode, size, and its
 * times in nanoseconds, so that one that was renamed into place is always seen.
 *
 * A file that does not compile leaves the rules as they were; the reason is
 * logged once for that file, not once for each job.  A file that is gone means
 * no rules, as at the start: deleting it is how an admin switches the filter
 * off.
 *
 * SlurmUser and the state directory are copied when the plugin is loaded, for
 * the thread holds none of slurmctld's locks; neither can change without a
 * restart.
 *
 * One mutex guards rules and buckets.  slurmctld's RPC threads pass through
 * here one at a time for the microseconds that the rules take; Slurm's own
 * write lock on its jobs makes them queue a moment later in any case.
 *
 * Each look that found the file changed leaves a line for weft policy status
 * (status.c).
 *
 * WEFT_CONF in slurmctld's environment names another file.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "plugins/job_submit/reload.h"
#include "plugins/job_submit/status.h"
#include "plugins/slurm/submit.h"

#define BUCKETS 16384

struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, modified;
	int missing;		/* errno of stat(), 0: it is there */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t stop;	/* with lock: the thread is to end */
	pthread_t watcher;
	bool watching;
	uid_t owner;		/* SlurmUser */
	char *path;
	struct identity seen;
	bool looked;
	int64_t looked_sec;
	struct weft_rules *rules;
	struct weft_throttle *throttle;
	struct weft_submit_status status;	/* what weft policy status tells */
} site = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .stop = PTHREAD_COND_INITIALIZER };

static void identify(const char *path, struct identity *id)
{
	struct stat st;

	memset(id, 0, sizeof(*id));
	if (stat(path, &st) < 0) {
		id->missing = errno;
		return;
	}
	id->dev = st.st_dev;
	id->ino = st.st_ino;
	id->size = st.st_size;
	id->changed = st.st_ctim;
	id->modified = st.st_mtim;
}

static void replace(struct weft_rules *rules)
{
	weft_rules_destroy(site.rules);
	site.rules = rules;
}

static void reload(int64_t now_sec)
{
	struct weft_submit_status *status = &site.status;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules;

	if (site.seen.missing == ENOENT) {
		if (site.rules)
			info("job_submit/weft: %s is gone: no rules", site.path);
		replace(NULL);
		status->loaded_sec = 0;
		status->rule_count = 0;
		status->error[0] = '\0';
		return;
	}
	if (weft_rules_read(site.path, &site.owner, &rules, &err)) {
		error("job_submit/weft: %s", err.msg);
		error("job_submit/weft: %s", site.rules ?
		      "the rules stay as they were" : "no rules are in force");
		snprintf(status->error, sizeof(status->error), "%s", err.msg);
		status->error_sec = now_sec;
		return;
	}
	replace(rules);
	status->loaded_sec = now_sec;
	status->rule_count = weft_rules_count(rules);
	status->error[0] = '\0';
	info("job_submit/weft: %u rules from %s", weft_rules_count(rules), site.path);
}

static void look(int64_t now_sec)
{
	struct identity id;

	if (!site.path || (site.looked && now_sec == site.looked_sec))
		return;
	site.looked_sec = now_sec;
	identify(site.path, &id);
	if (site.looked && memcmp(&id, &site.seen, sizeof(id)) == 0)
		return;
	site.looked = true;
	site.seen = id;
	reload(now_sec);
	site.status.path = site.path;
	site.status.looked_sec = now_sec;
	weft_submit_status_write(&site.status);
}

static void *watch(void *arg)
{
	struct timespec at;

	(void)arg;
	pthread_mutex_lock(&site.lock);
	while (site.watching) {
		look(time(NULL));
		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_sec++;
		pthread_cond_timedwait(&site.stop, &site.lock, &at);
	}
	pthread_mutex_unlock(&site.lock);
	return NULL;
}

/* Without it jobs look, as they come. */
static void start_watcher(void)
{
	site.watching = pthread_create(&site.watcher, NULL, watch, NULL) == 0;
	if (!site.watching)
		error("job_submit/weft: no thread: %s is looked at when a job comes",
		      site.path);
}

static void stop_watcher(void)
{
	bool watching;

	pthread_mutex_lock(&site.lock);
	watching = site.watching;
	site.watching = false;
	pthread_cond_signal(&site.stop);
	pthread_mutex_unlock(&site.lock);
	if (watching)
		pthread_join(site.watcher, NULL);
}

void weft_reload_init(void)
{
	const char *named = getenv("WEFT_CONF");

	pthread_mutex_lock(&site.lock);
	site.owner = slurm_conf.slurm_user_id;
	site.status.state_dir = xstrdup(slurm_conf.state_save_location);
	site.path = named && *named ? xstrdup(named) : weft_slurm_conf_path("weft.json");
	site.throttle = weft_throttle_create(BUCKETS);
	if (!site.throttle)
		error("job_submit/weft: out of memory: rates are not held");
	site.status.started_sec = time(NULL);
	look(time(NULL));
	start_watcher();
	pthread_mutex_unlock(&site.lock);
}

void weft_reload_fini(void)
{
	stop_watcher();
	pthread_mutex_lock(&site.lock);
	weft_submit_status_remove(&site.status);
	replace(NULL);
	weft_throttle_destroy(site.throttle);
	site.throttle = NULL;
	xfree(site.path);
	xfree(site.status.state_dir);
	site.looked = false;
	pthread_mutex_unlock(&site.lock);
}

const struct weft_rules *weft_reload_lock(int64_t now_sec,
					  struct weft_throttle **ret_throttle)
{
	pthread_mutex_lock(&site.lock);
	look(now_sec);
	if (!site.rules) {
		pthread_mutex_unlock(&site.lock);
		return NULL;
	}
	*ret_throttle = site.throttle;
	return site.rules;
}

void weft_reload_unlock(void)
{
	pthread_mutex_unlock(&site.lock);
}
