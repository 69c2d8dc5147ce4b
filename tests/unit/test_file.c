/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_file.c - bounded reads of regular files only, replaced in one step */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

static char dir[64];
static char path[128];

static void setup(void)
{
	unit_tmpdir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
}

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static void check_refused(const char *what, size_t limit, int code,
			  const char *word)
{
	struct weft_err err = WEFT_ERR_INIT;
	char *text = (char *)"untouched";
	size_t len = 77;

	ck_assert_int_eq(weft_file_read(what, limit, &text, &len, &err), code);
	ck_assert_msg(strstr(err.msg, what), "no file name in: %s", err.msg);
	ck_assert_msg(strstr(err.msg, word), "no \"%s\" in: %s", word, err.msg);
	ck_assert_str_eq(text, "untouched");
	ck_assert_uint_eq(len, 77);
}

START_TEST(read_gives_all_bytes)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 100001 };
	static char want[100001];
	struct weft_err err = WEFT_ERR_INIT;
	size_t len;
	char *text;

	setup();
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (char)(i * 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file(want, sizes[i]);
		ck_assert_int_eq(weft_file_read(path, sizes[i], &text, &len,
						&err), 0);
		ck_assert_uint_eq(len, sizes[i]);
		ck_assert_int_eq(memcmp(text, want, len), 0);
		ck_assert_int_eq(text[len], '\0');
		free(text);
	}
	ck_assert_int_eq(weft_file_read(path, sizeof(want), &text, NULL, NULL), 0);
	free(text);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(over_the_limit_is_refused)
{
	setup();
	write_file("123456", 6);
	check_refused(path, 5, -EFBIG, "limit of 5 bytes");
	check_refused("/dev/zero", 100, -EINVAL, "not a regular file");
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(only_regular_files)
{
	setup();
	check_refused(path, 100, -ENOENT, "cannot open");
	check_refused(dir, 100, -EINVAL, "not a regular file");
	/* Without O_NONBLOCK this would wait for a writer for ever. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	check_refused(path, 100, -EINVAL, "not a regular file");
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(replace_sets_text_and_mode)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct stat st;
	size_t len;
	char *text;

	setup();
	umask(077);	/* the mode asked for wins */
	ck_assert_int_eq(weft_file_replace(path, "old", 3, 0600, &err), 0);
	ck_assert_int_eq(weft_file_replace(path, "n\0w!", 4, 0644, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(weft_file_read(path, 10, &text, &len, &err), 0);
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(memcmp(text, "n\0w!", 4), 0);
	free(text);
	/* Only the file is there: no temporary stayed (rmdir would fail). */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(failed_replace_keeps_the_old_text)
{
	struct weft_err err = WEFT_ERR_INIT;
	char inside[160], long_path[5000];

	setup();
	/* A directory cannot be replaced by a file. */
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(inside, sizeof(inside), "%s/keep", path);
	ck_assert_int_eq(mkdir(inside, 0700), 0);
	ck_assert_int_lt(weft_file_replace(path, "x", 1, 0600, &err), 0);
	ck_assert_msg(strstr(err.msg, path), "no file name in: %s", err.msg);
	ck_assert_int_eq(rmdir(inside), 0);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);	/* no temporary stayed */
	ck_assert_int_eq(weft_file_replace(path, "x", 1, 0600, &err), -ENOENT);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ck_assert_int_eq(weft_file_replace(long_path, "x", 1, 0600, &err),
			 -ENAMETOOLONG);
}
END_TEST

static int read_it(void *arg)
{
	char *text;
	int rc = weft_file_read(arg, 1 << 20, &text, NULL, NULL);

	if (!rc)
		free(text);
	return rc;
}

START_TEST(no_memory_at_any_point)
{
	static char big[50000];

	setup();
	write_file(big, sizeof(big));
	torture_check(read_it, path);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(owned_files_are_believed)
{
	static const struct {
		unsigned int mode;
		int rc;
	} cases[] = {
		{ 0600, 0 }, { 0644, 0 }, { 0664, 0 }, { 0666, -EPERM },
		{ 0602, -EPERM },
	};
	struct weft_err err = WEFT_ERR_INIT;
	char *text;

	setup();
	write_file("x", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(chmod(path, cases[i].mode), 0);
		ck_assert_int_eq(weft_file_read_owned(path, 10, geteuid(), &text,
						      NULL, &err), cases[i].rc);
		if (!cases[i].rc)
			free(text);
	}
	ck_assert_ptr_nonnull(strstr(err.msg, "mode 0602"));
	ck_assert_int_eq(chmod(path, 0644), 0);
	if (geteuid() == 0) {	/* who else may give a file away? */
		ck_assert_int_eq(chown(path, 4321, (gid_t)-1), 0);
		ck_assert_int_eq(weft_file_read_owned(path, 10, 4321, &text,
						      NULL, &err), 0);
		free(text);
		ck_assert_int_eq(weft_file_read_owned(path, 10, 4322, &text,
						      NULL, &err), -EPERM);
		ck_assert_ptr_nonnull(strstr(err.msg, "belongs to user 4321"));
	}
	unit_tmpdir_remove(dir);
}
END_TEST

UNIT_MAIN("file", read_gives_all_bytes, over_the_limit_is_refused,
	  owned_files_are_believed, only_regular_files, replace_sets_text_and_mode,
	  failed_replace_keeps_the_old_text, no_memory_at_any_point)
