#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "store/odb.h"
#include "store/pack.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "vault/content.h"
#include "vault/needle.h"
#include "vault/purge_internal.h"
#include "vault/safe.h"
#include "vault/scope.h"

#define FILE_MAX ((uint64_t)256 * 1024 * 1024)
#define DEPTH    1000 /* of directories; no checkout of git goes deeper */

/* ---- one file ---- */

/* A file that is being rewritten. */
struct file {
	struct gv_purge_run *run;
	struct gv_purge_part *part; /* NULL: a text that has no list */
	const char *path, *scope;
	const struct gv_object *obj;
	struct gv_redact_span *found; /* what leaves it */
	size_t n_found, cap_found;
	struct gv_purge_file taken;
	struct gv_buf *out;
	bool whole;
};

static int
note_found(void *ctx, size_t at, size_t len, size_t tag)
{
	struct file *f = ctx;
	int r = gv_vec_grow((void **)&f->found, &f->cap_found, f->n_found + 1,
	    sizeof(*f->found));

	(void)tag;
	if (r == 0)
		f->found[f->n_found++] = (struct gv_redact_span){
			.at = at, .len = len, .rule = GV_PURGE_RULE
		};
	return r;
}

/* Bytes leave the file: seal them, and remember where they stood. */
static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct file *f = ctx;
	struct gv_purge_run *run = f->run;
	struct gv_purge_span *s;
	int r = gv_vec_grow((void **)&f->taken.spans, &f->taken.cap,
	    f->taken.n + 1, sizeof(*f->taken.spans));

	if (r < 0)
		return r;
	s = &f->taken.spans[f->taken.n++];
	memset(s, 0, sizeof(*s));
	s->at = span->at;
	s->len = span->len;
	r = f->part && !run->opts->no_seal
	    ? gv_safe_put(
		  run->writer, &span->id, f->scope, value, (size_t)span->len)
	    : gv_safe_name(&span->id, run->opts->safe, f->scope, value,
		  (size_t)span->len);
	if (r == 0 && f->part && !run->opts->no_seal && !run->opts->dry_run)
		r = gv_safe_find(
		    &s->entry.object, run->opts->safe, f->scope, &span->id);
	return r;
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct file *f = ctx;
	struct gv_withheld_entry *e = &f->taken.spans[f->taken.n - 1].entry;

	e->kind = f->whole ? GV_WITHHELD_FILE : GV_WITHHELD_SPAN;
	e->place = *span;
	e->scope = f->scope;
	e->path = f->path;
	e->path_len = strlen(f->path);
	return 0;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct file *f = ctx;

	gv_buf_add(f->out, data, len);
	return gv_buf_check(f->out);
}

/* What crosses a placeholder that is there already is no value. */
static bool
crosses(const struct gv_purge_part *part, const char *path,
    const struct gv_redact_span *s)
{
	size_t i;

	if (!gv_map_get(&part->lined, path, strlen(path)))
		return false;
	for (i = 0; i < part->n_old; i++) {
		const struct gv_withheld_entry *e = &part->old[i];

		if (strcmp(e->path, path) == 0 &&
		    s->at < e->place.at + e->place.len &&
		    e->place.at < s->at + s->len)
			return true;
	}
	return false;
}

static void
drop_crossing(struct file *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->n_found; i++)
		if (!f->part || !crosses(f->part, f->path, &f->found[i]))
			f->found[n++] = f->found[i];
	f->n_found = n;
}

static int
redact(struct file *f)
{
	const struct gv_redact_to to = { take, place, put, f };
	int r = 0;

	if (f->whole)
		r = gv_vec_grow(
		    (void **)&f->found, &f->cap_found, 1, sizeof(*f->found));
	if (f->whole && r == 0) {
		f->found[0] = (struct gv_redact_span){ .len = f->obj->len,
			.rule = "file" };
		f->n_found = 1;
	} else if (r == 0) {
		r = gv_needles_find(f->run->opts->needles, f->obj->data,
		    f->obj->len, note_found, f);
		drop_crossing(f);
	}
	return r < 0 ? r
		     : gv_redact_whole(&to, f->obj->data, f->obj->len, f->found,
			   f->n_found);
}

