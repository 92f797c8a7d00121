#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_find.h"
#include "audit/audit_proof.h"
#include "base/csv.h"
#include "base/err.h"
#include "evidence/evidence_internal.h"

#define SPACES GV_AUDIT_SPACE "," GV_EVIDENCE_SPACE

/* Whether the control needs events of this kind. */
static bool
is_wanted(const struct gv_evidence_run *run, const struct gv_audit_event_at *at)
{
	const struct gv_audit_entry *e = &at->entry;
	const char *kinds = run->opts->control->kinds, *hit;
	const size_t len = strlen(e->what);

	if (e->time < run->opts->from || e->time > run->opts->to)
		return false;
	for (hit = strstr(kinds, e->what); hit; hit = strstr(hit + 1, e->what))
		if (hit[-1] == ' ' && hit[len] == ' ')
			return true;
	return false;
}

static void
add_row(struct gv_buf *out, const struct gv_audit_event_at *at)
{
	const struct gv_audit_entry *e = &at->entry;
	char event[GV_OID_HEX + 1], parent[GV_OID_HEX + 1] = "";
	char time[GV_TIME_MAX], number[24], key[GV_KEYRING_PRINT] = "";

	gv_oid_format(event, &e->commit);
	if (!gv_oid_is_zero(&e->parent))
		gv_oid_format(parent, &e->parent);
	gv_time_rfc3339(time, e->time);
	(void)snprintf(number, sizeof(number), "%" PRIu64, e->number);
	if (e->is_signed)
		gv_audit_signers_print(key, e->key);
	{
		const char *const cells[] = { event, at->host, number, parent,
			time, e->what, e->actor, e->user, e->pipeline,
			e->scopes, e->snapshot, e->target, e->result, e->reason,
			key, at->signer ? at->signer->name : NULL };

		gv_csv_add_row(out, cells, sizeof(cells) / sizeof(*cells));
	}
}

/* The bytes of the event, and its signature beside it. */
static int
add_event(struct gv_evidence_run *run, const struct gv_audit_entry *e)
{
	struct gv_buf bytes = GV_BUF_INIT, sig = GV_BUF_INIT,
		      name = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, &e->commit);
	gv_buf_addf(&name, "events/%s", hex);
	if ((r = gv_buf_check(&name)) < 0 ||
	    (r = gv_audit_proof_load(&bytes, &sig, run->repo, &e->commit)) <
		0 ||
	    (r = gv_evidence_add(run, name.p, &bytes)) < 0)
		goto out;
	if (sig.len == 0) {
		run->done->is_unsigned++;
		goto out;
	}
	gv_buf_addstr(&name, ".sig");
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_evidence_add(run, name.p, &sig);
out:
	gv_buf_release(&bytes);
	gv_buf_release(&sig);
	gv_buf_release(&name);
	return r;
}

/* Those whom the keyring knows, or once knew, by name. */
static int
add_signers(struct gv_evidence_run *run, const struct gv_audit_signers *all)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->n; i++)
		if (all->all[i].name)
			r = gv_audit_proof_signer(
			    &text, all->all[i].name, SPACES, all->all[i].key);
	if (r == 0)
		r = gv_evidence_add(run, "signers", &text);
	gv_buf_release(&text);
	return r;
}

int
gv_evidence_proof(struct gv_evidence_run *run)
{
	const struct gv_audit_find_opts all = { .limit = -1 };
	struct gv_audit_found found;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = gv_audit_find(&found, run->repo, &all);

	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	gv_buf_addstr(&text,
	    "event,host,number,previous,time,kind,actor,user,pipeline,scopes,"
	    "snapshot,target,result,reason,key,signed_by\r\n");
	r = 0;
	for (i = found.n; r == 0 && i-- > 0;) {
		const struct gv_audit_event_at *at = &found.events[i];

		if (!is_wanted(run, at))
			continue;
		add_row(&text, at);
		run->done->events++;
		run->done->unknown += at->entry.is_signed &&
		    (at->signer == NULL || at->signer->name == NULL);
		r = add_event(run, &at->entry);
	}
	run->done->damaged += found.damaged.len > 0;
	if (r == 0 && (r = gv_evidence_add(run, "events.csv", &text)) == 0)
		r = add_signers(run, &found.signers);
	gv_audit_found_release(&found);
	gv_buf_release(&text);
	return r;
}
