#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "secret/purge_internal.h"

/* Sealed as a whole, and of many changes: these are neither opened nor made
 * again. */
static bool
may_have_files(const char *path)
{
	static const char *const all[] = { "origin/unpushed.pack",
		"origin/working-copy/drafts.hg",
		"origin/working-copy/shelves.tar",
		"origin/working-copy/patches/",
		"origin/working-copy/shelved/" };
	size_t i, len;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		len = strlen(all[i]);
		if (strncmp(path, all[i], len) == 0 &&
		    (all[i][len - 1] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

static bool
is_forgotten(const struct gv_purge_run *run, const struct gv_digest *id)
{
	size_t i;

	for (i = 0; i < run->opts->n_forget; i++)
		if (gv_digest_equal(&run->opts->forget[i], id))
			return true;
	return false;
}

static int
keep(struct gv_purge_part *part, const struct gv_withheld_entry *e)
{
	struct gv_withheld_entry *copy;
	char *path, *scope, *rule;
	int r = GV_GROW(part->old, part->n_old, part->cap_old);

	if (r < 0)
		return r;
	path = gv_arena_copy(&part->arena, e->path, e->path_len);
	scope = gv_arena_copy(&part->arena, e->scope, strlen(e->scope));
	rule =
	    gv_arena_copy(&part->arena, e->place.rule, strlen(e->place.rule));
	if (path == NULL || scope == NULL || rule == NULL)
		return GV_ENOMEM;
	copy = &part->old[part->n_old++];
	*copy = *e;
	copy->path = path;
	copy->scope = scope;
	copy->place.rule = rule;
	return gv_map_put(&part->lined, path, e->path_len, path);
}

static int
tell_held(struct gv_purge_run *run, const char *path)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (run->save)
		gv_buf_addstr(&why, "it may have the file, encrypted");
	else
		gv_buf_addf(&why,
		    "it may have the file, encrypted; to remove the snapshot: "
		    "git vault delete --no-trash %s",
		    run->rec->id);
	if ((r = gv_buf_check(&why)) == 0)
		gv_purge_tell(run,
		    &(struct gv_purge_note){ .kind = GV_PURGE_LEFT,
			.snapshot = run->rec->id,
			.path = path,
			.where = "meta",
			.why = why.p });
	gv_buf_release(&why);
	return r;
}

static int
take(struct gv_purge_run *run, struct gv_purge_part *part,
    const struct gv_withheld_entry *e)
{
	struct gv_purge_note note = { .kind = GV_PURGE_FORGOTTEN,
		.snapshot = run->rec->id,
		.path = e->path,
		.where = part->name,
		.places = 1 };

	if (part->is_meta && run->opts->n_paths && may_have_files(e->path) &&
	    tell_held(run, e->path) < 0)
		return GV_ENOMEM;
	if (gv_purge_path_has(run->opts, part, e->path)) {
		part->lost_lines = true;
		run->result->sealed++;
		return 0;
	}
	if (!is_forgotten(run, &e->place.id))
		return keep(part, e);
	part->lost_lines = true;
	run->result->forgotten++;
	gv_purge_tell(run, &note);
	return 0;
}

int
gv_purge_list_read(struct gv_purge_run *run, struct gv_purge_part *part)
{
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	unsigned mode;
	int r = part->list_name ? gv_tree_find(run->odb, &run->rec->meta,
				      part->list_name, &mode, &oid)
				: GV_ENOTFOUND;

	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0 &&
	    (r = gv_odb_read_type(run->odb, &obj, &oid, GV_OTYPE_BLOB)) == 0)
		r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = take(run, part, &e);
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}

/* A line that was there, moved by what left the file before it. */
static struct gv_withheld_entry
moved(const struct gv_purge_part *part, const struct gv_withheld_entry *old)
{
	size_t i = (size_t)(uintptr_t)gv_map_get(
	    &part->by_path, old->path, old->path_len);
	struct gv_withheld_entry e = *old;
	size_t k;

	for (k = 0; i && k < part->files[i - 1].n; k++) {
		const struct gv_purge_span *s = &part->files[i - 1].spans[k];

		if (s->at < old->place.at)
			e.place.at += s->entry.place.len - s->len;
	}
	return e;
}

int
gv_purge_list_write(
    struct gv_purge_run *run, struct gv_purge_part *part, struct gv_oid *out)
{
	struct gv_withheld list = GV_WITHHELD_INIT;
	struct gv_buf text = GV_BUF_INIT;
	size_t i, k;
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; r == 0 && i < part->n_old; i++) {
		struct gv_withheld_entry e = moved(part, &part->old[i]);

		r = gv_withheld_add(&list, &e);
	}
	for (i = 0; i < part->n_files && !run->opts->no_seal; i++)
		for (k = 0; r == 0 && k < part->files[i].n; k++)
			r = gv_withheld_add(
			    &list, &part->files[i].spans[k].entry);
	part->lines = list.n;
	if (r == 0 && list.n) {
		if ((r = gv_withheld_write(&text, &list)) == 0)
			r = gv_ledger_blob(&run->edit, out, text.p, text.len);
	}
	gv_withheld_release(&list);
	gv_buf_release(&text);
	return r;
}

void
gv_purge_part_release(struct gv_purge_part *part)
{
	size_t i;

	for (i = 0; i < part->n_files; i++)
		free(part->files[i].spans);
	free(part->files);
	free(part->chunks);
	free(part->old);
	free(part->pointers);
	gv_map_release(&part->by_path);
	gv_map_release(&part->lined);
	gv_arena_release(&part->arena);
}
