/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.c - see state.h
 *
 * journal_mode=TRUNCATE with synchronous=FULL: WAL needs shared memory, which
 * NFS does not give.  The writer's lock is a POSIX lock on a file of its own,
 * which NFS does give; SQLite's locks then never wait for another writer, only
 * for readers, for at most ten seconds.
 *
 * Units of an object go in one blob, so 10,000 units cost one row.  A unit has
 * a row of its own once it ended or was tried again; without one its state
 * follows from its object: LIVE if an object that is not over holds it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tools/flow/compile_key.h"
#include "tools/flow/state.h"

#define BUSY_MSEC 10000

enum { Q_SET, Q_GET, Q_OBJECT, Q_JOB, Q_UNIT, Q_END, Q_COUNT };

static const char *const queries[Q_COUNT] = {
	[Q_SET] = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
	[Q_GET] = "SELECT value FROM meta WHERE key = ?1",
	[Q_OBJECT] = "INSERT OR REPLACE INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
		     " ?7, ?8, ?9, ?10, ?11, ?12)",
	[Q_JOB] = "UPDATE object SET state = ?2, job_id = ?3 WHERE id = ?1",
	[Q_UNIT] = "INSERT OR REPLACE INTO unit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
		   " ?8, ?9, ?10, ?11, ?12)",
	[Q_END] = "SELECT exit, start, end, node FROM unit WHERE id = ?1 AND end > 0",
};

static const char schema[] =
	"BEGIN;"	/* one transaction, not one a table: each is five fsyncs */
	"CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);"
	"CREATE TABLE IF NOT EXISTS object (id INTEGER PRIMARY KEY, task INTEGER,"
	" state INTEGER, is_array INTEGER, root INTEGER, base INTEGER, begin INTEGER,"
	" job_id INTEGER, units BLOB, slots BLOB, terms BLOB, settings TEXT);"
	"CREATE TABLE IF NOT EXISTS unit (id INTEGER PRIMARY KEY, state INTEGER,"
	" cause INTEGER, attempt INTEGER, object INTEGER, slot INTEGER,"
	" not_before INTEGER, changes TEXT, exit INTEGER, start INTEGER,"
	" end INTEGER, node TEXT);"
	"COMMIT;";

struct weft_state {
	sqlite3 *db;
	sqlite3_stmt *stmt[Q_COUNT];
	int lock_fd;
};

static int db_error(struct weft_state *state, struct weft_err *err)
{
	int code = sqlite3_extended_errcode(state->db);

	return weft_err_set(err, code == SQLITE_FULL ? ENOSPC : EIO,
			    "run.db: %s", sqlite3_errmsg(state->db));
}

static int take_lock(struct weft_state *state, const char *dir, struct weft_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", dir);
	state->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (state->lock_fd < 0)
		return weft_err_sys(err, errno, "%s", path);
	if (!fcntl(state->lock_fd, F_SETLK, &lock))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return weft_err_sys(err, errno, "%s: cannot lock", path);
	fcntl(state->lock_fd, F_GETLK, &lock);
	return weft_err_set(err, EBUSY, "process %d is at work on this run already",
			    (int)lock.l_pid);
}

static int open_db(struct weft_state *state, const char *path, bool create,
		   bool writer, struct weft_err *err)
{
	int flags = writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	if (create)
		flags |= SQLITE_OPEN_CREATE;
	if (sqlite3_open_v2(path, &state->db, flags | SQLITE_OPEN_NOMUTEX, NULL))
		return state->db ? db_error(state, err) :
				   weft_err_set(err, ENOMEM, "out of memory");
	sqlite3_busy_timeout(state->db, BUSY_MSEC);
	if (writer && (sqlite3_exec(state->db, "PRAGMA journal_mode=TRUNCATE;"
				    "PRAGMA synchronous=FULL;", NULL, NULL, NULL) ||
		       sqlite3_exec(state->db, schema, NULL, NULL, NULL)))
		return db_error(state, err);
	return 0;
}

int weft_state_open(const char *dir, bool create, bool writer,
		    struct weft_state **ret_state, struct weft_err *err)
{
	struct weft_state *state = calloc(1, sizeof(*state));
	char path[4096];
	int rc = 0;

