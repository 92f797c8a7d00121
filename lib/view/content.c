#include "view/content.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/distance.h"
#include "base/err.h"
#include "base/path.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "view/revealed.h"

#define MAX_MOST 16 /* letters of a long one that may differ, and one */

/* --- from what is typed to a path from the top --- */

static int
leads_out(const char *typed)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, typed, strlen(typed));
	r = gv_err(GV_EUSAGE, "'%s' leads out of the working tree", quoted.p);
	gv_buf_release(&quoted);
	return r;
}

/* Append the components of `path` one by one to out->p + top. */
static int
add_components(struct gv_buf *out, size_t top, const char *path)
{
	size_t n;

	for (; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (out->len == top)
				return GV_EUSAGE;
			while (out->len > top && out->p[out->len - 1] != '/')
				gv_buf_truncate(out, out->len - 1);
			if (out->len > top)
				gv_buf_truncate(out, out->len - 1);
			continue;
		}
		if (out->len > top)
			gv_buf_addch(out, '/');
		gv_buf_add(out, path, n);
	}
	return 0;
}

/* Whether so much of a path means the directory `top`, through links too. */
static bool
leads_to(const char *top, const char *path, size_t len)
{
	char *front = strndup(path, len);
	char *real = front ? gv_entry_real_path(front) : NULL;
	bool yes = real && strcmp(real, top) == 0;

	free(front);
	free(real);
	return yes;
}

const char *
gv_content_below(const struct gv_repo *repo, const char *path)
{
	const char *top = repo->worktree, *end = path;

	if (top == NULL)
		return NULL;
	if (gv_path_is_below(path, strlen(path), top, strlen(top)))
		return path + strlen(top);
	while (*end) {
		end += 1 + strcspn(end + 1, "/");
		if (leads_to(top, path, (size_t)(end - path)))
			return end;
	}
	return NULL;
}

int
gv_content_path(
    struct gv_buf *out, const struct gv_repo *repo, const char *typed)
{
	const char *path = typed;
	size_t start = out->len;
	int r = 0;

	if (path[0] == '/') {
		path = gv_content_below(repo, path);
		if (path == NULL)
			return leads_out(typed);
	} else {
		r = add_components(out, start, repo->prefix);
	}
	if (r == 0 && add_components(out, start, path) == 0)
		return gv_buf_check(out);
	gv_buf_truncate(out, start);
	return leads_out(typed);
}

/* --- the nearest name --- */

struct nearest {
	const char *name; /* sought: the component that is missing */
	size_t len;
	size_t less;        /* letters that differ, of which fewer are sought */
	struct gv_buf path; /* of the nearest so far */
};

/* The most like it in the directory where it was sought. */
static int
look_beside(struct nearest *near, struct gv_odb *odb, const char *dir,
    size_t dir_len, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t d;
	int r = gv_odb_read_type(odb, &obj, tree, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (near->less && (r = gv_tree_next(&it, &e)) > 0) {
		d = gv_distance(
		    near->name, near->len, e.name, e.name_len, near->less - 1);
		if (d >= near->less)
			continue;
		near->less = d;
		gv_buf_reset(&near->path);
		gv_buf_add(&near->path, dir, dir_len);
		if (dir_len)
			gv_buf_addch(&near->path, '/');
		gv_buf_add(&near->path, e.name, e.name_len);
	}
	gv_object_release(&obj);
	return r < 0 ? r : 0;
}

/* The first of that very name anywhere else. */
static int
look_around(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct nearest *near = ctx;

	if (e->name_len != near->len ||
	    memcmp(e->name, near->name, near->len) != 0)
		return 0;
	gv_buf_reset(&near->path);
	gv_buf_add(&near->path, path, len);
	return GV_EEXISTS; /* found: go no further */
}

/* The longest front of the path that is a directory; 0 or a failure. */
static int
deepest(struct gv_odb *odb, const struct gv_oid *top, const char *path,
    size_t *len, struct gv_oid *tree)
{
	struct gv_buf front = GV_BUF_INIT;
	unsigned mode = 0;
	int r;

	*len = strlen(path);
	do {
		while (*len && path[*len - 1] != '/')
			--*len;
		*len -= *len > 0;
		gv_buf_reset(&front);
		gv_buf_add(&front, path, *len);
		if ((r = gv_buf_check(&front)) == 0)
			r = gv_tree_find(odb, top, front.p, &mode, tree);
	} while (
	    *len && (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR)));
	gv_buf_release(&front);
	return r;
}

