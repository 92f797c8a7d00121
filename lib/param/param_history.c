#include "param/param_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_internal.h"
#include "policy/team.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/proc.h"

/*
 * git names the commits; the value is asked for in their trees. Most commits
 * touch no layer: a tree whose files at all paths that were looked at for its
 * neighbour are the same has the same value, and is not read. Of a value no
 * more is kept than its digest, since it may be a secret.
 */

#define FIELDS 6

struct commit {
	const char *id, *parents, *author, *summary;
	struct gv_oid tree;
	int64_t time;
	bool is_wanted;
};

/* A path that the value depends on, and what a tree has there. */
struct place {
	const char *path;
	struct gv_oid oid; /* zero: nothing */
};

struct version {
	bool has, is_unreadable;
	struct gv_oid digest;
	struct place *places;
	size_t n, cap;
};

struct history {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_param_query *query;
	const char *key;
	gv_param_history_fn *fn;
	void *ctx;
	struct gv_proc git;
	struct commit *commits;
	size_t n, cap;
	struct gv_map by_id; /* to the number + 1 */
	struct version **versions;
	size_t n_versions, cap_versions;
	struct gv_map by_tree; /* to versions */
	struct gv_arena arena;
};

/* ---- commits ------------------------------------------------------------- */

static int
add_commit(struct history *h, const char *const field[FIELDS])
{
	struct commit c = { .id = field[0],
		.parents = field[2],
		.time = strtoll(field[3], NULL, 10),
		.author = field[4],
		.summary = field[5] };

	if (strlen(c.id) != GV_OID_HEX || gv_oid_parse(&c.tree, field[1]) < 0)
		return gv_err(GV_ERROR, "git log: invalid answer");
	if (GV_GROW(h->commits, h->n, h->cap) < 0)
		return gv_err_nomem();
	h->commits[h->n++] = c;
	return gv_map_put(&h->by_id, c.id, GV_OID_HEX, (void *)(uintptr_t)h->n);
}

static int
read_commits(struct history *h)
{
	const char *p = h->git.out.p, *end = p + h->git.out.len;
	const char *field[FIELDS];
	int i, r = 0;

	while (r == 0 && p < end) {
		for (i = 0; i < FIELDS && p < end; i++) {
			field[i] = p;
			p += strlen(p) + 1;
		}
		r = i == FIELDS
		    ? add_commit(h, field)
		    : gv_err(GV_ERROR, "git log: its answer ends early");
	}
	return r;
}

/* Children before their parents. */
static int
list_commits(struct history *h, const struct gv_oid *from)
{
	char hex[GV_OID_HEX + 1];
	const char *argv[] = { "git", "log", "-z", "--topo-order",
		"--no-show-signature", "--no-patch", "--encoding=UTF-8",
		"--format=%H%x00%T%x00%P%x00%at%x00%an%x00%s", hex, "--",
		NULL };
	const char *env[] = { NULL, NULL };
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if (gv_oid_is_zero(from))
		return 0;
	gv_oid_format(hex, from);
	gv_buf_addf(&dir, "GIT_DIR=%s", h->repo->git_dir);
	if ((r = gv_buf_check(&dir)) < 0)
		goto out;
	env[0] = dir.p;
	if ((r = gv_proc_run(&h->git,
		 &(struct gv_proc_opts){ .argv = argv, .env = env })) < 0)
		goto out;
	r = h->git.status
	    ? gv_err(GV_ERROR, "git log: %s", gv_proc_why(&h->git))
	    : read_commits(h);
out:
	gv_buf_release(&dir);
	return r;
}

static struct commit *
find_commit(const struct history *h, const char *id)
{
	const size_t at =
	    (size_t)(uintptr_t)gv_map_get(&h->by_id, id, GV_OID_HEX);

	return at ? &h->commits[at - 1] : NULL;
}

/* ---- the value of a tree ------------------------------------------------- */

/* A configuration, opened for one look. */
struct look {
	struct gv_param_pool *pool;
	struct gv_param *param;
	const struct gv_layer_value *value;
	char why[512];
	bool is_unreadable;
};

static void
close_look(struct look *l)
{
	gv_param_close(l->param);
	gv_param_pool_close(l->pool);
}

