#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "drill/drill_internal.h"

/*
 * From the first symptom to its cause. A row holds if all that it says does;
 * the first one that holds counts, so what proves most stands first.
 */
struct row {
	const char *code;
	unsigned stages;     /* a bit each; 0: any */
	int status;          /* -1: any */
	const char *error;   /* the error's code; NULL: any */
	const char *says[2]; /* one of them is in the message; NULL: any */
	int has_key;         /* -1: either */
	int is_listed;       /* the same */
	const char *message, *next;
};

#define AGAIN "git vault drill run"

#define AT(stage) (1U << (GV_DRILL_##stage))
#define BY_NAME   (1U << 31) /* at no stage: gv_drill_fail_as() */

static const struct row rows[] = {
	{ "never_pushed", AT(RESTORE), -1, NULL, { NULL }, -1, 0,
	    "the remote does not have the snapshot: it was never pushed, or "
	    "its ref was lost there",
	    "git vault sync" },
	{ "lost_ref", AT(RESTORE), -1, "not_found", { "no snapshot" }, -1, 1,
	    "the ref of the snapshot is lost in the clone, and the remote has "
	    "it",
	    "git vault verify --deep" },
	{ "missing_key", 0, 5, NULL, { NULL }, 0, -1,
	    "there is no key here that opens the secrets: without the identity "
	    "file nobody recovers them",
	    "git vault key recover" },
	{ "wrong_recipient", 0, 5, NULL, { NULL }, 1, -1,
	    "the key of this host does not open what is sealed: it is not a "
	    "recipient of it",
	    "git vault key reseal" },
	{ "corrupt_object", 0, -1, NULL, { "is damaged", "corrupt" }, -1, -1,
	    "an object of the snapshot is damaged", "git vault verify --deep" },
	{ "missing_object", 0, -1, NULL,
	    { "is not in this repository", " is missing" }, -1, -1,
	    "an object of the snapshot is missing", "git vault verify --deep" },
	{ "damaged", 0, -1, "corrupt", { NULL }, -1, -1,
	    "what is stored of the snapshot is damaged",
	    "git vault verify --deep" },
	{ "slow_remote", AT(CLONE), -1, NULL,
	    { "took too long", "time of the drill" }, -1, -1,
	    "the remote did not deliver the clone in time",
	    "git vault drill run --budget 1h" },
	{ "disk_full", 0, -1, NULL, { "No space left", "File too large" }, -1,
	    -1, "there is not enough space for the clone and its files",
	    "df -h" },
	{ "remote", AT(CLONE), -1, NULL, { NULL }, -1, -1,
	    "the remote cannot be cloned", "git ls-remote" },
	{ "wrong_keyring", AT(CLONE) | AT(OBJECTS), -1, NULL, { "keyring" }, -1,
	    -1, "the keyring of the remote is another one than here",
	    "git vault key list" },
	{ "references", AT(REFERENCES), -1, NULL, { NULL }, -1, -1,
	    "files name what is not in the snapshot",
	    "git vault check --severity error" },
	{ "state", AT(STATES), -1, NULL, { NULL }, -1, -1,
	    "a state cannot be read back as it was saved",
	    "git vault state verify" },
	{ "validator", AT(VALIDATE), -1, NULL, { NULL }, -1, -1,
	    "a tool refuses the restored files", "" },
	{ "truncated_state", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "a state was saved in part only: its tool was stopped while it "
	    "wrote",
	    "git vault state list" },
	{ "plaintext_secret", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "the snapshot stores a secret in clear", "git vault scan" },
	{ "not_removed", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "the clone could not be removed, and it has secrets in clear", "" },
	{ "stale_lock", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "a lock was left behind, and its holder is gone",
	    "git vault state locks" },
	{ "half_synced", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "the remote has only a part of what this repository has",
	    "git vault sync" },
	{ "old_keyring", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "the keyring of the remote is older than the one here",
	    "git vault sync" },
	{ "not_as_recorded", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "what came back is not what the known-good record says",
	    "git vault good list" },
	{ "rule", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "what came back breaks a rule of the policy",
	    "git vault policy show" },
	{ "unreadable_file", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "a file cannot be parsed", "git vault check --severity error" },
	{ "component", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "a dump of a component cannot be restored",
	    "git vault component drill" },
	{ "plan", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "the recovery plan does not work", "git vault drill run --keep" },
	{ "clock_skew", BY_NAME, -1, NULL, { NULL }, -1, -1,
	    "a clock is wrong: the one of this machine, or of the host that "
	    "took the snapshot",
	    "date -u" },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static bool
says(const struct row *row, const char *message)
{
	return row->says[0] == NULL || strstr(message, row->says[0]) ||
	    (row->says[1] && strstr(message, row->says[1]));
}

static bool
holds(const struct row *row, const struct gv_drill_symptom *s)
{
	return (row->stages == 0 || row->stages & 1U << s->stage) &&
	    (row->status < 0 || row->status == s->status) &&
	    (row->error == NULL || strcmp(row->error, s->code) == 0) &&
	    says(row, s->message) &&
	    (row->has_key < 0 || row->has_key == s->has_key) &&
	    (row->is_listed < 0 || row->is_listed == s->is_listed);
}

/* Where nothing is proven: what it could be at each stage, the likeliest
 * first. */
static const char *const *
candidates(enum gv_drill_stage stage)
{
	static const char *const at_clone[] = { "remote", "slow_remote",
		"disk_full", "wrong_keyring", NULL };
	static const char *const at_restore[] = { "damaged", "disk_full",
		"wrong_recipient", "half_synced", NULL };
	static const char *const at_compare[] = { "damaged", "disk_full",
		"clock_skew", NULL };
	static const char *const at_sentinel[] = { "stale_lock", "disk_full",
		"old_keyring", NULL };
	static const char *const at_states[] = { "half_synced",
		"truncated_state", "wrong_recipient", NULL };
	static const char *const any[] = { "damaged", "half_synced",
		"disk_full", NULL };

	switch (stage) {
	case GV_DRILL_PREPARE:
	case GV_DRILL_CLONE:
		return at_clone;
	case GV_DRILL_RESTORE:
		return at_restore;
	case GV_DRILL_COMPARE:
	case GV_DRILL_REPEAT:
		return at_compare;
	case GV_DRILL_SAVE:
	case GV_DRILL_SENTINEL:
		return at_sentinel;
	case GV_DRILL_STATES:
		return at_states;
	default:
		return any;
	}
}

static const struct row *
find(const struct gv_drill_symptom *s)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (holds(&rows[i], s))
			return &rows[i];
	return NULL;
}

