#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"
#include "view/content.h"

/*
 * Files that leave snapshots as a whole, by their paths: out of tree/, index/
 * and the stages of a conflict, and out of the texts that tell of them. Only
 * folders that lead to one are read.
 */

#define DEPTH 1000 /* of directories; no checkout of git goes deeper */

enum verdict {
	APART, /* it stays, with all that is below */
	LEADS, /* a folder around one that goes */
	GOES,
};

/* ---- which ---- */

static enum verdict
judge(const struct gv_purge_opts *o, const char *path)
{
	const size_t len = strlen(path);
	enum verdict is = APART;
	size_t i, n;

	for (i = 0; i < o->n_paths; i++) {
		n = strlen(o->paths[i]);
		if (len >= n && memcmp(path, o->paths[i], n) == 0 &&
		    (len == n || path[n] == '/'))
			return GOES;
		if (len == 0 ||
		    (len < n && memcmp(path, o->paths[i], len) == 0 &&
			o->paths[i][len] == '/'))
			is = LEADS;
	}
	return is;
}

/* The path in the working tree; NULL for what is not in it. Of meta/ only the
 * stages have files, in "stages/1/". */
static const char *
inside(const struct gv_purge_part *part, const char *path)
{
	const char *slash;

	if (!part->is_meta)
		return path;
	if (strncmp(path, "stages", 6) != 0 || (path[6] && path[6] != '/'))
		return NULL;
	slash = path[6] ? strchr(path + 7, '/') : NULL;
	return slash ? slash + 1 : "";
}

bool
gv_purge_path_has(const struct gv_purge_opts *opts,
    const struct gv_purge_part *part, const char *path)
{
	const char *at = opts->n_paths ? inside(part, path) : NULL;

	return at && *at && judge(opts, at) == GOES;
}

void
gv_purge_path_place(struct gv_buf *out, size_t i, const char *path)
{
	static const char *const places[GV_PURGE_PATH_PLACES] = { "tree",
		"index", "meta/stages/1", "meta/stages/2", "meta/stages/3" };

	gv_buf_addf(out, "%s/%s", places[i], path);
}

/* ---- what they are made of ---- */

struct walk {
	struct gv_purge_run *run;
	struct gv_purge_part *part;
	struct gv_buf path; /* in the part */
	unsigned depth;
	bool seeks; /* only which objects there are */
};

static int
seek_chunk(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct walk *w = ctx;

	(void)path;
	(void)len;
	/* that of a hole is in every sparse file */
	return e->mode == GV_MODE_DIR || gv_oid_equal(&e->oid, &gv_chunk_hole)
	    ? 0
	    : gv_purge_hit(w->run, &e->oid);
}

/* A file in chunks: the pointer, which is in *out. 1; 0 for any other. */
static int
is_chunked(struct gv_chunk_pointer *out, const struct walk *w,
    const struct gv_tree_entry *e)
{
	struct gv_purge_run *run = w->run;
	int r;

	if (w->part->is_meta || e->mode == GV_MODE_LINK)
		return 0;
	r = gv_content_is_chunked(
	    run->odb, run->rec, inside(w->part, w->path.p), &e->oid);
	if (r > 0 && (r = gv_chunk_pointer_load(out, run->odb, &e->oid)) == 0)
		r = 1;
	return r;
}

static int
seek_file(struct walk *w, const struct gv_tree_entry *e)
{
	struct gv_chunk_pointer pointer;
	int r = is_chunked(&pointer, w, e);

	if (r > 0)
		r = gv_tree_walk(w->run->odb, &pointer.tree, seek_chunk, w);
	return r < 0 ? r : gv_purge_hit(w->run, &e->oid);
}

static void
tell(const struct walk *w, const struct gv_tree_entry *e)
{
	gv_purge_tell(w->run,
	    &(struct gv_purge_note){ .kind = GV_PURGE_REMOVED,
		.snapshot = w->run->rec->id,
		.commit = &w->run->rec->commit,
		.path = inside(w->part, w->path.p),
		.where = w->part->name,
		.object = e->oid,
		.places = 1 });
}

static int
drop_file(struct walk *w, const struct gv_tree_entry *e)
{
	struct gv_purge_part *part = w->part;
	struct gv_chunk_pointer pointer;
	uint64_t size = 0;
	int r = is_chunked(&pointer, w, e);

	if (r > 0) {
		size = pointer.size;
		r = GV_GROW(
		    part->pointers, part->n_pointers, part->cap_pointers);
		if (r == 0)
			part->pointers[part->n_pointers++] = e->oid;
	} else if (r == 0) {
		r = gv_odb_read_size(w->run->odb, &size, &e->oid);
		/* a damaged file can go, too */
		if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
			r = 0;
	}
	/* a snapshot that was taken meanwhile may have another version */
	if (r < 0 || (r = gv_purge_hit(w->run, &e->oid)) < 0)
		return r;
	part->n_dropped++;
	part->dropped_bytes += size;
	w->run->result->places++;
	tell(w, e);
	return 0;
}

