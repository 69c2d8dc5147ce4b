/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.c - `weft policy`: check the rules, try a script against them
 *
 *   weft policy check FILE           does it compile?
 *   weft policy test FILE SCRIPT     what would become of this job?
 *   weft policy fields               what rules can look at
 *
 * The same compiler and matcher as in slurmctld.  Exit codes: 0 the file is
 * good, the job would be accepted; 1 it is not; 3 the job would be rejected.
 *
 * Token buckets start full and the queue counts as empty, since there is no
 * Slurm here to ask: rates and limits hold a single job only to its own size.
 */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/file.h"
#include "tools/policy/policy.h"
#include "tools/ui/json_out.h"

#define SCRIPT_LIMIT (4u << 20)

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NO };

static const char help_text[] =
"usage: weft policy check [--json] FILE\n"
"       weft policy test [--json] [--trace] FILE SCRIPT [SBATCH OPTION...]\n"
"       weft policy fields [--json]\n"
"       weft policy status [--json]\n"
"       weft policy explain [--json] JOBID\n"
"\n"
"FILE is a weft.json; its section \"submit\" holds the rules (weft.json(5)).\n"
"check compiles it, test says what the rules make of a job: accepted, changed\n"
"or rejected, and the message that its user would see.  SCRIPT is a batch\n"
"script, or - for a job without one; sbatch's options go after it and win over\n"
"its #SBATCH lines.  Nothing is submitted and no Slurm is needed.\n"
"\n"
"status says which file slurmctld goes by, since when, and what is wrong with a\n"
"newer one (for root and SlurmUser, on slurmctld's host).  explain says which\n"
"rules changed a job of yours when it was submitted.\n"
"\n"
"  --user NAME, --requester NAME, --groups A,B   who asks (default: you)\n"
"  --trace        which rules matched and what they did\n"
"  --json         the answer as JSON\n"
"\n"
"Exit codes: 0 good or accepted, 1 the file is bad, 2 usage, 3 rejected; of\n"
"status 3: a newer file is bad, or no rules are in force; of explain 3: no rule\n"
"changed the job, or Slurm shows no such job.\n";

struct options {
	bool json, trace;
	const char *file, *script;
};

static int complain(const char *text, const char *word)
{
	fprintf(stderr, "weft policy: %s%s\nTry \"weft policy --help\".\n", text, word);
	return EXIT_USAGE;
}

static int fail(const struct weft_err *err)
{
	fprintf(stderr, "weft policy: %s\n", err->msg);
	return EXIT_FAILED;
}

/* ---- check ------------------------------------------------------------- */

static int run_check(const struct options *o)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules = NULL;
	int rc;

	if (!o->file)
		return complain("check needs a file", "");
	rc = weft_rules_read(o->file, NULL, &rules, &err);
	if (o->json) {
		struct json_object *out = json_object_new_object();

		json_object_object_add(out, "file", json_object_new_string(o->file));
		json_object_object_add(out, "good", json_object_new_boolean(!rc));
		json_object_object_add(out, "rules", json_object_new_int(
			rules ? (int)weft_rules_count(rules) : 0));
		if (rc)
			json_object_object_add(out, "error", json_object_new_string(err.msg));
		weft_print_json(stdout, out);
	} else if (!rc) {
		printf("%s: good, %u rules\n", o->file, weft_rules_count(rules));
	}
	weft_rules_destroy(rules);
	if (rc && !o->json)
		return fail(&err);
	return rc ? EXIT_FAILED : EXIT_DONE;
}

/* ---- fields ------------------------------------------------------------ */

static const char *const type_names[] = {
	"text", "list", "count", "memory", "time", "true or false"
};

static int run_fields(const struct options *o)
{
	struct json_object *out = o->json ? json_object_new_array() : NULL;

	for (int i = 0; i < WEFT_FIELD_COUNT; i++) {
		const struct weft_field_info *f = &weft_fields[i];
		struct json_object *one;

		if (!o->json) {
			printf("%-16s %-14s %-4s %s\n", f->key, type_names[f->type],
			       f->settable ? "set" : "", f->help);
			continue;
		}
		one = json_object_new_object();
		json_object_object_add(one, "key", json_object_new_string(f->key));
		json_object_object_add(one, "type", json_object_new_string(type_names[f->type]));
		json_object_object_add(one, "settable", json_object_new_boolean(f->settable));
		json_object_object_add(one, "help", json_object_new_string(f->help));
		json_object_array_add(out, one);
	}
	if (o->json)
		weft_print_json(stdout, out);
	return EXIT_DONE;
}

/* ---- test -------------------------------------------------------------- */

static int empty_queue(void *arg, weft_fieldset_t per, uint32_t rule_idx,
		       const struct weft_submission *sub, struct weft_usage *ret_usage)
{
	*ret_usage = (struct weft_usage){ 0 };
	return 0;
}

static const char *value_text(const struct weft_submission *sub, int field,
			      char *out, size_t size)
{
	const char *text = sub->value[field].text;

	if (weft_field_is_text(field))
		return text ? text : "none";
	return weft_field_format(field, sub->value[field].num, out, size);
}

static void print_verdict(const struct weft_rules *rules,
			  const struct weft_submission *sub,
			  const struct weft_verdict *v, const char *trace)
{
	char text[48];

	fputs(trace, stdout);
	if (v->exempt)
		puts("exempt");
	else if (v->rejected)
		printf("rejected by rule %s\n", weft_rules_name(rules, v->rule_idx));
	else
		puts("accepted");
	for (int i = 0; !v->rejected && i < WEFT_FIELD_COUNT; i++)
		if (v->changed & WEFT_FIELD_BIT(i))
			printf("  %s: %s\n", weft_fields[i].key,
			       value_text(sub, i, text, sizeof(text)));
	if (v->message_len)
		printf("the user sees:\n%s\n", v->message);
}