const char *
gv_drill_cause_code(const struct gv_drill_symptom *s)
{
	const struct row *row = find(s);

	return row ? row->code : "unknown";
}

static void
add_option(struct gv_buf *out, const char *option, const char *value)
{
	if (value == NULL)
		return;
	gv_buf_addf(out, " %s", option);
	gv_shell_word(out, value);
}

/* A drill that is to be run again is of the same things. NULL without memory.
 */
static const char *
with_options(struct gv_drill_run *run, const char *next)
{
	const struct gv_drill_opts *o = run->opts;
	const char *const *input = o->inputs;
	struct gv_buf out = GV_BUF_INIT;

	if (strncmp(next, AGAIN, strlen(AGAIN)) != 0)
		return next;
	gv_buf_addstr(&out, next);
	add_option(&out, "--env", o->env);
	add_option(&out, "--snapshot", o->is_random ? NULL : o->snapshot);
	add_option(&out, "--plan", o->plan);
	for (; input && *input; input++)
		add_option(&out, "--input", *input);
	add_option(&out, "--from-remote", o->remote);
	add_option(&out, "--identity", o->identity);
	if (o->no_validators)
		gv_buf_addstr(&out, " --no-validators");
	if (o->is_random)
		gv_buf_addf(
		    &out, " --random --seed %llu", (unsigned long long)o->seed);
	next = gv_buf_check(&out) == 0 ? gv_drill_text(run->drill, "%s", out.p)
				       : NULL;
	gv_buf_release(&out);
	return next;
}

static int
fail(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct row *row, const char *detail, const char *next)
{
	struct gv_drill *d = run->drill;

	step->result = GV_DRILL_FAILED;
	step->detail = gv_drill_text(d, "%s", detail);
	if (step->detail == NULL)
		return GV_ENOMEM;
	if (d->cause.code)
		return 0;
	next = with_options(run,
	    next      ? next
		: row ? row->next
		      : AGAIN " --keep");
	if (next == NULL)
		return GV_ENOMEM;
	d->cause = (struct gv_drill_cause){
		.stage = (enum gv_drill_stage)(step - d->steps),
		.code = row ? row->code : "unknown",
		.message = row ? row->message
			       : "what is wrong is not known: see what the "
				 "stage says",
		.next = next,
		.candidates = row
		    ? NULL
		    : candidates((enum gv_drill_stage)(step - d->steps)),
	};
	return 0;
}