/* ---- trees ---- */

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out);

/* *out is zero where nothing of the entry is left. */
static int
take_entry(void *ctx, const struct gv_tree_entry *e, struct gv_oid *out)
{
	struct walk *w = ctx;
	const char *at = inside(w->part, w->path.p);
	enum verdict is = *at ? judge(w->run->opts, at) : LEADS;
	int r;

	*out = e->oid;
	if (is == APART || (is == LEADS && e->mode != GV_MODE_DIR))
		return 0;
	if (e->mode == GV_MODE_DIR)
		return walk_tree(w, &e->oid, out);
	/* a commit of another repository is no object of this one */
	r = e->mode == GV_MODE_GIT ? 0
	    : w->seeks             ? seek_file(w, e)
				   : drop_file(w, e);
	memset(out, 0, sizeof(*out));
	return r;
}

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf raw = GV_BUF_INIT;
	bool changed = false;
	int r;

	*out = *tree;
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (++w->depth > DEPTH)
		return gv_err(
		    GV_EREFUSED, "its directories are nested too deeply");
	r = gv_odb_read_type(w->run->odb, &obj, tree, GV_OTYPE_TREE);
	if (r == 0)
		r = gv_purge_tree_entries(
		    &raw, &changed, &obj, &w->path, take_entry, w);
	if (r == 0 && changed && !w->seeks) {
		/* an empty folder is in no tree but at the top */
		memset(out, 0, sizeof(*out));
		if (raw.len || (w->depth == 1 && !w->part->is_meta))
			r = gv_pack_add(w->run->edit.lane, out, GV_OTYPE_TREE,
			    raw.p ? raw.p : "", raw.len, NULL);
	}
	gv_object_release(&obj);
	gv_buf_release(&raw);
	w->depth--;
	return r;
}

static int
walk_part(struct walk *w, const char *path, struct gv_oid *tree)
{
	struct gv_oid was = *tree;
	int r;

	w->path = (struct gv_buf)GV_BUF_INIT;
	gv_buf_addstr(&w->path, path);
	/* what of meta/ has no files stays */
	r = gv_buf_check(&w->path);
	if (r == 0 && inside(w->part, path))
		r = walk_tree(w, &was, tree);
	gv_buf_release(&w->path);
	return r;
}

int
gv_purge_path_drop(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, struct gv_oid *tree)
{
	struct walk w = { .run = run, .part = part };

	return walk_part(&w, path, tree);
}

