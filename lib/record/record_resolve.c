#include "record/record_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/time.h"
#include "record/follow.h"
#include "record/good.h"
#include "record/latest.h"
#include "record/own.h"
#include "record/record_load.h"
#include "record/record_near.h"
#include "record/record_refs.h"
#include "record/record_save.h"
#include "record/record_time.h"
#include "record/record_walk.h"
#include "record/trash.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define MAX_NAMED 8  /* ambiguous ids listed in a message */
#define ABBREV    10 /* digits of a commit in a message */

struct search {
	struct gv_repo *repo;
	const char *text;     /* the expression */
	struct gv_buf quoted; /* the same, fit for a message */
	struct gv_record *out;
	const struct gv_record_refs *refs; /* where it is asked for by name */
	struct gv_oid *commit; /* or NULL: a commit stands for its snapshot */
	bool is_commit;        /* *commit is set */
	bool to_read;          /* one that was deleted is found, too */
	bool own_first;        /* by time: of this clone, where there is one */
};

/* Offer the name that was probably meant: 1 with the message set; 0 if no name
 * is near. */
static int
offer_near(struct search *s)
{
	struct gv_buf near = GV_BUF_INIT;
	int r = gv_record_near(&near, s->repo, s->text);

	if (r == 0 && near.len) {
		gv_err(GV_ENOTFOUND, "no snapshot is '%s'; did you mean '%s'?",
		    s->quoted.p, near.p);
		r = 1;
	}
	gv_buf_release(&near);
	return r;
}

/* Report that none was found: for one in the trash, how to bring it back; else
 * a similar name; else what the newest is. */
static int
not_found(struct search *s, const char *why)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	char age[GV_TIME_MAX];
	bool damaged = false;
	int r;

	if ((r = gv_trash_say_deleted(s->repo, s->text)) < 0)
		return r;
	if ((r = offer_near(s)) != 0)
		return r < 0 ? r : GV_ENOTFOUND;
	if ((r = gv_record_walk_open(&walk, s->repo, 0)) < 0)
		return r;
	while ((r = gv_record_walk_next(walk, &rec)) == GV_ECORRUPT)
		damaged = true;
	gv_record_walk_close(walk);
	if (r < 0)
		return r;
	if (r == 0 && damaged)
		return gv_err(GV_ENOTFOUND,
		    "no snapshot is '%s', and all that are here are damaged",
		    s->quoted.p);
	if (r == 0)
		return gv_record_near_none(s->repo, s->quoted.p);
	gv_time_relative(age, rec.time, gv_clock_now().tv_sec);
	r = gv_err(GV_ENOTFOUND,
	    "no snapshot is '%s': %s; the newest is %s (%s)", s->quoted.p, why,
	    rec.id, age);
	gv_record_release(&rec);
	return r;
}

/* --- by its place: latest and its kin --- */

static int
none_is_latest(
    struct search *s, const struct gv_latest_query *q, unsigned long n)
{
	static const char *const only[] = {
		[GV_LATEST_TREE] =
		    "this clone has only safety snapshots and snapshots of "
		    "some files",
		[GV_LATEST_ANY] =
		    "this clone has only safety snapshots and snapshots of "
		    "some files",
		[GV_LATEST_BRANCH] = "none was taken on that branch",
		[GV_LATEST_HOST] = "none was taken on that host",
		[GV_LATEST_SAFETY] = "there is no safety snapshot",
	};
	size_t front = strcspn(s->quoted.p, "~");

	if (n == 0)
		return not_found(s, only[q->of]);
	return gv_err(GV_ENOTFOUND,
	    "no snapshot is '%s': there %s %lu, so %.*s~%lu is the oldest",
	    s->quoted.p, n == 1 ? "is" : "are", n, (int)front, s->quoted.p,
	    n - 1);
}

static int
find_latest(struct search *s, const struct gv_latest_query *q)
{
	unsigned long n;
	int r = gv_latest_find(s->out, &n, s->repo, q, true);

	if (r == GV_ENOTFOUND)
		return none_is_latest(s, q, n);
	return r == GV_ECORRUPT ? gv_record_near_intact(s->repo, s->quoted.p)
				: r;
}