/* 0, also where there is no such configuration, or it cannot be read. */
static int
open_look(struct look *out, struct history *h, const struct gv_oid *tree)
{
	int r;

	*out = (struct look){ .pool = NULL };
	r = gv_param_pool_open(&out->pool, h->repo, tree);
	if (r == 0)
		r = gv_param_open(&out->param, out->pool, h->query);
	if (r == 0 && gv_param_is_stored(out->param))
		return gv_err(GV_EREFUSED,
		    "the layers of the set '%s' are kept by a program, so "
		    "commits did not change them; who changed keys there: git "
		    "vault audit",
		    out->param->layout);
	if (r == 0) {
		out->value = gv_layer_find(out->param->tree.root, h->key);
	} else if (r == GV_EREFUSED) {
		out->is_unreadable = true;
		snprintf(out->why, sizeof(out->why), "%s", gv_err_message());
	}
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

static int
digest(struct gv_oid *out, const struct gv_layer_value *value)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_layer_add_canonical(&text, value);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	if (text.cap)
		explicit_bzero(text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int
find_place(struct gv_oid *out, const struct history *h,
    const struct gv_oid *tree, const char *path)
{
	unsigned mode;
	int r = gv_tree_find(h->odb, tree, path, &mode, out);

	/* a file in the place of a folder is no folder */
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		memset(out, 0, sizeof(*out));
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
add_place(struct version *v, struct history *h, const struct gv_oid *tree,
    const char *path, size_t len)
{
	struct place p = { .path = gv_arena_copy(&h->arena, path, len) };
	int r;

	if (p.path == NULL || GV_GROW(v->places, v->n, v->cap) < 0)
		return gv_err_nomem();
	if ((r = find_place(&p.oid, h, tree, p.path)) == 0)
		v->places[v->n++] = p;
	return r;
}

/* All that was looked at, whether it was there or not. */
static int
add_places(struct version *v, struct history *h, const struct gv_oid *tree,
    const struct gv_param_pool *pool)
{
	const struct gv_map_slot *s;
	size_t i;
	int r = add_place(v, h, tree, GV_TEAM_POLICY, strlen(GV_TEAM_POLICY));

	for (i = 0; pool && r == 0 && i < pool->known.cap; i++) {
		s = &pool->known.slots[i];
		if (s->key && s->value)
			r = add_place(v, h, tree, s->key, s->len);
	}
	return r;
}

static int
new_version(struct version **out, struct history *h, const struct gv_oid *tree)
{
	struct version *v = calloc(1, sizeof(*v));
	struct look look;
	int r;

	if (v == NULL ||
	    GV_GROW(h->versions, h->n_versions, h->cap_versions) < 0) {
		free(v);
		return gv_err_nomem();
	}
	h->versions[h->n_versions++] = v;
	if ((r = open_look(&look, h, tree)) == 0) {
		v->is_unreadable = look.is_unreadable;
		v->has = look.value != NULL;
		if (look.value)
			r = digest(&v->digest, look.value);
		if (r == 0 && tree)
			r = add_places(v, h, tree, look.pool);
	}
	close_look(&look);
	*out = v;
	return r;
}

/* Whether a tree has the same files where a version was looked for. */
static int
fits(bool *out, const struct history *h, const struct version *v,
    const struct gv_oid *tree)
{
	struct gv_oid oid;
	size_t i;
	int r = 0;

	*out = true;
	for (i = 0; r == 0 && *out && i < v->n; i++) {
		r = find_place(&oid, h, tree, v->places[i].path);
		*out = gv_oid_equal(&oid, &v->places[i].oid);
	}
	return r;
}

/* What a tree has; `near` may have been found for a neighbour. */
static int
find_version(struct version **out, struct history *h, const struct gv_oid *tree,
    struct version *near)
{
	const char *key;
	bool is_same = false;
	int r = 0;

	*out = gv_map_get(&h->by_tree, tree->id, GV_OID_RAW);
	if (*out)
		return 0;
	if (near && (r = fits(&is_same, h, near, tree)) < 0)
		return r;
	*out = near;
	if (!is_same && (r = new_version(out, h, tree)) < 0)
		return r;
	key = gv_arena_copy(&h->arena, (const char *)tree->id, GV_OID_RAW);
	return key ? gv_map_put(&h->by_tree, key, GV_OID_RAW, *out) : GV_ENOMEM;
}

static bool
is_equal(const struct version *a, const struct version *b)
{
	return a == b ||
	    (a->has == b->has && a->is_unreadable == b->is_unreadable &&
		gv_oid_equal(&a->digest, &b->digest));
}

/* ---- changes ------------------------------------------------------------- */

static int
report(struct history *h, const struct commit *c, const struct gv_oid *tree,
    bool had)
{
	struct gv_param_change change = { .commit = c ? c->id : NULL,
		.author = c ? c->author : NULL,
		.summary = c ? c->summary : NULL,
		.time = c ? c->time : 0 };
	struct look look;
	int r;

	if ((r = open_look(&look, h, tree)) == 0) {
		change.param = look.param;
		change.value = look.value;
		change.why = look.is_unreadable ? look.why : NULL;
		change.event = look.is_unreadable ? GV_PARAM_UNREADABLE
		    : !look.value                 ? GV_PARAM_REMOVED
		    : had                         ? GV_PARAM_CHANGED
						  : GV_PARAM_SET;
		r = h->fn(h->ctx, &change);
	}
	close_look(&look);
	return r;
}

/* The first parent that has the same is all that counts of a commit's past, as
 * in git log; without one it made the change. */
static int
visit(struct history *h, const struct commit *c)
{
	struct version *v, *of = NULL, *first = NULL;
	struct commit *parent;
	const char *p;
	int r;

	if ((r = find_version(&v, h, &c->tree, NULL)) < 0)
		return r;
	for (p = c->parents; *p; p += GV_OID_HEX + (p[GV_OID_HEX] == ' ')) {
		if ((parent = find_commit(h, p)) == NULL)
			continue;
		if ((r = find_version(&of, h, &parent->tree, v)) < 0)
			return r;
		if (is_equal(v, of)) {
			parent->is_wanted = true;
			return 0;
		}
		first = first ? first : of;
	}
	for (p = c->parents; *p; p += GV_OID_HEX + (p[GV_OID_HEX] == ' '))
		if ((parent = find_commit(h, p)) != NULL)
			parent->is_wanted = true;
	return first || v->has || v->is_unreadable
	    ? report(h, c, &c->tree, first && first->has)
	    : 0;
}

/* What is not committed yet. */
static int
visit_worktree(struct history *h)
{
	static const struct version nothing = { .n = 0 };
	struct version *now, *head = NULL;
	int r;

	if ((r = new_version(&now, h, NULL)) < 0 ||
	    (h->n &&
		(r = find_version(&head, h, &h->commits[0].tree, NULL)) < 0))
		return r;
	return is_equal(now, head ? head : &nothing)
	    ? 0
	    : report(h, NULL, NULL, head && head->has);
}

static void
release(struct history *h)
{
	size_t i;

	for (i = 0; i < h->n_versions; i++) {
		free(h->versions[i]->places);
		free(h->versions[i]);
	}
	free(h->versions);
	free(h->commits);
	gv_map_release(&h->by_id);
	gv_map_release(&h->by_tree);
	gv_arena_release(&h->arena);
	gv_proc_release(&h->git);
}

int
gv_param_history(struct gv_repo *repo, const struct gv_param_query *query,
    const char *key, const struct gv_oid *from, gv_param_history_fn *fn,
    void *ctx)
{
	struct history h = { .repo = repo,
		.query = query,
		.key = key,
		.fn = fn,
		.ctx = ctx,
		.git = GV_PROC_INIT };
	size_t i;
	int r;

	if ((r = gv_repo_odb(repo, &h.odb)) < 0 ||
	    (r = list_commits(&h, from ? from : &repo->head)) < 0)
		goto out;
	if (from == NULL && repo->worktree && (r = visit_worktree(&h)) != 0)
		goto out;
	if (h.n)
		h.commits[0].is_wanted = true;
	for (i = 0; r == 0 && i < h.n; i++)
		if (h.commits[i].is_wanted)
			r = visit(&h, &h.commits[i]);
out:
	release(&h);
	return r;
}