int
gv_purge_path_seek(struct gv_purge_run *run)
{
	struct gv_purge_part files = { .name = "tree" };
	struct gv_purge_part meta = { .name = "meta", .is_meta = true };
	struct walk w = { .run = run, .part = &files, .seeks = true };
	struct gv_oid tree = run->rec->tree;
	unsigned mode;
	int r = walk_part(&w, "", &tree);

	tree = run->rec->index;
	if (r == 0 && !gv_oid_is_zero(&tree))
		r = walk_part(&w, "", &tree);
	w.part = &meta;
	if (r == 0 &&
	    (r = gv_tree_find(
		 run->odb, &run->rec->meta, "stages", &mode, &tree)) == 0)
		r = walk_part(&w, "stages", &tree);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* ---- the texts ---- */

struct telling {
	struct gv_purge_run *run;
	const struct gv_purge_part *part;
	struct gv_manifest *manifest;
	struct gv_buf path;
};

/* A folder stays as one that is empty, unless it was named itself. */
static bool
goes(struct telling *t, const struct gv_manifest_entry *e)
{
	gv_buf_reset(&t->path);
	gv_buf_add(&t->path, e->path, e->path_len);
	return gv_buf_check(&t->path) == 0 && t->path.len &&
	    judge(t->run->opts, t->path.p) == GOES;
}

/* That they are gone; or all lines but theirs, where it is to be a base. */
static int
put_lines(void *ctx, struct gv_buf *out, bool all)
{
	struct telling *t = ctx;
	size_t i, n = gv_manifest_count(t->manifest);
	bool begun = false, is_gone;

	for (i = 0; i < n; i++) {
		struct gv_manifest_entry e = *gv_manifest_at(t->manifest, i);

		is_gone = goes(t, &e);
		if (is_gone == all)
			continue;
		if (!begun)
			gv_manifest_begin(out, e.user, e.group);
		begun = true;
		if (is_gone)
			e.type = GV_MANIFEST_GONE;
		gv_manifest_put(out, &e);
	}
	/* a base has a line for the top at least; nothing gone is no layer */
	return gv_buf_check(out);
}

/* Whether a path that stays has the same pointer. */
static int
is_used(bool *out, struct telling *t, const struct gv_oid *pointer)
{
	size_t i, n = gv_manifest_count(t->manifest);
	struct gv_oid oid;
	unsigned mode;
	int r = 0;

	*out = false;
	for (i = 0; r == 0 && !*out && i < n; i++) {
		const struct gv_manifest_entry *e =
		    gv_manifest_at(t->manifest, i);

		if (!e->chunked || goes(t, e))
			continue;
		r = gv_tree_find(
		    t->run->odb, &t->run->rec->tree, t->path.p, &mode, &oid);
		*out = r == 0 && gv_oid_equal(&oid, pointer);
		r = r == GV_ENOTFOUND ? 0 : r;
	}
	return r;
}

static int
write_chunks(struct telling *t, struct gv_purge_path_meta *out)
{
	const struct gv_purge_part *part = t->part;
	struct gv_ledger_change *changes =
	    calloc(part->n_pointers + 1, sizeof(*changes));
	char(*names)[GV_OID_HEX + 1] =
	    calloc(part->n_pointers + 1, sizeof(*names));
	struct gv_oid old;
	size_t i, k, n = 0;
	unsigned mode;
	bool used;
	int r = changes && names ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < part->n_pointers; i++) {
		if ((r = is_used(&used, t, &part->pointers[i])) < 0)
			break;
		gv_oid_format(names[n], &part->pointers[i]);
		for (k = 0; !used && k < n; k++)
			used = strcmp(names[k], names[n]) == 0;
		changes[n].name = names[n];
		changes[n].mode = GV_MODE_DIR;
		n += !used;
	}
	if (r == 0 && n > 0 &&
	    (r = gv_tree_find(
		 t->run->odb, &t->run->rec->meta, "chunks", &mode, &old)) == 0)
		r = gv_ledger_tree(
		    &t->run->edit, &out->chunks, &old, changes, n);
	out->no_chunks = r == 0 && n > 0 && gv_oid_is_zero(&out->chunks);
	free(changes);
	free(names);
	return r;
}

/* A line of meta/index: "… <tab>PATH". */
static bool
line_goes(struct telling *t, const char *line, size_t len)
{
	const char *tab = memchr(line, '\t', len);
	size_t used;

	gv_buf_reset(&t->path);
	if (tab == NULL)
		return false;
	len -= (size_t)(tab + 1 - line);
	if (tab[1] != '"')
		gv_buf_add(&t->path, tab + 1, len);
	else if (gv_path_unquote(&t->path, tab + 1, len, &used) < 0)
		return false;
	return gv_buf_check(&t->path) == 0 && t->path.len &&
	    judge(t->run->opts, t->path.p) == GOES;
}

static int
write_index(struct telling *t, struct gv_purge_path_meta *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *end, *next;
	struct gv_oid oid;
	unsigned mode;
	int r =
	    gv_tree_find(t->run->odb, &t->run->rec->meta, "index", &mode, &oid);

	if (r == GV_ENOTFOUND || (r == 0 && mode == GV_MODE_DIR))
		return 0;
	if (r == 0)
		r = gv_odb_read_type(t->run->odb, &obj, &oid, GV_OTYPE_BLOB);
	p = (const char *)obj.data;
	for (end = p + obj.len; r == 0 && p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		if (!line_goes(t, p, (size_t)(next - p - (next[-1] == '\n'))))
			gv_buf_add(&text, p, (size_t)(next - p));
	}
	out->no_index = r == 0 && text.len == 0;
	if (r == 0 && (r = gv_buf_check(&text)) == 0 && text.len)
		r = gv_ledger_blob(
		    &t->run->edit, &out->index, text.p, text.len);
	gv_buf_release(&text);
	gv_object_release(&obj);
	return r;
}

int
gv_purge_path_write(struct gv_purge_run *run, const struct gv_purge_part *part,
    struct gv_purge_path_meta *out)
{
	struct telling t = { .run = run, .part = part, .path = GV_BUF_INIT };
	struct gv_oid old;
	unsigned mode;
	int r =
	    gv_tree_find(run->odb, &run->rec->meta, "manifest", &mode, &old);

	memset(out, 0, sizeof(*out));
	/* one that was made by hand has none */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0 &&
	    (r = gv_manifest_load(&t.manifest, run->odb, &old)) == 0 &&
	    (r = write_chunks(&t, out)) == 0 &&
	    (r = gv_purge_manifest_write(
		 run, &out->manifest, &old, false, put_lines, &t)) == 0)
		r = write_index(&t, out);
	gv_manifest_free(t.manifest);
	gv_buf_release(&t.path);
	return r;
}
