/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * from.c - `weft flow from`: a first workflow file from batch scripts
 *
 * Each script becomes a task named after its file.  With --after each needs
 * the one before it.  Written to stdout or -o, which must not exist yet.  Paths
 * in a workflow begin at its file, so for one in another directory those of
 * scripts are made absolute.
 * Options of sbatch given here become `resources` of every task.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "tools/flow/cmd.h"

/* In YAML's double quotes anything can stand; bytes that are no UTF-8 cannot. */
static void add_quoted(struct weft_buf *out, const char *text)
{
	weft_buf_adds(out, "\"");
	for (size_t len; *text; text += len) {
		len = weft_text_utf8(text);
		if (!len)
			len = 1;
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			weft_buf_addf(out, "\\x%02x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			weft_buf_addf(out, "\\%c", *text);
		else
			weft_buf_add(out, text, len);
	}
	weft_buf_adds(out, "\"");
}

/* "dir/prep.sbatch" gives "prep"; cut between characters, none that a name lacks. */
static void base_name(const char *path, char name[128])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = weft_text_clean(name, 100, base);
	char *dot = strrchr(name, '.');

	if (dot && dot > name && len == strlen(base))
		*dot = 0;
}

/* Equal names, and one that looks like a numbered one, are kept apart. */
static void task_name(const struct weft_flow_args *args, int which, char name[140])
{
	char base[128], other[128];
	bool alone = true;

	base_name(args->rest[which], base);
	for (int i = 0; i < which && alone; i++) {
		base_name(args->rest[i], other);
		alone = strcmp(other, base) != 0;
	}
	snprintf(name, 140, "%s", base);
	if (!alone)
		snprintf(name, 140, "%s#%d", base, which + 1);
}

static void add_task(const struct weft_flow_args *args, int which, struct weft_buf *out)
{
	char name[140], *real;

	task_name(args, which, name);
	weft_buf_adds(out, "  ");
	add_quoted(out, name);
	weft_buf_adds(out, ":\n    script: ");
	real = args->output && strchr(args->output, '/') ? realpath(args->rest[which], NULL) : NULL;
	add_quoted(out, real ? real : args->rest[which]);
	free(real);
	weft_buf_adds(out, "\n");
	if (!which || !args->follow)
		return;
	task_name(args, which - 1, name);
	weft_buf_adds(out, "    needs: ");
	add_quoted(out, name);
	weft_buf_adds(out, "\n");
}

int weft_flow_cmd_from(const struct weft_flow_args *args)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf out;
	int fd = STDOUT_FILENO, rc = 0;
	size_t put = 0;

	if (args->rest_count < 1 || args->rest_count > 1000) {
		fprintf(stderr, "weft flow from: give 1 to 1000 batch scripts\n");
		return WEFT_EXIT_USAGE;
	}
	if (weft_flow_check_name(args))
		return WEFT_EXIT_USAGE;
	weft_buf_init(&out, (size_t)1 << 20);
	if (args->name)
		weft_buf_addf(&out, "name: %s\n", args->name);
	if (args->option_count)
		weft_buf_adds(&out, "defaults:\n  resources:\n");
	for (size_t i = 0; i < args->option_count; i++) {
		weft_buf_addf(&out, "    %s: ", args->options[i].name);
		add_quoted(&out, args->options[i].value ? args->options[i].value : "true");
		weft_buf_adds(&out, "\n");
	}
	weft_buf_adds(&out, "tasks:\n");
	for (int i = 0; i < args->rest_count && !rc; i++) {
		if (access(args->rest[i], R_OK))
			rc = weft_err_sys(&err, errno, "%s", args->rest[i]);
		add_task(args, i, &out);
	}
	if (!rc && args->output) {
		fd = open(args->output, O_WRONLY | O_CREAT | O_EXCL, 0666);
		if (fd < 0)
			rc = weft_err_sys(&err, errno, "%s", args->output);
	}
	while (!rc && put < out.len) {
		ssize_t n = write(fd, out.data + put, out.len - put);

		if (n < 0)
			rc = weft_err_sys(&err, errno, "cannot write");
		else
			put += (size_t)n;
	}
	if (args->output && fd >= 0)
		close(fd);
	weft_buf_fini(&out);
	return rc ? weft_flow_fail(&err) : WEFT_EXIT_DONE;
}
