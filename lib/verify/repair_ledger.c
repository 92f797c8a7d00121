#include "verify/repair_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/graph.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/ledger.h"
#include "vault/note.h"

/*
 * Marks, tombstones and notes of which the newest version cannot be read are a
 * dead end: who writes them stops, and git stumbles over the ref. What they
 * said follows from nothing else. So the ref goes back to the newest version
 * that is whole, wherever it is: with the newest commit lost nobody names the
 * one before. Not as long as a remote may have what is lost.
 */
#define SUBJECT "repair pins and tags"
#define DEPTH   (GV_OID_HEX / 2) /* of trees below that of a version, at most */

struct version {
	struct gv_oid commit, tree, parents[2];
	int64_t time;
	bool is_tried;
};

struct work {
	struct gv_repair_run *run;
	const char *ref;
	struct gv_oid tip;
	struct version *versions;
	size_t n, cap;
};

/* --- what a version is --- */

/* The trees of marks are pinned/ and tags/, those of tombstones months, and
 * those of notes commits, or the first two digits of some. */
static bool
is_of(const char *ref, const struct gv_tree_entry *e)
{
	if (strcmp(ref, GV_REF_NOTES) == 0)
		return e->name_len ==
		    (e->mode == GV_MODE_DIR ? 2 : GV_OID_HEX) &&
		    strspn(e->name, "0123456789abcdef") == e->name_len;
	if (e->mode != GV_MODE_DIR)
		return false;
	if (strcmp(ref, GV_REF_MARKS) == 0)
		return strcmp(e->name, "pinned") == 0 ||
		    strcmp(e->name, "tags") == 0;
	return e->name_len == 6 && strspn(e->name, "0123456789") == 6;
}

/* Whether a tree that can be read is of the ref: 1, 0, negative. */
static int
is_tree_of(struct work *w, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t n = 0;
	int r = gv_repair_read(&obj, w->run, tree, GV_OTYPE_TREE);

	if (r <= 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0 && is_of(w->ref, &e))
		n++;
	gv_object_release(&obj);
	return r == 0 && n > 0;
}

/* Whether it is a commit of a vault. One that a ref or a version names counts
 * without that, as for all who read the ref. */
static bool
is_of_vault(const struct gv_object *obj)
{
	static const char trailer[] = "\n\nVault-Format: 1\n";
	const size_t len = sizeof(trailer) - 1;

	return obj->len >= len &&
	    memcmp((const char *)obj->data + obj->len - len, trailer, len) == 0;
}

/* Read what the head of a commit says; false where it is another object. */
static bool
parse(struct version *v, const struct gv_object *obj)
{
	const char *p = (const char *)obj->data, *end = p + obj->len, *lf;
	size_t n = 0;

	for (; (lf = memchr(p, '\n', (size_t)(end - p))) && lf > p;
	     p = lf + 1) {
		if (strncmp(p, "tree ", 5) == 0)
			gv_oid_parse(&v->tree, p + 5);
		else if (strncmp(p, "parent ", 7) == 0 && n < 2)
			gv_oid_parse(&v->parents[n++], p + 7);
		else if (strncmp(p, "committer ", 10) == 0 &&
		    (p = memchr(p, '>', (size_t)(lf - p))))
			v->time = strtoll(p + 1, NULL, 10);
		if (p == NULL)
			return false;
	}
	return !gv_oid_is_zero(&v->tree);
}

static int
visit(void *ctx, const struct gv_oid *oid)
{
	struct work *w = ctx;
	struct version v = { .commit = *oid };
	struct gv_object obj = { 0 };
	enum gv_otype type;
	size_t size;
	int r;

	if (gv_odb_read_header(w->run->odb, &type, &size, oid) < 0 ||
	    type != GV_OTYPE_COMMIT || gv_oid_equal(oid, &w->tip))
		return 0;
	r = gv_repair_read(&obj, w->run, oid, GV_OTYPE_COMMIT);
	if (r == 1)
		r = is_of_vault(&obj) && parse(&v, &obj)
		    ? is_tree_of(w, &v.tree)
		    : 0;
	gv_object_release(&obj);
	if (r == 1)
		r = GV_GROW(w->versions, w->n, w->cap);
	else
		return r;
	if (r == 0)
		w->versions[w->n++] = v;
	return r;
}

