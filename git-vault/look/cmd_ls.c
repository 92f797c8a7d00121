#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/look/record_out.h"
#include "record/manifest.h"
#include "view/listing.h"

struct ls_opts {
	bool is_long, deep;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'l',
	    .name = "long",
	    .at = offsetof(struct ls_opts, is_long),
	    .help = "show mode, owner, size and time" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'R',
	    .name = "recursive",
	    .at = offsetof(struct ls_opts, deep),
	    .help = "list subdirectories, too" },
	GV_OPT_LAST
};

static const struct gv_out_column columns[] = {
	{ .head = "MODE" },
	{ .head = "OWNER", .extra = 1 },
	{ .head = "SIZE", .right = true },
	{ .head = "MODIFIED" },
	{ .head = "NAME" },
	{ .head = "NOTE", .cut = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const kinds[] = {
	[GV_LISTING_FILE] = "file",
	[GV_LISTING_DIR] = "directory",
	[GV_LISTING_LINK] = "link",
	[GV_LISTING_REPO] = "repository",
	[GV_LISTING_SPARSE] = "sparse",
	[GV_LISTING_SKIPPED] = "skipped",
};

/* What is to be said of an entry beside its name; nothing of most. */
static bool
has_size(const struct gv_listing_entry *e)
{
	return !gv_oid_is_zero(&e->oid) && e->values == 0 &&
	    (S_ISREG(e->mode) || S_ISLNK(e->mode));
}

static void
add_note(struct gv_buf *out, const struct gv_listing_entry *e)
{
	char hex[GV_OID_HEX + 1];

	if (e->target)
		gv_buf_addf(out, "-> %s", e->target);
	else if (e->precious)
		gv_buf_addf(out, "ignored, saved: %s", e->precious);
	else if (e->kind == GV_LISTING_REPO) {
		gv_oid_format(hex, &e->oid);
		if (gv_oid_is_zero(&e->oid))
			gv_buf_addstr(out, "repository without a commit");
		else
			gv_buf_addf(out, "repository at %.10s", hex);
		if (e->linked)
			gv_buf_addf(out, ", its snapshot %s", e->linked);
	} else if (e->kind == GV_LISTING_SPARSE)
		gv_buf_addstr(out, "not checked out");
	else if (e->kind == GV_LISTING_SKIPPED)
		gv_buf_addf(out, "not stored: %s",
		    e->meta && e->meta->reason ? e->meta->reason : "no reason");
	else if (e->kind == GV_LISTING_FILE && e->meta && e->meta->reason)
		gv_buf_addstr(out, e->meta->reason);
	else if (e->values)
		gv_buf_addf(out, "%" PRIu64 " secret%s encrypted", e->values,
		    e->values == 1 ? "" : "s");
}

static void
add_name(struct gv_buf *out, const struct gv_listing_entry *e)
{
	gv_buf_add(out, e->path, e->path_len);
	if (e->kind == GV_LISTING_DIR)
		gv_buf_addch(out, '/');
}

static enum gv_out_slot
slot_of(const struct gv_listing_entry *e)
{
	if (e->precious)
		return GV_OUT_TAG;
	return e->kind == GV_LISTING_DIR    ? GV_OUT_HEAD
	    : e->kind == GV_LISTING_SKIPPED ? GV_OUT_REMOVED
	    : e->kind == GV_LISTING_SPARSE  ? GV_OUT_DIM
					    : GV_OUT_PLAIN;
}

/* As ls(1) prints it. */
static void
mode_text(char out[11], const struct gv_listing_entry *e)
{
	static const char bits[] = "rwxrwxrwx";
	unsigned m = e->kind == GV_LISTING_LINK ? 0777 : e->mode;
	int i;

	out[0] = e->kind == GV_LISTING_DIR  ? 'd'
	    : e->kind == GV_LISTING_LINK    ? 'l'
	    : e->kind == GV_LISTING_REPO    ? 'g'
	    : e->kind == GV_LISTING_SKIPPED ? '?'
					    : '-';
	for (i = 0; i < 9; i++)
		out[1 + i] = m >> (8 - i) & 1 ? bits[i] : '-';
	if (m & 04000)
		out[3] = m & 0100 ? 's' : 'S';
	if (m & 02000)
		out[6] = m & 010 ? 's' : 'S';
	if (m & 01000)
		out[9] = m & 1 ? 't' : 'T';
	out[10] = '\0';
}

static bool
has_notes(const struct gv_listing *list)
{
	struct gv_buf note = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < list->n && note.len == 0; i++)
		add_note(&note, &list->entries[i]);
	i = note.len;
	gv_buf_release(&note);
	return i > 0;
}

/* With `notes` there is a column for them. */
static void
print_row(struct gv_out *out, const struct gv_listing_entry *e, bool notes)
{
	const struct gv_manifest_entry *meta = e->meta;
	struct gv_buf name = GV_BUF_INIT, note = GV_BUF_INIT;
	char mode[11], size[GV_OUT_SIZE_MAX] = "-", when[GV_TIME_MAX] = "-";

	mode_text(mode, e);
	if (has_size(e))
		gv_out_size(size, e->size);
	if (meta && meta->type != GV_MANIFEST_SPARSE)
		gv_time_rfc3339(when, meta->mtime_s);
	add_name(&name, e);
	add_note(&note, e);
	gv_out_cell_text(out, GV_OUT_PLAIN, mode);
	gv_out_cell(out, GV_OUT_PLAIN, "%s%s%s",
	    meta && meta->user ? meta->user : "-",
	    meta && meta->group ? ":" : "",
	    meta && meta->group ? meta->group : "");
	gv_out_cell_text(out, GV_OUT_PLAIN, size);
	gv_out_cell_text(out, GV_OUT_DIM, when);
	gv_out_cell_path(out, slot_of(e), name.p, name.len);
	if (notes)
		gv_out_cell_buf(out, GV_OUT_DIM, &note);
	gv_buf_release(&name);
	gv_buf_release(&note);
}

static void
print_line(struct gv_out *out, const struct gv_listing_entry *e)
{
	struct gv_buf name = GV_BUF_INIT, note = GV_BUF_INIT;

	add_name(&name, e);
	add_note(&note, e);
	gv_out_path(out, name.p, name.len);
	if (note.len) {
		gv_out_printf(out, "  (");
		gv_out_text(out, note.p, note.len);
		gv_out_printf(out, ")");
	}
	gv_out_printf(out, "\n");
	gv_buf_release(&name);
	gv_buf_release(&note);
}

static void
put_metadata(struct gv_json *j, const struct gv_manifest_entry *meta)
{
	gv_json_string(j, "user", meta ? meta->user : NULL);
	gv_json_string(j, "group", meta ? meta->group : NULL);
	if (meta) {
		gv_json_time(j, "mtime", meta->mtime_s);
		gv_json_uint(j, "mtime_ns", meta->mtime_ns);
	} else {
		gv_json_null(j, "mtime");
		gv_json_null(j, "mtime_ns");
	}
	gv_json_bool(j, "xattrs", meta && meta->xattrs);
	gv_json_string(j, "reason", meta ? meta->reason : NULL);
}

static void
print_entry(struct gv_json *j, const struct gv_listing_entry *e, bool unread)
{
	char mode[16];

	snprintf(mode, sizeof(mode), "%06o", e->mode);
	gv_json_object(j, NULL);
	gv_json_path(j, "path", e->path, e->path_len);
	gv_json_string(j, "type", kinds[e->kind]);
	gv_json_string(j, "mode", e->mode ? mode : NULL);
	gv_json_oid(j, "object", &e->oid);
	if (has_size(e))
		gv_json_uint(j, "bytes", e->size);
	else
		gv_json_null(j, "bytes");
	if (e->target)
		gv_json_path(j, "target", e->target, strlen(e->target));
	if (unread)
		gv_json_null(j, "secrets");
	else
		gv_json_uint(j, "secrets", e->values);
	gv_json_string(j, "precious", e->precious);
	if (e->kind == GV_LISTING_REPO)
		gv_json_string(j, "snapshot", e->linked);
	put_metadata(j, e->meta);
	gv_json_end(j);
}

static void
print(struct gv_ctx *ctx, const struct gv_place *place,
    const struct gv_listing *list)
{
	const struct ls_opts *o = ctx->opts;
	struct gv_json *j = ctx->json;
	bool notes = has_notes(list);
	size_t i;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "snapshot", place->rec.id);
		gv_json_path(j, "path", place->path.p, place->path.len);
		gv_json_array(j, "entries");
	} else if (o->is_long) {
		gv_out_columns(ctx->out, columns, N_COLUMNS - !notes);
	}
	for (i = 0; i < list->n && !gv_out_stopped(ctx->out); i++) {
		if (j)
			print_entry(j, &list->entries[i], list->unread);
		else if (o->is_long)
			print_row(ctx->out, &list->entries[i], notes);
		else
			print_line(ctx->out, &list->entries[i]);
	}
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	} else if (o->is_long) {
		gv_out_columns_end(ctx->out);
	}
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct ls_opts *o = ctx->opts;
	struct gv_place place = GV_PLACE_INIT;
	struct gv_listing list = { 0 };
	unsigned flags = 0;
	int r = gv_place_open(
	    &place, ctx, argc ? argv[0] : "latest", argc > 1 ? argv[1] : NULL);

	if (o->deep)
		flags |= GV_LISTING_DEEP;
	if (o->is_long || ctx->json)
		flags |= GV_LISTING_SIZES;
	if (r < 0)
		goto out;
	r = gv_listing_load(&list, ctx->repo, &place.rec, place.path.p, flags);
	if (r < 0)
		goto out;
	print(ctx, &place, &list);
	gv_record_out_tell_without(ctx, &place.rec);
	/* what was asked for is all there */
	if (list.unread)
		gv_out_warn(ctx->out,
		    "cannot tell which secrets snapshot %s encrypts, so sizes "
		    "may be those of the redacted files: %s; 'git vault "
		    "repair' may recover the list",
		    place.rec.id, list.unread);
out:
	gv_listing_release(&list);
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_ls = {
	.name = "ls",
	.summary = "list a directory in a snapshot",
	.usage = "[-l] [-R] [SNAP[:PATH]]\n[-l] [-R] SNAP PATH",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_LINE,
	.opts = opts,
	.opts_size = sizeof(struct ls_opts),
	.max_args = 2,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
