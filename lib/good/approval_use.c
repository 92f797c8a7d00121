#include "good/approval_use.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/audit_find.h"
#include "base/err.h"

/* A use only takes away, so that of any known signer counts, a former member's
 * and that of a chain with faults too. */

static int
take_ids(struct gv_approval_uses *u, const struct gv_audit_event_at *at)
{
	const char *ids = at->entry.ids ? at->entry.ids : "";
	const char *target = at->entry.target ? at->entry.target : "a run";
	struct gv_buf text = GV_BUF_INIT;
	char *says = NULL, *id;
	size_t n;
	int r;

	gv_buf_addf(&text, "%s used it for %s, and one approval is for one use",
	    at->signer->name ? at->signer->name : at->host, target);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (says = gv_arena_copy(&u->arena, text.p, text.len)) == NULL)
		r = gv_err_nomem();
	for (; r == 0 && *ids; ids += n + (ids[n] == ' ')) {
		n = strcspn(ids, " ");
		if ((id = gv_arena_copy(&u->arena, ids, n)) == NULL)
			r = gv_err_nomem();
		else
			r = gv_map_put(&u->by, id, n, says);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_approval_uses_load(
    struct gv_approval_uses *out, struct gv_repo *repo, const char *env)
{
	const struct gv_audit_find_opts wanted = {
		.kind = GV_AUDIT_APPROVAL_USE, .scope = env, .limit = -1
	};
	struct gv_audit_found found;
	size_t i;
	int r;

	*out = (struct gv_approval_uses){ .by = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
	if ((r = gv_audit_find(&found, repo, &wanted)) < 0)
		return r;
	for (i = 0; r == 0 && i < found.n; i++)
		if (found.events[i].signer && !found.events[i].is_elsewhere)
			r = take_ids(out, &found.events[i]);
	gv_audit_found_release(&found);
	return r;
}

const char *
gv_approval_uses_get(
    const struct gv_approval_uses *uses, const struct gv_oid *event)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, event);
	return gv_map_get(&uses->by, hex, GV_OID_HEX);
}

void
gv_approval_uses_release(struct gv_approval_uses *uses)
{
	gv_map_release(&uses->by);
	gv_arena_release(&uses->arena);
}
