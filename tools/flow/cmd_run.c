/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_run.c - run, resume, watch, cancel, map: the commands that act
 *
 * Following a run: the records in end/ are read every second, Slurm is asked
 * every 2 to 30 s, the larger the run the rarer.  A record that tells of a
 * failure waits for that too: in a large run one fails at any moment, and to
 * ask at each would be asking all the time.  Interrupting the command leaves the
 * run as it is; watch or resume goes on with it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/flow/bars.h"
#include "tools/flow/cmd.h"
#include "tools/flow/find.h"
#include "tools/flow/summary.h"
#include "tools/flow/waves.h"
#include "tools/slurm/assoc.h"
#include "tools/slurm/submit.h"
#include "tools/ui/json_out.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
	interrupted = signum;
}

static bool is_over(const struct weft_run *run)
{
	struct weft_run_totals t;

	weft_run_count(run, &t);
	return !t.live && (!t.todo || run->stopping);
}

static double poll_sec(const struct weft_run *run)
{
	double sec = run->flow->unit_count / 300.0;

	sec = sec < 2 ? 2 : sec > 30 ? 30 : sec;
	/* In waves the limits are asked for as well: two questions at a time. */
	return weft_waves_limit(run) ? sec * 2 : sec;
}

static double clock_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One round: look, settle, submit what became possible. */
static int one_round(struct weft_run *run, struct weft_bars *bars, double *asked,
		     struct weft_err *err)
{
	double now = clock_sec();
	int rc = weft_run_glance(run, err);

	if (rc)
		return rc;
	if (now - *asked >= poll_sec(run)) {
		rc = weft_run_update(run, err);
		*asked = now;
		if (rc == -EAGAIN) {
			weft_bars_leave(bars);
			fprintf(stderr, "weft flow: %s; trying again\n", err->msg);
			return 0;
		}
		if (rc)
			return rc;
	}
	rc = weft_run_pass(run, err);
	if (rc == -ESRCH) {	/* a parent ended meanwhile: look again first */
		*asked = 0;
		return 0;
	}
	if (!rc && is_over(run))
		return 0;
	return rc < 0 ? rc : 0;
}

static int follow(struct weft_run *run, struct weft_err *err)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct weft_bars bars;
	double asked = 0;
	int rc = weft_bars_init(&bars, run);

	if (rc)
		return weft_err_set(err, ENOMEM, "out of memory");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!rc && !interrupted) {
		rc = one_round(run, &bars, &asked, err);
		if (rc || is_over(run))
			break;
		weft_bars_show(&bars, false);
		sleep(1);
	}
	if (!rc)
		weft_bars_show(&bars, true);
	weft_bars_fini(&bars);
	if (rc)
		return rc;
	weft_flow_summary(run);
	if (interrupted)
		fprintf(stderr, "the run goes on in Slurm; to follow it again: weft flow watch %s\n",
			run->dir);
	return 0;
}

static struct json_object *pace_json(const struct weft_run_pace *pace)
{
	const struct {
		const char *name;
		double msec;
	} parts[] = {
		{ "plan", pace->plan }, { "journal", pace->journal }, { "send", pace->send },
		{ "look", pace->look }, { "release", pace->release },
	};
	struct json_object *out = json_object_new_object();
	double sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		json_object_object_add(out, parts[i].name,
				       json_object_new_int64((int64_t)(parts[i].msec + 0.5)));
		sum += parts[i].msec;
	}
	json_object_object_add(out, "all", json_object_new_int64((int64_t)(sum + 0.5)));
	return out;
}