	if (!state)
		return weft_err_set(err, ENOMEM, "out of memory");
	state->lock_fd = -1;
	snprintf(path, sizeof(path), "%s/run.db", dir);
	if (!create && access(path, F_OK))
		rc = weft_err_set(err, ENOENT, "%s: no run of weft flow is there", dir);
	if (!rc && writer)
		rc = take_lock(state, dir, err);
	if (!rc)
		rc = open_db(state, path, create, writer, err);
	if (rc) {
		weft_state_close(state);
		return rc;
	}
	*ret_state = state;
	return 0;
}

void weft_state_close(struct weft_state *state)
{
	if (!state)
		return;
	for (int q = 0; q < Q_COUNT; q++)
		sqlite3_finalize(state->stmt[q]);
	sqlite3_close(state->db);
	if (state->lock_fd >= 0)
		close(state->lock_fd);
	free(state);
}

static sqlite3_stmt *prepared(struct weft_state *state, int query)
{
	if (!state->stmt[query])
		sqlite3_prepare_v2(state->db, queries[query], -1, &state->stmt[query],
				   NULL);
	if (state->stmt[query])
		sqlite3_reset(state->stmt[query]);
	return state->stmt[query];
}

static int step_done(struct weft_state *state, sqlite3_stmt *stmt,
		     struct weft_err *err)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : db_error(state, err);
}