/* --- which of them --- */

/* Whether all below a tree can be read, or the trees alone: 1, 0, negative. */
static int
is_tree_whole(
    struct work *w, const struct gv_oid *tree, unsigned depth, bool blobs)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_repair_read(&obj, w->run, tree, GV_OTYPE_TREE), next = 0;

	if (r <= 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 1 && (next = gv_tree_next(&it, &e)) > 0) {
		struct gv_object blob = { 0 };

		if (e.mode == GV_MODE_DIR)
			r = depth ? is_tree_whole(w, &e.oid, depth - 1, blobs)
				  : 0;
		else if (blobs)
			r = gv_repair_read(
			    &blob, w->run, &e.oid, GV_OTYPE_BLOB);
		gv_object_release(&blob);
	}
	gv_object_release(&obj);
	return next < 0 ? 0 : r;
}

/* Two of one second are in order where one stands on the other. */
static bool
is_newer(const struct version *a, const struct version *b)
{
	return a->time > b->time ||
	    (a->time == b->time &&
		(gv_oid_equal(&a->parents[0], &b->commit) ||
		    gv_oid_equal(&a->parents[1], &b->commit)));
}

static struct version *
newest_untried(struct work *w)
{
	struct version *best = NULL, *before;
	size_t i;

	do {
		before = best;
		for (i = 0; i < w->n; i++)
			if (!w->versions[i].is_tried &&
			    (best == NULL || is_newer(&w->versions[i], best)))
				best = &w->versions[i];
	} while (best != before);
	return best;
}

/* The newest version that is whole: 1, 0 where there is none, negative. */
static int
choose(struct version **out, struct work *w)
{
	int r = 0;

	while (r == 0 && (*out = newest_untried(w))) {
		(*out)->is_tried = true;
		r = is_tree_whole(w, &(*out)->tree, DEPTH, true);
	}
	return r;
}

/* Read a version: 1, 0 where it is lost or no commit, negative. */
static int
read_version(struct version *v, struct work *w, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_repair_read(&obj, w->run, commit, GV_OTYPE_COMMIT);

	*v = (struct version){ .commit = *commit };
	if (r == 1)
		r = parse(v, &obj);
	gv_object_release(&obj);
	return r;
}

/* Versions that are yet to be looked at, each once. */
struct queue {
	struct work *w;
	struct gv_map seen;
	struct gv_oid *ids;
	size_t n, cap;
};

static int
push(struct queue *q, const struct gv_oid *oid)
{
	struct gv_oid *id;
	int r;

	if (gv_oid_is_zero(oid) || gv_map_get(&q->seen, oid->id, GV_OID_RAW))
		return 0;
	id = gv_arena_alloc(&q->w->run->arena, sizeof(*id));
	r = id ? GV_GROW(q->ids, q->n, q->cap) : GV_ENOMEM;
	if (r < 0)
		return r;
	*id = q->ids[q->n++] = *oid;
	return gv_map_put(&q->seen, id->id, GV_OID_RAW, id);
}

/* Whether all before a version can be read: 1, 0, negative. */
static int
is_line_whole(struct work *w, const struct version *of)
{
	struct queue q = { .w = w };
	struct version v = *of;
	int r = 1, pushed;

	do {
		pushed = push(&q, &v.parents[0]);
		if (pushed == 0)
			pushed = push(&q, &v.parents[1]);
		if (pushed < 0)
			r = pushed;
		if (r != 1 || q.n == 0)
			break;
		r = read_version(&v, w, &q.ids[--q.n]);
		if (r == 1)
			r = is_tree_whole(w, &v.tree, DEPTH, true);
	} while (r == 1);
	gv_map_release(&q.seen);
	free(q.ids);
	return r;
}

