#include "good/good_deployed.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good_internal.h"
#include "record/manifest.h"
#include "record/own.h"
#include "record/record_walk.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "view/diff.h"
#include "view/revealed.h"

/*
 * Which snapshot is of what was deployed from a commit: of those that were
 * taken on it, one of the environment before one of others, and one that has
 * the commit's own files before one that somebody had changed some of. A
 * snapshot has files as they stand and a commit as git stores them, so those
 * that git's filters or we write otherwise are no difference.
 */

#define LOOKS    20                /* resources compared with the commit */
#define ASKED    8                 /* files that git is asked about */
#define MAX_TEXT (8 * 1024 * 1024) /* a larger file has no line ends */

/* What git said of files, which differ in one snapshot after the other. */
struct told {
	struct gv_map filtered; /* by path: `yes` or `no` */
	struct gv_arena paths;
};

static char yes[] = "yes", no[] = "no";

/* ---- beside the commit -------------------------------------------------- */

struct beside {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_record *rec;
	struct gv_buf *stray;
	bool (*takes)(void *ctx, const char *path, size_t len); /* NULL: all */
	void *takes_ctx;
	/* once there is a difference */
	bool is_loaded;
	const struct gv_manifest *manifest; /* NULL: there is none */
	struct gv_manifest *owned;
	struct gv_revealed *given;
	unsigned asked;
	struct told *told; /* NULL: it is not kept */
};

static int
load(struct beside *b)
{
	struct gv_diff_side side = { .loaded = NULL };
	int r;

	if (b->is_loaded)
		return 0;
	b->is_loaded = true;
	r = gv_revealed_load(&b->given, b->odb, b->rec, GV_REVEALED_TREE);
	if (r < 0 || (r = gv_diff_side_of(&side, b->repo, b->rec)) < 0)
		return r;
	return gv_diff_side_load(&b->manifest, &b->owned, b->odb, &side);
}

/* Whether the tree's entry, or that there is none, says nothing of the file. */
static bool
is_elsewhere(
    const struct beside *b, const char *path, size_t len, bool is_stored)
{
	const struct gv_manifest_entry *e =
	    b->manifest ? gv_manifest_get(b->manifest, path, len) : NULL;

	if (e && e->type == GV_MANIFEST_SPARSE)
		return true;
	if (!is_stored)
		return gv_manifest_get_skipped(b->manifest, path, len) != NULL;
	return gv_revealed_find(b->given, path, len) != NULL ||
	    (e && (e->chunked || gv_manifest_is_pointer(e)));
}

/* Whether two texts are one but for CRs at the ends of lines. */
static bool
same_lines(const struct gv_object *x, const struct gv_object *y)
{
	const char *a = (const char *)x->data, *a_end = a + x->len;
	const char *b = (const char *)y->data, *b_end = b + y->len;

	for (;; a++, b++) {
		a += a_end - a > 1 && a[0] == '\r' && a[1] == '\n';
		b += b_end - b > 1 && b[0] == '\r' && b[1] == '\n';
		if (a == a_end || b == b_end)
			return a == a_end && b == b_end;
		if (*a != *b)
			return false;
	}
}

static int
compare_lines(bool *same, struct beside *b, const struct gv_tree_entry *was,
    const struct gv_tree_entry *is)
{
	struct gv_object x = { 0 }, y = { 0 };
	uint64_t sizes[2];
	int r = gv_odb_read_size(b->odb, &sizes[0], &was->oid);

	*same = false;
	if (r == 0)
		r = gv_odb_read_size(b->odb, &sizes[1], &is->oid);
	if (r < 0 || sizes[0] > MAX_TEXT || sizes[1] > MAX_TEXT ||
	    sizes[0] == sizes[1])
		return r;
	if ((r = gv_odb_read_type(b->odb, &x, &was->oid, GV_OTYPE_BLOB)) == 0 &&
	    (r = gv_odb_read_type(b->odb, &y, &is->oid, GV_OTYPE_BLOB)) == 0)
		*same = same_lines(&x, &y);
	gv_object_release(&x);
	gv_object_release(&y);
	return r;
}

