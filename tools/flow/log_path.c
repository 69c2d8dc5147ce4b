/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_path.c - where a unit's output is
 *
 * A task that names no output has one in the run's directory.  Of one that names
 * it ("logs/%x-%A_%a.out") the signs are replaced as slurmstepd does
 * (src/slurmd/slurmstepd/fname.c); a sign that only the node could tell (%N,
 * the %j of an array's element) stays as it is.
 */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/flow/run.h"

static const char *setting(const struct weft_object *object, const char *name)
{
	const struct weft_setting_value *own = weft_object_setting(object, name);

	return own ? own->value : NULL;
}

/* One sign with its width; false: leave it as it is. */
static bool add_sign(const struct weft_run *run, const struct weft_unit *unit, char sign,
		     int width, struct weft_buf *out)
{
	const struct weft_object *object = &run->plan.objects[unit->object];
	const char *name = setting(object, "job-name");
	const struct passwd *user;

	switch (sign) {
	case 'A':
	case 'j':
		if (!object->job_id || (sign == 'j' && object->is_array))
			return false;
		weft_buf_addf(out, "%0*u", width, object->job_id);
		return true;
	case 'a':
		if (unit->slot == WEFT_NO_SLOT)
			return false;
		weft_buf_addf(out, "%0*u", width, unit->slot);
		return true;
	case 'x':
		weft_buf_adds(out, name ? name : run->flow->tasks[object->task_idx].name);
		return true;
	case 'u':
		user = getpwuid(getuid());
		weft_buf_adds(out, user ? user->pw_name : "%u");
		return true;
	case '%':
		weft_buf_adds(out, "%");
		return true;
	default:
		return false;
	}
}

static void add_pattern(const struct weft_run *run, const struct weft_unit *unit,
			const char *text, struct weft_buf *out)
{
	while (*text) {
		size_t plain = strcspn(text, "%"), digits;

		weft_buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		digits = strspn(text + 1, "0123456789");
		if (digits > 2 || !text[1 + digits] ||
		    !add_sign(run, unit, text[1 + digits],
			      digits ? (int)strtol(text + 1, NULL, 10) : 0, out))
			weft_buf_add(out, text, text[1 + digits] ? 2 + digits : 1 + digits);
		text += text[1 + digits] ? 2 + digits : 1 + digits;
	}
}

int weft_run_log_path(const struct weft_run *run, uint32_t number, struct weft_buf *out)
{
	const struct weft_unit *unit = &run->plan.units[number];
	const struct weft_object *object;
	const char *own, *dir;

	if (unit->object == WEFT_NO_OBJECT)
		return -ENOENT;
	object = &run->plan.objects[unit->object];
	own = setting(object, "output");
	if (own) {
		dir = setting(object, "chdir");
		if (*own != '/')
			weft_buf_addf(out, "%s/", dir ? dir : run->flow->dir);
		add_pattern(run, unit, own, out);
		return weft_buf_error(out);
	}
	weft_buf_addf(out, "%s/log/%u", run->dir, unit->object);
	if (unit->slot != WEFT_NO_SLOT)
		weft_buf_addf(out, "_%u", unit->slot);
	weft_buf_adds(out, ".out");
	return weft_buf_error(out);
}
