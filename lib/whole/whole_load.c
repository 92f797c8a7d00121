#include "whole/whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "code/code.h"
#include "code/track_code.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "state/track.h"
#include "state/track_diff.h"
#include "state/track_leaf.h"
#include "toolstate/state.h"
#include "view/diff.h"
#include "view/revealed.h"

#define DIRS 64 /* of modules that are looked at, for one state */

struct loading {
	struct gv_whole *out;
	struct gv_repo *repo;
	const struct gv_record *rec;
	struct gv_odb *odb;
	struct gv_revealed *revealed;
	const char *env; /* of load_newest: the only one that counts */
};

/* What is not here, or cannot be read, speaks against no environment. */
static int
pass(int r)
{
	return r == GV_EREFUSED || r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0
									 : r;
}

/* ---- resources ----------------------------------------------------------- */

static int
count_unfinished(void *ctx, const struct gv_track_item *item)
{
	uint64_t *n = ctx;

	*n += (item->marks & (GV_STATE_TAINTED | GV_STATE_DEPOSED)) != 0;
	return 0;
}

/* Add what a version has that is not finished. */
static int
add_unfinished(const struct loading *l, const struct gv_track_version *v)
{
	struct gv_whole_reason reason = { v->env, v->stack, GV_WHOLE_UNFINISHED,
		0 };
	int r;

	if ((r = gv_whole_add_env(l->out, v->env)) < 0 ||
	    (r = pass(
		 gv_track_items(l->repo, v, count_unfinished, &reason.n))) < 0)
		return r;
	return reason.n ? gv_whole_add(l->out, &reason) : 0;
}

/* ---- code ---------------------------------------------------------------- */

/* Two trees, and the folders with code that the state needs. */
struct comparing {
	const struct loading *l;
	const struct gv_oid *commit, *snapshot; /* trees */
	struct gv_code *code;                   /* of the commit */
	const char *dirs[DIRS];
	size_t n;
	bool differs;
};

static bool
is_code(const char *name, size_t len)
{
	static const char *const ends[] = { ".tf", ".tofu", ".tf.json",
		".tofu.json" };
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		n = strlen(ends[i]);
		if (len > n && memcmp(name + len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

/* Append the code files of a folder, a line each; a file of which the snapshot
 * encrypts something cannot be compared, and is left out. */
static int
list_code(struct gv_buf *out, const struct comparing *c,
    const struct gv_oid *tree, const char *dir)
{
	struct gv_object object = { .data = NULL };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_tree_entry e;
	struct gv_tree_iter it;
	char hex[GV_OID_HEX + 1];
	struct gv_oid oid;
	unsigned mode;
	int r = gv_tree_find_mend(c->l->odb, tree, dir, &mode, &oid);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR))
		return 0;
	if (r < 0 ||
	    (r = gv_odb_read_type(c->l->odb, &object, &oid, GV_OTYPE_TREE)) < 0)
		goto out;
	gv_tree_iter_mend(&it, object.data, object.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode == GV_MODE_DIR || !is_code(e.name, e.name_len))
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s%s%s", dir, *dir ? "/" : "", e.name);
		if (gv_buf_check(&path) < 0) {
			r = GV_ENOMEM;
			goto out;
		}
		if (gv_revealed_find(c->l->revealed, path.p, path.len))
			continue;
		gv_oid_format(hex, &e.oid);
		gv_buf_addf(out, "%s %s\n", hex, e.name);
	}
	if (r == 0)
		r = gv_buf_check(out);
out:
	gv_object_release(&object);
	gv_buf_release(&path);
	return r;
}

static void
add_dir(struct comparing *c, const char *dir)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->dirs[i], dir) == 0)
			return;
	if (c->n < DIRS)
		c->dirs[c->n++] = dir;
}

static int
compare_dir(struct comparing *c, const char *path)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	const struct gv_code_dir *dir = NULL;
	const struct gv_code_block *block;
	int r;

	if ((r = list_code(&a, c, c->commit, path)) < 0 ||
	    (r = list_code(&b, c, c->snapshot, path)) < 0 ||
	    (r = gv_code_dir(&dir, c->code, path)) < 0)
		goto out;
	c->differs |= a.len != b.len || (a.len && memcmp(a.p, b.p, a.len) != 0);
	for (block = dir ? dir->first : NULL; block; block = block->next)
		if (block->is_module && block->source)
			add_dir(c, block->source);
