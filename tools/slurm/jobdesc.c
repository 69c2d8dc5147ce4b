/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobdesc.c - one job in Weft's words into Slurm's job description
 *
 * The description borrows texts; those made here are in owned[] and freed
 * after sending.  slurm_free_job_desc_msg() is not public and not needed.
 * The environment is a vector whose first part is borrowed from the caller and
 * whose rest was made here.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/slurm/jobdesc.h"

extern char **environ;

int weft_jobdesc_setenv(struct weft_jobdesc *d, const char *name, const char *value)
{
	size_t len = strlen(name), at = 0;
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	while (at < d->env_count &&
	       (strncmp(d->env[at], name, len) || d->env[at][len] != '='))
		at++;
	if (at == d->env_count && d->env_count + 2 > d->env_cap) {
		size_t cap = d->env_cap * 2 + 64;
		char **more = reallocarray(d->env, cap, sizeof(*more));

		if (!more) {
			free(text);
			return -ENOMEM;
		}
		d->env = more;
		d->env_cap = cap;
	}
	if (at == d->env_count) {
		d->env[d->env_count++] = text;
		return 0;
	}
	if (at >= d->env_borrowed) {
		free(d->env[at]);
	} else {
		/* keep borrowed texts in front: move the last of them here */
		d->env[at] = d->env[--d->env_borrowed];
		at = d->env_borrowed;
	}
	d->env[at] = text;
	return 0;
}

/* What sbatch adds for slurmd: where and how the job was submitted. */
static int submit_env(struct weft_jobdesc *d, const struct weft_slurm_job *job)
{
	char host[256] = "", text[32];
	mode_t mask = umask(0);
	int rc = weft_jobdesc_setenv(d, "SLURM_SUBMIT_DIR", job->work_dir);

	umask(mask);
	gethostname(host, sizeof(host) - 1);
	snprintf(text, sizeof(text), "0%03o", (unsigned int)mask & 0777);
	if (!rc)
		rc = weft_jobdesc_setenv(d, "SLURM_SUBMIT_HOST", host);
	if (!rc)
		rc = weft_jobdesc_setenv(d, "SLURM_UMASK", text);
	if (!rc)
		rc = weft_jobdesc_setenv(d, "SLURM_PRIO_PROCESS", "0");
	if (!rc && job->name)	/* slurmstepd takes the %x of file names from it */
		rc = weft_jobdesc_setenv(d, "SLURM_JOB_NAME", job->name);
	return rc;
}

static int copy_env(struct weft_jobdesc *d, char **env)
{
	size_t count = 0;

	while (env && env[count])
		count++;
	d->env_cap = count + 64;
	d->env = calloc(d->env_cap, sizeof(*d->env));
	if (!d->env)
		return -ENOMEM;
	memcpy(d->env, env, count * sizeof(*env));
	d->env_count = d->env_borrowed = count;
	return 0;
}

/* --export without ALL: only Slurm's and Weft's variables and the named stay. */
static void drop_env(struct weft_jobdesc *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->env_borrowed; i++)
		if (!strncmp(d->env[i], "SLURM_", 6) || !strncmp(d->env[i], "WEFT_", 5))
			d->env[kept++] = d->env[i];
	memmove(d->env + kept, d->env + d->env_borrowed,
		(d->env_count - d->env_borrowed) * sizeof(*d->env));
	d->env_count -= d->env_borrowed - kept;
	d->env_borrowed = kept;
	weft_jobdesc_setenv(d, "SLURM_GET_USER_ENV", "1");
}

static void settle_cpus(struct weft_jobdesc *d)
{
	job_desc_msg_t *msg = &d->msg;
	uint32_t per_node = msg->ntasks_per_node != NO_VAL16 ? msg->ntasks_per_node : 0;
	uint32_t tasks = d->ntasks_set ? d->ntasks :
			 d->nodes_set ? msg->min_nodes * (per_node ? per_node : 1) :
					per_node ? per_node : 1;

	if (d->overcommit)
		msg->min_cpus = d->nodes_set ? msg->min_nodes : 1;
	else
		msg->min_cpus = tasks * (d->cpus_set ? msg->cpus_per_task : 1);
	if (!d->ntasks_set && (d->nodes_set || per_node))
		msg->num_tasks = tasks;
}

int weft_jobdesc_init(struct weft_jobdesc *d, const struct weft_slurm_job *job,
		      struct weft_err *err)
{
	int rc;

	memset(d, 0, sizeof(*d));
	slurm_init_job_desc_msg(&d->msg);
	rc = copy_env(d, job->env ? job->env : environ);
	for (uint32_t i = 0; i < job->option_count && !rc; i++)
		rc = weft_jobdesc_option(d, &job->options[i], err);
	if (!rc && d->env_none)
		drop_env(d);
	if (!rc)
		rc = submit_env(d, job);
	if (rc) {
		weft_jobdesc_fini(d);
		return rc == -ENOMEM ? weft_err_set(err, ENOMEM, "out of memory") : rc;
	}
	settle_cpus(d);
	d->msg.name = (char *)job->name;
	d->msg.script = (char *)job->script;
	if (!d->msg.work_dir)
		d->msg.work_dir = (char *)job->work_dir;
	d->msg.std_out = (char *)job->std_out;
	d->msg.std_err = (char *)job->std_err;
	if (!d->msg.std_in)
		d->msg.std_in = (char *)"/dev/null";
	d->msg.comment = (char *)job->comment;
	d->msg.array_inx = (char *)job->array;
	d->msg.dependency = (char *)job->dependency;
	if (job->begin > d->msg.begin_time)
		d->msg.begin_time = (time_t)job->begin;
	if (job->hold)
		d->msg.priority = 0;
	/* Weft decides what happens to jobs whose parents failed. */
	d->msg.bitflags |= NO_KILL_INV_DEP;
	d->msg.argv = job->argv;
	d->msg.argc = job->argc;
	d->msg.user_id = getuid();
	d->msg.group_id = getgid();
	d->env[d->env_count] = NULL;
	d->msg.environment = d->env;
	d->msg.env_size = (uint32_t)d->env_count;
	return 0;
}

void weft_jobdesc_fini(struct weft_jobdesc *d)
{
	for (unsigned int i = 0; i < d->owned_count; i++)
		free(d->owned[i]);
	for (size_t i = d->env_borrowed; i < d->env_count; i++)
		free(d->env[i]);
	free(d->env);
	memset(d, 0, sizeof(*d));
}
