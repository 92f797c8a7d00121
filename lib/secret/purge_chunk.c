#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/hash.h"
#include "safe/safe_writer.h"
#include "seal/needle.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"

/*
 * A file in chunks is rewritten as the file that they make up, so that a value
 * which is cut in two goes too: bytes come out of the old chunks, pass by, and
 * are cut again. Two places more say that there is such a file: meta/chunks/,
 * which keeps its chunks alive, and the manifest, which has its size. That also
 * says of a sparse file, in chunks or not, where it has data.
 */

#define WINDOW (2 * GV_CHUNK_MAX)

/* ---- out: cut again ---- */

struct cutting {
	struct gv_purge_edit *edit;
	struct gv_redact *redact;
	struct gv_buf seen; /* of the old bytes: those from `begin` on … */
	uint64_t begin, settled; /* … of which no span comes before this */
	struct gv_buf window;    /* of the new ones, not cut yet */
	struct gv_chunk_tree tree;
	struct gv_chunk_pointer pointer;
	struct gv_hash_sha256 digest;
};

static int
cut(struct cutting *c, size_t keep)
{
	struct gv_ledger_edit *edit = &c->edit->run->edit;
	const unsigned char *p = (const unsigned char *)c->window.p;
	size_t at = 0, n;
	struct gv_oid id;
	int r = 0;

	while (r == 0 && c->window.len - at > keep) {
		n = gv_chunk_cut(p + at, c->window.len - at);
		if ((r = gv_ledger_blob(edit, &id, p + at, n)) == 0)
			r = gv_chunk_tree_add(&c->tree, edit->lane, &id);
		at += n;
	}
	if (r == 0 && at) {
		memmove(c->window.p, c->window.p + at, c->window.len - at);
		gv_buf_truncate(&c->window, c->window.len - at);
	}
	return r;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct cutting *c = ctx;
	const char *p = data;
	size_t n;
	int r = 0;

	c->pointer.size += len;
	if (c->edit->run->opts->dry_run)
		return 0;
	gv_hash_sha256_update(&c->digest, data, len);
	for (; r == 0 && len; p += n, len -= n) {
		n = len < WINDOW ? len : WINDOW;
		gv_buf_add(&c->window, p, n);
		if ((r = gv_buf_check(&c->window)) == 0)
			r = cut(c, GV_CHUNK_MAX);
	}
	return r;
}

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct cutting *c = ctx;

	return gv_purge_edit_take(c->edit, span, value);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct cutting *c = ctx;

	gv_purge_edit_place(c->edit, span);
	return 0;
}

/* The new file: its pointer, and the tree that meta/chunks/ is to have. */
static int
end_cutting(struct cutting *c, struct gv_purge_chunks *out)
{
	struct gv_ledger_edit *edit = &c->edit->run->edit;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if ((r = cut(c, 0)) < 0)
		return r;
	r = gv_chunk_tree_finish(&c->tree, edit->lane, &c->pointer.tree);
	if (r < 0)
		return r;
	gv_hash_sha256_finish(&c->digest, c->pointer.digest);
	gv_chunk_pointer_write(&text, &c->pointer);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(edit, &out->pointer, text.p, text.len);
	out->tree = c->pointer.tree;
	out->size = c->pointer.size;
	gv_buf_release(&text);
	return r;
}

/* ---- in: seek ---- */

static int
note_found(void *ctx, size_t at, size_t len, size_t tag)
{
	struct cutting *c = ctx;
	struct gv_redact_span span = {
		.at = c->begin + at, .len = len, .rule = GV_PURGE_RULE
	};

	(void)tag;
	/* what went out already was looked at with all that is behind it */
	if (span.at + span.len <= c->settled)
		return 0;
	if (span.at < c->settled) {
		span.len -= c->settled - span.at;
		span.at = c->settled;
	}
	return gv_purge_edit_crosses(c->edit, &span)
	    ? 0
	    : gv_redact_take(c->redact, &span);
}

/* Let go of what no form can begin in any more; as much before it is kept to
 * tell by what a form belongs to. */
