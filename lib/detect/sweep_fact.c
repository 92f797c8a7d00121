#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "detect/sweep_internal.h"
#include "repo/hash.h"

/*
 * The facts of a file, as worktree/fact.h stores them. They are empty if the
 * scan found nothing. Numbers are big-endian; a text ends with a zero byte, and
 * a missing text is empty. First comes
 *
 *	8 bytes		the name of the key of all digests, or zeros: there are
 *			none
 *
 * and then one entry for each result, in the order of the scan:
 *
 *	'F'		a finding: its place, length, line, column, last line,
 *			grade, reasons, score, encodings, comment and when that
 *			ends; the digest of its value; rule, public beginning,
 *			name, key, and path in an archive
 *	'C'		a comment that allows nothing: its line, what the matter
 *			is with it
 *	'A'		an archive that was not looked into: its path in the
 *			outermost one, why
 *
 * The path tells examples, prose and keystores from other files, so the same
 * bytes have facts for each path.
 */

#define MAX_FACTS ((size_t)1024 * 1024) /* of a file; more are not kept */

/* --- written --- */

static void
put_text(struct gv_buf *out, const char *text)
{
	gv_buf_add(out, text ? text : "", text ? strlen(text) + 1 : 1);
}

struct gv_sweep_facts *
gv_sweep_fact_begin(struct gv_sweep_facts *facts)
{
	gv_buf_reset(&facts->bytes);
	facts->is_lost = facts->is_cut = false;
	return facts;
}

static void
begin(struct gv_sweep_facts *facts, char what)
{
	static const char none[GV_IDKEY_NAME];

	if (facts->bytes.len == 0)
		gv_buf_add(&facts->bytes, none, sizeof(none));
	gv_buf_addch(&facts->bytes, what);
}

void
gv_sweep_fact_add_finding(struct gv_sweep_facts *facts,
    const struct gv_finding *f, const struct gv_idkey *key)
{
	struct gv_buf *out = &facts->bytes;

	/* without a key they are good for this run */
	facts->is_lost |= key == NULL;
	if (out->len > MAX_FACTS) {
		gv_buf_reset(out);
		facts->is_lost = facts->is_cut = true;
	}
	if (facts->is_cut)
		return;
	begin(facts, 'F');
	gv_enc_add_number(out, f->at, 8);
	gv_enc_add_number(out, f->len, 8);
	gv_enc_add_number(out, f->line, 4);
	gv_enc_add_number(out, f->column, 4);
	gv_enc_add_number(out, f->end_line, 4);
	gv_enc_add_number(out, f->grade, 1);
	gv_enc_add_number(out, f->reasons, 4);
	gv_enc_add_number(out, f->score.name, 1);
	gv_enc_add_number(out, f->score.value, 1);
	gv_enc_add_number(out, f->score.place, 1);
	gv_enc_add_number(out, f->encodings, 4);
	gv_enc_add_number(out, f->comment, 1);
	gv_enc_add_number(out, (uint64_t)f->comment_ends, 8);
	gv_buf_add(out, f->digest.bytes, GV_IDKEY_DIGEST);
	put_text(out, f->rule->id);
	put_text(out, f->prefix);
	put_text(out, f->name);
	put_text(out, f->key);
	put_text(out, f->inner);
	if (key && gv_buf_check(out) == 0)
		memcpy(out->p, key->name, GV_IDKEY_NAME);
}

void
gv_sweep_fact_add_comment(
    struct gv_sweep_facts *facts, unsigned line, enum gv_sweep_matter matter)
{
	begin(facts, 'C');
	gv_enc_add_number(&facts->bytes, line, 4);
	gv_enc_add_number(&facts->bytes, matter, 1);
}

void
gv_sweep_fact_add_lack(
    struct gv_sweep_facts *facts, const char *inner, enum gv_sweep_lack lack)
{
	begin(facts, 'A');
	put_text(&facts->bytes, inner);
	gv_enc_add_number(&facts->bytes, lack, 1);
}

/* --- read --- */

struct reading {
	struct gv_sweep_private *private;
	const char *p;
	size_t left;
	bool has_key, failed;
};

static uint64_t
get_number(struct reading *rd, size_t n, uint64_t max)
{
	uint64_t v;

	if (rd->left < n) {
		rd->failed = true;
		return 0;
	}
	v = gv_enc_number(rd->p, n);
	rd->p += n;
	rd->left -= n;
	rd->failed |= v > max;
	return v;
}

static const char *
get_text(struct reading *rd)
{
	const char *text = rd->p, *end = memchr(text, '\0', rd->left);

	if (end == NULL) {
		rd->failed = true;
		return "";
	}
	rd->left -= (size_t)(end + 1 - text);
	rd->p = end + 1;
	return text;
}