int
gv_drill_fail(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_drill_symptom *s, const char *detail)
{
	return fail(run, step, find(s), detail, NULL);
}

int
gv_drill_fail_at(
    struct gv_drill_run *run, struct gv_drill_step *step, const char *detail)
{
	const struct gv_drill_symptom s = {
		.stage = (enum gv_drill_stage)(step - run->drill->steps),
		.code = "",
		.message = detail,
		.has_key = run->has_key,
		.is_listed = true,
	};

	return gv_drill_fail(run, step, &s, detail);
}

int
gv_drill_fail_as(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *code, const char *detail, const char *next)
{
	size_t i = 0;

	while (i < ROWS && strcmp(rows[i].code, code) != 0)
		i++;
	assert(i < ROWS);
	if (detail == NULL)
		return GV_ENOMEM;
	return fail(run, step, &rows[i], detail, next);
}

/* Of messages that are no document the line that says what is wrong: the last
 * warning or error, else the last line. */
static const char *
find_line(size_t *len, const char *text)
{
	static const char *const marks[] = {
		"warning: ", "fatal: ", "error: "
	};
	const char *found = "", *at, *end;
	bool is_marked = false;
	size_t i;

	*len = 0;
	for (at = text; *at; at = *end ? end + 1 : end) {
		bool marked = false;

		end = at + strcspn(at, "\n");
		for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
			const char *mark = strstr(at, marks[i]);

			if (mark && mark < end) {
				at = mark + strlen(marks[i]);
				marked = true;
			}
		}
		if (end > at && (marked || !is_marked)) {
			found = at;
			*len = (size_t)(end - at);
			is_marked = is_marked || marked;
		}
	}
	return found;
}

/* Git's own line in place of a hint at it. */
static const char *
with_git(struct gv_drill_run *run, const char *message, const char *err)
{
	const char *hint = strstr(message, ": see its message above");
	size_t len;
	const char *line = hint ? find_line(&len, err) : NULL;

	return line && len ? gv_drill_text(run->drill, "%.*s: %.*s",
				 (int)(hint - message), message, (int)len, line)
			   : message;
}

/* A restore that had no key for a file names the scope in its document. */
static const char *
sealed_of(struct gv_drill_run *run, const struct gv_answer *a)
{
	const struct gv_unjson_node *one =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "sealed") : NULL;
	const struct gv_unjson_node *written;
	const char *scope;

	for (one = one ? one->first : NULL; one; one = one->next) {
		written = gv_unjson_get(one, "written");
		scope = gv_unjson_get_text(one, "scope");
		if (scope && written && written->kind == GV_UNJSON_FALSE)
			return gv_drill_text(run->drill,
			    "no key here opens the secrets of %s", scope);
	}
	return NULL;
}

/* What failed, in one sentence; NULL without memory. */
static const char *
sentence_of(struct gv_drill_run *run, const struct gv_answer *a)
{
	const char *err = a->err.len ? a->err.p : "", *line;
	size_t len;

	if (*a->message)
		return with_git(run, a->message, err);
	if ((line = sealed_of(run, a)) != NULL)
		return line;
	line = find_line(&len, err);
	return len ? gv_drill_text(run->drill, "%.*s", (int)len, line)
		   : gv_drill_text(run->drill,
			 "git-vault ended with status %d and said nothing; to "
			 "see it there: git vault drill run --keep",
			 a->status);
}

int
gv_drill_fail_by(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a)
{
	const char *detail = sentence_of(run, a);
	/* what git said stands before the document */
	const char *all = detail
	    ? gv_drill_text(run->drill, "%s\n%.*s", detail,
		  a->err.len ? (int)strcspn(a->err.p, "{") : 0,
		  a->err.len ? a->err.p : "")
	    : NULL;
	const struct gv_drill_symptom s = {
		.stage = (enum gv_drill_stage)(step - run->drill->steps),
		.status = a->status,
		.code = a->code,
		.message = all ? all : "",
		.has_key = run->has_key,
		.is_listed = true,
	};

	return all ? gv_drill_fail(run, step, &s, detail) : GV_ENOMEM;
}
