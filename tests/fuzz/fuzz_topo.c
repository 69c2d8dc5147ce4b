/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_topo.c - one reader of topologies, chosen by -DREADER=read_nccl_text
 *
 * Whatever the bytes: no crash, and an inventory or a message, never neither.
 * An inventory that is accepted passes its check, writes as JSON, reads back
 * to the same JSON, and can be picked from.
 *
 * What is searched is our code.  hwloc itself crashes on some malformed XML
 * (tests/golden/topo_crash), which is why the public readers have it read in a
 * child process.  read_any_text() does so by itself.  For read_hwloc_text(),
 * built with -DASK_HWLOC_FIRST, a child of this program loads the XML with
 * hwloc alone: an input that kills hwloc is not ours and is passed over, any
 * crash after that is.  The child lives until an input kills it: a fork an
 * input would cost more than the reading.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hwloc.h>
#include <json-c/json.h>

#include "gres/pick.h"
#include "gres/rails.h"
#include "gres/read_impl.h"
#include "tests/fuzz/fuzz.h"

/* ---- children ----------------------------------------------------------- */

/* A sanitizer's, if there is one: libFuzzer saves the input there. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* A child that dies is no find: no report, no saved input. */
static void quiet_child(void)
{
	static const int deaths[] = {
		SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL,
	};
	int null = open("/dev/null", O_WRONLY);

	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
		signal(deaths[i], SIG_DFL);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(NULL);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

#ifdef ASK_HWLOC_FIRST
#define ASK_LIMIT_MSEC 20000

static bool move_all(int fd, void *data, size_t len, bool out)
{
	for (char *at = data; len;) {
		ssize_t n = out ? write(fd, at, len) : read(fd, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* The child: load what comes, say so, until the parent is gone. */
static void serve(int fd)
{
	hwloc_topology_t topology;
	size_t len;
	char *text;

	while (move_all(fd, &len, sizeof(len), false)) {
		text = malloc(len + 1);
		if (!text || !move_all(fd, text, len + 1, false) ||
		    hwloc_topology_init(&topology))
			break;
		hwloc_topology_set_io_types_filter(topology,
						   HWLOC_TYPE_FILTER_KEEP_ALL);
		if (!hwloc_topology_set_xmlbuffer(topology, text, (int)len + 1))
			hwloc_topology_load(topology);
		hwloc_topology_destroy(topology);
		free(text);
		move_all(fd, &(char){ 'y' }, 1, true);
	}
	_exit(0);
}

static bool hwloc_survives(char *text, size_t len)
{
	static int fd = -1;
	static pid_t child;
	int pair[2];
	char yes;

	if (!strstr(text, "<topology"))
		return true;	/* refused before hwloc sees it */
	if (fd < 0) {
		fuzz_require(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "a pair of sockets");
		child = fork();
		fuzz_require(child >= 0, "a child");
		if (!child) {
			close(pair[0]);
			serve(pair[1]);
		}
		close(pair[1]);
		fd = pair[0];
	}
	if (move_all(fd, &len, sizeof(len), true) &&
	    move_all(fd, text, len + 1, true) &&
	    poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1,
		 ASK_LIMIT_MSEC) == 1 &&
	    move_all(fd, &yes, 1, false))
		return true;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
	fd = -1;
	return false;
}
#else
static bool hwloc_survives(char *text, size_t len)
{
	return true;
}
#endif

/* ---- promises ----------------------------------------------------------- */

static char *text_of(const struct weft_inventory *inv)
{
	struct json_object *root = weft_inventory_to_json(inv);
	char *text;

	fuzz_require(root != NULL, "an inventory writes as JSON");
	text = strdup(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
	json_object_put(root);
	return text;
}

static void check_round_trip(const struct weft_inventory *inv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *back;
	char *text = text_of(inv), *again;

	fuzz_require(!read_json_text("written", text, strlen(text), &back, &err),
		err.msg);
	again = text_of(back);
	fuzz_require(!strcmp(text, again), "what is written reads back the same");
	weft_inventory_destroy(back);
	free(again);
	free(text);
}

static void check_pick(const struct weft_inventory *inv)
{
	int32_t nic_idx[WEFT_GPUS_MAX];
	struct weft_picker *picker;
	struct weft_pick pick;

	weft_rails_nearest(inv, nic_idx);
	if (inv->gpu_count > 6 && inv->gpu_count <= WEFT_PICK_EXACT_MAX)
		return;		/* tables cost too much here */
	picker = weft_picker_create(inv);
	fuzz_require(picker != NULL, "a picker of it");
	if (weft_pick_gpus(picker, ~UINT64_C(1), inv->gpu_count / 2,
			   WEFT_PICK_RING, &pick))
		fuzz_require((uint32_t)__builtin_popcountll(pick.gpus) ==
			inv->gpu_count / 2, "as many as were asked for");
	weft_picker_destroy(picker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	static hwloc_topology_t kept;
	static bool prepared;
	struct weft_inventory *inv = NULL;
	char *text = malloc(size + 1);
	int rc;

	if (!prepared) {
		/* One that stays keeps hwloc's plugins loaded. */
		fuzz_require(!hwloc_topology_init(&kept), "memory");
		pthread_atfork(NULL, NULL, quiet_child);
		signal(SIGPIPE, SIG_IGN);	/* a child that died */
	}
	prepared = true;
	fuzz_require(text != NULL, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	if (!hwloc_survives(text, size)) {
		free(text);
		return 0;
	}
	rc = READER("input", text, size, &inv, &err);
	fuzz_require(rc <= 0, "0 or a negative errno");
	fuzz_require(rc ? !inv && *err.msg : inv != NULL, "an inventory or a message");
	if (!rc) {
		fuzz_require(!weft_inventory_check(inv, &err), err.msg);
		check_round_trip(inv);
		check_pick(inv);
	}
	weft_inventory_destroy(inv);
	free(text);
	return 0;
}