static int
settle(struct cutting *c)
{
	size_t longest = gv_needles_longest(c->edit->run->opts->needles);
	size_t drop;
	int r;

	if (c->seen.len <= 2 * longest)
		return 0;
	drop = c->seen.len - 2 * longest;
	memmove(c->seen.p, c->seen.p + drop, c->seen.len - drop);
	gv_buf_truncate(&c->seen, c->seen.len - drop);
	c->begin += drop;
	c->settled = c->begin + longest;
	r = gv_redact_settle(c->redact, c->settled);
	return r == 0 && gv_cancel_requested() ? gv_cancel_error() : r;
}

static int
seek(struct cutting *c, const void *data, size_t len)
{
	int r = gv_redact_add(c->redact, data, len);

	gv_buf_add(&c->seen, data, len);
	if (r == 0 && (r = gv_buf_check(&c->seen)) == 0)
		r = gv_needles_find(c->edit->run->opts->needles, c->seen.p,
		    c->seen.len, note_found, c);
	return r < 0 ? r : settle(c);
}

/* Holes are filled: what leaves the file before them moves them. */
static int
take_bytes(void *ctx, const void *data, size_t len)
{
	static const char zeros[64 * 1024];
	size_t n;
	int r = 0;

	if (data)
		return seek(ctx, data, len);
	for (; r == 0 && len; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		r = seek(ctx, zeros, n);
	}
	return r;
}

static int
rewrite_spans(struct gv_purge_edit *edit, struct gv_purge_chunks *out)
{
	struct cutting c = { .edit = edit, .tree = GV_CHUNK_TREE_INIT };
	const struct gv_redact_to to = { take, place, put, &c };
	int r = gv_redact_new(&c.redact, &to);

	gv_hash_sha256_init(&c.digest);
	if (r < 0)
		goto out;
	r = gv_chunk_stream(edit->run->odb, &out->was, take_bytes, &c);
	if (r < 0 || (r = gv_redact_finish(c.redact)) < 0)
		goto out;
	if (edit->taken.n && !edit->run->opts->dry_run)
		r = end_cutting(&c, out);
out:
	gv_redact_free(c.redact);
	gv_chunk_tree_release(&c.tree);
	gv_buf_release(&c.seen);
	gv_buf_release(&c.window);
	return r;
}

/* ---- sealed whole ---- */

struct chunks {
	struct gv_odb *odb;
	struct gv_oid *ids;
	size_t n, cap, next;
	struct gv_object obj;
	size_t at;
};

static int
note_chunk(void *ctx, const struct gv_oid *id)
{
	struct chunks *c = ctx;
	int r = GV_GROW(c->ids, c->n, c->cap);

	if (r == 0)
		c->ids[c->n++] = *id;
	return r;
}

static int64_t
read_chunks(void *ctx, void *data, size_t len)
{
	struct chunks *c = ctx;
	size_t n;
	int r;

	while (c->at == c->obj.len) {
		if (c->next == c->n)
			return 0;
		gv_object_release(&c->obj);
		c->at = 0;
		r = gv_odb_read_type(
		    c->odb, &c->obj, &c->ids[c->next++], GV_OTYPE_BLOB);
		if (r < 0)
			return r;
	}
	n = c->obj.len - c->at < len ? c->obj.len - c->at : len;
	memcpy(data, (const char *)c->obj.data + c->at, n);
	c->at += n;
	return (int64_t)n;
}

