#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "detect/sweep_internal.h"
#include "policy/team.h"
#include "sys/file.h"

#define MAX_BASELINE ((size_t)256 * 1024 * 1024)

const char *const gv_sweep_matters[] = { "unused", "expired", "no-reason",
	"other-key", "no-digest", "no-rule" };
const char *const gv_sweep_sentences[] = {
	"this allowance matches nothing",
	"this allowance has expired",
	"this allowance has no reason, so it does not count",
	"this allowance was made with another key; see git vault help scan",
	"this is no fingerprint or digest of a value, so it allows nothing",
	"this rule does not exist, so it allows nothing",
};

int
gv_sweep_doubt(struct gv_sweep *sweep, const char *path, unsigned line,
    enum gv_sweep_matter matter)
{
	int r;

	if (sweep->private->opts.tallies)
		return 0;
	pthread_mutex_lock(&sweep->private->lock);
	r = GV_GROW(sweep->doubts, sweep->n_doubts, sweep->cap_doubts);
	if (r == 0)
		sweep->doubts[sweep->n_doubts++] =
		    (struct gv_sweep_doubt){ path, line, matter };
	pthread_mutex_unlock(&sweep->private->lock);
	return r;
}

/* --- what there is --- */

static bool
is_rule(const struct gv_sweep_private *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->n_all; i++)
		if (strcmp(p->all[i].id, id) == 0)
			return true;
	return strcmp(id, GV_SWEEP_OWN_RULE) == 0;
}

/* Read the digest of an allowance, if there is one; false if it is invalid. */
static bool
read_digest(struct gv_idkey_digest *out, bool *has, const char *text)
{
	char name[GV_IDKEY_NAME + 1];

	*has = text != NULL;
	return text == NULL || gv_idkey_parse(out, name, text) == 0;
}

/* 0, and *use says whether it counts. */
static int
load_allowance(struct gv_sweep *sweep, struct gv_sweep_use *use,
    const struct gv_policy_allowance *a)
{
	enum gv_sweep_matter matter = GV_SWEEP_UNUSED;

	if (!read_digest(
		&use->fingerprint, &use->has_fingerprint, a->fingerprint) ||
	    !read_digest(&use->value, &use->has_value, a->value))
		matter = GV_SWEEP_NO_DIGEST;
	else if (a->rule && !is_rule(sweep->private, a->rule))
		matter = GV_SWEEP_NO_RULE;
	else if (a->reason == NULL)
		matter = GV_SWEEP_NO_REASON;
	else if (sweep->private->opts.now >= a->ends)
		matter = GV_SWEEP_EXPIRED;
	else
		return 0;
	use->is_void = true;
	return gv_sweep_doubt(sweep, GV_TEAM_POLICY, a->line, matter);
}