/* --- by a property: the newest that has it --- */

typedef bool (*matcher)(const struct gv_record *rec, const void *key);

/* 1 where one was found, 0 where none, negative on failure. What is damaged
 * cannot be asked and is passed over, counted in *unread. */
static int
find_newest(struct search *s, matcher match, const void *key, unsigned *unread)
{
	struct gv_record_walk *walk = NULL;
	int r = gv_record_walk_open(
	    &walk, s->repo, GV_RECORD_RECALL | GV_RECORD_SKIM);
	int whole;

	*unread = 0;
	while (r == 0 && (r = gv_record_walk_next(walk, s->out)) != 0) {
		if (r == GV_ECORRUPT) {
			++*unread;
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		whole = 1;
		if (match(s->out, key))
			whole = gv_record_walk_whole(walk, s->out);
		if (whole == 0 && match(s->out, key))
			break;
		r = whole < 0 && !gv_record_refs_lost(s->repo, s->out->id)
		    ? whole
		    : 0;
		gv_record_release(s->out);
	}
	gv_record_walk_close(walk);
	return r;
}

static int
none_has_it(struct search *s, const char *what, unsigned unread)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_buf_addf(&why, "none %s", what);
	if (unread)
		gv_buf_addf(&why, " (and %u damaged one%s could not be asked)",
		    unread, unread == 1 ? "" : "s");
	r = not_found(s, why.p);
	gv_buf_release(&why);
	return r;
}

static bool
has_tag(const struct gv_record *rec, const void *key)
{
	return gv_record_has_tag(rec, key, strlen(key));
}

static int
find_tag(struct search *s, const char *tag)
{
	unsigned unread;
	int r = find_newest(s, has_tag, tag, &unread);

	if (r != 0)
		return r < 0 ? r : 0;
	return none_has_it(s, "carries that tag", unread);
}

static bool
is_taken_on(const struct gv_record *rec, const void *key)
{
	return gv_oid_equal(&rec->base, key);
}

/* --- by time --- */

static bool
is_not_after(const struct gv_record *rec, const void *key)
{
	return rec->time <= *(const int64_t *)key;
}

struct own_time {
	int64_t time;
	struct gv_own own;
};

/* A safety snapshot, and one of some files only, is no way back to a time: see
 * latest.h. */
static bool
is_own_not_after(const struct gv_record *rec, const void *key)
{
	const struct own_time *of = key;

	return rec->time <= of->time && rec->only == NULL &&
	    !(rec->trigger && strcmp(rec->trigger, "safety") == 0) &&
	    gv_own_has(&of->own, &rec->commit);
}

/* 1 with the snapshot; 0 where this clone took none by then. */
static int
find_own(struct search *s, int64_t time)
{
	struct own_time of = { .time = time };
	unsigned unread;
	int r = gv_own_load(&of.own, s->repo);

	if (r == 0)
		r = find_newest(s, is_own_not_after, &of, &unread);
	gv_own_release(&of.own);
	return r;
}

static int
find_at(struct search *s, const char *text)
{
	char when[GV_TIME_MAX];
	struct gv_buf what = GV_BUF_INIT;
	unsigned unread;
	int64_t time;
	int r = gv_record_time(&time, text);

	if (r < 0)
		return r;
	if (s->own_first && (r = find_own(s, time)) != 0)
		return r < 0 ? r : 0;
	r = find_newest(s, is_not_after, &time, &unread);
	if (r != 0)
		return r < 0 ? r : 0;
	gv_time_rfc3339(when, time);
	gv_buf_addf(&what, "was taken at %s or before", when);
	r = none_has_it(s, what.p, unread);
	gv_buf_release(&what);
	return r;
}

/* The state at a time, whoever saved it: nothing is saved automatically where a
 * snapshot has it already. */
static int
find_auto(struct search *s, const char *when)
{
	struct gv_record rec = { 0 };
	struct search own = { .repo = s->repo, .out = &rec };
	int64_t time;
	int r = gv_record_save_when(&time, when);
	int has = r < 0 ? r : find_own(&own, time);

	return has < 0 ? has
		       : gv_record_save_then(
			     s->out, s->repo, when, time, has ? &rec : NULL);
}