static int
not_found(struct gv_odb *odb, const struct gv_record *rec, const char *path)
{
	struct nearest near = { .path = GV_BUF_INIT };
	struct gv_buf quoted = GV_BUF_INIT, shown = GV_BUF_INIT;
	struct gv_oid dir;
	size_t len;
	int r = deepest(odb, &rec->tree, path, &len, &dir);

	near.name = path + len + (len > 0);
	near.len = strcspn(near.name, "/");
	near.less = near.len / 3 + 2 < MAX_MOST ? near.len / 3 + 2 : MAX_MOST;
	if (r == 0 && (r = look_beside(&near, odb, path, len, &dir)) == 0 &&
	    near.path.len == 0)
		r = gv_tree_walk(odb, &rec->tree, look_around, &near);
	if (r < 0 && r != GV_EEXISTS)
		goto out;
	gv_path_quote(&quoted, path, strlen(path));
	gv_path_quote(&shown, near.path.p, near.path.len);
	r = near.path.len
	    ? gv_err(GV_ENOTFOUND,
		  "snapshot %s holds no '%s'; the nearest is '%s'", rec->id,
		  quoted.p, shown.p)
	    : gv_err(
		  GV_ENOTFOUND, "snapshot %s holds no '%s'", rec->id, quoted.p);
out:
	gv_buf_release(&near.path);
	gv_buf_release(&quoted);
	gv_buf_release(&shown);
	return r;
}

int
gv_content_is_chunked(struct gv_odb *odb, const struct gv_record *rec,
    const char *path, const struct gv_oid *oid)
{
	char name[7 + GV_OID_HEX + 1] = "chunks/";
	const struct gv_manifest_entry *e;
	struct gv_manifest *m = NULL;
	struct gv_oid id;
	unsigned mode;
	int r;

	gv_oid_format(name + 7, oid);
	r = gv_tree_find(odb, &rec->meta, name, &mode, &id);
	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	/* a file that looks like a pointer is not one for that */
	if ((r = gv_tree_find(odb, &rec->meta, "manifest", &mode, &id)) == 0)
		r = gv_manifest_load(&m, odb, &id);
	if (r < 0)
		return r == GV_ENOTFOUND
		    ? gv_err(GV_ECORRUPT, "its meta/manifest is not there")
		    : r;
	e = gv_manifest_get(m, path, strlen(path));
	r = e && e->chunked;
	gv_manifest_free(m);
	return r;
}

/* What the tree has nothing for: a directory that no file is in, or what was
 * not stored. */
static int
find_in_manifest(struct gv_content *out, struct gv_odb *odb,
    const struct gv_record *rec, const char *path)
{
	const struct gv_manifest_entry *e = NULL;
	struct gv_buf quoted = GV_BUF_INIT;
	struct gv_manifest *m = NULL;
	struct gv_oid id;
	unsigned mode;
	int r = gv_tree_find(odb, &rec->meta, "manifest", &mode, &id);

	if (r == 0 && (r = gv_manifest_load(&m, odb, &id)) == 0)
		e = gv_manifest_get(m, path, strlen(path));
	/* a snapshot made by hand has none, and verify tells of a damaged one
	 */
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		r = 0;
	if (e && e->type == GV_MANIFEST_DIR) {
		out->mode = GV_MODE_DIR;
		out->oid = gv_oid_empty_tree;
	} else if (e && e->type == GV_MANIFEST_SKIPPED) {
		gv_path_quote(&quoted, path, strlen(path));
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s holds no '%s', which was not stored: %s",
		    rec->id, quoted.p, e->reason ? e->reason : "unknown");
	} else if (r == 0) {
		r = not_found(odb, rec, path);
	}
	gv_manifest_free(m);
	gv_buf_release(&quoted);
	return r;
}

