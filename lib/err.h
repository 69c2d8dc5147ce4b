/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - how every fallible function of Weft reports failure
 *
 * A function that can fail returns 0 or a negative errno, and takes as its
 * last parameter a struct weft_err to hold one line for a human: what went
 * wrong, where, and what was expected.  The core never prints it; a plugin's
 * entry point or a tool's main does, once.
 *
 * The message lives in a fixed array so that reporting "out of memory" needs
 * none.  A NULL err is allowed everywhere: the caller wants only the code.
 */
#ifndef WEFT_LIB_ERR_H
#define WEFT_LIB_ERR_H

#define WEFT_ERR_SIZE 512

struct weft_err {
	char msg[WEFT_ERR_SIZE];	/* no newline; "" if nothing was set */
};

#define WEFT_ERR_INIT { "" }

/*
 * Set the message and return -errnum, so that a failing function ends with
 * "return weft_err_set(err, EINVAL, ...)".  Control characters that came in
 * with user text are replaced by '?': a message is safe to print and to log.
 */
int weft_err_set(struct weft_err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The message for a failed system call: "<text>: <strerror(errnum)>". */
int weft_err_sys(struct weft_err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "<text>: " before the message already there: adds where to what. */
void weft_err_prefix(struct weft_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
