#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/mark.h"
#include "record/pin.h"
#include "record/record.h"
#include "record/record_refs.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/lock.h"

/* How often to begin again where a writer in another working tree, or another
 * program, moved the ref meanwhile. */
#define TRIES    10
#define PAUSE_MS 20

/* One try: the marks as they are, and what they become. */
struct
try {
	struct gv_ledger_edit edit;
	struct gv_record_refs refs;
	const struct gv_marks *marks;
	struct gv_oid pinned, tags; /* the two trees */
};

struct job {
	const char *const *ids;
	size_t n;
	const char *why;
	const struct gv_mark_tags *tags;
	/* 1: there is something to write, 0: nothing, negative: a failure */
	int (*work)(struct try *t, const struct job *job);
};

/* The marks, and that the snapshots are there: a deletion that comes between
 * fails the transaction. */
static int
look(struct try *t, struct gv_repo *repo)
{
	int r = gv_record_refs_load(&t->refs, repo);

	if (r == 0 && t->refs.damaged.len)
		r = gv_err(GV_ECORRUPT, "nothing is written: %.*s",
		    (int)strcspn(t->refs.damaged.p, "\n"), t->refs.damaged.p);
	t->marks = &t->refs.marks;
	t->pinned = t->marks->pinned_tree;
	t->tags = t->marks->tags_tree;
	return r;
}

static int
verify(struct try *t, const char *id)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref = NULL;
	int r;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	if ((r = gv_buf_check(&name)) == 0)
		ref = gv_refs_find(&t->refs.refs, name.p);
	if (r < 0)
		goto out;
	if (ref == NULL) {
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s is no longer there: it was deleted just now",
		    id);
		goto out;
	}
	gv_ref_verify(&t->edit.tx, name.p, &ref->oid);
out:
	gv_buf_release(&name);
	return r;
}

/* The root of the two trees. What another version put beside them stays. */
static int
write_root(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const struct gv_oid *pinned, const struct gv_oid *tags)
{
	struct gv_ledger_change changes[] = {
		{ "pinned", GV_MODE_DIR, *pinned },
		{ "tags", GV_MODE_DIR, *tags },
	};
	struct gv_oid root;

	int r = gv_ledger_tree(edit, &root, &marks->ledger.tree, changes, 2);

	return r < 0 ? r
		     : gv_ledger_step(edit, &marks->ledger, GV_REF_MARKS, &root,
			   "mark snapshots");
}

static int
try_once(struct gv_repo *repo, const struct job *job, int64_t now)
{
	struct try t = { .marks = NULL };
	size_t i;
	int r = look(&t, repo), ok;

	if (r == 0 && (r = gv_ledger_begin(&t.edit, repo, now)) == 0)
		r = job->work(&t, job);
	for (i = 0; r > 0 && i < job->n; i++) {
		ok = verify(&t, job->ids[i]);
		r = ok < 0 ? ok : r;
	}
	if (r > 0) {
		if ((r = write_root(&t.edit, t.marks, &t.pinned, &t.tags)) == 0)
			r = gv_ledger_publish(&t.edit);
	}
	gv_ledger_end(&t.edit);
	gv_record_refs_release(&t.refs);
	return r;
}

static int
carry_out(struct gv_repo *repo, const struct job *job, int64_t now)
{
	unsigned mask = gv_repo_share(repo);
	int lock, r, i;

	r = gv_repo_lock(&lock, repo, 0);
	for (i = 0; r == 0 && i < TRIES; i++) {
		r = try_once(repo, job, now);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb) : r;
	}
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}

/* --- pins --- */

