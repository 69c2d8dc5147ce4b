/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template.c - messages with the job's values in them
 *
 * "{time}" is a field as it is now, "{asked.time}" as the user asked it,
 * "{env.HOME}" a variable, "{rule}", "{limit}", "{used}" and "{wait}" are what
 * the rule found; "{{" and "}}" are braces.  Unknown names are errors when the
 * rules are compiled, never when a job is refused.
 *
 * Values come from users: each is cut at VALUE_MAX bytes, and control bytes
 * and bytes that are not UTF-8 become '?', so that a message can neither move
 * a terminal's cursor nor forge a line of slurmctld's log.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "submit/rules_impl.h"

#define VALUE_MAX 200
#define PARTS_MAX 64

static const char *const fact_names[] = { "rule", "limit", "used", "wait" };

/* ---- compiling --------------------------------------------------------- */

static int read_name(struct weft_compiler *c, const char *path, const char *name,
		     struct weft_part *part)
{
	int field;

	for (int i = 0; i < 4; i++)
		if (strcmp(name, fact_names[i]) == 0) {
			*part = (struct weft_part){ WEFT_PART_FACT, i, NULL };
			return 0;
		}
	if (strncmp(name, "env.", 4) == 0) {
		c->rules->env = true;
		part->kind = WEFT_PART_ENV;
		part->text = weft_rules_dup(c->rules, name + 4);
		return part->text ? 0 : weft_compile_nomem(c);
	}
	part->kind = strncmp(name, "asked.", 6) == 0 ? WEFT_PART_ASKED : WEFT_PART_FIELD;
	field = weft_compile_field(c, path, name + (part->kind == WEFT_PART_ASKED ? 6 : 0));
	if (field < 0)
		return field;
	part->which = field;
	c->rules->fields |= WEFT_FIELD_BIT(field);
	return 0;
}

static int read_literal(struct weft_compiler *c, const char **at,
			struct weft_part *part)
{
	const char *from = *at;
	char *text = weft_rules_alloc(c->rules, strlen(from) + 1);
	size_t len = 0;

	if (!text)
		return weft_compile_nomem(c);
	while (*from && !(*from == '{' && from[1] != '{')) {
		if ((*from == '{' || *from == '}') && from[1] == *from)
			from++;
		text[len++] = *from++;
	}
	text[len] = '\0';
	*part = (struct weft_part){ WEFT_PART_LITERAL, 0, text };
	*at = from;
	return 0;
}

static int read_part(struct weft_compiler *c, const char *path, const char **at,
		     struct weft_part *part)
{
	const char *end;
	char name[128];
	size_t len;

	if (**at != '{' || (*at)[1] == '{')
		return read_literal(c, at, part);
	end = strchr(*at, '}');
	len = end ? (size_t)(end - *at - 1) : 0;
	if (!end || !len || len >= sizeof(name))
		return weft_json_complain(c->doc, c->err, path,
					  "a brace without a name, expected {field} (a brace itself is {{)");
	memcpy(name, *at + 1, len);
	name[len] = '\0';
	*at = end + 1;
	return read_name(c, path, name, part);
}

int weft_template_compile(struct weft_compiler *c, const char *path,
			  const char *text, struct weft_template *ret)
{
	struct weft_part part[PARTS_MAX];
	uint32_t count = 0;
	int rc;

	if (strlen(text) >= WEFT_MESSAGE_SIZE)
		return weft_json_complain(c->doc, c->err, path,
					  "longer than %d bytes", WEFT_MESSAGE_SIZE - 1);
	while (*text) {
		if (count == PARTS_MAX)
			return weft_json_complain(c->doc, c->err, path,
						  "more than %d values", PARTS_MAX / 2);
		part[count] = (struct weft_part){ WEFT_PART_LITERAL, 0, NULL };
		rc = read_part(c, path, &text, &part[count++]);
		if (rc)
			return rc;
	}
	ret->part = weft_rules_alloc(c->rules, (count + 1) * sizeof(part[0]));
	if (!ret->part)
		return weft_compile_nomem(c);
	memcpy(ret->part, part, count * sizeof(part[0]));
	ret->part_count = count;
	return 0;
}

/* ---- writing ----------------------------------------------------------- */

static const char *number(double value, char *out, size_t size)
{
	snprintf(out, size, "%.10g", value);
	return out;
}

static const char *fact_text(const struct weft_facts *f, int fact, char *out,
			     size_t size)
{
	switch (fact) {
	case WEFT_FACT_RULE:
		return f->rule;
	case WEFT_FACT_LIMIT:
		return number(f->limit, out, size);
	case WEFT_FACT_USED:
		return number(f->used, out, size);
	default:
		if (f->wait_sec < 120)
			snprintf(out, size, "%lld s", (long long)f->wait_sec);
		else if (f->wait_sec < 7200)
			snprintf(out, size, "%lld min", (long long)(f->wait_sec + 59) / 60);
		else
			snprintf(out, size, "%lld h", (long long)(f->wait_sec + 3599) / 3600);
		return out;
	}
}

static const char *field_text(const struct weft_submission *sub, int field,
			      char *out, size_t size)
{
	const char *text = sub->value[field].text;

	if (!weft_field_is_text(field))
		return weft_field_format(field, sub->value[field].num, out, size);
	return text ? text : "none";
}

size_t weft_template_write(const struct weft_template *t,
			   const struct weft_facts *facts, char *out, size_t size)
{
	char number_text[48];
	const char *text;
	size_t used = 0, room;

	if (!size)
		return 0;
	out[0] = '\0';
	for (uint32_t i = 0; i < t->part_count; i++) {
		const struct weft_part *p = &t->part[i];

		if (p->kind == WEFT_PART_LITERAL)
			text = p->text;
		else if (p->kind == WEFT_PART_FACT)
			text = fact_text(facts, p->which, number_text, sizeof(number_text));
		else if (p->kind == WEFT_PART_ENV)
			text = weft_submission_env(facts->sub, p->text);
		else
			text = field_text(p->kind == WEFT_PART_ASKED ? facts->asked : facts->sub,
					  p->which, number_text, sizeof(number_text));
		room = size - used;
		if (p->kind != WEFT_PART_LITERAL && room > VALUE_MAX)
			room = VALUE_MAX;
		used += weft_text_clean(out + used, room, text ? text : "none");
	}
	return used;
}
