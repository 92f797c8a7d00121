#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/record.h"
#include "safe/safe_writer.h"
#include "seal/needle.h"
#include "secret/purge_internal.h"
#include "vault/scope.h"
#include "view/content.h"

#define FILE_MAX ((uint64_t)256 * 1024 * 1024)

/* ---- what leaves a file ---- */

int
gv_purge_edit_add(struct gv_purge_span **out, struct gv_purge_edit *f,
    const struct gv_redact_span *span)
{
	int r = GV_GROW(f->taken.spans, f->taken.n, f->taken.cap);

	if (r < 0)
		return r;
	*out = &f->taken.spans[f->taken.n++];
	**out = (struct gv_purge_span){ .at = span->at, .len = span->len };
	return 0;
}

/* Bytes leave the file: seal them, and remember where they stood. */
int
gv_purge_edit_take(struct gv_purge_edit *f, struct gv_redact_span *span,
    const unsigned char *value)
{
	struct gv_purge_run *run = f->run;
	struct gv_purge_span *s;
	bool seals;
	int r = gv_purge_edit_add(&s, f, span);

	if (r < 0)
		return r;
	seals = f->part && !f->is_link && !run->opts->no_seal;
	r = seals ? gv_safe_put(run->writer, &span->id, f->scope, value,
			(size_t)span->len)
		  : gv_safe_name(&span->id, run->opts->safe, f->scope, value,
			(size_t)span->len);
	if (r == 0 && seals && !run->opts->dry_run)
		r = gv_safe_find(
		    &s->entry.object, run->opts->safe, f->scope, &span->id);
	return r;
}

void
gv_purge_edit_place(struct gv_purge_edit *f, const struct gv_redact_span *span)
{
	struct gv_withheld_entry *e = &f->taken.spans[f->taken.n - 1].entry;

	e->kind = f->whole ? GV_WITHHELD_FILE : GV_WITHHELD_SPAN;
	e->place = *span;
	e->scope = f->scope;
	e->path = f->path;
	e->path_len = strlen(f->path);
}

/* What crosses a placeholder that is there already is no value. */
bool
gv_purge_edit_crosses(
    const struct gv_purge_edit *f, const struct gv_redact_span *s)
{
	const struct gv_purge_part *part = f->part;
	size_t i;

	if (part == NULL || !gv_map_get(&part->lined, f->path, strlen(f->path)))
		return false;
	for (i = 0; i < part->n_old; i++) {
		const struct gv_withheld_entry *e = &part->old[i];

		if (strcmp(e->path, f->path) == 0 &&
		    s->at < e->place.at + e->place.len &&
		    e->place.at < s->at + s->len)
			return true;
	}
	return false;
}

static void
tell_file(const struct gv_purge_edit *f)
{
	struct gv_purge_note note = { .kind = GV_PURGE_REWRITTEN,
		.snapshot = f->run->rec->id,
		.path = f->path,
		.where = f->part->name,
		.why = f->is_link
		    ? "a symbolic link, and no restore sets it there"
		    : NULL,
		.places = f->taken.n };

	f->run->result->places += f->taken.n;
	gv_purge_tell(f->run, &note);
}

int
gv_purge_edit_keep(struct gv_purge_edit *f)
{
	struct gv_purge_part *part = f->part;
	size_t i;
	int r = GV_GROW(part->files, part->n_files, part->cap_files);

	if (r < 0)
		return r;
	f->taken.path = gv_arena_copy(&part->arena, f->path, strlen(f->path));
	if (f->taken.path == NULL)
		return GV_ENOMEM;
	for (i = 0; i < f->taken.n; i++)
		f->taken.spans[i].entry.path = f->taken.path;
	tell_file(f);
	if (f->is_link) {
		part->has_links = true;
		return 0;
	}
	part->files[part->n_files++] = f->taken;
	f->taken = (struct gv_purge_file){ .path = NULL };
	return gv_map_put(&part->by_path, part->files[part->n_files - 1].path,
	    strlen(f->path), (void *)(uintptr_t)part->n_files); /* NOLINT */
}

/* ---- a file in memory ---- */