static int
write_pin(struct try *t, const char *why, struct gv_oid *out)
{
	struct gv_buf text = GV_BUF_INIT;
	char when[GV_TIME_MAX];
	int r;

	gv_time_compact(when, t->edit.now);
	gv_buf_addf(&text, "%s\n", when);
	if (why && *why)
		gv_buf_addf(&text, "%s\n", why);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(&t->edit, out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int
change_pins(struct try *t, const struct job *job, const struct gv_oid *blob)
{
	struct gv_ledger_change *changes = calloc(job->n, sizeof(*changes));
	bool again = blob && job->why;
	size_t i, n = 0;
	int r;

	if (changes == NULL)
		return gv_err_nomem();
	for (i = 0; i < job->n; i++) {
		if (gv_mark_is_pinned(t->marks, job->ids[i]) ==
			(blob != NULL) &&
		    !again)
			continue;
		changes[n].name = job->ids[i];
		changes[n].mode = GV_MODE_FILE;
		if (blob)
			changes[n].oid = *blob;
		n++;
	}
	r = n ? gv_ledger_tree(
		    &t->edit, &t->pinned, &t->marks->pinned_tree, changes, n)
	      : 0;
	free(changes);
	return r < 0 ? r : n > 0;
}

static int
pin(struct try *t, const struct job *job)
{
	struct gv_oid blob;
	int r = write_pin(t, job->why, &blob);

	return r < 0 ? r : change_pins(t, job, &blob);
}

static int
unpin(struct try *t, const struct job *job)
{
	return change_pins(t, job, NULL);
}

int
gv_mark_pin(struct gv_repo *repo, const char *const *ids, size_t n,
    const char *why, int64_t now)
{
	const struct job job = { .ids = ids, .n = n, .why = why, .work = pin };

	int r = n ? gv_pin_note(repo, ids, n, true) : 0;

	return r == 0 && n ? carry_out(repo, &job, now) : r;
}

int
gv_mark_unpin(
    struct gv_repo *repo, const char *const *ids, size_t n, int64_t now)
{
	const struct job job = { .ids = ids, .n = n, .work = unpin };
	int r = n ? carry_out(repo, &job, now) : 0;

	return r == 0 && n ? gv_pin_note(repo, ids, n, false) : r;
}

/* --- tags --- */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_among(const char *const *list, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* The lines that the tags become, of those that stand and the change. */
static int
join_tags(struct gv_buf *out, const struct gv_record *old,
    const struct gv_mark_tags *what)
{
	const char **all = calloc(old->n_tags + what->n + 1, sizeof(*all));
	size_t i, n = 0;

	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < old->n_tags; i++)
		if (!is_among(what->tags, what->n, old->tags[i]))
			all[n++] = old->tags[i];
	for (i = 0; i < what->n && !what->remove; i++)
		if (!is_among(all, n, what->tags[i]))
			all[n++] = what->tags[i];
	if (n)
		qsort(all, n, sizeof(*all), compare_texts);
	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s\n", all[i]);
	free(all);
	return gv_buf_check(out);
}

static int
tag(struct try *t, const struct job *job)
{
	const struct gv_mark_tags *what = job->tags;
	struct gv_ledger_change change = { what->id, GV_MODE_FILE, { { 0 } } };
	struct gv_record old = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	const struct gv_oid *was =
	    gv_map_get(&t->marks->tags, what->id, strlen(what->id));
	int r;

	memcpy(old.id, what->id, GV_RECORD_ID_LEN + 1);
	if ((r = gv_mark_apply(t->marks, &old)) == 0 &&
	    (r = join_tags(&text, &old, what)) == 0 && text.len)
		r = gv_ledger_blob(&t->edit, &change.oid, text.p, text.len);
	if (r == 0 && (was ? !gv_oid_equal(was, &change.oid) : text.len > 0)) {
		r = gv_ledger_tree(
		    &t->edit, &t->tags, &t->marks->tags_tree, &change, 1);
		r = r < 0 ? r : 1;
	}
	gv_record_release(&old);
	gv_buf_release(&text);
	return r;
}

int
gv_mark_tag(struct gv_repo *repo, const struct gv_mark_tags *what, int64_t now)
{
	const struct job job = {
		.ids = &what->id, .n = 1, .tags = what, .work = tag
	};

	return carry_out(repo, &job, now);
}

/* --- with the snapshots --- */

static int
forget_in(struct gv_ledger_edit *edit, struct gv_oid *tree,
    const struct gv_map *map, const char *const *ids, size_t n)
{
	struct gv_ledger_change *changes = calloc(n + 1, sizeof(*changes));
	const struct gv_oid old = *tree;
	size_t i, m = 0;
	int r = 0;

	if (changes == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		if (gv_map_get(map, ids[i], strlen(ids[i])))
			changes[m++] =
			    (struct gv_ledger_change){ .name = ids[i],
				    .mode = GV_MODE_FILE };
	if (m)
		r = gv_ledger_tree(edit, tree, &old, changes, m);
	free(changes);
	return r < 0 ? r : m > 0;
}

int
gv_mark_forget(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const char *const *ids, size_t n)
{
	struct gv_oid pinned = marks->pinned_tree, tags = marks->tags_tree;
	int a = forget_in(edit, &pinned, &marks->pinned, ids, n), b;

	b = a < 0 ? a : forget_in(edit, &tags, &marks->tags, ids, n);
	if (b < 0 || (a == 0 && b == 0))
		return b < 0 ? b : 0;
	b = write_root(edit, marks, &pinned, &tags);
	return b < 0 ? b : 1;
}

int
gv_mark_recall(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const struct gv_mark_tagged *tagged, size_t n)
{
	struct gv_ledger_change *changes = calloc(n + 1, sizeof(*changes));
	struct gv_oid tags;
	size_t i, m = 0;
	int r = 0;

	if (changes == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		if (!gv_map_get(
			&marks->tags, tagged[i].id, strlen(tagged[i].id)))
			changes[m++] =
			    (struct gv_ledger_change){ .name = tagged[i].id,
				    .mode = GV_MODE_FILE,
				    .oid = tagged[i].tags };
	if (m &&
	    (r = gv_ledger_tree(edit, &tags, &marks->tags_tree, changes, m)) ==
		0)
		r = write_root(edit, marks, &marks->pinned_tree, &tags);
	free(changes);
	return r;
}
