#include "autosave/restless.h"

#include <fcntl.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "sys/file.h"

/* More files than that are no report or two. */
#define MOST 10000

struct count {
	struct gv_restless *out;
	struct gv_odb *odb;
};

bool
gv_restless_is(unsigned times, unsigned saves)
{
	return saves >= GV_RESTLESS_LEAST && times > saves / 2;
}

/* By its place in the list, from 1 on, as no value is NULL. */
static size_t
find(const struct gv_restless *r, const char *path, size_t len)
{
	return (size_t)(uintptr_t)gv_map_get(&r->by_path, path, len);
}

static int
count_one(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct gv_restless *out = ((struct count *)ctx)->out;
	const size_t at = find(out, path, len);
	struct gv_restless_file f = { .times = 1 };

	if (a == NULL || b == NULL)
		return 0;
	if (at) {
		out->files[at - 1].times++;
		return 0;
	}
	if (out->n >= MOST)
		return 0;
	if ((f.path = gv_arena_copy(&out->arena, path, len)) == NULL)
		return GV_ENOMEM;
	if (GV_GROW(out->files, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->files[out->n++] = f;
	return gv_map_put(
	    &out->by_path, f.path, len, (void *)(uintptr_t)out->n);
}

static int
compare(
    struct count *c, const struct gv_autosave *a, const struct gv_autosave *b)
{
	struct gv_oid ta, tb;
	unsigned mode;
	int r;

	if ((r = gv_tree_find(c->odb, &a->root, "tree", &mode, &ta)) < 0 ||
	    (r = gv_tree_find(c->odb, &b->root, "tree", &mode, &tb)) < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	c->out->saves++;
	return gv_tree_diff(c->odb, &ta, &tb, count_one, c);
}

/* The tree of HEAD: 1; 0 before the first commit. */
static int
find_head(struct gv_oid *out, struct gv_odb *odb, const struct gv_repo *repo)
{
	struct gv_object obj = { 0 };
	int r;

	if (gv_oid_is_zero(&repo->head))
		return 0;
	r = gv_odb_read_type(odb, &obj, &repo->head, GV_OTYPE_COMMIT);
	if (r == 0)
		r = obj.len > 5 + GV_OID_HEX &&
			memcmp(obj.data, "tree ", 5) == 0 &&
			gv_oid_parse(out, (const char *)obj.data + 5) == 0
		    ? 1
		    : gv_err(GV_ECORRUPT, "HEAD is no commit that can be read");
	gv_object_release(&obj);
	return r;
}

/* Of those that were counted, the ones that are meant. */
static int
sift(struct count *c, const struct gv_repo *repo)
{
	struct gv_restless *out = c->out;
	struct gv_oid head, blob;
	const int has_head = find_head(&head, c->odb, repo);
	unsigned mode;
	size_t i, n = 0;

	if (has_head < 0)
		return has_head;
	for (i = 0; i < out->n; i++) {
		const struct gv_restless_file f = out->files[i];
		const size_t len = strlen(f.path);

		(void)gv_map_del(&out->by_path, f.path, len);
		if (!gv_restless_is(f.times, out->saves) ||
		    (has_head &&
			gv_tree_find(c->odb, &head, f.path, &mode, &blob) == 0))
			continue;
		out->files[n++] = f;
		if (gv_map_put(
			&out->by_path, f.path, len, (void *)(uintptr_t)n) < 0)
			return GV_ENOMEM;
	}
	out->n = n;
	return 0;
}

int
gv_restless_find(struct gv_restless *out, struct gv_repo *repo)
{
	struct gv_autosaves chain = { .n = 0 };
	struct count c = { .out = out };
	char *before = gv_err_save();
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_repo_odb(repo, &c.odb)) < 0 ||
	    (r = gv_autosave_load(&chain, repo, NULL)) < 0)
		goto out;
	for (i = 0; r == 0 && i + 1 < chain.n && i < GV_RESTLESS_SAVES; i++)
		r = compare(&c, &chain.saves[i + 1], &chain.saves[i]);
	if (r == 0)
		r = sift(&c, repo);
out:
	gv_autosave_release(&chain);
	return gv_err_settle(r, before);
}

const struct gv_restless_file *
gv_restless_get(const struct gv_restless *restless, const char *path)
{
	const size_t at = find(restless, path, strlen(path));

	return at ? &restless->files[at - 1] : NULL;
}

int
gv_restless_write(
    const struct gv_restless *restless, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&path, "%s/restless", repo->vault_dir);
	for (i = 0; i < restless->n; i++)
		gv_buf_add(&text, restless->files[i].path,
		    strlen(restless->files[i].path) + 1);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (text.len || gv_file_exists(AT_FDCWD, path.p)))
		r = gv_file_replace(AT_FDCWD, path.p, text.p ? text.p : "",
		    text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

void
gv_restless_release(struct gv_restless *restless)
{
	gv_map_release(&restless->by_path);
	free(restless->files);
	gv_arena_release(&restless->arena);
	memset(restless, 0, sizeof(*restless));
}
