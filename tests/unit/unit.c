/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.c - see unit.h: a directory for a test's files, and its removal. */
#include "config.h"

#include <dirent.h>
#include <unistd.h>

#include "tests/unit/unit.h"

void unit_tmpdir(char *ret_path, size_t size)
{
	ck_assert_int_lt(snprintf(ret_path, size, "unit-tmp.XXXXXX"), (int)size);
	ck_assert_ptr_nonnull(mkdtemp(ret_path));
}

void unit_tmpdir_remove(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			ck_assert_int_eq(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	closedir(dir);
	ck_assert_int_eq(rmdir(path), 0);
}