int weft_state_begin(struct weft_state *state, struct weft_err *err)
{
	return sqlite3_exec(state->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ?
		       db_error(state, err) : 0;
}

int weft_state_commit(struct weft_state *state, struct weft_err *err)
{
	int rc;

	if (!sqlite3_exec(state->db, "COMMIT", NULL, NULL, NULL))
		return 0;
	rc = db_error(state, err);
	sqlite3_exec(state->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

int weft_state_set(struct weft_state *state, const char *key, const char *value,
		   struct weft_err *err)
{
	sqlite3_stmt *stmt = prepared(state, Q_SET);

	if (!stmt)
		return db_error(state, err);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
	return step_done(state, stmt, err);
}

char *weft_state_get(struct weft_state *state, const char *key)
{
	sqlite3_stmt *stmt = prepared(state, Q_GET);
	char *value = NULL;

	if (!stmt)
		return NULL;
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		value = strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_reset(stmt);
	return value;
}

static int settings_text(const struct weft_object *object, struct weft_buf *out)
{
	for (uint32_t i = 0; i < object->setting_count; i++) {
		const struct weft_setting_value *s = &object->settings[i];

		weft_buf_addf(out, "%s%s", s->option->name, s->value ? "=" : "");
		if (s->value)
			weft_buf_adds(out, s->value);
		weft_buf_add(out, "\x1e", 1);
	}
	return weft_buf_error(out);
}

int weft_state_put_object(struct weft_state *state, const struct weft_plan *plan,
			  uint32_t number, struct weft_err *err)
{
	const struct weft_object *object = &plan->objects[number];
	sqlite3_stmt *stmt = prepared(state, Q_OBJECT);
	int units = (int)(object->unit_count * sizeof(uint32_t));
	struct weft_buf text;
	int rc;

	if (!stmt)
		return db_error(state, err);
	weft_buf_init(&text, (size_t)4 << 20);
	settings_text(object, &text);
	sqlite3_bind_int64(stmt, 1, number);
	sqlite3_bind_int64(stmt, 2, object->task_idx);
	sqlite3_bind_int(stmt, 3, object->state);
	sqlite3_bind_int(stmt, 4, object->is_array);
	sqlite3_bind_int(stmt, 5, object->root);
	sqlite3_bind_int64(stmt, 6, object->base);
	sqlite3_bind_int64(stmt, 7, object->begin);
	sqlite3_bind_int64(stmt, 8, object->job_id);
	sqlite3_bind_blob(stmt, 9, object->units, units, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 10, object->slots, units, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 11, object->terms,
			  (int)(object->term_count * sizeof(*object->terms)),
			  SQLITE_STATIC);
	sqlite3_bind_text(stmt, 12, weft_buf_str(&text), (int)text.len, SQLITE_STATIC);
	rc = weft_buf_error(&text) ? weft_err_set(err, EFBIG, "options too long") :
				     step_done(state, stmt, err);
	weft_buf_fini(&text);
	return rc;
}

int weft_state_put_job(struct weft_state *state, const struct weft_plan *plan,
		       uint32_t number, struct weft_err *err)
{
	sqlite3_stmt *stmt = prepared(state, Q_JOB);

	if (!stmt)
		return db_error(state, err);
	sqlite3_bind_int64(stmt, 1, number);
	sqlite3_bind_int(stmt, 2, plan->objects[number].state);
	sqlite3_bind_int64(stmt, 3, plan->objects[number].job_id);
	return step_done(state, stmt, err);
}

int weft_state_put_unit(struct weft_state *state, const struct weft_plan *plan,
			uint32_t number, const struct weft_unit_end *end,
			struct weft_err *err)
{
	const struct weft_unit *unit = &plan->units[number];
	sqlite3_stmt *stmt = prepared(state, Q_UNIT);

	if (!stmt)
		return db_error(state, err);
	sqlite3_bind_int64(stmt, 1, number);
	sqlite3_bind_int(stmt, 2, unit->state);
	sqlite3_bind_int(stmt, 3, unit->cause);
	sqlite3_bind_int(stmt, 4, unit->attempt);
	sqlite3_bind_int64(stmt, 5, unit->object);
	sqlite3_bind_int64(stmt, 6, unit->slot);
	sqlite3_bind_int64(stmt, 7, unit->not_before);
	sqlite3_bind_text(stmt, 8, unit->changes, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 9, end ? end->exit_status : 0);
	sqlite3_bind_int64(stmt, 10, end ? end->start_sec : 0);
	sqlite3_bind_int64(stmt, 11, end ? end->end_sec : 0);
	sqlite3_bind_text(stmt, 12, end ? end->node : "", -1, SQLITE_STATIC);
	return step_done(state, stmt, err);
}

static int read_settings(struct weft_object *object, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\x1e");
		size_t name_len = strcspn(text, "=\x1e");
		struct weft_setting_value *more = reallocarray(
			object->settings, object->setting_count + 1, sizeof(*more));
		char name[64];

		if (!more)
			return -ENOMEM;
		object->settings = more;
		more += object->setting_count;
		if (name_len >= sizeof(name))
			return -EINVAL;
		memcpy(name, text, name_len);
		name[name_len] = 0;
		more->option = weft_sbatch_option_find(name);
		more->value = name_len < len ?
				      strndup(text + name_len + 1, len - name_len - 1) : NULL;
		if (!more->option || (name_len < len && !more->value))
			return -EINVAL;
		object->setting_count++;
		text += len + (text[len] != 0);
	}
	return 0;
}

static void *copy_blob(sqlite3_stmt *stmt, int column, size_t size, uint32_t *ret_count)
{
	size_t bytes = (size_t)sqlite3_column_bytes(stmt, column);
	void *copy = calloc(1, bytes + 1);

	if (copy && bytes)
		memcpy(copy, sqlite3_column_blob(stmt, column), bytes);
	*ret_count = (uint32_t)(bytes / size);
	return copy;
}

static int read_object(struct weft_plan *plan, sqlite3_stmt *stmt)
{
	struct weft_object *object = weft_plan_object_new(plan);
	uint32_t slots;

	if (!object)
		return -ENOMEM;
	if (sqlite3_column_int64(stmt, 0) != plan->object_count - 1)
		return -EINVAL;
	object->task_idx = (uint32_t)sqlite3_column_int64(stmt, 1);
	object->state = (uint8_t)sqlite3_column_int(stmt, 2);
	object->is_array = sqlite3_column_int(stmt, 3);
	object->root = sqlite3_column_int(stmt, 4);
	object->base = (uint32_t)sqlite3_column_int64(stmt, 5);
	object->begin = sqlite3_column_int64(stmt, 6);
	object->job_id = (uint32_t)sqlite3_column_int64(stmt, 7);
	object->units = copy_blob(stmt, 8, sizeof(uint32_t), &object->unit_count);
	object->slots = copy_blob(stmt, 9, sizeof(uint32_t), &slots);
	object->terms = copy_blob(stmt, 10, sizeof(*object->terms), &object->term_count);
	if (!object->units || !object->slots || !object->terms)
		return -ENOMEM;
	if (slots != object->unit_count || object->task_idx >= plan->flow->task_count)
		return -EINVAL;
	for (uint32_t i = 0; i < object->unit_count; i++) {
		struct weft_unit *unit;

		if (object->units[i] >= plan->flow->unit_count)
			return -EINVAL;
		unit = &plan->units[object->units[i]];
		unit->object = plan->object_count - 1;
		unit->slot = object->is_array ? object->slots[i] : WEFT_NO_SLOT;
		unit->state = WEFT_UNIT_LIVE;
	}
	return read_settings(object, (const char *)sqlite3_column_text(stmt, 11));
}

static int read_unit(struct weft_plan *plan, sqlite3_stmt *stmt)
{
	int64_t number = sqlite3_column_int64(stmt, 0);
	const char *changes = (const char *)sqlite3_column_text(stmt, 7);
	struct weft_unit *unit;

	if (number < 0 || number >= plan->flow->unit_count)
		return -EINVAL;
	unit = &plan->units[number];
	/* An object made after this row was written has the later word. */
	unit->cause = (uint8_t)sqlite3_column_int(stmt, 2);
	unit->attempt = (uint16_t)sqlite3_column_int(stmt, 3);
	unit->not_before = sqlite3_column_int64(stmt, 6);
	unit->changes = changes ? strdup(changes) : NULL;
	if (unit->state == WEFT_UNIT_LIVE &&
	    unit->object != (uint32_t)sqlite3_column_int64(stmt, 4))
		return 0;
	unit->state = (uint8_t)sqlite3_column_int(stmt, 1);
	return unit->state <= WEFT_UNIT_FAILED ? 0 : -EINVAL;
}

static int read_rows(struct weft_state *state, struct weft_plan *plan, const char *sql,
		     int (*row)(struct weft_plan *, sqlite3_stmt *),
		     struct weft_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = 0, step = SQLITE_DONE;

	if (sqlite3_prepare_v2(state->db, sql, -1, &stmt, NULL))
		return db_error(state, err);
	while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = row(plan, stmt);
	sqlite3_finalize(stmt);
	if (rc)
		return weft_err_set(err, -rc, "run.db does not fit the workflow");
	return step == SQLITE_DONE ? 0 : db_error(state, err);
}

int weft_state_load(struct weft_state *state, struct weft_plan *plan,
		    struct weft_err *err)
{
	int rc = read_rows(state, plan, "SELECT * FROM object ORDER BY id", read_object, err);

	if (!rc)
		rc = read_rows(state, plan, "SELECT * FROM unit", read_unit, err);
	for (uint32_t u = 0; !rc && u < plan->flow->unit_count; u++) {
		const struct weft_unit *unit = &plan->units[u];

		if (unit->object == WEFT_NO_OBJECT)
			continue;
		if (unit->state == WEFT_UNIT_LIVE)
			plan->objects[unit->object].live_count++;
		else if (unit->state != WEFT_UNIT_DONE)
			plan->objects[unit->object].bad_count++;
	}
	return rc;
}

bool weft_state_get_end(struct weft_state *state, uint32_t unit,
			struct weft_unit_end *ret_end)
{
	sqlite3_stmt *stmt = prepared(state, Q_END);
	bool found;

	if (!stmt)
		return false;
	sqlite3_bind_int64(stmt, 1, unit);
	found = sqlite3_step(stmt) == SQLITE_ROW;
	if (found) {
		const char *node = (const char *)sqlite3_column_text(stmt, 3);

		ret_end->exit_status = sqlite3_column_int(stmt, 0);
		ret_end->start_sec = sqlite3_column_int64(stmt, 1);
		ret_end->end_sec = sqlite3_column_int64(stmt, 2);
		snprintf(ret_end->node, sizeof(ret_end->node), "%s", node ? node : "");
	}
	sqlite3_reset(stmt);
	return found;
}
