/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver.c - a fuzz target without libFuzzer: every file, and damage to it
 *
 *   fuzz_TARGET FILE|DIRECTORY...
 *
 * Gives the target each file as it is, then MUTATIONS damaged copies of it:
 * cut short, bytes flipped, stretches doubled, removed or overwritten.  The
 * damage comes from a fixed seed, so a crash here crashes again.
 * WEFT_FUZZ_SECONDS=N goes on with other seeds for so long, and says with
 * which WEFT_FUZZ_ROUND=R the round at hand can be run again alone; with
 * WEFT_TEST_LONG it does so for LONG_SEC.  With
 * --enable-fuzzers libFuzzer takes this file's place and searches for real.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/file.h"
#include "tests/fuzz/fuzz.h"

#define MUTATIONS 300
#define FILE_LIMIT (1u << 20)
#define PATH_SIZE 1024
#define LONG_SEC 120

static unsigned int files;
static unsigned long inputs, round_now;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One damage to data[size], which has room for twice the size; the new size. */
static size_t damage(uint8_t *data, size_t size, uint64_t *state)
{
	static const char marks[] = "<>\"'/=&;,:{}[] \n\t0129-xX";
	size_t at = next_random(state) % size;
	size_t len = 1 + next_random(state) % (size - at > 64 ? 64 : size - at);

	switch (next_random(state) % 6) {
	case 0:
		return at;
	case 1:
		data[at] ^= 1u << next_random(state) % 8;
		return size;
	case 2:
		data[at] = marks[next_random(state) % (sizeof(marks) - 1)];
		return size;
	case 3:
		memmove(data + at, data + at + len, size - at - len);
		return size - len;
	case 4:
		memmove(data + at + len, data + at, size - at);
		return size + len;
	default:
		memset(data + at, (int)next_random(state), len);
		return size;
	}
}

static void run_damaged(const uint8_t *text, size_t len, uint64_t *state)
{
	uint8_t *copy = malloc(2 * len + 1024);
	size_t size = len;

	if (!copy)
		exit(1);
	memcpy(copy, text, len);
	for (uint64_t i = 1 + next_random(state) % 4; i && size; i--)
		if (size < len + 512)
			size = damage(copy, size, state);
	LLVMFuzzerTestOneInput(copy, size);
	inputs++;
	free(copy);
}

static int run_file(const char *path)
{
	struct weft_err err = WEFT_ERR_INIT;
	uint64_t state = 0x2545f4914f6cdd1d + round_now * 0x9e3779b97f4a7c15;
	size_t len;
	char *text;

	if (weft_file_read(path, FILE_LIMIT, &text, &len, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	files++;
	inputs++;
	for (int i = 0; len && i < MUTATIONS; i++)
		run_damaged((const uint8_t *)text, len, &state);
	free(text);
	return 0;
}

static int run_path(const char *path, int depth)
{
	struct dirent **names;
	struct stat st;
	char inner[PATH_SIZE];
	int count, rc = 0;

	if (stat(path, &st)) {
		fprintf(stderr, "%s: not there\n", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && depth < 4)
			rc |= run_path(inner, depth + 1);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return rc || count < 0;
}

static int run_all(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char corpus[PATH_SIZE];
	int rc = 0;

	snprintf(corpus, sizeof(corpus), "%s/%s", srcdir ? srcdir : SRCDIR, CORPUS);
	if (argc < 2)
		rc = run_path(corpus, 0);
	for (int i = 1; i < argc; i++)
		rc |= run_path(argv[i], 0);
	return rc;
}

static unsigned long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

/* Without arguments: the corpus that the target was built with. */
int main(int argc, char **argv)
{
	unsigned long seconds = number_of("WEFT_FUZZ_SECONDS");
	time_t end = time(NULL) + (time_t)seconds;
	int rc;

	if (!seconds && number_of("WEFT_TEST_LONG"))
		end += LONG_SEC;

	round_now = number_of("WEFT_FUZZ_ROUND");
	rc = run_all(argc, argv);
	while (!rc && time(NULL) < end) {
		round_now++;
		fprintf(stderr, "WEFT_FUZZ_ROUND=%lu\n", round_now);
		rc = run_all(argc, argv);
	}
	printf("%u files, %lu inputs\n", files, inputs);
	return rc || !files;
}
