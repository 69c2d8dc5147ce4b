/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.c - `weft sim TRACE`: what it was asked, and the order of the work
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/options.h"
#include "tools/sim/options.h"
#include "tools/ui/args.h"
#include "tools/weft/cmd.h"

const char *const sim_limit_words[] = { "drawn", "round", "user", NULL };
static const char *const predict_words[] = {
	"none", "off", "user", "like", "blend", NULL
};

void sim_set_defaults(struct sim_run *run)
{
	run->args = (struct sim_args) {
		.schedulers = "weft,backfill,easy,fifo",
		.gpus = 8, .windows = 10, .seed = 1, .load_percent = 100,
	};
	weft_settings_defaults(weft_policy_settings, &run->settings.policy);
	weft_settings_defaults(weft_stock_settings, &run->settings.stock);
}

int sim_read_settings(struct sim_run *run, struct weft_err *err)
{
	struct weft_json *doc;
	int rc;

	run->settings.gap_sec = run->args.gap_sec;
	run->settings.completing_sec = run->args.completing_sec;
	if (!run->args.settings)
		return 0;
	rc = weft_settings_open(run->args.settings, NULL, &doc, err);
	if (rc)
		return rc;
	rc = weft_settings_read(weft_policy_settings, doc, "sched",
				&run->settings.policy,
				sizeof(run->settings.policy), err);
	if (rc == 0)
		rc = weft_settings_read(weft_stock_settings, doc, "stock",
					&run->settings.stock,
					sizeof(run->settings.stock), err);
	weft_json_destroy(doc);
	return rc;
}

/*
 * Can this be written when hours of simulation are over?  What is there stays
 * as it is until then.
 */
static int check_writable(const char *path, struct weft_err *err)
{
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0) {
		close(fd);
		unlink(path);
		return 0;
	}
	if (errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s", path);
	close(fd);
	return 0;
}

static int work(struct sim_run *run)
{
	struct weft_err err = WEFT_ERR_INIT;
	int rc = sim_read_settings(run, &err);

	if (rc == 0)
		rc = check_writable(run->args.jobs, &err);
	if (rc == 0)
		rc = check_writable(run->args.html, &err);
	if (rc == 0 && run->args.predict)
		run->settings.policy.predict = run->args.predict - 1;
	if (rc == 0)
		rc = sim_run_all(run, &err);
	if (rc == 0 && run->args.jobs)
		rc = sim_write_jobs(run, &err);
	if (rc == 0 && run->args.html)
		rc = sim_write_html(run, &err);
	if (rc == 0)
		rc = run->args.json ? sim_print_json(run, &err) :
			sim_print_table(run);
	if (rc)
		fprintf(stderr, "weft sim: %s\n", err.msg);
	sim_fini(run);
	return rc ? WEFT_EXIT_FAILED : WEFT_EXIT_DONE;
}

int sim_read_args(const char *command, const char *usage,
		  const struct weft_option *options, int argc, char **argv,
		  struct sim_args *args)
{
	const char *missing = NULL;
	uint32_t count;
	int rc = weft_args_read(command, usage, options, argc, argv,
				&args->trace, 1, &count);

	if (rc >= 0)
		return rc;
	if (!count)
		missing = "which trace?";
	else if (!args->nodes == !args->cluster)
		missing = "which machine? --cluster=FILE or --nodes=N";
	if (!missing)
		return -1;
	fprintf(stderr, "weft %s: %s\nTry \"weft %s --help\".\n", command,
		missing, command);
	return WEFT_EXIT_USAGE;
}

static const char usage[] =
	"usage: weft sim TRACE --cluster=FILE|--nodes=N [OPTION...]\n"
	"       weft sim tune TRACE ...\n\n"
	"Runs a history of jobs again under several schedulers and compares them.\n"
	"TRACE is what sacct --parsable2 printed, a .swf file, or CSV; gzipped or not.\n\n";

int sim_command(int argc, char **argv)
{
	struct sim_run run = { 0 };
	struct sim_args *a = &run.args;
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_option options[] = {
		SIM_OPTIONS(a),
		{ "scheduler", 's', WEFT_OPTION_TEXT, &a->schedulers,
		  .arg = "LIST", .help = "schedulers to compare (weft,backfill,easy,fifo)" },
		{ "windows", 'w', WEFT_OPTION_UINT, &a->windows, 1,
		  SIM_WINDOWS_MAX, .arg = "K",
		  .help = "parts of the history for the intervals (10)" },
		{ "jobs", 0, WEFT_OPTION_TEXT, &a->jobs, .arg = "FILE",
		  .help = "write what became of each job: CSV, or JSON if FILE ends in .json" },
		{ "predict", 0, WEFT_OPTION_WORD, &a->predict,
		  .words = predict_words, .arg = "HOW",
		  .help = "second opinion on run times: off (only measure), user, like or blend" },
		{ "html", 0, WEFT_OPTION_TEXT, &a->html, .arg = "FILE",
		  .help = "write a page with plots, to be read without a network" },
		{ NULL },
	};
	int rc;

	if (argc > 1 && !strcmp(argv[1], "tune"))
		return tune_command(argc - 1, argv + 1);
	sim_set_defaults(&run);
	rc = sim_read_args("sim", usage, options, argc, argv, a);
	if (rc >= 0)
		return rc;
	if (sim_choose_policies(&run, &err)) {
		fprintf(stderr, "weft sim: %s\nTry \"weft sim --help\".\n",
			err.msg);
		return WEFT_EXIT_USAGE;
	}
	return work(&run);
}
