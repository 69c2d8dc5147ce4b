/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * discover.c - what is in this machine, by the best witness that answers
 *
 * NVML knows GPUs, links and order; hwloc knows where things are plugged in
 * and which NICs are near.  Both are asked and joined by PCI address.
 *
 * Asking a driver can hang for ever inside the kernel (a GPU that fell off
 * the bus), and who asks is slurmd, which must start.  So drivers are asked in
 * a child process, which answers in our stored JSON form through a pipe; if no
 * answer comes within the limit, the child is killed and this process looks
 * for itself, in sysfs only, where nothing hangs: GPUs that are on the PCI bus
 * are then known, their links are not, and the note says why.
 *
 * A process and not a thread, since a thread stuck in the kernel can't be
 * ended.  Forked twice, so that a child that even SIGKILL does not end (it
 * sits in the kernel) is init's and leaves no zombie.  The child execs
 * nothing; forked from a process with threads it may meet a lock that another
 * thread held: that is one more way not to answer in time, with the same end.
 *
 * hwloc XML is read in such a child as well: a fuzzer crashed hwloc 2.9 with
 * malformed XML within a minute, and slurmd must outlive a corrupt file.
 *
 * This and live hwloc are the only places in gres/ that touch the world.
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
#define DISCOVER_LIMIT_MSEC 15000
#define XML_LIMIT_MSEC 15000

/* ---- joining two witnesses ---------------------------------------------- */

/* hwloc's GPU at the same PCI address, or -1. */
static int same_gpu(const struct weft_inventory *places, const struct weft_gpu *gpu)
{
	for (uint32_t i = 0; gpu->pci.known && i < places->gpu_count; i++)
		if (places->gpu[i].pci.known &&
		    !weft_pci_compare(&places->gpu[i].pci, &gpu->pci))
			return (int)i;
	return -1;
}

/* Give the driver's inventory the places and NICs that hwloc knows. */
static void join(struct weft_inventory *inv, struct weft_inventory *places)
{
	inv->numa_count = places->numa_count;
	if (places->pu_count > inv->pu_count)
		inv->pu_count = places->pu_count;
	weft_field_set(inv->host, sizeof(inv->host), places->host);
	inv->nic_count = places->nic_count;
	memcpy(inv->nic, places->nic, sizeof(inv->nic));
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		int from = same_gpu(places, &inv->gpu[i]);

		if (from < 0)
			continue;
		inv->gpu[i].numa_idx = places->gpu[from].numa_idx;
		if (places->gpu[from].pus) {
			weft_idxset_destroy(inv->gpu[i].pus);
			inv->gpu[i].pus = places->gpu[from].pus;
			places->gpu[from].pus = NULL;
		}
		inv->gpu[i].cores = places->gpu[from].cores;
		places->gpu[from].cores = NULL;
		memcpy(inv->nic_path[i], places->nic_path[from],
		       sizeof(inv->nic_path[i]));
	}
	if (places->gpu_count > inv->gpu_count)
		read_note(inv, "%u GPUs on the PCI bus, %u answer",
			  places->gpu_count, inv->gpu_count);
}

/* Ask everybody, here and now: may hang. */
static int ask(void *arg, struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_inventory *places, *inv;
	struct weft_err nvml_err = WEFT_ERR_INIT;
	int rc = weft_inventory_read_hwloc(NULL, &places, err);

	if (rc)
		return weft_inventory_read_nvml(ret_inv, err);
	rc = weft_inventory_read_nvml(&inv, &nvml_err);
	if (rc) {
		if (rc != -ENODEV)
			read_note(places, "%s", nvml_err.msg);
		*ret_inv = places;
		return 0;
	}
	join(inv, places);
	weft_inventory_destroy(places);
	return read_finish("this machine", inv, ret_inv, err);
}

/* ---- the child ---------------------------------------------------------- */

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

static int ask_child(discover_ask_fn ask_fn, void *arg, unsigned int limit_msec,
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

int discover_with(discover_ask_fn ask_fn, unsigned int limit_msec,
		  struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_err why = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	int rc = ask_child(ask_fn, NULL, limit_msec, ret_inv, &why);

	if (!rc)
		return 0;
	rc = read_hwloc_no_driver(&inv, err);
	if (rc) {
		weft_err_prefix(err, "%s, and", why.msg);
		return rc;
	}
	read_note(inv, "%s: GPUs as on the PCI bus", why.msg);
	*ret_inv = inv;
	return 0;
}

/* ---- malformed XML ------------------------------------------------------ */

struct xml_text {
	const char *name, *text;
	size_t len;
};

static int ask_xml(void *arg, struct weft_inventory **ret_inv,
		   struct weft_err *err)
{
	const struct xml_text *xml = arg;

	return read_hwloc_text(xml->name, xml->text, xml->len, ret_inv, err);
}

int read_hwloc_guarded(const char *name, const char *text, size_t len,
		       struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct xml_text xml = { .name = name, .text = text, .len = len };
	struct weft_err why = WEFT_ERR_INIT;
	int rc = ask_child(ask_xml, &xml, XML_LIMIT_MSEC, ret_inv, &why);

	if (!rc)
		return 0;
	if (strncmp(why.msg, name, strlen(name)))	/* it did not live to say */
		return weft_err_set(err, EINVAL,
				    "%s: hwloc cannot read this XML: it crashed or hung",
				    name);
	return weft_err_set(err, EINVAL, "%s", why.msg);
}

int weft_inventory_discover_within(unsigned int limit_msec,
				   struct weft_inventory **ret_inv,
				   struct weft_err *err)
{
	return discover_with(ask, limit_msec, ret_inv, err);
}

int weft_inventory_discover(struct weft_inventory **ret_inv,
			    struct weft_err *err)
{
	return weft_inventory_discover_within(DISCOVER_LIMIT_MSEC, ret_inv, err);
}