static void print_result(const struct weft_run *run, const struct weft_flow_args *args)
{
	struct weft_run_totals t;
	struct json_object *out;

	weft_run_count(run, &t);
	if (!args->json) {
		puts(run->id);
		return;
	}
	out = json_object_new_object();
	json_object_object_add(out, "run", json_object_new_string(run->id));
	json_object_object_add(out, "dir", json_object_new_string(run->dir));
	json_object_object_add(out, "objects", json_object_new_int64(run->plan.object_count));
	json_object_object_add(out, "done", json_object_new_int64(t.done));
	json_object_object_add(out, "skipped", json_object_new_int64(t.skipped));
	json_object_object_add(out, "failed", json_object_new_int64(t.failed));
	json_object_object_add(out, "running", json_object_new_int64(t.running));
	json_object_object_add(out, "waiting",
			       json_object_new_int64(t.todo + t.live - t.running));
	json_object_object_add(out, "rpcs", json_object_new_int64((int64_t)run->rpc_count));
	json_object_object_add(out, "submission_msec", pace_json(&run->pace));
	weft_print_json(stdout, out);
}

/* Say once why a run is not sent whole. */
static void tell_waves(const struct weft_run *run)
{
	const struct weft_site_limit *limit = weft_waves_limit(run);

	if (limit)
		fprintf(stderr, "weft flow: %s=%llu of %s: the run goes in waves\n", limit->name,
			(unsigned long long)limit->max, limit->holder);
}

/* Follow (or not), print, and the exit code that goes with the outcome. */
static int carry_on(struct weft_run *run, const struct weft_flow_args *args,
		    struct weft_err *err)
{
	struct weft_run_totals t;
	int rc;

	tell_waves(run);
	rc = args->detach ? 0 : follow(run, err);

	if (rc) {
		fprintf(stderr, "weft flow: %s\nto continue: weft flow resume %s\n",
			err->msg, run->dir);
		return WEFT_EXIT_FAILED;
	}
	print_result(run, args);
	weft_run_count(run, &t);
	return t.failed ? WEFT_EXIT_NO : WEFT_EXIT_DONE;
}

static int not_over(void *ctx, const char *dir)
{
	const char *path = ctx;
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_run_totals t = { 0 };
	char *own;
	int rc = weft_run_open(&run, dir, false, &err);

	if (!rc) {
		own = weft_state_get(run.state, "path");
		if (own && !strcmp(own, path))
			weft_run_count(&run, &t);
		free(own);
	}
	weft_run_close(&run);
	if (!t.todo && !t.live)
		return 0;
	fprintf(stderr,
		"weft flow: run %s of this workflow is not over: %u done, %u in Slurm, %u to come\n"
		"  to follow it: weft flow watch %s\n  to end it:    weft flow cancel %s\n"
		"  to start another beside it: add --again\n",
		strrchr(dir, '/') + 1, t.done, t.live, t.todo, dir, dir);
	return 1;
}

/*
 * Two `run` of one directory at a time would both find that nothing runs: the
 * second waits here until the first is in its journal.  The lock goes with the
 * process, or when *ret_fd is closed.
 */
static int admit(const char *home, int *ret_fd, struct weft_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[3100];
	int fd, rc;

	if (mkdir(home, 0777) && errno != EEXIST)
		return weft_err_sys(err, errno, "%s", home);
	snprintf(path, sizeof(path), "%.3000s/.begin", home);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s", path);
	while (fcntl(fd, F_SETLKW, &lock))
		if (errno != EINTR) {
			rc = weft_err_sys(err, errno, "%s: cannot lock", path);
			close(fd);
			return rc;
		}
	*ret_fd = fd;
	return 0;
}

static int connect_slurm(struct weft_slurm_limits *limits, struct weft_err *err)
{
	int rc = weft_slurm_start(err);

	return rc ? rc : weft_slurm_limits(limits, err);
}

static uint32_t limits_of(void *ctx, const char *account, const char *partition,
			  const char *qos, struct weft_site_limit list[WEFT_SITE_LIMITS])
{
	return weft_slurm_assoc_limits(ctx, account, partition, qos, list);
}