static int
load_baseline(struct gv_sweep_private *p)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *name = p->opts.baseline;
	int r;

	if (name == NULL)
		return 0;
	r = gv_file_read(&text, AT_FDCWD, name, MAX_BASELINE);
	if (r == GV_ENOTFOUND)
		r = gv_err(r,
		    "there is no baseline %s; to create it, add "
		    "--write-baseline %s",
		    name, name);
	if (r == 0)
		r = gv_baseline_parse(&p->baseline, name, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_sweep_load_allowances(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const struct gv_policy_scan *scan = &p->policy.scan;
	size_t i;
	int r = load_baseline(p);

	p->uses = calloc(scan->n_allow + 1, sizeof(*p->uses));
	if (p->uses == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < scan->n_allow; i++)
		r = load_allowance(sweep, &p->uses[i], &scan->allow[i]);
	return r;
}

/* --- of which key --- */

static bool
is_foreign(const char *text, const struct gv_idkey *key)
{
	return text &&
	    (key == NULL || strncmp(text, key->name, GV_IDKEY_NAME) != 0);
}

static bool
is_use_foreign(const struct gv_sweep_use *use,
    const struct gv_policy_allowance *a, const struct gv_idkey *key)
{
	return !use->is_void &&
	    (is_foreign(a->fingerprint, key) || is_foreign(a->value, key));
}

const char *
gv_sweep_foreign_key(const struct gv_sweep *sweep, const struct gv_idkey *key)
{
	const struct gv_sweep_private *p = sweep->private;
	const struct gv_policy_scan *scan = &p->policy.scan;
	size_t i;

	if (*p->baseline.key && is_foreign(p->baseline.key, key))
		return p->baseline.key;
	for (i = 0; i < scan->n_allow; i++)
		if (is_use_foreign(&p->uses[i], &scan->allow[i], key))
			return scan->allow[i].fingerprint
			    ? scan->allow[i].fingerprint
			    : scan->allow[i].value;
	return NULL;
}

bool
gv_sweep_add_foreign(struct gv_buf *out, const struct gv_sweep *sweep)
{
	size_t i, n = 0;

	for (i = 0; i < sweep->n_doubts; i++)
		n += sweep->doubts[i].matter == GV_SWEEP_OTHER_KEY;
	if (n)
		gv_buf_addf(out,
		    "%zu allowance%s of the policy %s of a key that is not "
		    "here, so %s cannot be judged",
		    n, n == 1 ? "" : "s", n == 1 ? "is" : "are",
		    n == 1 ? "it" : "they");
	return n > 0;
}

/* --- one finding --- */

static bool
is_same(const struct gv_idkey_digest *a, const struct gv_idkey_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool
matches(const struct gv_sweep *sweep, const struct gv_finding *f,
    const struct gv_sweep_use *use, const struct gv_policy_allowance *a)
{
	if (use->is_void ||
	    ((use->has_fingerprint || use->has_value) &&
		(sweep->key == NULL || is_use_foreign(use, a, sweep->key))))
		return false;
	return (!use->has_fingerprint ||
		   is_same(&use->fingerprint, &f->fingerprint)) &&
	    (!use->has_value || is_same(&use->value, &f->digest)) &&
	    (a->rule == NULL || strcmp(a->rule, f->rule->id) == 0) &&
	    (a->path == NULL ||
		gv_glob_match(a->path, strlen(a->path), f->path,
		    strlen(f->path), GV_GLOB_PATHNAME));
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

static size_t
skip(const char *p, size_t at, size_t len, bool blank)
{
	while (at < len && is_blank(p[at]) == blank)
		at++;
	return at;
}

/* The end of a comment alone is no reason. */
static bool
has_words(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((p[i] >= '0' && p[i] <= '9') ||
		    ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z') ||
		    (unsigned char)p[i] >= 0x80)
			return true;
	return false;
}

const char *
gv_sweep_find_comment(
    const char *p, size_t len, const char **rule, size_t *rule_len)
{
	const char *mark = memmem(p, len, GV_SCAN_ALLOW, strlen(GV_SCAN_ALLOW));
	size_t n, from;

	if (mark == NULL)
		return NULL;
	n = len - (size_t)(mark - p);
	from = skip(mark, strlen(GV_SCAN_ALLOW), n, true);
	*rule = mark + from;
	*rule_len = skip(mark, from, n, false) - from;
	return mark;
}

/* Texts speak of such comments, too: with RULE, or <rule>. */
static bool
is_rule_like(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != '-' && !(p[i] >= 'a' && p[i] <= 'z') &&
		    !(p[i] >= '0' && p[i] <= '9'))
			return false;
	return len > 2 && memchr(p + 1, '-', len - 2) != NULL;
}

int
gv_sweep_waste_comment(
    struct gv_sweep_window *w, unsigned line, const char *rule, size_t rule_len)
{
	char *id = strndup(rule, rule_len);
	bool is_known = id && is_rule(w->sweep->private, id);
	const bool is_stored = id && strcmp(id, GV_SWEEP_OWN_RULE) == 0;
	enum gv_sweep_matter matter =
	    is_known ? GV_SWEEP_UNUSED : GV_SWEEP_NO_RULE;

	if (id == NULL)
		return gv_err_nomem();
	free(id);
	if (is_stored || (!is_known && !is_rule_like(rule, rule_len)))
		return 0;
	if (w->facts)
		gv_sweep_fact_add_comment(w->facts, line, matter);
	/* of history nobody could take it out */
	return w->places
	    ? 0
	    : gv_sweep_doubt(w->sweep, w->path ? w->path : "", line, matter);
}

/* "gitvault:allow RULE [until=DAY] REASON". An invalid day counts as
 * one that is over. */
void
gv_sweep_read_comment(struct gv_finding *f, const char *line, size_t len)
{
	static const char until[] = "until=";
	const size_t n_until = sizeof(until) - 1;
	size_t n, at, from, rule_len;
	const char *rule;
	const char *p = gv_sweep_find_comment(line, len, &rule, &rule_len);

	f->comment_ends = INT64_MAX;
	if (p == NULL)
		return;
	n = len - (size_t)(p - line);
	if (rule_len != strlen(f->rule->id) ||
	    memcmp(rule, f->rule->id, rule_len) != 0)
		return;
	at = (size_t)(rule - p) + rule_len;
	from = skip(p, at, n, true);
	if (n - from > n_until && memcmp(p + from, until, n_until) == 0) {
		at = skip(p, from, n, false);
		from += n_until;
		if (gv_policy_parse_day(&f->comment_ends, p + from, at - from) <
		    0)
			f->comment_ends = 0;
	}
	f->comment = has_words(p + at, n - at) ? GV_FINDING_COMMENT
					       : GV_FINDING_NO_REASON;
}

/* It is reported by the first path of its version. */
static int
doubt_comment(struct gv_sweep *sweep, const struct gv_finding *f,
    enum gv_sweep_matter matter)
{
	return gv_sweep_is_again(f->places)
	    ? 0
	    : gv_sweep_doubt(sweep, f->path, f->line, matter);
}

/* What the comment on its line comes to by now. */
static int
mind_comment(struct gv_sweep *sweep, struct gv_finding *f)
{
	if (f->comment == GV_FINDING_NO_COMMENT)
		return 0;
	if (f->comment == GV_FINDING_NO_REASON)
		return doubt_comment(sweep, f, GV_SWEEP_NO_REASON);
	if (sweep->private->opts.now >= f->comment_ends)
		return doubt_comment(sweep, f, GV_SWEEP_EXPIRED);
	f->allowed = GV_FINDING_BY_COMMENT;
	f->is_lasting = f->comment_ends == INT64_MAX;
	return 0;
}

int
gv_sweep_allow(struct gv_sweep *sweep, struct gv_finding *f)
{
	struct gv_sweep_private *p = sweep->private;
	const struct gv_policy_scan *scan = &p->policy.scan;
	struct gv_baseline_entry *entry;
	size_t i;
	int r = mind_comment(sweep, f);

	entry = sweep->key && strcmp(p->baseline.key, sweep->key->name) == 0
	    ? gv_baseline_find(&p->baseline, &f->fingerprint)
	    : NULL;
	if (entry) {
		f->allowed = GV_FINDING_BY_BASELINE;
		f->is_named = true;
		pthread_mutex_lock(&p->lock);
		entry->used = true;
		pthread_mutex_unlock(&p->lock);
	}
	/* each that matches is of use, the first one's reason is given */
	for (i = scan->n_allow; i-- > 0;) {
		if (!matches(sweep, f, &p->uses[i], &scan->allow[i]))
			continue;
		atomic_store(&p->uses[i].used, true);
		f->allowed = GV_FINDING_BY_POLICY;
		f->is_named |= p->uses[i].has_fingerprint;
		f->is_lasting |= scan->allow[i].ends == INT64_MAX;
		f->reason = scan->allow[i].reason;
	}
	return r;
}

/* --- all of them --- */

static int
compare(const void *a, const void *b)
{
	const struct gv_sweep_doubt *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	return r ? r : (x->line > y->line) - (x->line < y->line);
}

static int
judge_baseline(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const char *name = p->opts.baseline;
	size_t i;
	int r = 0;

	if (p->baseline.n &&
	    (sweep->key == NULL ||
		strcmp(p->baseline.key, sweep->key->name) != 0))
		return sweep->n
		    ? gv_sweep_doubt(sweep, name, p->baseline.entries[0].line,
			  GV_SWEEP_OTHER_KEY)
		    : 0;
	for (i = 0; r == 0 && p->is_whole && i < p->baseline.n; i++)
		if (!p->baseline.entries[i].used)
			r = gv_sweep_doubt(sweep, name,
			    p->baseline.entries[i].line, GV_SWEEP_UNUSED);
	return r;
}

int
gv_sweep_judge_allowances(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const struct gv_policy_scan *scan = &p->policy.scan;
	size_t i;
	int r = judge_baseline(sweep);

	for (i = 0; r == 0 && i < scan->n_allow; i++) {
		const struct gv_policy_allowance *a = &scan->allow[i];

		if (p->uses[i].is_void || p->uses[i].used ||
		    (a->rule && strcmp(a->rule, GV_SWEEP_OWN_RULE) == 0))
			continue;
		if (sweep->n && is_use_foreign(&p->uses[i], a, sweep->key))
			r = gv_sweep_doubt(
			    sweep, GV_TEAM_POLICY, a->line, GV_SWEEP_OTHER_KEY);
		else if (p->is_whole)
			r = gv_sweep_doubt(
			    sweep, GV_TEAM_POLICY, a->line, GV_SWEEP_UNUSED);
	}
	if (sweep->n_doubts)
		qsort(sweep->doubts, sweep->n_doubts, sizeof(*sweep->doubts),
		    compare);
	return r;
}
