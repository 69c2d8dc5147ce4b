/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * torture.c - the failing allocator behind torture.h
 *
 * The linker's --wrap sends each call of malloc() in our own objects to
 * __wrap_malloc() here, and keeps the libc's as __real_malloc().  That works
 * with ASan too, which replaces the libc's underneath, and needs no symbol
 * games at load time; its price is that calls inside shared libraries are not
 * seen.
 *
 * While a round runs, every block handed out is remembered in a fixed table,
 * and forgotten when it is freed; what is left at the end of the round leaked.
 * A block that a shared library frees behind our back looks leaked too: none
 * of ours is given away like that.  The table is searched linearly, from the
 * newest block: blocks mostly die young, and tests are small.
 *
 * Globals: the wrapped functions have no other place to find the round.  One
 * thread only.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/torture.h"

#define LIVE_MAX 65536

static struct {
	bool armed;
	unsigned int count;	/* allocations so far in this round */
	unsigned int fail_at;
	const void *live[LIVE_MAX];
	unsigned int live_count;
	bool overflow;
} round_;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
void __wrap_free(void *block);

static bool must_fail(void)
{
	if (!round_.armed || ++round_.count != round_.fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

static void forget(const void *block)
{
	for (unsigned int i = round_.live_count; i-- > 0;)
		if (round_.live[i] == block) {
			round_.live[i] = round_.live[--round_.live_count];
			return;
		}
}

static void *remember(void *block)
{
	if (!round_.armed || !block)
		return block;
	if (round_.live_count == LIVE_MAX)
		round_.overflow = true;
	else
		round_.live[round_.live_count++] = block;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : remember(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : remember(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	void *moved;
	uintptr_t old = (uintptr_t)block;

	if (must_fail())
		return NULL;
	moved = __real_realloc(block, size);
	if (moved && round_.armed) {
		forget((const void *)old);
		remember(moved);
	}
	return moved;
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return __wrap_realloc(block, count * size);
}

char *__wrap_strndup(const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	char *copy = __wrap_malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, strlen(text));
}

void __wrap_free(void *block)
{
	if (round_.armed && block)
		forget(block);
	__real_free(block);
}

static enum torture_verdict judge(const struct torture_report *report)
{
	if (report->leaked_count || round_.overflow)
		return TORTURE_LEAK;
	if (report->code != 0 && report->code != -ENOMEM)
		return TORTURE_WRONG_CODE;
	return TORTURE_OK;
}

enum torture_verdict torture_run(torture_fn fn, void *arg,
				 struct torture_report *ret_report)
{
	struct torture_report report = { .verdict = TORTURE_NO_END };

	for (report.round = 1; report.round <= TORTURE_MAX; report.round++) {
		memset(&round_, 0, sizeof(round_));
		round_.fail_at = report.round;
		round_.armed = true;
		report.code = fn(arg);
		round_.armed = false;
		report.leaked_count = round_.live_count;
		report.verdict = judge(&report);
		if (report.verdict != TORTURE_OK)
			break;
		if (round_.count < report.round) {
			/* Nothing failed in this round: it must succeed. */
			if (report.code != 0)
				report.verdict = TORTURE_WRONG_CODE;
			else if (report.round == 1)
				report.verdict = TORTURE_DEAF;
			break;
		}
		report.verdict = TORTURE_NO_END;
	}
	*ret_report = report;
	return report.verdict;
}
