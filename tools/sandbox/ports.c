/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ports.c - a run of free ports that no other sandbox will take
 *
 * Binding tells what is free now, but not what another sandbox, started in
 * the same second, is about to use.  So a taken run is written down as a link
 * HOME/.ports/FIRST-COUNT to the sandbox's directory, under a lock; it counts
 * until the sandbox drops it or its directory is gone.
 *
 * Ports come from 10000 to 32000, below the range that the kernel gives to
 * outgoing connections.  Each directory begins elsewhere: sandboxes that do
 * not see each other's links, such as other users', seldom meet.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hash.h"
#include "tools/sandbox/sandbox.h"

enum { FIRST = 10000, LAST = 32000, CLAIMS_MAX = 1024 };

struct claim {
	uint32_t first, count;
};

static int ports_dir(char *path, size_t size, struct weft_err *err)
{
	char home[PATH_MAX / 4];
	int rc = weft_sandbox_home(home, sizeof(home), err);

	if (rc)
		return rc;
	snprintf(path, size, "%s/.ports", home);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return weft_err_sys(err, errno, "%s", path);
	return 0;
}

static int lock_dir(const char *dir, struct weft_err *err)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return weft_err_sys(err, errno, "%s", path);
	return fd;
}

/* The runs of other sandboxes; those whose directory is gone are removed. */
static uint32_t read_claims(const char *dir, struct claim *claims)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	uint32_t count = 0;
	DIR *d = opendir(dir);
	ssize_t len;

	while (d && (entry = readdir(d)) && count < CLAIMS_MAX) {
		struct claim c;

		if (sscanf(entry->d_name, "%5u-%5u", &c.first, &c.count) != 2)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len > 0)
			target[len] = '\0';
		if (len <= 0 || access(target, F_OK) < 0) {
			unlink(path);
			continue;
		}
		claims[count++] = c;
	}
	if (d)
		closedir(d);
	return count;
}

static bool is_claimed(const struct claim *claims, uint32_t count,
		       uint32_t port)
{
	for (uint32_t i = 0; i < count; i++)
		if (port >= claims[i].first &&
		    port < claims[i].first + claims[i].count)
			return true;
	return false;
}

static bool is_free(uint32_t port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool yes;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	yes = !bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	      !listen(fd, 1);
	close(fd);
	return yes;
}

static uint32_t begin_of(const char *dir)
{
	return FIRST + weft_hash_text(WEFT_HASH_INIT, dir) % 80 * 200;
}

/* The first of `want` free ports in a row from begin on, 0 if there are none. */
static uint32_t find_run(const struct claim *claims, uint32_t claim_count,
			 uint32_t begin, uint32_t want)
{
	uint32_t run = 0;

	for (uint32_t port = begin; port < LAST; port++) {
		run = !is_claimed(claims, claim_count, port) && is_free(port) ?
			run + 1 : 0;
		if (run == want)
			return port - want + 1;
	}
	return 0;
}

int weft_sandbox_take_ports(struct weft_sandbox *s, struct weft_err *err)
{
	uint32_t want = s->nodes + WEFT_SANDBOX_PORTS_BESIDE, first, count;
	struct claim claims[CLAIMS_MAX];
	char dir[PATH_MAX / 2], path[PATH_MAX];
	int lock, rc;

	rc = ports_dir(dir, sizeof(dir), err);
	if (rc)
		return rc;
	lock = lock_dir(dir, err);
	if (lock < 0)
		return lock;
	count = read_claims(dir, claims);
	first = find_run(claims, count, begin_of(s->dir), want);
	if (!first)
		first = find_run(claims, count, FIRST, want);
	if (!first) {
		rc = weft_err_set(err, EADDRINUSE,
			"no %u free ports in a row between %d and %d", want,
			FIRST, LAST);
	} else {
		snprintf(path, sizeof(path), "%s/%u-%u", dir, first, want);
		if (symlink(s->dir, path) < 0)
			rc = weft_err_sys(err, errno, "%s", path);
		s->port = (uint16_t)first;
	}
	close(lock);
	return rc;
}

void weft_sandbox_drop_ports(const struct weft_sandbox *s)
{
	char dir[PATH_MAX / 2], path[PATH_MAX];

	if (ports_dir(dir, sizeof(dir), NULL))
		return;
	snprintf(path, sizeof(path), "%s/%u-%u", dir, s->port,
		 s->nodes + WEFT_SANDBOX_PORTS_BESIDE);
	unlink(path);
}
