#include "git-vault/secret/event_out.h"

#include <inttypes.h>
#include <string.h>

#include "access/access_judge.h"
#include "audit/audit_signers.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/chain_out.h"
#include "vault/author.h"

#define ABBREV 10 /* digits of a commit's id */

/* ---- text ---- */

void
gv_event_out_signer(struct gv_buf *out, const struct gv_audit_event_at *event)
{
	const struct gv_audit_signer *s = event->signer;

	if (!event->entry.is_signed)
		gv_buf_addch(out, '-');
	else if (event->is_elsewhere)
		gv_buf_addstr(out,
		    event->entry.keyring ? "of another vault"
					 : "names no vault");
	else if (s == NULL)
		gv_buf_addstr(out, "unknown");
	else if (s->name == NULL)
		gv_buf_addstr(out, "this host");
	else
		gv_buf_addf(out, "%s%s", s->name,
		    s->who != GV_AUDIT_WHO_FORMER      ? ""
			: event->entry.time > s->until ? ", removed before"
						       : ", once");
}

/* What it was about, in one word or two. */
static void
add_objects(
    struct gv_buf *out, const struct gv_out *to, const struct gv_audit_entry *e)
{
	char count[GV_OUT_SIZE_MAX];
	const char *keys;

	/* files of configuration, without their keys */
	if (e->target && e->n_ids == 0 && e->scopes &&
	    strcmp(e->scopes, GV_ACCESS_SCOPE) == 0) {
		keys = strstr(e->target, " (");
		gv_buf_add(out, e->target,
		    keys ? (size_t)(keys - e->target) : strlen(e->target));
		return;
	}
	if (e->snapshot)
		gv_buf_addstr(out, gv_out_short_id(to, e->snapshot));
	if (e->n_snapshots == 1)
		gv_buf_addf(out, "%s%s", out->len ? ", " : "",
		    gv_out_short_id(to, e->snapshots));
	if (e->n_snapshots > 1) {
		gv_out_count(count, e->n_snapshots, "snapshot");
		gv_buf_addf(out, "%s%s", out->len ? ", " : "", count);
	}
	if (e->n_ids) {
		gv_out_count(count, e->n_ids, "id");
		gv_buf_addf(out, "%s%s", out->len ? ", " : "", count);
	}
	if (e->scopes)
		gv_buf_addf(out, "%s%s", out->len ? " of " : "", e->scopes);
	if (out->len == 0)
		gv_buf_addch(out, '-');
}

static void
print_row(struct gv_out *out, const struct gv_audit_event_at *event)
{
	const struct gv_audit_entry *e = &event->entry;
	struct gv_buf objects = GV_BUF_INIT, signer = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1], when[GV_TIME_MAX];

	gv_oid_format(hex, &e->commit);
	hex[ABBREV] = '\0';
	gv_time_rfc3339(when, e->time);
	add_objects(&objects, out, e);
	gv_event_out_signer(&signer, event);
	gv_out_cell_id(out, GV_OUT_ID, hex);
	if (gv_out_is_fitted(out)) /* 2026-03-01T10:00 */
		gv_out_cell(out, GV_OUT_DIM, "%.16s", when);
	else
		gv_out_cell_text(out, GV_OUT_DIM, when);
	gv_out_cell_text(out, GV_OUT_PLAIN, event->host);
	gv_out_cell_text(out, GV_OUT_TAG, e->what);
	if (gv_out_is_fitted(out)) /* without the address */
		gv_out_cell(out, GV_OUT_PLAIN, "%.*s",
		    (int)gv_author_name_len(e->actor), e->actor);
	else
		gv_out_cell_text(out, GV_OUT_PLAIN, e->actor);
	gv_out_cell_buf(out, GV_OUT_PLAIN, &signer);
	gv_out_cell_buf(out, GV_OUT_PLAIN, &objects);
	gv_out_cell_text(out, GV_OUT_PLAIN, e->result ? e->result : "-");
	gv_out_cell_text(out, GV_OUT_PLAIN, e->reason ? e->reason : "");
	gv_buf_release(&objects);
	gv_buf_release(&signer);
}

void
gv_event_out_list(struct gv_ctx *ctx, const struct gv_audit_found *found)
{
	static const struct gv_out_column columns[] = { { .head = "ID",
							    .whole = true },
		{ .head = "TIME", .whole = true },
		{ .head = "HOST", .extra = 3 },
		{ .head = "EVENT", .whole = true }, { .head = "WHO" },
		{ .head = "SIGNED BY", .extra = 2 }, { .head = "WHAT" },
		{ .head = "RESULT", .extra = 1 },
		{ .head = "REASON", .wrap = true } };
	size_t i;

	gv_out_columns(ctx->out, columns, 9);
	for (i = 0; i < found->n && !gv_out_stopped(ctx->out); i++)
		print_row(ctx->out, &found->events[i]);
	gv_out_columns_end(ctx->out);
	if (found->n == 0)
		gv_out_say(ctx->out, "no events found");
}

static void
print_line(struct gv_out *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	gv_out_printf(out, "%-9s ", name);
	gv_out_text(out, text, strlen(text));
	gv_out_printf(out, "\n");
}