struct file {
	struct gv_purge_edit edit;
	const void *data;
	size_t len;
	struct gv_redact_span *found; /* what leaves it */
	size_t n_found, cap_found;
	struct gv_buf *out;
};

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct file *f = ctx;

	return gv_purge_edit_take(&f->edit, span, value);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct file *f = ctx;

	gv_purge_edit_place(&f->edit, span);
	return 0;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct file *f = ctx;

	gv_buf_add(f->out, data, len);
	return gv_buf_check(f->out);
}

static int
note_found(void *ctx, size_t at, size_t len, size_t tag)
{
	const struct gv_redact_span span = {
		.at = at, .len = len, .rule = GV_PURGE_RULE
	};
	struct file *f = ctx;
	int r = GV_GROW(f->found, f->n_found, f->cap_found);

	(void)tag;
	if (r == 0 && !gv_purge_edit_crosses(&f->edit, &span))
		f->found[f->n_found++] = span;
	return r;
}

static int
redact(struct file *f)
{
	const struct gv_redact_to to = { take, place, put, f };
	int r = 0;

	if (f->edit.whole)
		r = gv_vec_grow(
		    (void **)&f->found, &f->cap_found, 1, sizeof(*f->found));
	if (f->edit.whole && r == 0) {
		f->found[0] =
		    (struct gv_redact_span){ .len = f->len, .rule = "file" };
		f->n_found = 1;
	} else if (r == 0) {
		r = gv_needles_find(
		    f->edit.run->opts->needles, f->data, f->len, note_found, f);
	}
	return r < 0
	    ? r
	    : gv_redact_whole(&to, f->data, f->len, f->found, f->n_found);
}

static int
write_file(struct file *f, struct gv_oid *out)
{
	struct gv_purge_run *run = f->edit.run;
	int r;

	if ((r = redact(f)) < 0)
		return r;
	if (f->edit.taken.n) {
		r = run->opts->dry_run
		    ? gv_oid_of(out, GV_OTYPE_BLOB, f->out->p, f->out->len)
		    : gv_ledger_blob(&run->edit, out, f->out->p, f->out->len);
		if (r < 0 || (r = gv_purge_edit_keep(&f->edit)) < 0)
			return r;
	}
	return 0;
}

static int
rewrite_blob(
    struct gv_purge_edit *edit, const struct gv_oid *oid, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf bytes = GV_BUF_INIT;
	struct file f = { .edit = *edit, .out = &bytes };
	int r = gv_odb_read_type(edit->run->odb, &obj, oid, GV_OTYPE_BLOB);

	f.data = obj.data;
	f.len = obj.len;
	if (r == 0)
		r = write_file(&f, out);
	free(f.found);
	free(f.edit.taken.spans);
	gv_object_release(&obj);
	gv_buf_release(&bytes);
	return r;
}

/* ---- any file ---- */

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

int
gv_purge_file(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_tree_entry *e, struct gv_oid *out)
{
	struct gv_purge_edit edit = { .run = run,
		.part = part,
		.path = path,
		.scope = gv_scope_of(&run->policy, path),
		.is_link = e->mode == GV_MODE_LINK,
		.whole = !gv_purge_holds(run, &e->oid) };
	uint64_t size;
	int r;

	r = part->is_meta || edit.is_link
	    ? 0
	    : gv_content_is_chunked(run->odb, run->rec, path, &e->oid);
	if (r >= 0 && edit.whole && gv_purge_found(run, &e->oid) < 0)
		r = GV_ENOMEM;
	if (r == 1)
		return gv_purge_chunked(&edit, &e->oid, out);
	if (r == 0 && (r = gv_odb_read_size(run->odb, &size, &e->oid)) == 0 &&
	    size > FILE_MAX)
		return leave(run, part, path, "it is too large");
	return r < 0 ? r : rewrite_blob(&edit, &e->oid, out);
}

/* ---- texts without a list ---- */

int
gv_purge_text(
    struct gv_purge_run *run, struct gv_buf *out, const void *data, size_t len)
{
	struct file f = {
		.edit = { .run = run, .path = "", .scope = GV_SCOPE_SHARED },
		.data = data,
		.len = len,
		.out = out
	};
	int r;

	if (run->opts->needles == NULL) {
		gv_buf_add(out, data, len);
		return gv_buf_check(out);
	}
	r = redact(&f);
	run->result->places += f.edit.taken.n;
	r = r < 0 ? r : f.edit.taken.n > 0;
	free(f.found);
	free(f.edit.taken.spans);
	return r;
}