int
gv_content_find(struct gv_content *out, struct gv_repo *repo,
    const struct gv_record *rec, const char *path)
{
	struct gv_content c = { 0 };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r < 0)
		return r;
	r = gv_tree_find(odb, &rec->tree, path, &c.mode, &c.oid);
	if (r == GV_ENOTFOUND)
		r = find_in_manifest(&c, odb, rec, path);
	else if (r < 0)
		r = gv_err_in(r, "snapshot %s", rec->id);
	if (r < 0)
		return r;
	if (c.mode == GV_MODE_FILE || c.mode == GV_MODE_EXEC) {
		r = gv_content_is_chunked(odb, rec, path, &c.oid);
		c.is_chunked = r > 0;
		r = r < 0 ? gv_err_in(r, "snapshot %s", rec->id) : 0;
	}
	if (r != 0)
		return r;
	*out = c;
	return 0;
}

/* A hole is zeros to who asks for bytes. */
struct filler {
	int (*fn)(void *ctx, const void *data, size_t len);
	void *ctx;
};

static int
fill(void *ctx, const void *data, size_t len)
{
	static const char zeros[64 * 1024];
	const struct filler *f = ctx;
	size_t n;
	int r = 0;

	if (data)
		return f->fn(f->ctx, data, len);
	for (; r == 0 && len > 0; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		r = f->fn(f->ctx, zeros, n);
	}
	return r;
}

int
gv_content_stream(struct gv_repo *repo, const struct gv_content *c,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct filler filler = { fn, ctx };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	return c->is_chunked ? gv_chunk_stream(odb, &c->oid, fill, &filler)
			     : gv_odb_stream(odb, &c->oid, fn, ctx);
}

/* All of its values, or none. */
static int
stream_given(struct gv_revealed_reader *reader,
    const struct gv_revealed_what *what,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct gv_revealed_left left = { 0 };
	int r = gv_revealed_try(&left, reader, what);

	if (left.damaged)
		return gv_err(GV_ECORRUPT,
		    "a secret of scope %s is missing: %s", left.scope,
		    left.reason);
	if (r == 0 && left.sealed)
		return gv_err(GV_ENOKEY,
		    "no key here opens %zu value%s of scope %s; without "
		    "--secrets %s placeholder%s printed",
		    left.sealed, left.sealed == 1 ? "" : "s", left.scope,
		    left.sealed == 1 ? "its" : "their",
		    left.sealed == 1 ? " is" : "s are");
	return r < 0 ? r : gv_revealed_stream(&left, reader, what, fn, ctx);
}

int
gv_content_stream_clear(struct gv_repo *repo, const struct gv_record *rec,
    const char *path, struct gv_safe *safe,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct gv_revealed_reader *reader = NULL;
	struct gv_revealed_what what = { 0 };
	struct gv_revealed *given = NULL;
	struct gv_content c = { 0 };
	struct gv_odb *odb;
	int r = gv_content_find(&c, repo, rec, path);

	if (r == 0 && (r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_revealed_load(&given, odb, rec, GV_REVEALED_TREE)) == 0 &&
	    c.mode != GV_MODE_LINK)
		what.file = gv_revealed_find(given, path, strlen(path));
	what.oid = c.oid;
	what.is_chunked = c.is_chunked;
	if (r < 0)
		goto out;
	if (what.file == NULL)
		r = gv_content_stream(repo, &c, fn, ctx);
	else {
		if ((r = gv_revealed_reader_new(&reader, odb, safe)) == 0)
			r = stream_given(reader, &what, fn, ctx);
	}
out:
	gv_revealed_reader_free(reader);
	gv_revealed_free(given);
	return r;
}

int
gv_content_each(struct gv_repo *repo, const struct gv_content *c,
    int (*fn)(void *ctx, const char *name, size_t len, unsigned mode),
    void *ctx)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_type(odb, &obj, &c->oid, GV_OTYPE_TREE)) < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		r = fn(ctx, e.name, e.name_len, e.mode);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}
