/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask_child.c - ask for an inventory in a child process, within a time limit
 *
 * For questions that may hang (a driver) or crash (hwloc, given bad XML).  The
 * child answers in our stored JSON form through a pipe; with no answer within
 * the limit it is killed.
 *
 * A process and not a thread, since a thread stuck in the kernel can't be
 * ended.  Forked twice, so that a child that even SIGKILL does not end (it
 * sits in the kernel) is init's and leaves no zombie.  The child execs
 * nothing; forked from a process with threads it may meet a lock that another
 * thread held: that is one more way not to answer in time, with the same end.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "gres/read_impl.h"

#define ANSWER_LIMIT (1u << 20)		/* bytes of JSON */

static bool write_all(int fd, const void *data, size_t len)
{
	const char *from = data;
	ssize_t put;

	while (len) {
		put = write(fd, from, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		from += put;
		len -= (size_t)put;
	}
	return true;
}

/* In the child: an inventory as JSON, or '!' and the message.  No return. */
static void answer(int fd, discover_ask_fn ask_fn, void *arg)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	struct json_object *root = NULL;
	const char *text = NULL;
	pid_t self = getpid();

	signal(SIGPIPE, SIG_DFL);
	if (!write_all(fd, &self, sizeof(self)))
		_exit(1);
	if (ask_fn(arg, &inv, &err)) {
		write_all(fd, "!", 1);
		write_all(fd, err.msg, strlen(err.msg));
		_exit(0);
	}
	root = weft_inventory_to_json(inv);
	if (root)
		text = json_object_to_json_string_ext(root,
						      JSON_C_TO_STRING_PLAIN);
	if (text)
		write_all(fd, text, strlen(text));
	_exit(0);
}

static int start_child(int *ret_fd, discover_ask_fn ask_fn, void *arg,
		       struct weft_err *err)
{
	int fds[2], rc;
	pid_t pid;

	if (pipe(fds) < 0)
		return weft_err_sys(err, errno, "this machine: pipe");
	pid = fork();
	if (pid < 0) {
		rc = weft_err_sys(err, errno, "this machine: fork");
		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (!pid) {
		close(fds[0]);
		pid = fork();
		if (pid)
			_exit(pid < 0);
		answer(fds[1], ask_fn, arg);
	}
	close(fds[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_fd = fds[0];
	return 0;
}

/* ---- the parent --------------------------------------------------------- */

/*
 * Read what the child says until it closes the pipe.  It prepares its answer
 * before it writes, so the limit on each wait bounds the whole.
 */
static int listen_to(int fd, int limit_msec, struct weft_buf *buf)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char chunk[4096];
	ssize_t got;
	int ready;

	for (;;) {
		ready = poll(&wait, 1, limit_msec);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
		got = read(fd, chunk, sizeof(chunk));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return 0;
		if (weft_buf_add(buf, chunk, (size_t)got))
			return weft_buf_error(buf);
	}
}

/* What the child said, without its process id: 0 and an inventory, or why not. */
static int understand(const struct weft_buf *buf, struct weft_inventory **ret_inv,
		      struct weft_err *err)
{
	const char *text = weft_buf_str(buf);

	if (buf->len <= sizeof(pid_t))
		return weft_err_set(err, EIO, "the driver's process ended without an answer");
	text += sizeof(pid_t);
	if (*text == '!')
		return weft_err_set(err, EIO, "%s", text + 1);
	return read_json_text("this machine", text, buf->len - sizeof(pid_t),
			      ret_inv, err);
}

int read_ask_child(discover_ask_fn ask_fn, void *arg, unsigned int limit_msec,
		   struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_buf buf;
	pid_t child;
	int fd = -1, rc;

	rc = start_child(&fd, ask_fn, arg, err);
	if (rc)
		return rc;
	weft_buf_init(&buf, ANSWER_LIMIT);
	rc = listen_to(fd, (int)limit_msec, &buf);
	close(fd);
	if (rc && buf.len >= sizeof(child)) {
		memcpy(&child, buf.data, sizeof(child));
		kill(child, SIGKILL);
	}
	if (rc == -ETIMEDOUT)
		rc = weft_err_set(err, ETIMEDOUT,
				  "the GPU driver did not answer within %u ms",
				  limit_msec);
	else if (rc)
		rc = weft_err_sys(err, -rc, "no answer from the driver's process");
	else
		rc = understand(&buf, ret_inv, err);
	weft_buf_fini(&buf);
	return rc;
}
