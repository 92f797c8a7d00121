#include <inttypes.h>
#include <string.h>

#include "audit/audit_signers.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/enc.h"
#include "base/time.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/event_out.h"

/* What both have of an event as text. */
struct text {
	char event[GV_OID_HEX + 1], time[GV_TIME_MAX], told[GV_TIME_MAX];
	char number[GV_ENC_DECIMAL_MAX], ids[GV_ENC_DECIMAL_MAX];
	char snapshots[GV_ENC_DECIMAL_MAX], key[GV_KEYRING_PRINT];
	struct gv_buf signer; /* "" where nobody signed */
};

/* The caller releases what is in it. */
static void
describe(struct text *t, const struct gv_audit_event_at *event)
{
	const struct gv_audit_entry *e = &event->entry;

	*t = (struct text){ .signer = GV_BUF_INIT };
	gv_oid_format(t->event, &e->commit);
	gv_time_rfc3339(t->time, e->time);
	if (e->told)
		gv_time_rfc3339(t->told, e->told);
	if (e->number)
		gv_enc_decimal(t->number, e->number);
	gv_enc_decimal(t->ids, e->n_ids);
	gv_enc_decimal(t->snapshots, e->n_snapshots);
	if (e->is_signed)
		gv_audit_signers_print(t->key, e->key);
	if (e->is_signed)
		gv_event_out_signer(&t->signer, event);
}

/* ---- CSV ---- */

void
gv_event_export_csv(struct gv_out *out, const struct gv_audit_found *found)
{
	struct gv_buf line = GV_BUF_INIT;
	struct text t;
	size_t i;

	gv_out_printf(out,
	    "event,host,number,time,told,kind,actor,user,pipeline,scopes,"
	    "snapshot,snapshots,snapshots_total,ids,ids_total,target,result,"
	    "reason,key,signer\r\n");
	for (i = found->n; i-- > 0 && !gv_out_stopped(out);) {
		const struct gv_audit_entry *e = &found->events[i].entry;

		describe(&t, &found->events[i]);
		const char *const cells[] = { t.event, found->events[i].host,
			t.number, t.time, t.told, e->what, e->actor, e->user,
			e->pipeline, e->scopes, e->snapshot, e->snapshots,
			t.snapshots, e->ids, t.ids, e->target, e->result,
			e->reason, t.key, t.signer.p };

		gv_buf_reset(&line);
		gv_csv_add_row(&line, cells, sizeof(cells) / sizeof(cells[0]));
		gv_out_write(out, line.p, line.len);
		gv_buf_release(&t.signer);
	}
	gv_buf_release(&line);
}

/* ---- the Common Event Format ---- */

/* How bad it would be if it was not meant to be, from 0 to 10. */
static const struct {
	const char *kind, *name, *severity;
} kinds[] = {
	{ GV_AUDIT_UNSEAL, "Secrets written into restored files", "5" },
	{ GV_AUDIT_REVEAL, "Secret shown", "6" },
	{ GV_AUDIT_EXPORT, "Secrets exported", "7" },
	{ GV_AUDIT_IMPORT, "Secrets imported", "4" },
	{ GV_AUDIT_ROTATE, "Secret rotated", "3" },
	{ GV_AUDIT_REVOKE, "Secret revoked", "4" },
	{ GV_AUDIT_PURGE, "Secrets purged from history", "8" },
	{ GV_AUDIT_MIGRATE, "Secrets moved to another store", "5" },
	{ GV_AUDIT_RESEAL, "Secrets encrypted again for their readers", "5" },
	{ GV_AUDIT_KEY_ADD, "Recipient added to the keyring", "8" },
	{ GV_AUDIT_KEY_REMOVE, "Recipient removed from the keyring", "8" },
	{ GV_AUDIT_KEY_ROTATE, "Key replaced", "7" },
	{ GV_AUDIT_KEY_ADOPT, "Keyring of another clone adopted", "8" },
	{ GV_AUDIT_KEY_SIGNER, "Signing key of a recipient made known", "6" },
	{ GV_AUDIT_ESCROW, "Escrow key added to the keyring", "8" },
	{ GV_AUDIT_RECOVER, "Escrow key recovered into a file", "9" },
	{ GV_AUDIT_RESTORE, "Files restored", "5" },
	{ GV_AUDIT_ROLLBACK, "Environment rolled back", "7" },
	{ GV_AUDIT_APPROVE, "Rollback of an environment approved", "6" },
	{ GV_AUDIT_PLAN_APPROVE, "Run of a recovery plan approved", "6" },
	{ GV_AUDIT_DELETE_APPROVE, "Deletion of snapshots approved", "6" },
	{ GV_AUDIT_PRUNE_APPROVE, "Prune of snapshots approved", "6" },
	{ GV_AUDIT_APPROVAL_USE, "Approval used up", "5" },
	{ GV_AUDIT_PLAN, "Recovery plan run", "7" },
	{ GV_AUDIT_POLICY, "Policy accepted", "8" },
	{ GV_AUDIT_PRUNE, "Snapshots dropped by retention", "4" },
	{ GV_AUDIT_PRUNE_VALUES, "Encrypted secrets that nothing needs deleted",
	    "5" },
	{ GV_AUDIT_DELETE, "Snapshots deleted", "7" },
	{ GV_AUDIT_UNDELETE, "Deleted snapshots brought back", "5" },
	{ GV_AUDIT_REPAIR, "Repository repaired", "6" },
	{ GV_AUDIT_REPARENT, "Snapshots let go of history", "6" },
	{ GV_AUDIT_GOOD_MARK, "State of an environment marked good", "4" },
	{ GV_AUDIT_GOOD_PROMOTE, "Candidate promoted by its checks", "4" },
	{ GV_AUDIT_GOOD_REVOKE, "Known-good record revoked", "6" },
	{ "hooks-install", "Hooks installed", "6" },
	{ "hooks-uninstall", "Hooks removed", "7" },
	{ "state-lock", "State lock taken over", "6" },
	{ "state-unlock", "State lock broken", "6" },
	{ "state-restore", "Infrastructure state given out", "6" },
	{ "state-diff", "Infrastructure states compared in clear", "5" },
};