/* --- by id --- */

static int
refuse_name(const char *ref)
{
	struct gv_buf word = GV_BUF_INIT;

	gv_shell_word(&word, ref); /* a push may have brought it */
	gv_err(GV_ECORRUPT,
	    "the ref%s does not have the name of a snapshot; to delete it: "
	    "git update-ref -d%s",
	    word.p ? word.p : "", word.p ? word.p : "");
	gv_buf_release(&word);
	return GV_ECORRUPT;
}

static int
load_ref(struct search *s, const struct gv_ref *ref)
{
	const char *id = ref->name + strlen(GV_REFS_SNAPSHOTS);
	int r;

	if (!gv_record_is_ref(ref->name))
		return refuse_name(ref->name);
	r = gv_record_load_id(s->out, s->repo, id, &ref->oid);
	if (r == GV_ENOTFOUND)
		return r;
	if (r < 0)
		return gv_err_in(r, "snapshot %s is damaged", id);
	if (strcmp(s->out->id, id) == 0) {
		r = gv_mark_apply(&s->refs->marks, s->out);
		if (r == GV_ECORRUPT)
			return 0;
		if (r < 0)
			gv_record_release(s->out);
		return r;
	}
	r = gv_err(GV_ECORRUPT,
	    "snapshot %s is damaged: its commit says that it is %s", id,
	    s->out->id);
	gv_record_release(s->out);
	return r;
}

/* Whether the text is somewhere in the id. */
static bool
is_part(const char *id, const char *text)
{
	return strlen(text) >= GV_RECORD_ID_SHORT && strstr(id, text) &&
	    strlen(id) == GV_RECORD_ID_LEN;
}

typedef bool (*named_by)(const char *id, const char *text);

static int
say_ambiguous(struct search *s, named_by is, const char *text, size_t n)
{
	const struct gv_refs *refs = &s->refs->refs;
	struct gv_buf names = GV_BUF_INIT;
	size_t i, named = 0;
	int r;

	for (i = 0; i < refs->n && named < MAX_NAMED; i++) {
		const char *id = refs->refs[i].name + strlen(GV_REFS_SNAPSHOTS);

		if (is(id, text))
			gv_buf_addf(&names, "%s%s", named++ ? ", " : "", id);
	}
	if (n > named)
		gv_buf_addf(&names, " and %zu more", n - named);
	r = gv_err(GV_EREFUSED,
	    "'%s' matches %zu snapshots: %s; give more digits", s->quoted.p, n,
	    names.p);
	gv_buf_release(&names);
	return r;
}

/* 1 where the text names one id, 0 where it names none. */
static int
find_short(
    struct search *s, const struct gv_ref **out, named_by is, const char *text)
{
	const struct gv_refs *refs = &s->refs->refs;
	const size_t at = strlen(GV_REFS_SNAPSHOTS);
	size_t i, n = 0;

	for (i = 0; i < refs->n; i++)
		if (is(refs->refs[i].name + at, text) && n++ == 0)
			*out = &refs->refs[i];
	if (n > 1) {
		*out = NULL;
		return say_ambiguous(s, is, text, n);
	}
	return n == 1;
}

/* What has the form of an id or its front, so that a commit is not meant. */
static bool
looks_like_id(const char *text)
{
	static const char form[] = "ddddddddTddddddZ-xxxxxxxx";
	size_t i, len = strlen(text);

	if (len <= 8 || len > GV_RECORD_ID_LEN)
		return false;
	for (i = 0; i < len; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
			: form[i] == 'x'
			? strchr("0123456789abcdef", text[i]) == NULL
			: text[i] != form[i])
			return false;
	return true;
}