/* With the limits of the site, or Slurm's usual ones where none is asked. */
static int dry_run(const struct weft_flow_args *args, const struct weft_slurm_limits *limits,
		   bool site_known)
{
	struct weft_flow_site site = { 1001, 10000, UINT32_MAX, NULL, NULL };
	struct weft_slurm_assoc *assoc = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	int rc;

	if (site_known) {
		site.max_array_size = limits->max_array_size;
		site.max_job_count = limits->max_job_count > limits->job_count ?
					     limits->max_job_count - limits->job_count : 1;
		site.default_minutes = limits->default_minutes;
		if (limits->enforced && weft_slurm_assoc_load(&assoc, &err))
			fprintf(stderr, "weft flow: %s; left out\n", err.msg);
	}
	if (assoc) {
		site.limits = limits_of;
		site.ctx = assoc;
	}
	rc = weft_flow_dry_run(args->rest[0], args, &site);
	weft_slurm_assoc_destroy(assoc);
	return rc;
}

/* 1: another run of the file is not over, and that was said. */
static int begin_run(struct weft_run *run, const struct weft_flow_args *args,
		     struct weft_err *err)
{
	char home[3000], *real;
	int fd = -1, rc = weft_run_home(args->rest[0], home, err);

	if (!rc)
		rc = admit(home, &fd, err);
	if (rc)
		return rc;
	real = realpath(args->rest[0], NULL);
	if (real && !args->again && weft_flow_each_run(home, not_over, real))
		rc = 1;
	else
		rc = weft_run_create(run, args->rest[0], args->given, args->given_count, err);
	free(real);
	close(fd);
	return rc;
}

int weft_flow_cmd_run(const struct weft_flow_args *args)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	int rc;

	if (args->rest_count != 1) {
		fprintf(stderr, "weft flow run: give one workflow file\n");
		return WEFT_EXIT_USAGE;
	}
	rc = connect_slurm(&run.limits, &err);
	if (args->dry_run && rc)
		fprintf(stderr, "weft flow: %s; using Slurm's default limits\n", err.msg);
	if (args->dry_run)
		return dry_run(args, &run.limits, !rc);
	if (rc)
		return weft_flow_fail(&err);
	rc = begin_run(&run, args, &err);
	if (rc > 0)
		return WEFT_EXIT_NO;
	if (!rc) {
		fprintf(stderr, "weft flow: run %s\n", run.id);
		rc = weft_run_pass(&run, &err);
	}
	if (rc < 0) {
		weft_flow_fail(&err);
		if (run.state)
			fprintf(stderr, "to continue: weft flow resume %s\n", run.dir);
		rc = WEFT_EXIT_FAILED;
	} else {
		rc = carry_on(&run, args, &err);
	}
	weft_run_close(&run);
	return rc;
}

static int open_run(struct weft_run *run, const struct weft_flow_args *args,
		    struct weft_err *err)
{
	char dir[3000], *real;
	int rc = weft_flow_find_run(args->rest_count ? args->rest[0] : NULL, dir, err);

	if (rc)
		return rc;
	rc = connect_slurm(&run->limits, err);
	real = realpath(dir, NULL);
	if (!rc)
		rc = weft_run_open(run, real ? real : dir, true, err);
	free(real);
	return rc;
}

/* What failed gets its tries anew. */
static int revive(struct weft_run *run, struct weft_err *err)
{
	int rc = weft_state_begin(run->state, err);

	for (uint32_t u = 0; u < run->flow->unit_count && !rc; u++) {
		struct weft_unit *unit = &run->plan.units[u];

		if (unit->state != WEFT_UNIT_FAILED)
			continue;
		unit->state = WEFT_UNIT_TODO;
		unit->attempt = 0;
		unit->not_before = 0;
		rc = weft_state_put_unit(run->state, &run->plan, u, NULL, err);
	}
	return rc ? rc : weft_state_commit(run->state, err);
}

static int act(const struct weft_flow_args *args, bool again)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	int rc = open_run(&run, args, &err);

	if (!rc)
		rc = weft_run_adopt(&run, again, &err);
	if (!rc)
		rc = weft_run_update(&run, &err);
	if (!rc && again)
		rc = revive(&run, &err);
	run.stopping = false;
	if (!rc)
		rc = weft_run_pass(&run, &err);
	if (rc < 0)
		rc = weft_flow_fail(&err);
	else
		rc = carry_on(&run, args, &err);
	weft_run_close(&run);
	return rc;
}

int weft_flow_cmd_resume(const struct weft_flow_args *args)
{
	return act(args, true);
}