static int
rewrite_whole(struct gv_purge_edit *edit, struct gv_purge_chunks *out)
{
	struct gv_purge_run *run = edit->run;
	struct gv_redact_span span = { .rule = "file" };
	struct chunks c = { .odb = run->odb };
	struct gv_chunk_pointer pointer;
	struct gv_purge_span *s = NULL;
	char text[GV_REDACT_MAX];
	size_t i;
	int r = gv_chunk_pointer_load(&pointer, run->odb, &out->was);

	if (r == 0)
		r = gv_chunk_each(run->odb, &pointer.tree, note_chunk, &c);
	for (i = 0; r == 0 && i < c.n; i++)
		r = gv_purge_found(run, &c.ids[i]);
	if (r == 0)
		r = gv_safe_put_stream(
		    run->writer, &span.id, edit->scope, read_chunks, &c);
	span.len = pointer.size;
	if (r < 0 || (r = gv_purge_edit_add(&s, edit, &span)) < 0)
		goto out;
	if (!run->opts->dry_run &&
	    (r = gv_safe_find(
		 &s->entry.object, run->opts->safe, edit->scope, &span.id)) < 0)
		goto out;
	span.len = gv_redact_placeholder(text, span.rule, &span.id);
	gv_purge_edit_place(edit, &span);
	if (!run->opts->dry_run)
		r = gv_ledger_blob(
		    &run->edit, &out->pointer, text, (size_t)span.len);
out:
	gv_object_release(&c.obj);
	free(c.ids);
	return r;
}

int
gv_purge_chunked(struct gv_purge_edit *edit, const struct gv_oid *pointer,
    struct gv_oid *out)
{
	struct gv_purge_part *part = edit->part;
	struct gv_purge_chunks it = { .was = *pointer };
	int r =
	    edit->whole ? rewrite_whole(edit, &it) : rewrite_spans(edit, &it);

	if (r == 0 && edit->taken.n) {
		if (!edit->run->opts->dry_run)
			*out = it.pointer;
		r = gv_purge_edit_keep(edit);
	}
	if (r == 0 && !gv_oid_is_zero(&it.pointer))
		r = GV_GROW(part->chunks, part->n_chunks, part->cap_chunks);
	if (r == 0 && !gv_oid_is_zero(&it.pointer)) {
		it.path = part->files[part->n_files - 1].path;
		part->chunks[part->n_chunks++] = it;
	}
	free(edit->taken.spans);
	edit->taken = (struct gv_purge_file){ .path = NULL };
	return r;
}

/* ---- what else tells of them ---- */

struct telling {
	struct gv_purge_run *run;
	struct gv_purge_part *part;
	struct gv_manifest *manifest;
	bool has_holes; /* of a file that was rewritten */
};

static const struct gv_purge_chunks *
find(const struct gv_purge_part *part, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < part->n_chunks; i++)
		if (strlen(part->chunks[i].path) == len &&
		    memcmp(part->chunks[i].path, path, len) == 0)
			return &part->chunks[i];
	return NULL;
}

/* Whether another path of the snapshot keeps the old pointer. */
static int
is_used(bool *out, const struct telling *t, const struct gv_oid *pointer)
{
	size_t i, n = gv_manifest_count(t->manifest);
	struct gv_oid oid;
	unsigned mode;
	int r = 0;

	*out = false;
	for (i = 0; r == 0 && !*out && i < n; i++) {
		const struct gv_manifest_entry *e =
		    gv_manifest_at(t->manifest, i);

		if (!e->chunked || find(t->part, e->path, e->path_len))
			continue;
		r = gv_tree_find(
		    t->run->odb, &t->run->rec->tree, e->path, &mode, &oid);
		*out = r == 0 && gv_oid_equal(&oid, pointer);
		r = r == GV_ENOTFOUND ? 0 : r;
	}
	return r;
}

/* Whether an earlier one became the same. */
static bool
is_again(const struct gv_purge_part *part, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_oid_equal(
			&part->chunks[i].pointer, &part->chunks[n].pointer))
			return true;
	return false;
}

static int
write_chunks(const struct telling *t, struct gv_oid *out)
{
	const struct gv_purge_part *part = t->part;
	struct gv_ledger_change *changes =
	    calloc(2 * part->n_chunks, sizeof(*changes));
	char(*names)[GV_OID_HEX + 1] =
	    calloc(2 * part->n_chunks, sizeof(*names));
	struct gv_oid old;
	size_t i, n = 0;
	unsigned mode;
	bool used;
	int r = changes && names ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < part->n_chunks; i++) {
		const struct gv_purge_chunks *c = &part->chunks[i];

		r = is_used(&used, t, &c->was);
		gv_oid_format(names[n], &c->was);
		changes[n].name = names[n];
		changes[n].mode = GV_MODE_DIR;
		n += !used;
		if (c->size == 0 || is_again(part, i))
			continue;
		gv_oid_format(names[n], &c->pointer);
		changes[n] =
		    (struct gv_ledger_change){ names[n], GV_MODE_DIR, c->tree };
		n++;
	}
	if (r == 0 &&
	    (r = gv_tree_find(
		 t->run->odb, &t->run->rec->meta, "chunks", &mode, &old)) == 0)
		r = gv_ledger_tree(&t->run->edit, out, &old, changes, n);
	free(changes);
	free(names);
	return r;
}

