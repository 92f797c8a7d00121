#include "drill/drill_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/sha.h"
#include "drill/drill.h"

static const char *const words[] = { "id", "result", "cause", "ms", "files",
	"differing", "secrets", "unreadable", "states", "damaged", "fault",
	"report", "age", "rto", "rpo", "sandbox" };

enum word {
	ID,
	RESULT,
	CAUSE,
	MS,
	FILES,
	DIFFERING,
	SECRETS,
	UNREADABLE,
	STATES,
	DAMAGED,
	FAULT,
	REPORT,
	AGE,
	RTO,
	RPO,
	SANDBOX,
	WORDS
};

static void
add_number(struct gv_buf *out, enum word word, uint64_t n)
{
	gv_buf_addf(out, " %s=%llu", words[word], (unsigned long long)n);
}

int
gv_drill_log_format(
    struct gv_buf *out, const struct gv_drill *d, const char *report)
{
	gv_buf_addf(
	    out, "id=%s result=%s", d->id, gv_drill_result_code(d->result));
	if (d->cause.code)
		gv_buf_addf(out, " cause=%s", d->cause.code);
	add_number(out, MS, (uint64_t)d->ms);
	add_number(out, FILES, d->files);
	add_number(out, DIFFERING, d->differing);
	add_number(out, SECRETS, d->secrets);
	add_number(out, UNREADABLE, d->unopened);
	add_number(out, STATES, d->states);
	add_number(out, DAMAGED, d->states_damaged);
	add_number(out, AGE, (uint64_t)gv_drill_age(d));
	add_number(out, RTO, (uint64_t)d->rto);
	add_number(out, RPO, (uint64_t)d->rpo);
	add_number(out, SANDBOX, (uint64_t)d->sandbox);
	if (d->fault)
		gv_buf_addf(out, " fault=%s", gv_drill_faults[d->fault]);
	if (report)
		gv_buf_addf(out, " report=%s", report);
	return gv_buf_check(out);
}

/* Where the value of a word goes: a text, or a number. */
static const struct {
	size_t at;
	bool is_number;
} fields[WORDS] = {
#define TEXT(field)                                                            \
	{                                                                      \
		offsetof(struct gv_drill_logged, field), false                 \
	}
#define NUMBER(field)                                                          \
	{                                                                      \
		offsetof(struct gv_drill_logged, field), true                  \
	}
	[ID] = TEXT(id),
	[RESULT] = TEXT(result),
	[CAUSE] = TEXT(cause),
	[MS] = NUMBER(ms),
	[FILES] = NUMBER(files),
	[DIFFERING] = NUMBER(differing),
	[SECRETS] = NUMBER(secrets),
	[UNREADABLE] = NUMBER(unreadable),
	[STATES] = NUMBER(states),
	[DAMAGED] = NUMBER(damaged),
	[FAULT] = TEXT(fault),
	[REPORT] = TEXT(report),
	[AGE] = NUMBER(age),
	[RTO] = NUMBER(rto),
	[RPO] = NUMBER(rpo),
	[SANDBOX] = NUMBER(sandbox),
#undef TEXT
#undef NUMBER
};

static void
set(struct gv_drill_logged *out, enum word word, const char *value)
{
	void *const at = (char *)out + fields[word].at;

	if (fields[word].is_number)
		*(int64_t *)at = strtoll(value, NULL, 10);
	else
		*(const char **)at = value;
}

bool
gv_drill_log_parse(
    struct gv_drill_logged *out, const char *text, struct gv_arena *arena)
{
	char *copy = gv_arena_copy(arena, text, strlen(text)), *at = copy;

	while (at && *at) {
		char *end = at + strcspn(at, " "), *value;
		int i;

		if (*end)
			*end++ = '\0';
		value = strchr(at, '=');
		if (value)
			*value++ = '\0';
		for (i = 0; value && i < WORDS; i++)
			if (strcmp(at, words[i]) == 0)
				set(out, (enum word)i, value);
		at = end;
	}
	return out->id && out->result;
}

/* ---- writing ------------------------------------------------------------- */