out:
	gv_buf_release(&a);
	gv_buf_release(&b);
	return r;
}

static int
compare_dirs(struct comparing *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->n && !c->differs; i++)
		r = compare_dir(c, c->dirs[i]);
	return r;
}

/* Whether the snapshot has other code than the commit that the version belongs
 * to. What is not known is taken to be the same. */
static int
is_unapplied(
    bool *out, const struct loading *l, const struct gv_track_version *v)
{
	struct gv_track_code *of = NULL;
	struct gv_diff_side side;
	struct comparing c = { .l = l, .snapshot = &l->rec->tree };
	int r = gv_track_code_new(&of, l->repo, v, NULL);

	*out = false;
	if (r < 0 || gv_track_code_dir(of) == NULL)
		goto out;
	if ((r = gv_diff_side_of_commit(&side, l->repo, &v->code)) < 0 ||
	    (r = gv_code_open(&c.code, l->odb, &side.tree)) < 0)
		goto out;
	c.commit = &side.tree;
	add_dir(&c, gv_track_code_dir(of));
	r = compare_dirs(&c);
	*out = r == 0 && c.differs;
out:
	gv_code_close(c.code);
	gv_track_code_free(of);
	return r;
}

/* ---- one state ----------------------------------------------------------- */

/* Ids of snapshots are in the order of time, also within a second. */
static bool
is_later(const struct gv_track_version *v, const struct gv_record *rec)
{
	return v->snapshot ? strcmp(v->snapshot, rec->id) > 0
			   : v->time > rec->time;
}

/* The version that the snapshot goes with: the one that was saved of it, else
 * the newest that was there. 1 behind it. */
static int
look_at(void *ctx, const struct gv_track_version *v)
{
	struct loading *l = ctx;
	const struct gv_whole_reason reason = { v->env, v->stack,
		GV_WHOLE_UNAPPLIED, 0 };
	bool is_other;
	int r;

	if (is_later(v, l->rec))
		return 0;
	if ((r = add_unfinished(l, v)) < 0 ||
	    (r = pass(is_unapplied(&is_other, l, v))) < 0)
		return r;
	if (is_other && (r = gv_whole_add(l->out, &reason)) < 0)
		return r;
	return 1;
}

static int
look_at_state(void *ctx, const struct gv_track_version *newest)
{
	struct loading *l = ctx;
	const struct gv_track_of of = { newest->env, newest->stack };

	return pass(gv_track_log(l->repo, &of, look_at, l));
}

static int
pass_over(void *ctx, const char *ref)
{
	(void)ctx;
	(void)ref;
	return 0;
}

static int
look_at_newest(void *ctx, const struct gv_track_version *newest)
{
	const struct loading *l = ctx;

	return strcmp(newest->env, l->env) == 0 ? add_unfinished(l, newest) : 0;
}

int
gv_whole_load_newest(
    struct gv_whole *out, struct gv_repo *repo, const char *env)
{
	struct loading l = { .out = out, .repo = repo, .env = env };
	int r;

	*out = (struct gv_whole)GV_WHOLE_INIT;
	r = gv_track_each(repo, look_at_newest, pass_over, &l);
	gv_whole_sort(out);
	return r;
}

int
gv_whole_load(
    struct gv_whole *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct loading l = { .out = out, .repo = repo, .rec = rec };
	size_t i;
	int r;

	*out = (struct gv_whole)GV_WHOLE_INIT;
	if ((r = gv_repo_odb(repo, &l.odb)) < 0 ||
	    (r = gv_revealed_load(&l.revealed, l.odb, rec, GV_REVEALED_TREE)) <
		0)
		return r;
	for (i = 0; r == 0 && i < rec->n_unsettled; i++)
		r = gv_whole_parse(out, rec->unsettled[i]);
	if (r == 0)
		r = gv_track_each(repo, look_at_state, pass_over, &l);
	gv_revealed_free(l.revealed);
	gv_whole_sort(out);
	return r;
}