/* Whether the line says where a file has data that was rewritten: that would
 * tell how long a value is that left it. */
static bool
tells_holes(const struct telling *t, const struct gv_manifest_entry *e)
{
	return e->holes && strcmp(e->holes, GV_MANIFEST_HOLES_UNSAID) != 0 &&
	    gv_map_get(&t->part->by_path, e->path, e->path_len);
}

/* Lines of the files that have changed; or all, where it is to be a base. */
static int
put_lines(void *ctx, struct gv_buf *out, bool all)
{
	const struct telling *t = ctx;
	size_t i, n = gv_manifest_count(t->manifest);
	bool begun = false;

	for (i = 0; i < n; i++) {
		struct gv_manifest_entry e = *gv_manifest_at(t->manifest, i);
		const struct gv_purge_chunks *c =
		    find(t->part, e.path, e.path_len);

		if (c)
			e.chunked = c->size;
		else if (!all)
			continue;
		if (tells_holes(t, &e))
			e.holes = GV_MANIFEST_HOLES_UNSAID;
		if (!begun)
			gv_manifest_begin(out, e.user, e.group);
		begun = true;
		gv_manifest_put(out, &e);
	}
	return gv_buf_check(out);
}

/* Whether a layer of the manifest says of any file where it has data: cheaper
 * to see in its text than by reading all lines. */
static int
has_sparse(bool *out, struct gv_purge_run *run, const struct gv_oid *manifest)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_object obj = { 0 };
	size_t i, n = 0;
	int r = gv_manifest_layers(layers, &n, run->odb, manifest);

	*out = false;
	for (i = 0; r == 0 && !*out && i < n; i++) {
		r = gv_odb_read_type(
		    run->odb, &obj, &layers[i].oid, GV_OTYPE_BLOB);
		*out = r == 0 && memmem(obj.data, obj.len, " e=", 3) != NULL;
		gv_object_release(&obj);
	}
	return r;
}

/* Load the manifest, and see whether a file that was rewritten has holes. */
static int
load(struct telling *t, const struct gv_oid *old)
{
	size_t i, n;
	int r = gv_manifest_load(&t->manifest, t->run->odb, old);

	n = r == 0 ? gv_manifest_count(t->manifest) : 0;
	for (i = 0; i < n && !t->has_holes; i++)
		t->has_holes = tells_holes(t, gv_manifest_at(t->manifest, i));
	return r;
}

int
gv_purge_meta_write(struct gv_purge_run *run, struct gv_purge_part *part,
    struct gv_oid *chunks, struct gv_oid *manifest)
{
	struct telling t = { .run = run, .part = part };
	struct gv_oid old;
	bool is_sparse = false;
	unsigned mode;
	int r =
	    gv_tree_find(run->odb, &run->rec->meta, "manifest", &mode, &old);

	/* a snapshot without a manifest has no files in chunks either */
	if (r == GV_ENOTFOUND && part->n_chunks == 0)
		return 0;
	if (r < 0 || (r = has_sparse(&is_sparse, run, &old)) < 0 ||
	    (part->n_chunks == 0 && !is_sparse) || (r = load(&t, &old)) < 0)
		goto out;
	if (part->n_chunks && (r = write_chunks(&t, chunks)) < 0)
		goto out;
	if (part->n_chunks || t.has_holes)
		r = gv_purge_manifest_write(
		    run, manifest, &old, t.has_holes, put_lines, &t);
out:
	gv_manifest_free(t.manifest);
	return r == GV_ENOTFOUND
	    ? gv_err(GV_ECORRUPT, "its meta/ has no manifest, or no chunks")
	    : r;
}