int
gv_drill_tell(struct gv_repo *repo, const struct gv_drill *d,
    const void *report, size_t len)
{
	unsigned char sum[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];
	struct gv_buf text = GV_BUF_INIT;
	struct gv_audit_event e = { .what = GV_AUDIT_DRILL,
		.time = d->started,
		.scopes = &d->env,
		.n_scopes = d->env != NULL,
		.snapshot = d->snapshot,
		.target = d->remote,
		.result = d->result == GV_DRILL_PASSED ? GV_AUDIT_DONE
						       : GV_AUDIT_PART,
		.is_done = true };
	int r;

	gv_sha_sum(sum, report, len);
	gv_enc_hex(digits, sum, sizeof(sum));
	if ((r = gv_drill_log_format(&text, d, digits)) == 0 &&
	    (r = gv_drill_kept_write(repo, d, report, len, digits)) == 0) {
		e.reason = text.p;
		r = gv_audit_tell_done(repo, NULL, &e);
	}
	gv_buf_release(&text);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

static int
add(struct gv_drill_log *log, const struct gv_audit_event_at *at)
{
	struct gv_drill_logged *out;
	const struct gv_audit_entry *e = &at->entry;

	if (GV_GROW(log->items, log->n, log->cap) < 0)
		return GV_ENOMEM;
	out = &log->items[log->n];
	*out = (struct gv_drill_logged){ .host = at->host,
		.actor = e->actor,
		.env = e->scopes,
		.snapshot = e->snapshot ? e->snapshot : "",
		.signer = at->signer ? at->signer->name : NULL,
		.is_foreign = at->is_elsewhere,
		.at = at,
		.time = e->time };
	if (e->reason && gv_drill_log_parse(out, e->reason, &log->arena))
		log->n++;
	return 0;
}

int
gv_drill_log_load(
    struct gv_drill_log *out, struct gv_repo *repo, const char *env)
{
	const struct gv_audit_find_opts o = {
		.kind = GV_AUDIT_DRILL, .scope = env, .limit = -1
	};
	size_t i;
	int r;

	*out = (struct gv_drill_log){ .arena = GV_ARENA_INIT };
	r = gv_audit_find(&out->found, repo, &o);
	for (i = 0; r == 0 && i < out->found.n; i++)
		r = add(out, &out->found.events[i]);
	return r == GV_ENOTFOUND ? 0 : r;
}

bool
gv_drill_log_is_damaged(const struct gv_drill_log *log)
{
	return log->found.damaged.len > 0;
}

int
gv_drill_log_find(const struct gv_drill_logged **out,
    const struct gv_drill_log *log, const char *text)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < log->n; i++) {
		if (strcmp(log->items[i].id, text) == 0) {
			*out = &log->items[i];
			return 0;
		}
		if (strstr(log->items[i].id, text) == NULL)
			continue;
		if (*out)
			return gv_err(GV_EREFUSED,
			    "'%s' is a part of %s and of %s; give more of it",
			    text, (*out)->id, log->items[i].id);
		*out = &log->items[i];
	}
	return *out ? 0
		    : gv_err(GV_ENOTFOUND,
			  "no drill is '%s'; to list them: git vault drill "
			  "list",
			  text);
}

bool
gv_drill_log_counts(const struct gv_drill_log *log,
    const struct gv_drill_logged *d, const char *env)
{
	const struct gv_audit_signers *signers = &log->found.signers;
	const struct gv_audit_signer *who = d->at ? d->at->signer : NULL;

	if (signers->scopes == NULL && signers->why == NULL)
		return true;
	return who && who->who == GV_AUDIT_WHO_KEYRING && !who->is_writer &&
	    gv_audit_signers_speaks(
		signers, who, env ? env : GV_KEYRING_SHARED);
}

/* Why it does not count; NULL: it does. */
static const char *
why_not(const struct gv_drill_log *log, const struct gv_drill_logged *d,
    const char *env, int64_t now)
{
	if (d->time > now + GV_DRILL_SKEW)
		return "its time is yet to come, so a clock was wrong";
	if (gv_drill_log_counts(log, d, env))
		return NULL;
	return d->is_foreign
	    ? "its event is of another vault, or names none"
	    : "its event is signed by nobody who decides about this";
}

void
gv_drill_log_judge(struct gv_drill_state *out, const struct gv_drill_log *log,
    const char *env, int64_t now, int64_t period)
{
	size_t i;

	*out = (struct gv_drill_state){ .is_overdue = true };
	for (i = 0; i < log->n; i++) {
		const struct gv_drill_logged *d = &log->items[i];
		const char *why;

		if (d->fault ||
		    (d->env && (env == NULL || strcmp(d->env, env) != 0)))
			continue;
		if ((why = why_not(log, d, env, now)) != NULL) {
			if (out->ignored == NULL && out->passed == NULL) {
				out->ignored = d;
				out->ignored_why = why;
			}
			continue;
		}
		if (out->last == NULL)
			out->last = d;
		if (strcmp(d->result, gv_drill_result_code(GV_DRILL_PASSED)) ==
			0 &&
		    out->passed == NULL)
			out->passed = d;
	}
	if (out->passed) {
		out->due = out->passed->time + period;
		out->is_overdue = out->due <= now;
	}
}

void
gv_drill_log_release(struct gv_drill_log *log)
{
	gv_audit_found_release(&log->found);
	free(log->items);
	gv_arena_release(&log->arena);
}