/* --- going there --- */

int
gv_repair_ref_aside(struct gv_repair_run *run, const char *ref,
    const struct gv_oid *tip, const struct gv_buf *rest)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, tip);
	gv_buf_addf(&path, "%s/vault/damaged", run->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addf(&path, "/%s-%s.txt", strrchr(ref, '/') + 1, hex);
	gv_buf_addf(&text,
	    "%s named an object that is missing or incomplete; git vault "
	    "repair moved its name aside:\n%s\n",
	    ref, hex);
	if (rest)
		gv_buf_add(&text, rest->p, rest->len);
	if (r < 0 || (r = gv_buf_check(&path)) < 0 ||
	    (r = gv_buf_check(&text)) < 0)
		goto out;
	r = gv_file_replace(AT_FDCWD, path.p, text.p, text.len, 0666, true);
	if (r < 0)
		goto out;
	run->result->moved++;
	if (run->opts->moved)
		run->opts->moved(run->opts->ctx, ref, path.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* Git keeps a reflog of notes, and gc what that names, which now is what is
 * lost of them. */
static int
forget_log(struct work *w)
{
	const char *argv[] = { "git", "reflog", "expire", "--expire=all", NULL,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (strcmp(w->ref, GV_REF_NOTES) != 0)
		return 0;
	argv[4] = w->ref;
	r = gv_repair_git(&p, w->run, argv, false, NULL, NULL);
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "git cannot empty the reflog of %s, which names missing "
		    "objects: %s",
		    w->ref, gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

/* To the version itself, which the next merge knows; where something before it
 * is lost, to its tree upon nothing, and so where it is `torn`: the text of
 * some of its entries is lost. */
static int
move(struct work *w, const struct version *v, bool torn)
{
	const struct gv_ledger ledger = { .tip = w->tip };
	struct gv_ledger_edit edit;
	struct gv_oid tree = { { 0 } };
	int is_whole = v && !torn ? is_line_whole(w, v) : 0;
	int r = gv_ledger_begin(&edit, w->run->repo, w->run->opts->now);

	if (v)
		tree = v->tree;
	if (r < 0 || (r = is_whole) < 0)
		goto out;
	if (torn) {
		r = gv_repair_entries(&tree, w->run, &edit, w->ref, &v->tree);
		if (r < 0)
			goto out;
	}
	if (is_whole)
		gv_ledger_move(&edit, w->ref, &v->commit, &w->tip);
	else
		r = gv_ledger_renew(&edit, &ledger, w->ref, &tree, SUBJECT);
	r = r < 0 ? r : gv_ledger_publish(&edit);
out:
	gv_ledger_end(&edit);
	if (r == 0 && (r = forget_log(w)) == 0)
		(void)gv_graph_forget(w->run->repo, &w->tip, 1);
	return r;
}

static void
tell(const struct work *w, enum gv_repair_step_how how, const struct version *v)
{
	const struct gv_repair_opts *opts = w->run->opts;
	struct gv_repair_step step = { .ref = w->ref, .how = how };

	if (v) {
		step.from = v->commit;
		step.time = v->time;
	}
	if (opts->stepped)
		opts->stepped(opts->ctx, &step);
}

static int
step_to(struct work *w, enum gv_repair_step_how how, const struct version *v)
{
	int r = 0;

	if (!w->run->opts->dry_run) {
		if ((r = gv_repair_ref_aside(w->run, w->ref, &w->tip, NULL)) ==
		    0)
			r = move(w, v, how == GV_REPAIR_STEP_LESS);
	}
	if (r == 0)
		tell(w, how, v);
	return r;
}

bool
gv_repair_may_step(const struct gv_repair_run *run)
{
	struct gv_remote remote;
	size_t at = 0;

	if (run->repo->partial)
		return false;
	return run->opts->remote
	    ? !run->is_unasked
	    : !gv_remote_next(&remote, &at, &run->repo->config);
}

static int
mend(struct work *w)
{
	struct version tip, *best = NULL;
	int r = read_version(&tip, w, &w->tip), whole;

	if (r == 1)
		r = is_tree_whole(w, &tip.tree, DEPTH, false);
	whole = r == 1 ? is_tree_whole(w, &tip.tree, DEPTH, true) : r;
	if (whole == 1 && strcmp(w->ref, GV_REF_MARKS) == 0)
		whole = gv_repair_is_said(w->run, &tip.tree);
	if (whole < 0)
		return whole;
	if (!gv_repair_may_step(w->run)) {
		tell(w, GV_REPAIR_STEP_WAITS, NULL);
		return 0;
	}
	/* the trees alone say what is pinned and what is deleted: where they
	 * stand, an older version would say less */
	if (r == 1)
		return step_to(
		    w, whole ? GV_REPAIR_STEP_SAME : GV_REPAIR_STEP_LESS, &tip);
	if ((r = gv_odb_health_each(w->run->odb, visit, w)) == 0)
		r = choose(&best, w);
	return r < 0
	    ? r
	    : step_to(
		  w, best ? GV_REPAIR_STEP_BACK : GV_REPAIR_STEP_EMPTY, best);
}

static const char *const refs[] = { GV_REF_MARKS, GV_REF_DELETED,
	GV_REF_NOTES };

#define N_REFS (sizeof(refs) / sizeof(refs[0]))

/* A file that says nothing took no version away. */
static int
find_again(struct work *w)
{
	struct version *best = NULL;
	int r = gv_odb_health_each(w->run->odb, visit, w);

	if (r == 0)
		r = choose(&best, w);
	if (r < 0 || best == NULL)
		return r;
	r = w->run->opts->dry_run
	    ? 0
	    : gv_ref_mend(w->run->repo, w->ref, &best->commit);
	if (r == 0)
		tell(w, GV_REPAIR_STEP_FOUND, best);
	return r;
}

int
gv_repair_broken(struct gv_repair_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && !run->opts->n_snapshots && i < N_REFS; i++) {
		struct work w = { .run = run, .ref = refs[i] };

		r = gv_ref_find(&w.tip, run->repo, refs[i]);
		if (r == GV_ECORRUPT)
			r = find_again(&w);
		free(w.versions);
	}
	return r;
}

static bool
is_faulty(const struct gv_repair_run *run, const char *ref)
{
	size_t i;

	for (i = 0; i < run->n_faults; i++)
		if (strcmp(run->faults[i].snapshot, ref) == 0)
			return true;
	return false;
}

/* Whether marks can be read, but not what some of them say: 1, 0, negative. */
static int
is_unsaid(struct work *w)
{
	struct version tip;
	int r;

	if (strcmp(w->ref, GV_REF_MARKS) != 0 ||
	    (r = read_version(&tip, w, &w->tip)) == 0)
		return 0;
	r = r == 1 ? gv_repair_is_said(w->run, &tip.tree) : r;
	return r < 0 ? r : !r;
}

int
gv_repair_ledgers(struct gv_repair_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && !run->opts->n_snapshots && i < N_REFS; i++) {
		struct work w = { .run = run, .ref = refs[i] };

		r = gv_ref_find(&w.tip, run->repo, refs[i]);
		if (r == 0 && !gv_oid_is_zero(&w.tip)) {
			r = is_faulty(run, refs[i]) ? 1 : is_unsaid(&w);
			r = r == 1 ? mend(&w) : r;
		}
		/* no version of it is here */
		r = r == GV_ECORRUPT ? 0 : r;
		free(w.versions);
	}
	return r;
}