static int
keep_file(struct file *f)
{
	struct gv_purge_part *part = f->part;
	size_t i;
	int r = gv_vec_grow((void **)&part->files, &part->cap_files,
	    part->n_files + 1, sizeof(*part->files));

	if (r < 0)
		return r;
	f->taken.path = gv_arena_copy(&part->arena, f->path, strlen(f->path));
	if (f->taken.path == NULL)
		return GV_ENOMEM;
	for (i = 0; i < f->taken.n; i++)
		f->taken.spans[i].entry.path = f->taken.path;
	part->files[part->n_files++] = f->taken;
	f->taken = (struct gv_purge_file){ .path = NULL };
	return gv_map_put(&part->by_path, part->files[part->n_files - 1].path,
	    strlen(f->path), (void *)(uintptr_t)part->n_files); /* NOLINT */
}

static void
tell_file(struct file *f)
{
	struct gv_purge_note note = { .kind = GV_PURGE_REWRITTEN,
		.snapshot = f->run->rec->id,
		.path = f->path,
		.where = f->part->name,
		.places = f->taken.n };

	f->run->result->places += f->taken.n;
	gv_purge_tell(f->run, &note);
}

static int
leave(struct gv_purge_run *run, const struct gv_purge_part *part,
    const char *path, const char *why)
{
	gv_purge_tell(run,
	    &(struct gv_purge_note){ .kind = GV_PURGE_LEFT,
		.snapshot = run->rec->id,
		.path = path,
		.where = part->name,
		.why = why });
	return 0;
}

static int
write_file(struct file *f, struct gv_oid *out)
{
	int r = redact(f);

	if (r == 0 && f->taken.n) {
		tell_file(f);
		r = f->run->opts->dry_run
		    ? gv_oid_of(out, GV_OTYPE_BLOB, f->out->p, f->out->len)
		    : gv_ledger_blob(
			  &f->run->edit, out, f->out->p, f->out->len);
		if (r == 0)
			r = keep_file(f);
	}
	free(f->found);
	free(f->taken.spans);
	return r;
}

static int
rewrite_file(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_tree_entry *e, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf bytes = GV_BUF_INIT;
	struct file f = { .run = run,
		.part = part,
		.path = path,
		.scope = gv_scope_of(&run->policy, path),
		.obj = &obj,
		.out = &bytes,
		.whole = !gv_purge_holds(run, &e->oid) };
	uint64_t size;
	int r;

	if (e->mode == GV_MODE_LINK)
		return leave(run, part, path, "it is a symbolic link");
	r = part->is_meta
	    ? 0
	    : gv_content_is_chunked(run->odb, run->rec, path, &e->oid);
	if (r == 1)
		return leave(run, part, path, "it is kept in chunks");
	if (r == 0)
		r = gv_odb_read_size(run->odb, &size, &e->oid);
	if (r == 0 && size > FILE_MAX)
		return leave(run, part, path, "it is too large");
	if (r == 0)
		r = gv_odb_read_type(run->odb, &obj, &e->oid, GV_OTYPE_BLOB);
	if (r == 0)
		r = write_file(&f, out);
	gv_object_release(&obj);
	gv_buf_release(&bytes);
	return r;
}

/* ---- texts without a list ---- */

int
gv_purge_text(
    struct gv_purge_run *run, struct gv_buf *out, const void *data, size_t len)
{
	const struct gv_object obj = { .data = data, .len = len };
	struct file f = { .run = run,
		.path = "",
		.scope = GV_SCOPE_SHARED,
		.obj = &obj,
		.out = out };
	int r;

	if (run->opts->needles == NULL) {
		gv_buf_add(out, data, len);
		return gv_buf_check(out);
	}
	r = redact(&f);
	run->result->places += f.taken.n;
	r = r < 0 ? r : f.taken.n > 0;
	free(f.found);
	free(f.taken.spans);
	return r;
}

/* ---- trees ---- */

struct walk {
	struct gv_purge_run *run;
	struct gv_purge_part *part;
	struct gv_buf path;
	unsigned depth;
};

