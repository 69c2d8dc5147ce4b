/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - whole small files, read with a bound and replaced without a gap
 */
#ifndef WEFT_LIB_FILE_H
#define WEFT_LIB_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * Read a regular file of at most limit bytes.  *ret_text is NUL-terminated
 * and the caller's to free(); *ret_len (may be NULL) excludes the NUL.
 * Errors: -ENOENT, -EACCES, ... as open() says; -EFBIG over the limit;
 * -EINVAL if it is no regular file (a FIFO or a device would block us).
 */
int weft_file_read(const char *path, size_t limit, char **ret_text,
		   size_t *ret_len, struct weft_err *err);

/*
 * The same for a file that a daemon obeys: -EPERM unless it belongs to root,
 * to owner or to the user who runs us, and cannot be written by everybody.
 * (By its group it may: many sites give their admins' group that.)  The open
 * file is looked at, so it cannot be exchanged in between.
 */
int weft_file_read_owned(const char *path, size_t limit, uid_t owner,
			 char **ret_text, size_t *ret_len,
			 struct weft_err *err);

/*
 * Replace the file: written beside it, synced, renamed over it, so that a
 * reader or a crash sees the old text or the new one and nothing between.
 */
int weft_file_replace(const char *path, const char *text, size_t len,
		      unsigned int mode, struct weft_err *err);

/* The same without waiting for the disk: after a crash it may be the old one. */
int weft_file_replace_soon(const char *path, const char *text, size_t len,
			   unsigned int mode, struct weft_err *err);

#endif