/* The id that shares the longest front with what was sought. */
static int
no_such_id(struct search *s, const struct gv_refs *refs)
{
	const size_t at = strlen(GV_REFS_SNAPSHOTS);
	size_t i, n, most = 0;
	const char *nearest = NULL;
	int r = gv_trash_say_deleted(s->repo, s->text);

	if (r < 0)
		return r;
	for (i = 0; i < refs->n; i++) {
		const char *id = refs->refs[i].name + at;

		for (n = 0; s->text[n] && s->text[n] == id[n]; n++)
			;
		if (n >= most && gv_record_is_id(id, strlen(id))) {
			most = n;
			nearest = id;
		}
	}
	if (nearest == NULL)
		return not_found(s, "");
	return gv_err(GV_ENOTFOUND,
	    "no snapshot has the id '%s'; the nearest is %s", s->quoted.p,
	    nearest);
}

/* --- by commit --- */

int
gv_record_commit(struct gv_oid *out, const char *text)
{
	struct gv_buf spec = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	/* behind ":/" all is a pattern, and what it finds a commit */
	gv_buf_addf(&spec, "%s%s", text,
	    strncmp(text, ":/", 2) == 0 ? "" : "^{commit}");
	if ((r = gv_buf_check(&spec)) == 0) {
		const char *argv[] = { "git", "rev-parse", "--verify",
			"--quiet", "--end-of-options", spec.p, NULL };

		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	}
	if (r == 0)
		r = p.status == 0 && p.out.len >= GV_OID_HEX &&
		    gv_oid_parse(out, p.out.p) == 0;
	gv_buf_release(&spec);
	gv_proc_release(&p);
	return r;
}

/* The newest that was taken on what this commit was written from. 1, 0 where
 * there is none. */
static int
find_followed(
    struct search *s, const struct gv_refs *refs, const struct gv_oid *commit)
{
	struct gv_buf ids = GV_BUF_INIT, name = GV_BUF_INIT;
	const struct gv_ref *newest = NULL, *ref;
	const char *p;
	int r = gv_follow_find(&ids, s->repo, commit);

	for (p = ids.p; r == 0 && *p; p += GV_RECORD_ID_LEN + 1) {
		gv_buf_reset(&name);
		gv_buf_addf(
		    &name, GV_REFS_SNAPSHOTS "%.*s", GV_RECORD_ID_LEN, p);
		r = gv_buf_check(&name);
		ref = r == 0 ? gv_refs_find(refs, name.p) : NULL;
		if (ref && (!newest || strcmp(ref->name, newest->name) > 0))
			newest = ref;
	}
	gv_buf_release(&ids);
	gv_buf_release(&name);
	if (r == 0 && newest)
		r = load_ref(s, newest);
	return r < 0 ? r : newest != NULL;
}

/* A snapshot that was deleted, by its commit, as long as that is there. 1, 0
 * where it is not one, or one of that id exists, which was rewritten. */
static int
find_deleted(
    struct search *s, const struct gv_refs *refs, const struct gv_oid *commit)
{
	struct gv_buf name = GV_BUF_INIT;
	bool stands;
	int r = gv_record_load(s->out, s->repo, commit);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r < 0)
		return 0;
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", s->out->id);
	r = gv_buf_check(&name);
	stands = r == 0 && gv_refs_find(refs, name.p);
	gv_buf_release(&name);
	if (r < 0 || stands)
		gv_record_release(s->out);
	return r < 0 ? r : !stands;
}

/* Report a deleted snapshot as such. Callers must not pin, tag or build on it:
 * its objects may vanish. */
static int
none_on_commit(struct search *s, const struct gv_refs *refs,
    const struct gv_oid *commit, unsigned unread)
{
	struct gv_buf why = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const int deleted = find_deleted(s, refs, commit);
	int r = deleted;

	if (r < 0)
		return r;
	if (deleted && (r = gv_trash_say_deleted(s->repo, s->out->id)) < 0) {
		gv_record_release(s->out);
	} else if (deleted) {
		gv_buf_addf(&why,
		    "it is the commit of %s, which was deleted or never came "
		    "here",
		    s->out->id);
		gv_record_release(s->out);
		r = not_found(s, why.p);
	} else {
		gv_oid_format(hex, commit);
		gv_buf_addf(&why, "was taken on commit %.*s", ABBREV, hex);
		r = none_has_it(s, why.p, unread);
	}
	gv_buf_release(&why);
	return r;
}