/* In the head a bar ends a field, behind it a '=' a key. */
static void
add_escaped(struct gv_buf *out, const char *text, char special)
{
	for (; *text; text++) {
		if (*text == '\n' || *text == '\r') {
			gv_buf_addstr(out, *text == '\n' ? "\\n" : "\\r");
			continue;
		}
		if (*text == '\\' || *text == special)
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, *text);
	}
}

static void
add_head(struct gv_buf *out, const struct gv_audit_entry *e)
{
	const char *name = e->what, *severity = "5";
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, e->what) == 0) {
			name = kinds[i].name;
			severity = kinds[i].severity;
		}
	gv_buf_addstr(out, "CEF:0|git-vault|git-vault|" PACKAGE_VERSION "|");
	add_escaped(out, e->what, '|');
	gv_buf_addch(out, '|');
	add_escaped(out, name, '|');
	gv_buf_addf(out, "|%s|rt=%" PRId64 "000", severity, e->time);
}

/* Keys of its dictionary where it has one that fits, else its six texts with
 * labels. */
static void
add_extension(struct gv_buf *out, const struct gv_audit_event_at *event,
    const struct text *t)
{
	const struct gv_audit_entry *e = &event->entry;
	const struct {
		const char *key, *label, *text;
	} fields[] = { { "externalId", NULL, t->event },
		{ "shost", NULL, event->host }, { "act", NULL, e->what },
		{ "suser", NULL, e->actor }, { "suid", NULL, e->user },
		{ "outcome", NULL, e->result }, { "reason", NULL, e->reason },
		{ "filePath", NULL, e->target }, { "cs1", "scopes", e->scopes },
		{ "cs2", "snapshot", e->snapshot },
		{ "cs3", "snapshots", e->snapshots }, { "cs4", "ids", e->ids },
		{ "cs5", "pipeline", e->pipeline }, { "cs6", "key", t->key },
		{ "cn1", "number", t->number }, { "cn2", "ids", t->ids },
		{ "cn3", "snapshots", t->snapshots },
		{ "flexString1", "signer", t->signer.p } };
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].text == NULL || *fields[i].text == '\0')
			continue;
		if (fields[i].label)
			gv_buf_addf(
			    out, " %sLabel=%s", fields[i].key, fields[i].label);
		gv_buf_addf(out, " %s=", fields[i].key);
		add_escaped(out, fields[i].text, '=');
	}
}

void
gv_event_export_cef(struct gv_out *out, const struct gv_audit_found *found)
{
	struct gv_buf line = GV_BUF_INIT;
	struct text t;
	size_t i;

	for (i = found->n; i-- > 0 && !gv_out_stopped(out);) {
		describe(&t, &found->events[i]);
		gv_buf_reset(&line);
		add_head(&line, &found->events[i].entry);
		add_extension(&line, &found->events[i], &t);
		gv_buf_addch(&line, '\n');
		gv_out_write(out, line.p, line.len);
		gv_buf_release(&t.signer);
	}
	gv_buf_release(&line);
}