static int
fill_rules_by_id(struct gv_sweep_private *p)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n_all; i++)
		r = gv_map_put(&p->rules_by_id, p->shown[i].id,
		    strlen(p->shown[i].id), &p->shown[i]);
	return r;
}

/* NULL also where there is no memory: then the file is scanned again. Most
 * files have no finding, so the rules are put in order for the first one. */
static const struct gv_finding_rule *
rule_of(struct gv_sweep_private *p, const char *id)
{
	const struct gv_finding_rule *rule = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->rules_by_id.n == p->n_all || fill_rules_by_id(p) == 0)
		rule = gv_map_get(&p->rules_by_id, id, strlen(id));
	pthread_mutex_unlock(&p->lock);
	return rule;
}

/* Texts are borrowed from the facts, NULL for none. */
static void
get_finding(struct reading *rd, struct gv_finding *f, const char **name)
{
	const char *id, *prefix;

	memset(f, 0, sizeof(*f));
	f->at = get_number(rd, 8, INT64_MAX);
	f->len = get_number(rd, 8, INT64_MAX);
	f->line = (unsigned)get_number(rd, 4, UINT32_MAX);
	f->column = (unsigned)get_number(rd, 4, UINT32_MAX);
	f->end_line = (unsigned)get_number(rd, 4, UINT32_MAX);
	f->grade =
	    (enum gv_finding_grade)get_number(rd, 1, GV_FINDING_GRADES - 1);
	f->reasons = (unsigned)get_number(rd, 4, UINT32_MAX);
	f->score.name = (unsigned char)get_number(rd, 1, GV_NAME_PASSPHRASE);
	f->score.value = (unsigned char)get_number(rd, 1, GV_SCORE_VALUES - 1);
	f->score.place = (unsigned char)get_number(rd, 1, GV_SCORE_PLACES - 1);
	f->encodings = (unsigned)get_number(rd, 4, UINT32_MAX);
	f->comment =
	    (enum gv_finding_comment)get_number(rd, 1, GV_FINDING_NO_REASON);
	f->comment_ends = (int64_t)get_number(rd, 8, INT64_MAX);
	if (rd->left < GV_IDKEY_DIGEST) {
		rd->failed = true;
		return;
	}
	memcpy(f->digest.bytes, rd->p, GV_IDKEY_DIGEST);
	rd->p += GV_IDKEY_DIGEST;
	rd->left -= GV_IDKEY_DIGEST;
	id = get_text(rd);
	prefix = get_text(rd);
	*name = get_text(rd);
	f->key = get_text(rd);
	f->inner = get_text(rd);
	f->rule = rule_of(rd->private, id);
	if (f->rule == NULL || strlen(prefix) > GV_FINDING_PREFIX)
		rd->failed = true;
	else
		memcpy(f->prefix, prefix, strlen(prefix));
}

/* Where it stands. Lasting: the facts' own, and those in archives have paths of
 * their own. */
static const char *
path_in(struct gv_sweep *sweep, const char *path, const char *inner)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	if (*inner == '\0')
		return path;
	gv_buf_addf(&text, "%s%s", path, inner);
	if (gv_buf_check(&text) == 0)
		copy = gv_sweep_copy(sweep, text.p, text.len);
	gv_buf_release(&text);
	return copy;
}

struct telling {
	struct gv_sweep *sweep;
	const struct gv_sweep_job *job;
	struct gv_sweep_tally *tally;
	bool is_passing; /* the facts go before the sweep does */
};

static int
tell_finding(struct telling *t, struct gv_finding *f, const char *name)
{
	int r = 0;

	f->path = path_in(t->sweep, t->job->path, f->inner);
	if (f->path == NULL)
		return GV_ENOMEM;
	f->inner = *f->inner ? f->path + strlen(t->job->path) : NULL;
	if (*f->key == '\0')
		f->key = NULL;
	else if (t->is_passing)
		f->key = gv_sweep_copy(t->sweep, f->key, strlen(f->key));
	f->places = t->job->places;
	if (t->sweep->key)
		gv_idkey_finding(&f->fingerprint, t->sweep->key, f->rule->id,
		    f->path, &f->digest);
	if (*name) {
		f->name = strdup(name);
		r = f->name ? 0 : gv_err_nomem();
	}
	if (r == 0 && (r = gv_sweep_allow(t->sweep, f)) == 0)
		r = gv_sweep_keep(t->sweep, f, t->tally);
	if (r < 0)
		gv_finding_release(f);
	return r;
}

static int
tell_lack(struct telling *t, const char *inner, enum gv_sweep_lack lack)
{
	const char *path = path_in(t->sweep, t->job->path, inner);

	if (t->tally && t->tally->lack == GV_SWEEP_ALL)
		t->tally->lack = lack;
	return path ? gv_sweep_note_archive(t->sweep, path, lack) : GV_ENOMEM;
}