/* Count the readable snapshots with this tag. */
static int
count_tagged(struct search *s, size_t *n, const char *tag)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_record_walk_open(
	    &walk, s->repo, GV_RECORD_RECALL | GV_RECORD_SKIM);

	*n = 0;
	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0) {
			*n += has_tag(&rec, tag);
			gv_record_release(&rec);
		}
		r = r > 0 || r == GV_ECORRUPT ? 0 : r;
	}
	gv_record_walk_close(walk);
	return r;
}

/* Find a snapshot by a part of its id, as what is left that the word may mean:
 * a commit and a tag come first. */
static int
find_part(struct search *s)
{
	const struct gv_ref *ref = NULL;
	int r = find_short(s, &ref, is_part, s->text);

	if (r != 0)
		return ref == NULL ? r : load_ref(s, ref);
	return not_found(
	    s, "it is not an id or a tag, and git knows no such commit");
}

/* Find a snapshot by a tag without "tag:" before it. It must be the only one
 * with that tag, since the word may not have been meant as a tag. */
static int
find_bare_tag(struct search *s)
{
	unsigned unread;
	size_t n;
	int r = find_newest(s, has_tag, s->text, &unread);

	if (r < 0)
		return r;
	if (r == 0)
		return find_part(s);
	r = count_tagged(s, &n, s->text);
	if (r == 0 && n > 1)
		r = gv_err(GV_EREFUSED,
		    "'%s' is the tag of %zu snapshots; for the newest of them "
		    "write tag:%s",
		    s->quoted.p, n, s->text);
	if (r < 0)
		gv_record_release(s->out);
	return r;
}

static int
find_commit(struct search *s, const struct gv_refs *refs)
{
	struct gv_oid commit;
	unsigned unread;
	size_t i;
	int r = gv_record_commit(&commit, s->text);

	if (r < 0)
		return r;
	if (r == 0)
		return find_bare_tag(s);
	for (i = 0; i < refs->n; i++)
		if (gv_oid_equal(&refs->refs[i].oid, &commit) &&
		    gv_record_is_ref(refs->refs[i].name))
			return load_ref(s, &refs->refs[i]);
	r = s->to_read ? find_deleted(s, refs, &commit) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (s->commit) {
		*s->commit = commit;
		s->is_commit = true;
		return 0;
	}
	if ((r = find_newest(s, is_taken_on, &commit, &unread)) == 0)
		r = find_followed(s, refs, &commit);
	if (r != 0)
		return r < 0 ? r : 0;
	return none_on_commit(s, refs, &commit, unread);
}

static const char *
without_prefix(const char *text)
{
	size_t n = strlen(GV_REFS_SNAPSHOTS);

	return strncmp(text, GV_REFS_SNAPSHOTS, n) == 0 ? text + n : text;
}

static int
find_named(struct search *s)
{
	const char *text = without_prefix(s->text);
	const struct gv_ref *ref = NULL;
	int r = find_short(s, &ref, gv_record_is_short, text);

	if (r != 0)
		return ref == NULL ? r : load_ref(s, ref);
	if ((r = gv_record_save_find(s->out, s->repo, text)) != 0)
		return r < 0 ? r : 0;
	return looks_like_id(text) ? no_such_id(s, &s->refs->refs)
				   : find_commit(s, &s->refs->refs);
}

static int
load_and_find_named(struct search *s)
{
	struct gv_record_refs refs = { 0 };
	int r = gv_record_refs_load(&refs, s->repo);

	s->refs = &refs;
	if (r == 0)
		r = find_named(s);
	s->refs = NULL;
	gv_record_refs_release(&refs);
	return r;
}