static bool
ask_filtered(struct beside *b, const char *path)
{
	const char *argv[] = { "git", "check-attr", "-z", "filter", "ident",
		"working-tree-encoding", "--", path, NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *at, *end;
	bool is = b->asked++ >= ASKED;
	unsigned field = 0;

	if (is || b->repo->worktree == NULL)
		return is;
	is = gv_proc_run(&p,
		 &(struct gv_proc_opts){
		     .argv = argv, .cwd = b->repo->worktree }) < 0 ||
	    p.status;
	/* path, attribute, value */
	end = p.out.p + p.out.len;
	for (at = p.out.p; !is && at < end; at += strlen(at) + 1)
		is = ++field % 3 == 0 && strcmp(at, "unspecified") != 0 &&
		    strcmp(at, "unset") != 0;
	gv_proc_release(&p);
	return is;
}

/* Whether git stores the file otherwise than it stands, by its attributes here.
 * One that cannot be asked about is taken for such. */
static bool
is_filtered(struct beside *b, const char *path)
{
	struct told *told = b->told;
	const char *said =
	    told ? gv_map_get(&told->filtered, path, strlen(path)) : NULL;
	const bool may_ask = b->asked < ASKED;
	const bool is = said ? said == yes : ask_filtered(b, path);
	char *key = NULL;

	/* what cannot be kept is asked again */
	if (told && said == NULL && may_ask)
		key = gv_arena_copy(&told->paths, path, strlen(path));
	if (key)
		(void)gv_map_put(
		    &told->filtered, key, strlen(key), is ? yes : no);
	return is;
}

/* GV_ECANCELED at the first file that is another. */
static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *was,
    const struct gv_tree_entry *is)
{
	struct beside *b = ctx;
	bool same = false;
	int r;

	/* git does not track it, or it is a repository of its own, or it can
	 * differ in its mode only, which not every file system has */
	if (was == NULL || was->mode == GV_MODE_GIT ||
	    (is && gv_oid_equal(&was->oid, &is->oid)) ||
	    (b->takes && !b->takes(b->takes_ctx, path, len)))
		return 0;
	r = load(b);
	if (r < 0 || is_elsewhere(b, path, len, is != NULL))
		return r;
	if (is)
		r = compare_lines(&same, b, was, is);
	if (r < 0 || same)
		return r;
	gv_buf_reset(b->stray);
	gv_buf_add(b->stray, path, len);
	if (gv_buf_check(b->stray) < 0)
		return GV_ENOMEM;
	if (!is_filtered(b, b->stray->p))
		return GV_ECANCELED;
	gv_buf_reset(b->stray);
	return 0;
}

/* Like gv_good_is_as_committed(), for the tree of the commit. */
static int
hold(struct beside *b, const struct gv_oid *tree)
{
	int r = gv_repo_odb(b->repo, &b->odb);

	gv_buf_reset(b->stray);
	if (r == 0)
		r = gv_tree_diff(b->odb, tree, &b->rec->tree, look, b);
	gv_manifest_free(b->owned);
	gv_revealed_free(b->given);
	if (r == GV_ECANCELED || r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	return r < 0 ? r : 1;
}

static int
is_as_committed(struct gv_buf *stray, struct told *told, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_oid *tree)
{
	struct beside b = {
		.repo = repo, .rec = rec, .stray = stray, .told = told
	};

	return hold(&b, tree);
}

int
gv_good_is_as_committed(struct gv_buf *stray, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_oid *commit,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx)
{
	struct beside b = { .repo = repo,
		.rec = rec,
		.stray = stray,
		.takes = takes,
		.takes_ctx = ctx };
	struct gv_diff_side side = { .loaded = NULL };
	int r = gv_diff_side_of_commit(&side, repo, commit);

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT) {
		gv_buf_reset(stray);
		return 0;
	}
	return r < 0 ? r : hold(&b, &side.tree);
}

/* ---- which commit it is of ---------------------------------------------- */

/* At the first file that only the second tree has. */
static int
is_new(void *ctx, const char *path, size_t len, const struct gv_tree_entry *was,
    const struct gv_tree_entry *is)
{
	(void)ctx;
	(void)path;
	(void)len;
	(void)is;
	return was ? 0 : GV_ECANCELED;
}

/* Of a commit with fewer files a snapshot has all, too: the rest may have been
 * untracked. So of two that it has all files of it is the one with more. */
static int
is_better(struct gv_repo *repo, const struct gv_record *rec,
    const struct gv_oid *tree, const struct gv_oid *best)
{
	struct gv_buf stray = GV_BUF_INIT;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = is_as_committed(&stray, NULL, repo, rec, tree);
	gv_buf_release(&stray);
	if (r <= 0 || gv_oid_is_zero(best))
		return r;
	r = gv_tree_diff(odb, best, tree, is_new, NULL);
	return r == GV_ECANCELED ? 1 : r == GV_ENOTFOUND ? 0 : r;
}

/* `best` is the tree of *code, or zero where the snapshot is not of that. */
static int
try_commit(struct gv_oid *code, struct gv_oid *best, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_oid *commit)
{
	struct gv_diff_side side = { .loaded = NULL };
	int r = gv_diff_side_of_commit(&side, repo, commit);

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	if (r == 0 && !gv_oid_equal(&side.tree, best))
		r = is_better(repo, rec, &side.tree, best);
	if (r > 0) {
		*best = side.tree;
		*code = *commit;
	}
	return r < 0 ? r : 0;
}

int
gv_good_code_of(struct gv_oid *code, struct gv_repo *repo,
    const struct gv_record *rec, const char *env)
{
	struct gv_oid best = { { 0 } };
	struct gv_goods goods;
	size_t i, least;
	int r = gv_goods_load(&goods, repo, env);

	if (r < 0)
		return r;
	least = goods.n > LOOKS ? goods.n - LOOKS : 0;
	r = try_commit(code, &best, repo, rec, &rec->base);
	for (i = goods.n; r == 0 && i-- > least;) {
		const struct gv_good *one = &goods.all[i];

		if (one->damage == NULL && !gv_oid_is_zero(&one->code))
			r = try_commit(code, &best, repo, rec, &one->code);
	}
	gv_goods_release(&goods);
	return r;
}