int weft_flow_cmd_watch(const struct weft_flow_args *args)
{
	return act(args, false);
}

int weft_flow_cmd_cancel(const struct weft_flow_args *args)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	int rc = open_run(&run, args, &err);

	if (!rc)
		rc = weft_run_adopt(&run, false, &err);
	if (!rc)
		rc = weft_run_update(&run, &err);
	if (!rc)
		rc = weft_run_cancel(&run, &err);
	if (rc)
		rc = weft_flow_fail(&err);
	else
		print_result(&run, args);
	weft_run_close(&run);
	return rc;
}

/* "./prog {}" with {} as the index; words are quoted for the shell. */
static void add_command(const struct weft_flow_args *args, struct weft_buf *out)
{
	for (int i = 0; i < args->rest_count; i++) {
		if (i)
			weft_buf_adds(out, " ");
		weft_buf_adds(out, "'");
		for (const char *p = args->rest[i]; *p; p++) {
			if (p[0] == '{' && p[1] == '}') {
				weft_buf_adds(out, "'\"$index\"'");
				p++;
			} else if (*p == '\'') {
				weft_buf_adds(out, "'\\''");
			} else {
				weft_buf_add(out, p, 1);
			}
		}
		weft_buf_adds(out, "'");
	}
}

/* A value as it is: "${x}" in it is no param. */
static struct json_object *literal(const char *text)
{
	struct json_object *value;
	struct weft_buf out;

	weft_buf_init(&out, (size_t)1 << 20);
	for (; *text; text++)
		weft_buf_add(&out, *text == '$' ? "$$" : text, *text == '$' ? 2 : 1);
	value = json_object_new_string(weft_buf_str(&out));
	weft_buf_fini(&out);
	return value;
}

static int write_map(const struct weft_flow_args *args, char path[64], struct weft_err *err)
{
	struct json_object *root = json_object_new_object(), *tasks = json_object_new_object();
	struct json_object *task = json_object_new_object(), *res = json_object_new_object();
	const char *name = args->name ? args->name : "map", *text;
	struct weft_buf command;
	int fd, rc = 0;

	weft_buf_init(&command, (size_t)1 << 20);
	add_command(args, &command);
	json_object_object_add(root, "name", json_object_new_string(name));
	json_object_object_add(root, "tasks", tasks);
	json_object_object_add(tasks, name, task);
	json_object_object_add(task, "run", json_object_new_string(weft_buf_str(&command)));
	json_object_object_add(task, "array", literal(args->array));
	json_object_object_add(task, "resources", res);
	for (size_t i = 0; i < args->option_count; i++)
		json_object_object_add(res, args->options[i].name,
				       literal(args->options[i].value ? args->options[i].value :
									"true"));
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
	snprintf(path, 64, "weft-map-XXXXXX.json");
	fd = mkstemps(path, 5);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		rc = weft_err_sys(err, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	json_object_put(root);
	weft_buf_fini(&command);
	return rc;
}

int weft_flow_cmd_map(const struct weft_flow_args *args)
{
	struct weft_flow_args inner = *args;
	struct weft_err err = WEFT_ERR_INIT;
	char path[64], *rest[1] = { path };
	int rc;

	if (!args->array || !args->rest_count) {
		fprintf(stderr, "weft flow map: give --array INDICES and a command after --\n");
		return WEFT_EXIT_USAGE;
	}
	if (weft_flow_check_name(args))
		return WEFT_EXIT_USAGE;
	rc = write_map(args, path, &err);
	if (!rc) {	/* what the options say wrong is told before a file is left */
		struct weft_flow *flow = NULL;

		rc = weft_flow_read(path, NULL, 0, &flow, &err);
		weft_flow_destroy(flow);
		if (rc)
			unlink(path);
	}
	if (rc)
		return weft_flow_fail(&err);
	fprintf(stderr, "weft flow: written as %s\n", path);
	inner.rest = rest;
	inner.rest_count = 1;
	rc = weft_flow_cmd_run(&inner);
	if (args->dry_run)
		unlink(path);
	return rc;
}
