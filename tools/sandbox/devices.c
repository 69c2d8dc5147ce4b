/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices.c - GPUs that are not there
 *
 * Slurm wants a character device for each GPU (from 24.11 on it refuses plain
 * files).  Ours have the numbers of /dev/null: they take anything and give
 * nothing.  Only root may make devices; without root plain files are made,
 * which 22.05 accepts.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/sandbox/sandbox.h"

static int make_plain(const struct weft_sandbox *s, const char *path,
		      struct weft_err *err)
{
	int fd;

	if (strtoul(s->release, NULL, 10) >= 24)
		return weft_err_set(err, EPERM,
			"emulated GPUs need character devices with Slurm %s, and only root can make them: run as root, or with --gpus 0",
			s->release);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s", path);
	close(fd);
	return 0;
}

int weft_sandbox_make_devices(const struct weft_sandbox *s, struct weft_err *err)
{
	char path[PATH_MAX];
	int rc = 0;

	for (uint32_t i = 0; i < s->gpus && !rc; i++) {
		weft_sandbox_path(s, path, sizeof(path), "dev/nvidia%u", i);
		if (!mknod(path, S_IFCHR | 0666, makedev(1, 3)))
			rc = chmod(path, 0666) < 0 ?
				weft_err_sys(err, errno, "%s", path) : 0;
		else if (errno == EPERM)
			rc = make_plain(s, path, err);
		else
			rc = weft_err_sys(err, errno, "%s", path);
	}
	return rc;
}