/* ---- the choice --------------------------------------------------------- */

/* Whether it can be what was deployed: it is of all files, and none that was
 * taken of what was about to be gone back from. */
static bool
is_deployed(const struct gv_record *rec)
{
	return rec->only == NULL &&
	    (rec->trigger == NULL ||
		strcmp(rec->trigger, GV_RECORD_SAFETY) != 0);
}

/* Whether it is of the environment or of none; NULL: any. */
static bool
is_for(const struct gv_record *rec, const char *env)
{
	return env == NULL || rec->n_environments == 0 ||
	    gv_record_is_of(rec, env);
}

enum { NONE, ANY, AS_COMMITTED, OF_ENV, BEST }; /* OF_ENV is above both */

struct choice {
	struct gv_repo *repo;
	const struct gv_own *own;
	bool takes_own; /* those of this working tree, or the others */
	const char *env;
	struct gv_oid tree; /* zero: it is not here */
	unsigned looked;
	struct told told;
	struct gv_record *rec; /* the best so far */
	int rank;
	struct gv_good_stray *stray; /* of the newest that may have one … */
	int stray_base;              /* … among those of this rank */
};

static int
rank(struct choice *c, const struct gv_record *rec)
{
	int base = is_for(rec, c->env) ? OF_ENV : ANY, r;
	struct gv_buf path = GV_BUF_INIT;

	/* what cannot be better is not looked at */
	if (base < c->rank || gv_oid_is_zero(&c->tree) || c->looked == LOOKS)
		return base;
	c->looked++;
	r = is_as_committed(&path, &c->told, c->repo, rec, &c->tree);
	if (r == 0 && path.len && base > c->stray_base) {
		c->stray_base = base;
		memcpy(c->stray->id, rec->id, sizeof(c->stray->id));
		gv_buf_reset(&c->stray->path);
		gv_path_quote(&c->stray->path, path.p, path.len);
		r = gv_buf_check(&c->stray->path);
	}
	gv_buf_release(&path);
	return r < 0 ? r : base + r;
}

/* Take it if it is better; it is used up. */
static int
consider(struct choice *c, struct gv_record *rec)
{
	int r = rank(c, rec);

	if (r > c->rank) {
		gv_record_release(c->rec);
		*c->rec = *rec;
		*rec = (struct gv_record){ 0 };
		c->rank = r;
	}
	gv_record_release(rec);
	return r < 0 ? r : 0;
}

static bool
is_looked_at(void *ctx, const struct gv_oid *commit)
{
	const struct choice *c = ctx;

	return gv_own_is_here(c->own, commit) == c->takes_own;
}

/* Look at those of this working tree, or at the others. */
static int
look_at(struct choice *c, const struct gv_oid *code, bool takes_own)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record one = { 0 };
	int r;

	c->takes_own = takes_own;
	c->looked = 0;
	if ((r = gv_record_walk_open(&walk, c->repo, 0)) == 0)
		r = gv_record_walk_choose(walk, is_looked_at, c);
	while (r == 0 && c->rank < BEST &&
	    (r = gv_record_walk_next(walk, &one)) != 0) {
		if (r > 0 && gv_oid_equal(&one.base, code) && is_deployed(&one))
			r = consider(c, &one);
		else if (r > 0)
			gv_record_release(&one);
		r = r >= 0 || r == GV_ECORRUPT ? 0 : r;
	}
	gv_record_walk_close(walk);
	return r;
}

/* Of two that are as good the one that this working tree took. */
int
gv_good_deployed(struct gv_record *rec, struct gv_good_stray *stray,
    struct gv_repo *repo, const struct gv_oid *code, const char *env)
{
	struct choice c = { .repo = repo, .env = env, .rec = rec };
	struct gv_diff_side side = { .loaded = NULL };
	struct gv_own own = { 0 };
	int r = gv_diff_side_of_commit(&side, repo, code);

	c.stray = stray;
	c.own = &own;
	if (r == 0)
		c.tree = side.tree;
	if (r == 0 || r == GV_ENOTFOUND || r == GV_ECORRUPT)
		r = gv_own_load(&own, repo);
	if (r == 0 && (r = look_at(&c, code, true)) == 0 && c.rank < BEST)
		r = look_at(&c, code, false);
	gv_own_release(&own);
	gv_map_release(&c.told.filtered);
	gv_arena_release(&c.told.paths);
	/* one that was no choice by its environment is no news */
	if (c.stray_base < OF_ENV && c.rank >= OF_ENV)
		gv_buf_reset(&stray->path);
	if (r < 0)
		gv_record_release(rec);
	return r < 0 ? r : c.rank > NONE;
}