/* A file that Git was not to have: precious by its name, and not in the commit
 * that the snapshot was taken on. */
static int
is_precious(struct walk *w, const struct gv_tree_entry *e)
{
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (!w->run->opts->precious || w->part->is_meta ||
	    e->mode == GV_MODE_LINK ||
	    gv_precious_rule(w->path.p, w->path.len) == NULL ||
	    gv_scope_keep(&w->run->policy, w->path.p, true) !=
		GV_SCOPE_SEALED ||
	    gv_map_get(&w->part->lined, w->path.p, w->path.len))
		return 0;
	if (gv_oid_is_zero(&w->run->base))
		return 1;
	r = gv_tree_find(w->run->odb, &w->run->base, w->path.p, &mode, &oid);
	return r == GV_ENOTFOUND ? 1 : r < 0 ? r : 0;
}

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out);

static int
take_entry(struct walk *w, const struct gv_tree_entry *e, struct gv_oid *out)
{
	int r;

	*out = e->oid;
	if (e->mode == GV_MODE_GIT)
		return 0;
	if (e->mode == GV_MODE_DIR)
		return walk_tree(w, &e->oid, out);
	r = gv_purge_holds(w->run, &e->oid) ? 1 : is_precious(w, e);
	return r > 0 ? rewrite_file(w->run, w->part, w->path.p, e, out) : r;
}

static int
rewrite_entries(struct walk *w, const struct gv_object *obj, struct gv_buf *raw,
    bool *changed)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid oid;
	size_t len = w->path.len;
	int r;

	gv_tree_iter_init(&it, obj->data, obj->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (len)
			gv_buf_addch(&w->path, '/');
		gv_buf_add(&w->path, e.name, e.name_len);
		r = gv_buf_check(&w->path);
		if (r == 0)
			r = take_entry(w, &e, &oid);
		gv_buf_truncate(&w->path, len);
		if (r < 0)
			return r;
		*changed = *changed || !gv_oid_equal(&oid, &e.oid);
		gv_tree_add(raw, e.mode, e.name, e.name_len, &oid);
	}
	return r < 0 ? r : gv_buf_check(raw);
}

/* A tree without any of it is the same wherever it stands, and in all
 * snapshots that have it; but not where names count. */
static int
note_clean(struct gv_purge_run *run, const struct gv_oid *tree)
{
	char *key;

	if (run->opts->precious)
		return 0;
	key = gv_arena_copy(&run->arena, tree->id, GV_OID_RAW);
	return key ? gv_map_put(&run->clean, key, GV_OID_RAW, key) : GV_ENOMEM;
}

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf raw = GV_BUF_INIT;
	uint64_t left = w->run->result->left;
	bool changed = false;
	int r;

	*out = *tree;
	if (gv_map_get(&w->run->clean, tree->id, GV_OID_RAW))
		return 0;
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (++w->depth > DEPTH)
		return gv_err(
		    GV_EREFUSED, "its directories are nested too deeply");
	r = gv_odb_read_type(w->run->odb, &obj, tree, GV_OTYPE_TREE);
	if (r == 0)
		r = rewrite_entries(w, &obj, &raw, &changed);
	if (r == 0 && changed)
		r = w->run->opts->dry_run
		    ? gv_oid_of(out, GV_OTYPE_TREE, raw.p, raw.len)
		    : gv_pack_add(w->run->edit.lane, out, GV_OTYPE_TREE, raw.p,
			  raw.len, NULL);
	else if (r == 0 && left == w->run->result->left)
		r = note_clean(w->run, tree);
	gv_object_release(&obj);
	gv_buf_release(&raw);
	w->depth--;
	return r;
}

int
gv_purge_tree(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_oid *tree, struct gv_oid *out)
{
	struct walk w = { .run = run, .part = part, .path = GV_BUF_INIT };
	int r;

	gv_buf_addstr(&w.path, path);
	r = gv_buf_check(&w.path);
	if (r == 0)
		r = walk_tree(&w, tree, out);

	gv_buf_release(&w.path);
	return r;
}
