#include "git-vault/look/record_out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/manifest.h"
#include "record/record.h"
#include "record/record_nested.h"
#include "verify/verified.h"
#include "view/diff.h"

static void
put_list(struct gv_json *j, const char *key, char **list, size_t n)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < n; i++)
		gv_json_string(j, NULL, list[i]);
	gv_json_end(j);
}

static void
put_message(struct gv_json *j, const struct gv_record *rec)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, rec->subject);
	if (*rec->body)
		gv_buf_addf(&b, "\n\n%s", rec->body);
	gv_json_text(j, "message", b.p, b.len);
	gv_buf_release(&b);
}

static void
put_nested(struct gv_json *j, const struct gv_record *rec)
{
	struct gv_record_nested link;
	size_t i;

	gv_json_array(j, "nested");
	for (i = 0; i < rec->n_nested; i++) {
		if (gv_record_read_nested(&link, rec->nested[i]) < 0)
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", link.path, strlen(link.path));
		gv_json_string(j, "snapshot", link.id);
		gv_json_oid(j, "commit", &link.commit);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_record_out_json(struct gv_json *j, const struct gv_record *rec)
{
	gv_json_string(j, "id", rec->id);
	gv_json_time(j, "time", rec->time);
	gv_json_oid(j, "commit", &rec->commit);
	gv_json_oid(j, "base", &rec->base);
	gv_json_string(j, "branch", rec->branch);
	gv_json_string(j, "host", rec->host);
	if (rec->markless || rec->unmarked)
		gv_json_null(j, "tags");
	else
		put_list(j, "tags", rec->tags, rec->n_tags);
	if (rec->markless)
		gv_json_null(j, "pinned");
	else
		gv_json_bool(j, "pinned", rec->pinned);
	put_list(j, "environments", rec->environments, rec->n_environments);
	gv_json_string(j, "trigger", rec->trigger);
	gv_json_string(j, "subject", rec->subject);
	put_message(j, rec);
	gv_json_string(j, "author", rec->author);
	gv_json_string(j, "previous", rec->previous);
	gv_json_string(j, "only", rec->only);
	gv_json_string(j, "omits", rec->omits);
	gv_json_uint(j, "files", rec->files);
	gv_json_uint(j, "bytes", rec->bytes);
	gv_json_uint(j, "secrets", rec->secrets);
	gv_json_oid(j, "tree", &rec->tree);
	put_nested(j, rec);
}

void
gv_record_out_verified(struct gv_json *j, const struct gv_record *rec,
    const struct gv_verified *dates)
{
	int64_t time = gv_verified_get(dates, rec->id, &rec->commit);

	if (time)
		gv_json_time(j, "verified_time", time);
	else
		gv_json_null(j, "verified_time");
}

void
gv_record_out_message(struct gv_out *out, const struct gv_record *rec)
{
	const char *p = rec->body;
	size_t n;

	gv_out_printf(out, "\n    ");
	gv_out_text(out, rec->subject, strlen(rec->subject));
	gv_out_printf(out, "\n%s", *p ? "\n" : "");
	for (; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		gv_out_printf(out, n ? "    " : "");
		gv_out_text(out, p, n);
		gv_out_printf(out, "\n");
	}
}

static void
put_mode(struct gv_json *j, const char *key, unsigned mode)
{
	char text[16];

	snprintf(text, sizeof(text), "%06o", mode);
	gv_json_string(j, key, mode ? text : NULL);
}

static void
put_size(struct gv_json *j, const char *key, unsigned mode, uint64_t size)
{
	if (mode)
		gv_json_uint(j, key, size);
	else
		gv_json_null(j, key);
}

static void
put_owner(struct gv_json *j, const char *key, const struct gv_manifest_entry *e)
{
	struct gv_buf b = GV_BUF_INIT;

	if (e && e->user && e->group)
		gv_buf_addf(&b, "%s:%s", e->user, e->group);
	gv_json_string(j, key, b.len ? b.p : NULL);
	gv_buf_release(&b);
}

static void
put_metadata(struct gv_json *j, const struct gv_diff_change *c)
{
	static const struct {
		unsigned bit;
		const char *name;
	} fields[] = {
		{ GV_DIFF_MODE, "mode" },
		{ GV_DIFF_OWNER, "owner" },
		{ GV_DIFF_XATTRS, "xattrs" },
		{ GV_DIFF_DIR, "directory" },
		{ GV_DIFF_TYPE, "type" },
	};
	size_t i;

	gv_json_array(j, "metadata");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (c->meta & fields[i].bit)
			gv_json_string(j, NULL, fields[i].name);
	gv_json_end(j);
	if (!(c->meta & GV_DIFF_OWNER))
		return;
	put_owner(j, "old_owner", c->from);
	put_owner(j, "new_owner", c->to);
}

const char *
gv_record_out_word(char letter)
{
	switch (letter) {
	case 'A':
		return "added";
	case 'D':
		return "removed";
	case 'M':
		return "changed";
	case 'R':
		return "renamed";
	case 'C':
		return "copied";
	case 'T':
		return "type";
	case 'm':
		return "metadata";
	case 'X':
		return "unreadable";
	default:
		return "unchanged";
	}
}

void
gv_record_out_fields(
    struct gv_json *j, const struct gv_diff_change *c, bool sizes)
{
	gv_json_path(j, "path", c->path, c->path_len);
	gv_json_string(j, "change", gv_record_out_word(c->status));
	if (c->old_path) {
		gv_json_path(j, "old_path", c->old_path, c->old_path_len);
		gv_json_uint(j, "similarity", c->score);
	}
	put_mode(j, "old_mode", c->old_mode);
	put_mode(j, "new_mode", c->new_mode);
	if (c->status == 'm') {
		put_metadata(j, c);
	} else if (sizes) {
		put_size(j, "old_bytes", c->old_mode, c->old_size);
		put_size(j, "new_bytes", c->new_mode, c->new_size);
	}
}

void
gv_record_out_change(
    struct gv_json *j, const struct gv_diff_change *c, bool sizes)
{
	gv_json_object(j, NULL);
	gv_record_out_fields(j, c, sizes);
	gv_json_end(j);
}

void
gv_record_out_totals(struct gv_json *j, const struct gv_diff *d)
{
	gv_json_object(j, "totals");
	gv_json_uint(j, "added", d->added);
	gv_json_uint(j, "removed", d->removed);
	gv_json_uint(j, "changed", d->modified);
	gv_json_uint(j, "renamed", d->renamed);
	gv_json_uint(j, "metadata", d->metadata);
	gv_json_end(j);
}

static enum gv_out_slot
slot_of(char status)
{
	switch (status) {
	case 'A':
	case 'C':
		return GV_OUT_ADDED;
	case 'D':
		return GV_OUT_REMOVED;
	case 'm':
		return GV_OUT_DIM;
	default:
		return GV_OUT_CHANGED;
	}
}

void
gv_record_out_status(
    struct gv_out *out, const struct gv_diff_change *c, bool paint)
{
	if (paint)
		gv_out_paint(out, slot_of(c->status), "%c", c->status);
	else
		gv_out_printf(out, "%c", c->status);
	if (c->old_path) {
		gv_out_printf(out, "%03u\t", c->score);
		gv_out_path(out, c->old_path, c->old_path_len);
	}
	gv_out_printf(out, "\t");
	gv_out_path(out, c->path, c->path_len);
	gv_out_printf(out, "\n");
}

/* "came" or "went", with what it is. */
static void
put_kind(struct gv_out *out, const struct gv_diff_change *c)
{
	const struct gv_manifest_entry *e = c->to ? c->to : c->from;
	const char *verb = c->from && c->to ? "now" : c->to ? "new" : "gone";

	assert(e);
	if (c->from && c->to && c->from->type == GV_MANIFEST_SKIPPED &&
	    c->to->type == GV_MANIFEST_DIR) {
		gv_out_printf(out, " now, stored");
		return;
	}
	switch (e->type) {
	case GV_MANIFEST_DIR:
		gv_out_printf(out, " empty directory %s", verb);
		break;
	case GV_MANIFEST_SKIPPED:
		gv_out_printf(out, " %s, not stored: ", verb);
		gv_out_text(out, e->reason ? e->reason : "no reason",
		    e->reason ? strlen(e->reason) : 9);
		break;
	case GV_MANIFEST_REPO:
		gv_out_printf(out, " repository of its own %s", verb);
		break;
	case GV_MANIFEST_SPARSE:
		gv_out_printf(out, " now outside the sparse checkout");
		break;
	case GV_MANIFEST_FILE:
	case GV_MANIFEST_LINK:
	case GV_MANIFEST_GONE:
		gv_out_printf(out, " %s, stored", verb);
		break;
	}
}

void
gv_record_out_metadata(struct gv_out *out, const struct gv_diff_change *c)
{
	const char *comma = "";

	gv_out_path(out, c->path, c->path_len);
	gv_out_printf(out, ":");
	if (c->meta & (GV_DIFF_DIR | GV_DIFF_TYPE)) {
		put_kind(out, c);
		comma = ",";
	}
	if (c->meta & GV_DIFF_MODE) {
		gv_out_printf(out, "%s mode %04o -> %04o", comma, c->from->mode,
		    c->to->mode);
		comma = ",";
	}
	if (c->meta & GV_DIFF_OWNER) {
		gv_out_printf(out, "%s owner ", comma);
		gv_out_text(out, c->from->user, strlen(c->from->user));
		gv_out_printf(out, ":");
		gv_out_text(out, c->from->group, strlen(c->from->group));
		gv_out_printf(out, " -> ");
		gv_out_text(out, c->to->user, strlen(c->to->user));
		gv_out_printf(out, ":");
		gv_out_text(out, c->to->group, strlen(c->to->group));
		comma = ",";
	}
	if (c->meta & GV_DIFF_XATTRS)
		gv_out_printf(out, "%s extended attributes", comma);
	gv_out_printf(out, "\n");
}

void
gv_record_out_sum(struct gv_out *out, const struct gv_diff *d)
{
	const struct {
		size_t n;
		const char *word;
	} parts[] = {
		{ d->added, "added" },
		{ d->removed, "removed" },
		{ d->modified, "changed" },
		{ d->renamed, "renamed" },
		{ d->metadata, "in metadata only" },
	};
	const char *lead = "";
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].n == 0)
			continue;
		gv_out_printf(out, "%s%zu %s", lead, parts[i].n, parts[i].word);
		lead = ", ";
	}
	gv_out_printf(out, "%s\n", *lead ? "" : "no changes");
}

void
gv_record_out_without(struct gv_out *out, const struct gv_record *rec)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_record_say_omits(&text, rec);
	if (text.len && gv_buf_check(&text) == 0)
		gv_out_printf(out, "Without: %s\n", text.p);
	gv_buf_release(&text);
}

void
gv_record_out_tell_without(struct gv_ctx *ctx, const struct gv_record *rec)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_record_say_omits(&text, rec);
	if (text.len && gv_buf_check(&text) == 0 && ctx->json == NULL)
		gv_out_say(ctx->out,
		    "snapshot %s is without its base: it does not store %s",
		    rec->id, text.p);
	gv_buf_release(&text);
}
