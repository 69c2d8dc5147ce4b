/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.c - see record.h
 *
 *   weft-rules:[["time","time","none","04:00:00"],["big","partition","a","b"]]
 *
 * Each step is a rule, a field, and its value before and after, in the order
 * in which it was taken.  Words are cut at 63 bytes, and stripped of control
 * characters, quotes and backslashes, so that writing needs no escapes and no
 * allocation but the buffer's.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "submit/record.h"
#include "submit/rules_impl.h"

static void clean(char *out, const char *text)
{
	weft_text_clean(out, WEFT_RECORD_TEXT, text ? text : "none");
	for (; *out; out++)
		if (*out == '"' || *out == '\\')
			*out = '?';
}

static const char *value_of(int field, union weft_value value, char *out,
			    size_t size)
{
	if (weft_field_is_text(field))
		return value.text;
	return weft_field_format(field, value.num, out, size);
}

int weft_record_write(const struct weft_rules *rules,
		      const struct weft_verdict *v, struct weft_buf *buf)
{
	struct weft_record_step step;
	size_t begin = buf->len, len;
	char text[48];

	if (!v->change_count)
		return 0;
	weft_buf_adds(buf, WEFT_RECORD_MARK "[");
	for (uint32_t i = 0; i < v->change_count; i++) {
		const struct weft_change *c = &v->change[i];

		clean(step.rule, weft_rules_name(rules, c->rule_idx));
		clean(step.field, weft_fields[c->field].key);
		clean(step.was, value_of(c->field, c->was, text, sizeof(text)));
		clean(step.is, value_of(c->field, c->is, text, sizeof(text)));
		len = strlen(step.rule) + strlen(step.field) +
			strlen(step.was) + strlen(step.is) + 16;
		if (buf->len - begin + len > WEFT_RECORD_LIMIT)
			break;
		weft_buf_addf(buf, "%s[\"%s\",\"%s\",\"%s\",\"%s\"]",
			      i ? "," : "", step.rule, step.field, step.was,
			      step.is);
	}
	weft_buf_adds(buf, "]");
	return weft_buf_error(buf);
}

static bool read_word(struct json_object *list, size_t i, char *out)
{
	struct json_object *v = json_object_array_get_idx(list, i);

	if (json_object_get_type(v) != json_type_string)
		return false;
	clean(out, json_object_get_string(v));
	return true;
}

static bool read_step(struct json_object *o, struct weft_record_step *step)
{
	return json_object_get_type(o) == json_type_array &&
		read_word(o, 0, step->rule) && read_word(o, 1, step->field) &&
		read_word(o, 2, step->was) && read_word(o, 3, step->is);
}

int weft_record_read(const char *text, struct weft_record *ret_record)
{
	struct weft_record record = { .step_count = 0 };
	struct json_tokener *tok;
	struct json_object *root;
	int rc = 0;

	text = strstr(text, WEFT_RECORD_MARK);
	if (!text)
		return -ENOENT;
	text += strlen(WEFT_RECORD_MARK);
	tok = json_tokener_new_ex(4);
	if (!tok)
		return -ENOMEM;
	root = json_tokener_parse_ex(tok, text,
				     (int)strnlen(text, WEFT_RECORD_LIMIT + 1));
	json_tokener_free(tok);
	if (json_object_get_type(root) != json_type_array)
		rc = -EINVAL;
	for (size_t i = 0; rc == 0 && i < json_object_array_length(root) &&
	     record.step_count < WEFT_CHANGES_MAX; i++)
		if (read_step(json_object_array_get_idx(root, i),
			      &record.step[record.step_count]))
			record.step_count++;
		else
			rc = -EINVAL;
	json_object_put(root);
	if (rc == 0)
		*ret_record = record;
	return rc;
}