/* The next thing that is said; `t` NULL: only see whether it is well-formed. */
static int
read_one(struct reading *rd, struct telling *t)
{
	struct gv_finding f;
	uint64_t what = get_number(rd, 1, UINT8_MAX), line;
	const char *text;

	if (what == 'F' && rd->has_key) {
		get_finding(rd, &f, &text);
		return t && !rd->failed ? tell_finding(t, &f, text) : 0;
	}
	if (what == 'C') {
		line = get_number(rd, 4, UINT32_MAX);
		what = get_number(rd, 1, GV_SWEEP_NO_RULE);
		return t && t->job->places == NULL && !rd->failed
		    ? gv_sweep_doubt(t->sweep, t->job->path, (unsigned)line,
			  (enum gv_sweep_matter)what)
		    : 0;
	}
	if (what == 'A') {
		text = get_text(rd);
		what = get_number(rd, 1, GV_SWEEP_LACKS - 1);
		return t && !t->job->is_known &&
			!gv_sweep_is_again(t->job->places) && !rd->failed
		    ? tell_lack(t, text, (enum gv_sweep_lack)what)
		    : 0;
	}
	rd->failed = true;
	return 0;
}

static int
read_all(const struct reading *from, struct telling *t, bool *failed)
{
	struct reading rd = *from;
	int r = 0;

	while (r == 0 && rd.left && !rd.failed)
		r = read_one(&rd, t);
	*failed = rd.failed;
	return r;
}

/* Whether digests of that key are ours: what was found once is found again, so
 * that a key is needed in any case. */
static bool
is_own_key(struct gv_sweep *sweep, const char *name)
{
	char *before = gv_err_save();
	const struct gv_idkey *key = gv_sweep_key(sweep);

	gv_err_restore(before);
	return key && memcmp(key->name, name, GV_IDKEY_NAME) == 0;
}

static uint64_t
kind_of(const char *path)
{
	struct gv_oid sum;

	gv_hash_plain(&sum, path, strlen(path));
	return gv_enc_number(sum.id, 8);
}

int
gv_sweep_fact_tell(struct gv_sweep *sweep, const struct gv_sweep_job *job,
    struct gv_sweep_tally *tally)
{
	struct gv_sweep_private *p = sweep->private;
	struct telling t = { sweep, job, tally, false };
	struct reading rd = { .private = p };
	bool failed = false;
	int r;

	if (p->has_facts)
		rd.p = gv_fact_get(
		    &p->facts, &job->blob, kind_of(job->path), &rd.left);
	if (rd.p == NULL)
		return 0;
	if (rd.left == 0)
		return 1;
	if (rd.left < GV_IDKEY_NAME)
		return 0;
	rd.has_key = *rd.p != '\0';
	if (rd.has_key && !is_own_key(sweep, rd.p))
		return 0;
	rd.p += GV_IDKEY_NAME;
	rd.left -= GV_IDKEY_NAME;
	/* all of it is good before any of it is reported */
	(void)read_all(&rd, NULL, &failed);
	if (failed)
		return 0;
	r = read_all(&rd, &t, &failed);
	return r < 0 ? r : 1;
}

int
gv_sweep_fact_tell_again(struct gv_sweep *sweep, const struct gv_sweep_job *job,
    const struct gv_sweep_facts *facts)
{
	struct telling t = { sweep, job, NULL, true };
	struct reading rd = { .private = sweep->private,
		.p = facts->bytes.p,
		.left = facts->bytes.len,
		.has_key = true };
	bool failed = false;
	int r;

	if (rd.left == 0)
		return 0;
	rd.p += GV_IDKEY_NAME;
	rd.left -= GV_IDKEY_NAME;
	r = read_all(&rd, &t, &failed);
	return r == 0 && failed ? gv_err(GV_ERROR, "facts cannot be read") : r;
}

/* --- of all files --- */

int
gv_sweep_fact_load(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	struct gv_oid sum;
	int r;

	if (p->has_facts)
		return 0;
	r = gv_sweep_sum_rules(&sum, sweep);
	if (r == 0 && p->opts.repo) {
		r = gv_fact_load(&p->facts, p->opts.repo, GV_FACT_SCAN, &sum);
		p->has_facts = r == 0;
	}
	return r;
}

void
gv_sweep_fact_put(struct gv_sweep *sweep, const struct gv_oid *blob,
    const char *path, const struct gv_sweep_facts *facts)
{
	struct gv_sweep_private *p = sweep->private;

	if (!p->has_facts || facts->is_lost || facts->bytes.failed)
		return;
	pthread_mutex_lock(&p->lock);
	(void)gv_fact_add(
	    &p->facts, blob, kind_of(path), facts->bytes.p, facts->bytes.len);
	pthread_mutex_unlock(&p->lock);
}

void
gv_sweep_fact_save(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;

	if (p->has_facts)
		gv_fact_save(&p->facts, p->opts.repo, GV_FACT_SCAN);
}