static void print_verdict_json(const struct weft_rules *rules,
			       const struct weft_submission *sub,
			       const struct weft_verdict *v, const char *trace)
{
	struct json_object *out = json_object_new_object();
	struct json_object *changed = json_object_new_object();
	char text[48];

	json_object_object_add(out, "accepted", json_object_new_boolean(!v->rejected));
	json_object_object_add(out, "exempt", json_object_new_boolean(v->exempt));
	json_object_object_add(out, "rule", v->rejected ?
		json_object_new_string(weft_rules_name(rules, v->rule_idx)) : NULL);
	json_object_object_add(out, "message", json_object_new_string(v->message));
	for (int i = 0; !v->rejected && i < WEFT_FIELD_COUNT; i++)
		if (v->changed & WEFT_FIELD_BIT(i))
			json_object_object_add(changed, weft_fields[i].key,
				json_object_new_string(value_text(sub, i, text, sizeof(text))));
	json_object_object_add(out, "changed", changed);
	if (*trace)
		json_object_object_add(out, "trace", json_object_new_string(trace));
	weft_print_json(stdout, out);
}

static int apply(const struct options *o, const struct weft_rules *rules,
		 struct policy_job *job)
{
	static struct weft_verdict verdict;
	struct weft_circumstance c = { .now_sec = time(NULL), .usage = empty_queue };
	struct weft_buf trace;

	weft_buf_init(&trace, 1 << 20);
	c.throttle = weft_throttle_create(64);
	if (o->trace)
		c.trace = &trace;
	weft_submission_derive(&job->sub);
	weft_rules_apply(rules, &c, &job->sub, &verdict);
	(o->json ? print_verdict_json : print_verdict)(rules, &job->sub, &verdict,
						       weft_buf_str(&trace));
	weft_buf_fini(&trace);
	weft_throttle_destroy(c.throttle);
	return verdict.rejected ? EXIT_NO : EXIT_DONE;
}

/* sbatch's options after the script. */
static int read_options(struct policy_job *job, int argc, char **argv,
			struct weft_err *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < argc; i++) {
		char *word = argv[i], *value = NULL, *equals = strchr(word, '=');
		bool is_long = word[0] == '-' && word[1] == '-';

		if (word[0] != '-' || !word[1])
			return weft_err_set(err, EINVAL, "%s: expected an option of sbatch", word);
		if (is_long && equals) {
			*equals = '\0';
			value = equals + 1;
		} else if (!is_long && word[2]) {
			value = word + 2;
		} else if (policy_option_has_value(is_long ? word + 2 : NULL, word[1]) > 0) {
			if (++i == argc)
				return weft_err_set(err, EINVAL, "%s needs a value", word);
			value = argv[i];
		}
		rc = policy_job_option(job, is_long ? word + 2 : NULL, word[1], value, err);
	}
	return rc;
}

static void fill_you(struct policy_job *job)
{
	union weft_value *v = job->sub.value;
	struct passwd *you = getpwuid(geteuid());
	struct weft_err err;

	v[WEFT_F_UID].num = geteuid();
	if (you) {
		policy_job_option(job, "user", 0, you->pw_name, &err);
		policy_job_option(job, "requester", 0, you->pw_name, &err);
	}
}

static int run_test(const struct options *o, int argc, char **argv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules = NULL;
	struct policy_job job;
	char *text = NULL;
	size_t len = 0;
	int rc, code;

	if (!o->file || !o->script)
		return complain("test needs a file and a script", "");
	policy_job_init(&job);
	fill_you(&job);
	job.sub.value[WEFT_F_BATCH].num = 0;
	rc = weft_rules_read(o->file, NULL, &rules, &err);
	if (!rc && strcmp(o->script, "-") != 0) {
		rc = weft_file_read(o->script, SCRIPT_LIMIT, &text, &len, &err);
		if (!rc) {
			rc = policy_job_script(&job, text, len, &err);
			if (rc)
				weft_err_prefix(&err, "%s", o->script);
		}
	}
	if (!rc)
		rc = read_options(&job, argc, argv, &err);
	code = rc ? fail(&err) : apply(o, rules, &job);
	weft_rules_destroy(rules);
	policy_job_fini(&job);
	free(text);
	return code;
}

int policy_command(int argc, char **argv)
{
	struct options o = { 0 };
	const char *verb = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(help_text, stdout);
			return EXIT_DONE;
		}
		if (!strcmp(argv[i], "--json"))
			o.json = true;
		else if (!strcmp(argv[i], "--trace"))
			o.trace = true;
		else if (argv[i][0] == '-' && argv[i][1])
			return complain("no option ", argv[i]);
		else if (!verb)
			verb = argv[i];
		else if (!o.file)
			o.file = argv[i];
		else if (!o.script && !strcmp(verb, "test"))
			o.script = argv[i];
		else
			return complain("one file at a time, and there is also ", argv[i]);
		if (o.script)
			break;
	}
	if (!verb)
		return complain("what shall it do?", "");
	if (!strcmp(verb, "check"))
		return run_check(&o);
	if (!strcmp(verb, "fields"))
		return run_fields(&o);
	if (!strcmp(verb, "test"))
		return run_test(&o, i < argc ? argc - i - 1 : 0, argv + i + 1);
	return complain("no command ", verb);
}
