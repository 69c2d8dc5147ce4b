/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - see file.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

/* Read until end of file; the file may grow or shrink while we read. */
static int read_all(int fd, const char *path, size_t limit, char **ret_text,
		    size_t *ret_len, struct weft_err *err)
{
	size_t len = 0, cap = 4096;
	char *text = NULL, *bigger;
	ssize_t got;
	int rc;

	for (;;) {
		bigger = realloc(text, cap + 1);
		if (!bigger) {
			rc = weft_err_set(err, ENOMEM, "%s: out of memory", path);
			goto out;
		}
		text = bigger;
		got = read(fd, text + len, cap - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = weft_err_sys(err, errno, "%s: cannot read", path);
			goto out;
		}
		if (got == 0)
			break;
		len += got;
		if (len > limit) {
			rc = weft_err_set(err, EFBIG,
					  "%s: larger than the limit of %zu bytes",
					  path, limit);
			goto out;
		}
		if (len == cap)
			cap *= 2;
	}
	text[len] = '\0';
	*ret_text = text;
	if (ret_len)
		*ret_len = len;
	return 0;
out:
	free(text);
	return rc;
}

static int check_owner(const struct stat *st, const char *path, uid_t owner,
		       struct weft_err *err)
{
	if (st->st_mode & S_IWOTH)
		return weft_err_set(err, EPERM,
			"%s: everybody may write it (mode %04o), so it is not believed; chmod o-w it",
			path, (unsigned int)st->st_mode & 07777);
	if (st->st_uid && st->st_uid != owner && st->st_uid != geteuid())
		return weft_err_set(err, EPERM,
			"%s: belongs to user %u, so it is not believed; chown it to root or to user %u",
			path, (unsigned int)st->st_uid, (unsigned int)owner);
	return 0;
}

static int read_checked(const char *path, size_t limit, const uid_t *owner,
			char **ret_text, size_t *ret_len, struct weft_err *err)
{
	struct stat st;
	int fd, rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		rc = weft_err_sys(err, errno, "%s: cannot stat", path);
	else if (!S_ISREG(st.st_mode))
		rc = weft_err_set(err, EINVAL, "%s: not a regular file", path);
	else
		rc = owner ? check_owner(&st, path, *owner, err) : 0;
	if (!rc)
		rc = read_all(fd, path, limit, ret_text, ret_len, err);
	close(fd);
	return rc;
}

int weft_file_read(const char *path, size_t limit, char **ret_text,
		   size_t *ret_len, struct weft_err *err)
{
	return read_checked(path, limit, NULL, ret_text, ret_len, err);
}

int weft_file_read_owned(const char *path, size_t limit, uid_t owner,
			 char **ret_text, size_t *ret_len,
			 struct weft_err *err)
{
	return read_checked(path, limit, &owner, ret_text, ret_len, err);
}

static int write_all(int fd, const char *text, size_t len, bool sync)
{
	ssize_t put;

	while (len) {
		put = write(fd, text, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		len -= put;
	}
	return sync && fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *path, const char *text, size_t len,
		   unsigned int mode, bool sync, struct weft_err *err)
{
	char tmp[PATH_MAX];
	int fd, rc;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp))
		return weft_err_set(err, ENAMETOOLONG, "%s: path too long", path);
	fd = mkstemp(tmp);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s: cannot create", tmp);
	rc = write_all(fd, text, len, sync);
	if (!rc && fchmod(fd, mode) < 0)
		rc = -errno;
	if (close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path) < 0)
		rc = -errno;
	if (rc) {
		unlink(tmp);
		return weft_err_sys(err, -rc, "%s: cannot write", path);
	}
	return 0;
}

int weft_file_replace(const char *path, const char *text, size_t len,
		      unsigned int mode, struct weft_err *err)
{
	return replace(path, text, len, mode, true, err);
}

int weft_file_replace_soon(const char *path, const char *text, size_t len,
			   unsigned int mode, struct weft_err *err)
{
	return replace(path, text, len, mode, false, err);
}
