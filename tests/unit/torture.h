/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * torture.h - run a piece of code once for each allocation it makes, and let
 * that one allocation fail
 *
 * Code that handles "out of memory" is code that nobody has run.  Here it is
 * run: a test hands over a function, and torture_run() calls it again and
 * again, failing the first allocation, then the second, and so on until a
 * call needs no more.  Every call must either succeed or say -ENOMEM, and
 * whatever it allocated must be free again when it returns.
 *
 * Link the test with tests/unit/torture.c and $(TORTURE_WRAP), which wraps
 * malloc, calloc, realloc, reallocarray, strdup, strndup and free in the
 * program and in the static libraries inside it.  Shared libraries (json-c,
 * hwloc) keep the real ones: what they allocate never fails here, and is
 * neither counted nor missed.
 *
 * Give the tested function its input ready made: what the test itself
 * allocates before torture_run() is left alone.
 */
#ifndef WEFT_TESTS_UNIT_TORTURE_H
#define WEFT_TESTS_UNIT_TORTURE_H

/* 0 for success, -ENOMEM; frees what it made in both cases. */
typedef int (*torture_fn)(void *arg);

enum torture_verdict {
	TORTURE_OK,
	TORTURE_WRONG_CODE,	/* neither 0 nor -ENOMEM */
	TORTURE_LEAK,		/* something allocated was not freed */
	TORTURE_NO_END,		/* still allocating after TORTURE_MAX rounds */
	TORTURE_DEAF,		/* nothing was allocated: the test tests nothing */
};

#define TORTURE_MAX 4000

struct torture_report {
	enum torture_verdict verdict;
	unsigned int round;	/* the allocation that failed; 1 is the first */
	int code;		/* what the function returned in that round */
	unsigned int leaked_count;
};

/* Returns TORTURE_OK, or the verdict of the first bad round. */
enum torture_verdict torture_run(torture_fn fn, void *arg,
				 struct torture_report *ret_report);

/* For use inside a Check test. */
#define torture_check(fn, arg) do {                                           \
	struct torture_report report_;                                        \
	torture_run((fn), (arg), &report_);                                   \
	ck_assert_msg(report_.verdict == TORTURE_OK,                          \
		      #fn ": verdict %d when allocation %u fails "            \
		      "(returned %d, leaked %u)", report_.verdict,            \
		      report_.round, report_.code, report_.leaked_count);     \
} while (0)

#endif
