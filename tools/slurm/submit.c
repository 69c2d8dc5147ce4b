/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submit.c - see submit.h
 *
 * slurm_submit_batch_job() opens its own connection and keeps its error in a
 * thread's errno, so several threads may submit at once.  Errors are sorted by
 * what they mean for "was it submitted?": after a connection was made and no
 * answer came, nobody knows, and that is said (-ETIMEDOUT), never hidden by a
 * second try here.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "tools/slurm/jobdesc.h"
#include "tools/slurm/submit.h"

/*
 * Without a configuration slurm_init() ends the process.  Where no file is in
 * its usual places (a site may serve it by DNS), a child tries first.
 */
static bool has_config(void)
{
	static const char *const files[] = { "/etc/slurm/slurm.conf",
					     "/run/slurm/conf/slurm.conf" };
	const char *given = getenv("SLURM_CONF");
	int status, null;
	pid_t pid;

	if (given)
		return !access(given, R_OK);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!access(files[i], R_OK))
			return true;
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDERR_FILENO);
		slurm_init(NULL);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

int weft_slurm_start(struct weft_err *err)
{
	static bool started;

	if (started)
		return 0;
	if (!has_config())
		return weft_err_set(err, ENODEV,
				    "no configuration of Slurm is found here; set SLURM_CONF or ask for it on this machine");
	/* Array expressions in full, not cut at 64 bytes. */
	setenv("SLURM_BITSTR_LEN", "0", 0);
	slurm_init(NULL);
	started = true;
	return 0;
}

static int sort_error(int code)
{
	switch (code) {
	case SLURM_COMMUNICATIONS_CONNECTION_ERROR:
	case ESLURM_ERROR_ON_DESC_TO_RECORD_COPY:
	case ESLURM_NODES_BUSY:
	case ESLURM_PORTS_BUSY:
	case ESLURM_IN_STANDBY_MODE:
	case EAGAIN:
		return EAGAIN;
	case SLURM_COMMUNICATIONS_SEND_ERROR:
	case SLURM_COMMUNICATIONS_RECEIVE_ERROR:
	case SLURM_PROTOCOL_SOCKET_ZERO_BYTES_SENT:
	case SLURM_PROTOCOL_SOCKET_IMPL_TIMEOUT:
		return ETIMEDOUT;
	case ESLURM_DEPENDENCY:
		return ESRCH;
	case ESLURM_ACCOUNTING_POLICY:
		return EDQUOT;
	default:
		/* the system's own codes are of the way there, not of the job */
		return code > 0 && code < SLURM_UNEXPECTED_MSG_ERROR ? ETIMEDOUT : EINVAL;
	}
}

int weft_slurm_submit(const struct weft_slurm_job *job, uint32_t *ret_job_id,
		      struct weft_err *err)
{
	submit_response_msg_t *response = NULL;
	struct weft_jobdesc desc;
	int rc = weft_jobdesc_init(&desc, job, err);

	if (rc)
		return rc;
	if (slurm_submit_batch_job(&desc.msg, &response)) {
		int code = errno;

		rc = weft_err_set(err, sort_error(code), "%s", slurm_strerror(code));
	} else {
		*ret_job_id = response->job_id;
	}
	if (response)
		slurm_free_submit_response_response_msg(response);
	weft_jobdesc_fini(&desc);
	return rc;
}