int
gv_record_resolve_ref(char **id, struct gv_oid *commit, struct gv_repo *repo,
    const char *expression)
{
	struct search s = {
		.repo = repo, .text = expression, .quoted = GV_BUF_INIT
	};
	const char *text = without_prefix(expression);
	struct gv_record_refs refs = { 0 };
	const struct gv_ref *ref = NULL;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	s.refs = &refs;
	gv_path_quote(&s.quoted, expression, strlen(expression));
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", text);
	r = gv_buf_check(&s.quoted) < 0 ? GV_ENOMEM : gv_buf_check(&name);
	if (r == 0 && (r = gv_record_refs_load(&refs, repo)) == 0)
		ref = gv_refs_find(&refs.refs, name.p);
	if (r == 0 && ref == NULL)
		r = find_short(&s, &ref, gv_record_is_short, text);
	if (r == 0 && ref == NULL)
		r = find_short(&s, &ref, is_part, text);
	if (r == 0 && ref == NULL)
		r = gv_trash_say_deleted(repo, text);
	if (r == 0 && ref == NULL)
		r = gv_err(
		    GV_ENOTFOUND, "no snapshot has the id '%s'", s.quoted.p);
	if (r >= 0 && ref) {
		*commit = ref->oid;
		*id = strdup(ref->name + strlen(GV_REFS_SNAPSHOTS));
		r = *id ? 0 : gv_err_nomem();
	}
	gv_record_refs_release(&refs);
	gv_buf_release(&s.quoted);
	gv_buf_release(&name);
	return r;
}

/* --- by what was found good --- */

/* good:ENV[~N]: the record, and the snapshot that it is of. */
static int
find_good(struct search *s, const char *text)
{
	struct gv_good good = GV_GOOD_INIT;
	struct gv_record rec = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_good_resolve(&good, &rec, s->repo, text);

	if (r < 0)
		return r == GV_EUSAGE ? GV_EREFUSED : r;
	if (good.snapshot_id) {
		*s->out = rec;
	} else if (s->commit) {
		*s->commit = good.code;
		s->is_commit = true;
	} else {
		gv_oid_format(hex, &good.code);
		r = gv_err(GV_ENOTFOUND,
		    "no snapshot is '%s': record %u of %s is of commit %.*s, "
		    "of which none was taken when it was marked",
		    s->quoted.p, good.n, good.env, ABBREV, hex);
	}
	gv_good_release(&good);
	return r;
}

int
gv_record_resolve(struct gv_record *out, struct gv_repo *repo,
    const struct gv_record_query *query)
{
	struct search s = { .repo = repo,
		.text = query->text,
		.quoted = GV_BUF_INIT,
		.out = out,
		.refs = query->refs,
		.commit = query->commit,
		.to_read = query->deleted,
		.own_first = query->own_first };
	struct gv_latest_query latest = { 0 };
	const char *text = s.text;
	int r;

	gv_path_quote(&s.quoted, text, strlen(text));
	if ((r = gv_buf_check(&s.quoted)) < 0 ||
	    (r = gv_latest_parse(&latest, text)) < 0)
		goto out;
	if (r > 0)
		r = find_latest(&s, &latest);
	else if (strncmp(text, "tag:", 4) == 0)
		r = find_tag(&s, text + 4);
	else if (strncmp(text, "at:", 3) == 0)
		r = find_at(&s, text + 3);
	else if (strncmp(text, "good:", 5) == 0)
		r = find_good(&s, text + 5);
	else if (strncmp(text, "auto:", 5) == 0)
		r = find_auto(&s, text + 5);
	else
		r = s.refs ? find_named(&s) : load_and_find_named(&s);
out:
	gv_latest_query_release(&latest);
	gv_buf_release(&s.quoted);
	return r < 0 ? r : s.is_commit;
}

int
gv_records_resolve(struct gv_records *out, struct gv_repo *repo,
    const char *const *expressions, size_t n)
{
	struct gv_record_refs refs = { 0 };
	struct gv_record_query query = { .refs = &refs };
	size_t i, k;
	int r = gv_record_refs_load(&refs, repo);

	*out = (struct gv_records){ .records =
					calloc(n + 1, sizeof(*out->records)) };
	if (r == 0 && out->records == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++) {
		struct gv_record *rec = &out->records[out->n];

		query.text = expressions[i];
		if ((r = gv_record_resolve(rec, repo, &query)) < 0)
			break;
		for (k = 0; strcmp(out->records[k].id, rec->id) != 0; k++)
			;
		if (k < out->n)
			gv_record_release(rec);
		out->n += k == out->n;
	}
	if (r < 0)
		gv_records_release(out);
	gv_record_refs_release(&refs);
	return r;
}