static void
print_words(struct gv_out *out, const char *name, const char *list, uint64_t n)
{
	const char *p;
	uint64_t listed = 0;
	size_t len;

	for (p = list; p && *p; p += len + (p[len] == ' '), listed++) {
		len = strcspn(p, " ");
		gv_out_printf(out, "%-9s ", listed ? "" : name);
		gv_out_text(out, p, len);
		gv_out_printf(out, "\n");
	}
	if (listed < n)
		gv_out_printf(
		    out, "%-9s and %" PRIu64 " more\n", "", n - listed);
}

void
gv_event_out_show(struct gv_out *out, const struct gv_audit_event_at *event)
{
	const struct gv_audit_entry *e = &event->entry;
	struct gv_buf signer = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1], when[GV_TIME_MAX], print[GV_KEYRING_PRINT];

	gv_oid_format(hex, &e->commit);
	gv_time_rfc3339(when, e->time);
	gv_out_printf(out, "event     ");
	gv_out_paint(out, GV_OUT_ID, "%s", hex);
	gv_out_printf(out, "\n");
	print_line(out, "kind", e->what);
	print_line(out, "host", event->host);
	if (e->number)
		gv_out_printf(out, "number    %" PRIu64 "\n", e->number);
	gv_out_printf(out, "time      %s\n", when);
	if (e->told) {
		gv_time_rfc3339(when, e->told);
		gv_out_printf(out, "recorded  %s\n", when);
	}
	print_line(out, "actor", e->actor);
	print_line(out, "user", e->user);
	print_line(out, "pipeline", e->pipeline);
	print_line(out, "snapshot", e->snapshot);
	print_words(out, "snapshots", e->snapshots, e->n_snapshots);
	print_words(out, "ids", e->ids, e->n_ids);
	print_line(out, "scopes", e->scopes);
	print_line(out, "target", e->target);
	print_line(out, "result", e->result);
	print_line(out, "reason", e->reason);
	if (e->is_signed)
		gv_audit_signers_print(print, e->key);
	print_line(out, "key", e->is_signed ? print : "none: it is not signed");
	gv_event_out_signer(&signer, event);
	print_line(out, "signer", e->is_signed ? signer.p : NULL);
	gv_buf_release(&signer);
}

/* ---- JSON ---- */

static void
add_words(struct gv_json *j, const char *key, const char *list)
{
	size_t len;

	gv_json_array(j, key);
	for (; list && *list; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		gv_json_text(j, NULL, list, len);
	}
	gv_json_end(j);
}

void
gv_event_out_json(struct gv_json *j, const struct gv_audit_event_at *event)
{
	const struct gv_audit_entry *e = &event->entry;
	char print[GV_KEYRING_PRINT];

	gv_json_object(j, NULL);
	gv_json_oid(j, "event", &e->commit);
	gv_json_string(j, "host", event->host);
	if (e->number)
		gv_json_uint(j, "number", e->number);
	else
		gv_json_null(j, "number");
	gv_json_time(j, "time", e->time);
	if (e->told)
		gv_json_time(j, "stored_time", e->told);
	else
		gv_json_null(j, "stored_time");
	gv_json_string(j, "kind", e->what);
	gv_json_string(j, "actor", e->actor);
	gv_json_string(j, "user", e->user);
	gv_json_string(j, "pipeline", e->pipeline);
	add_words(j, "scopes", e->scopes);
	gv_json_string(j, "snapshot", e->snapshot);
	add_words(j, "snapshots", e->snapshots);
	gv_json_uint(j, "snapshots_total", e->n_snapshots);
	add_words(j, "ids", e->ids);
	gv_json_uint(j, "ids_total", e->n_ids);
	gv_json_string(j, "target", e->target);
	gv_json_string(j, "result", e->result);
	gv_json_string(j, "reason", e->reason);
	if (e->is_signed)
		gv_audit_signers_print(print, e->key);
	gv_json_string(j, "fingerprint", e->is_signed ? print : NULL);
	gv_json_string(j, "signer", event->signer ? event->signer->name : NULL);
	gv_json_string(j, "signer_is",
	    e->is_signed ? gv_chain_out_who(event->signer) : NULL);
	gv_json_end(j);
}

int
gv_event_out_damaged(
    struct gv_ctx *ctx, struct gv_json *j, const struct gv_audit_found *found)
{
	const char *line = found->damaged.p, *nl;

	if (j)
		gv_json_array(j, "damaged");
	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		gv_out_warn(ctx->out,
		    "%.*s; earlier events are left out; for details: git vault "
		    "audit verify",
		    (int)(nl - line), line);
		if (j)
			gv_json_text(j, NULL, line, (size_t)(nl - line));
	}
	if (j)
		gv_json_end(j);
	if (found->signers.why)
		gv_out_warn(ctx->out,
		    "the keyring is not trusted, so the signer is unknown: %s",
		    found->signers.why);
	if (found->unsure)
		gv_out_warn(ctx->out,
		    "events that have more ids than they list may concern it, "
		    "too: %" PRIu64,
		    found->unsure);
	return found->damaged.len ? 3 : 0;
}
