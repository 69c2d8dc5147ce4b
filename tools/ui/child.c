/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.c - see child.h
 *
 * One loop gives and takes, for a child that talks before it has heard all
 * would otherwise wait for us as we for it.  It reads from a socket and not a
 * pipe: writing to a child that closed its ear is then an error like others, and
 * no SIGPIPE, which is the whole process's.
 *
 * What an ended child's own children still hold open is not waited for beyond
 * the limit; without a limit it is.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/ui/child.h"

struct talk {
	pid_t pid;
	int in, out;		/* ours; -1 once closed */
	const char *left;	/* still to be given */
	size_t left_len;
	struct weft_buf *said;
};

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void point(int fd, int to)
{
	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		dup2(fd, to);
}

/* In the child; no return. */
static void become(const struct weft_child *child, int in, int out)
{
	signal(SIGPIPE, SIG_DFL);
	point(child->in ? in : -1, STDIN_FILENO);
	point(out, STDOUT_FILENO);
	if (!child->says_errors)
		point(-1, STDERR_FILENO);
	if (child->prepare)
		child->prepare(child->ctx);
	execvp(child->argv[0], (char *const *)child->argv);
	_exit(WEFT_CHILD_NOT_FOUND);
}

static int start(const struct weft_child *child, struct talk *talk)
{
	int in[2], out[2], rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		rc = -errno;
		close(in[0]);
		close(in[1]);
		return rc;
	}
	talk->pid = fork();
	if (!talk->pid)
		become(child, in[1], out[1]);
	if (talk->pid < 0)
		rc = -errno;
	close(in[1]);
	close(out[1]);
	talk->in = in[0];
	talk->out = out[0];
	return rc;
}

static void give(struct talk *talk)
{
	ssize_t put = 0;

	if (talk->left_len)
		put = send(talk->in, talk->left, talk->left_len,
			   MSG_NOSIGNAL | MSG_DONTWAIT);
	if (put < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (put > 0) {
		talk->left += put;
		talk->left_len -= (size_t)put;
	}
	if (put < 0 || !talk->left_len)
		hang_up(&talk->in);
}

/* 0, or -errno of a buffer that takes no more. */
static int take(struct talk *talk)
{
	char chunk[4096];
	ssize_t got = read(talk->out, chunk, sizeof(chunk));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got <= 0)
		hang_up(&talk->out);
	else if (talk->said && weft_buf_add(talk->said, chunk, (size_t)got))
		return weft_buf_error(talk->said);
	return 0;
}

static int msec_until(const struct timespec *end)
{
	struct timespec now;
	long long left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (end->tv_sec - now.tv_sec) * 1000LL +
	       (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* Until it says no more: 0; -ETIMEDOUT at the limit, or take()'s error. */
static int converse(struct talk *talk, unsigned int limit_sec)
{
	struct pollfd fds[2];
	struct timespec end;
	int ready, rc;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += limit_sec;
	while (talk->out >= 0) {
		fds[0] = (struct pollfd){ .fd = talk->out, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = talk->in, .events = POLLOUT };
		ready = poll(fds, 2, limit_sec ? msec_until(&end) : -1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
		if (ready < 0)
			continue;
		if (fds[1].revents)
			give(talk);
		rc = fds[0].revents ? take(talk) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

int weft_child_run(const struct weft_child *child, int *ret_code,
		   struct weft_err *err)
{
	struct talk talk = { .pid = -1, .in = -1, .out = -1,
			     .left = child->in, .left_len = child->in ? child->in_len : 0,
			     .said = child->out };
	int status = 0, rc;

	rc = start(child, &talk);
	if (rc) {
		hang_up(&talk.in);
		hang_up(&talk.out);
		return weft_err_sys(err, -rc, "%s: cannot start", child->argv[0]);
	}
	rc = converse(&talk, child->limit_sec);
	hang_up(&talk.in);
	hang_up(&talk.out);
	if (rc)
		kill(talk.pid, SIGKILL);
	while (waitpid(talk.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == -ETIMEDOUT)
		return weft_err_set(err, ETIMEDOUT, "%s: stopped, not done after %u s",
				    child->argv[0], child->limit_sec);
	if (rc)
		return weft_err_sys(err, -rc, "%s: what it says", child->argv[0]);
	*ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}
