/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tune_command.c - `weft sim tune TRACE`: what it was asked
 *
 * Exit code 3: nothing is gained on the windows that the search did not see.
 */
#include "config.h"

#include <stdio.h>

#include "tools/sim/options.h"
#include "tools/weft/cmd.h"

#define JOBS_MIN 20	/* in a window: fewer say nothing */

static const char usage[] =
	"usage: weft sim tune TRACE --cluster=FILE|--nodes=N [OPTION...]\n\n"
	"Searches the settings of Weft's scheduler on a history of jobs, and says what\n"
	"they would have gained in parts of it that the search did not see.\n\n";

static int load(struct tune *tune, struct weft_err *err)
{
	int rc = sim_read_settings(&tune->run, err);

	if (rc == 0)
		rc = sim_load(&tune->run, err);
	if (rc)
		return rc;
	if (tune->run.workload->job_count / tune->windows < JOBS_MIN)
		return weft_err_set(err, 22, "%u jobs are too few for %u windows (--windows)",
				    tune->run.workload->job_count,
				    tune->windows);
	return 0;
}

static int work(struct tune *tune)
{
	struct weft_err err = WEFT_ERR_INIT;
	bool gained = false;
	int rc = load(tune, &err);

	if (rc == 0)
		rc = tune_search(tune, &err);
	if (rc == 0 && tune->run.args.json)
		rc = tune_print_json(tune, &err);
	else if (rc == 0)
		tune_print(tune);
	if (rc)
		fprintf(stderr, "weft sim tune: %s\n", err.msg);
	else
		gained = tune->held_out.windows >= 2 &&
			tune->held_out.mean < 1;
	sim_fini(&tune->run);
	return rc ? WEFT_EXIT_FAILED : gained ? WEFT_EXIT_DONE : WEFT_EXIT_NO;
}

int tune_command(int argc, char **argv)
{
	struct tune tune = { .tries = 40, .windows = 10 };
	struct sim_args *a = &tune.run.args;
	const struct weft_option options[] = {
		SIM_OPTIONS(a),
		{ "objective", 'o', WEFT_OPTION_WORD, &tune.objective,
		  .words = tune_objective_words, .arg = "WHAT",
		  .help = "to be small: wait, slowdown, completion, hours, p95 or p99" },
		{ "tries", 't', WEFT_OPTION_UINT, &tune.tries, 1, 100000,
		  .arg = "N", .help = "settings tried at most (40)" },
		{ "windows", 'w', WEFT_OPTION_UINT, &tune.windows, 4,
		  TUNE_WINDOWS_MAX, .arg = "K",
		  .help = "parts of the history, the second half held out (10)" },
		{ NULL },
	};
	int rc;

	sim_set_defaults(&tune.run);
	rc = sim_read_args("sim tune", usage, options, argc, argv, a);
	return rc >= 0 ? rc : work(&tune);
}
