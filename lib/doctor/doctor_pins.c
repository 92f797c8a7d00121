#include <string.h>

#include "audit/audit.h"
#include "audit/audit_check.h"
#include "audit/audit_internal.h"
#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "vault/ledger.h"
#include "vault/note.h"

/* Whether the trees can be read that say all that counts: 0, or why not. */
static int
read_all(struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_ledger ledger;
	struct gv_object obj = { 0 }, folder = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_ledger_load(&ledger, odb, tip);

	if (r == 0 && !gv_oid_is_zero(tip))
		r = gv_odb_read_type(odb, &obj, &ledger.tree, GV_OTYPE_TREE);
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 0 && gv_tree_next(&it, &e) > 0) {
		if (e.mode == GV_MODE_DIR)
			r = gv_odb_read_type(
			    odb, &folder, &e.oid, GV_OTYPE_TREE);
		gv_object_release(&folder);
	}
	gv_object_release(&obj);
	return r;
}

int
gv_doctor_repair(struct gv_buf *cmd, const struct gv_doctor *d)
{
	struct gv_remote remote;
	size_t at = 0;

	gv_buf_addstr(cmd, "git vault repair");
	if (gv_remote_next(&remote, &at, &d->repo->config)) {
		gv_buf_addstr(cmd, " --remote");
		gv_doctor_word(cmd, "%.*s", (int)remote.len, remote.name);
	}
	return gv_buf_check(cmd);
}

/* What no remote has, repair lets go of. `why`: what that means. */
static int
add(struct gv_doctor *d, const char *kind, const char *ref, const char *why)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r = gv_doctor_repair(&cmd, d);

	if (r == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, kind, cmd.p,
		    "%s cannot be read, so that %s: %s", ref, why,
		    gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

/* Snapshots whose commit is not there: asked of the indexes alone, since there
 * may be thousands. */
static int
check_snapshots(struct gv_doctor *d, struct gv_odb *odb)
{
	struct gv_buf cmd = GV_BUF_INIT;
	const char *newest = "";
	size_t i, n = 0;
	int r = gv_odb_refresh(odb);

	for (i = 0; r == 0 && i < d->snapshots.n; i++) {
		if (gv_odb_has(odb, &d->snapshots.refs[i].oid))
			continue;
		newest = d->snapshots.refs[i].name + strlen(GV_REFS_SNAPSHOTS);
		n++;
	}
	if (n && r == 0)
		r = gv_doctor_repair(&cmd, d);
	if (n && r == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "snapshot_lost", cmd.p,
		    "the commit of %zu snapshot%s is missing, %s%s: nothing of "
		    "%s can be restored, and git gc stops at the ref",
		    n, n == 1 ? "" : "s", n == 1 ? "" : "the newest of them ",
		    newest, n == 1 ? "it" : "them");
	gv_buf_release(&cmd);
	return r;
}

/* What the ref names, and nothing behind it: that is for verify. */
static int
check_tip(struct gv_doctor *d, struct gv_odb *odb, const struct gv_ref *ref)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read(odb, &obj, &ref->oid);

	gv_object_release(&obj);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	return add(d, "ref_lost", ref->name,
	    "no more events are recorded there, and git gc and all deletions "
	    "stop at it");
}

static int
check_tips(struct gv_doctor *d, struct gv_odb *odb, const char *prefix)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, d->repo, prefix);

	for (i = 0; r == 0 && i < refs.n; i++)
		r = check_tip(d, odb, &refs.refs[i]);
	gv_refs_release(&refs);
	return r;
}

static int
check_notes(struct gv_doctor *d, struct gv_odb *odb)
{
	struct gv_ref ref = { .name = GV_REF_NOTES };
	int r = gv_ref_find(&ref.oid, d->repo, ref.name);

	/* its file is empty, which is reported elsewhere */
	if (r == GV_ECORRUPT)
		return 0;
	return r < 0 || gv_oid_is_zero(&ref.oid) ? r : check_tip(d, odb, &ref);
}

/* The event that was the last one here once is in the chain for good. */
static int
check_end(struct gv_doctor *d, const char *host)
{
	struct gv_buf ref = GV_BUF_INIT, cmd = GV_BUF_INIT;
	struct gv_oid seen, tip;
	char hex[GV_OID_HEX + 1];
	uint64_t n;
	int r, has = 0;

	gv_buf_addf(&ref, GV_REFS_AUDIT "%s", host);
	gv_buf_addf(&cmd, "git vault audit verify --host %s", host);
	r = gv_buf_check(&ref) < 0 ? GV_ENOMEM : gv_buf_check(&cmd);
	if (r < 0 || (r = gv_audit_end_load(&seen, d->repo, NULL, host)) < 0 ||
	    (r = gv_ref_find(&tip, d->repo, ref.p)) < 0)
		goto out;
	if (!gv_oid_is_zero(&tip))
		has = gv_oid_equal(&tip, &seen)
		    ? 1
		    : gv_audit_check_reach(&n, d->repo, &tip, &seen);
	if (has == 0) {
		gv_oid_format(hex, &seen);
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "audit_cut", cmd.p,
		    "the audit chain %s ended in %.12s when it was last seen "
		    "here, and %s: somebody may be hiding events",
		    ref.p, hex,
		    gv_oid_is_zero(&tip) ? "is missing"
					 : "has lost that event");
	}
out:
	gv_buf_release(&ref);
	gv_buf_release(&cmd);
	/* what cannot be read is for verify, or told of elsewhere */
	return r == GV_ENOMEM || has == GV_ENOMEM      ? GV_ENOMEM
	    : r == GV_ECANCELED || has == GV_ECANCELED ? GV_ECANCELED
						       : 0;
}

static int
check_ends(struct gv_doctor *d)
{
	struct gv_buf hosts = GV_BUF_INIT;
	const char *p;
	int r = gv_audit_end_hosts(&hosts, d->repo);

	for (p = hosts.p; r == 0 && p < hosts.p + hosts.len; p += strlen(p) + 1)
		r = check_end(d, p);
	gv_buf_release(&hosts);
	return r;
}

int
gv_doctor_marks(struct gv_doctor *d)
{
	static const struct {
		const char *ref, *why;
	} all[] = {
		{ GV_REF_MARKS,
		    "pins and tags are unknown and can be neither changed nor "
		    "synced, and git commands may fail on it" },
		{ GV_REF_DELETED,
		    "deletions are unknown and can be neither changed nor "
		    "synced, and git commands may fail on it" },
	};
	struct gv_odb *odb = NULL;
	struct gv_oid tip;
	size_t i;
	int r;

	if ((r = gv_repo_odb(d->repo, &odb)) < 0 ||
	    (r = check_snapshots(d, odb)) < 0)
		return r;
	for (i = 0; r == 0 && i < sizeof(all) / sizeof(all[0]); i++) {
		r = gv_ref_find(&tip, d->repo, all[i].ref);
		/* its file is empty, which is reported elsewhere */
		if (r == GV_ECORRUPT) {
			r = 0;
			continue;
		}
		if (r == 0)
			r = read_all(odb, &tip);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = add(d, "marks_damaged", all[i].ref, all[i].why);
	}
	if (r < 0 || (r = check_tips(d, odb, GV_REFS_AUDIT)) < 0 ||
	    (r = check_ends(d)) < 0)
		return r;
	r = check_tips(d, odb, GV_REFS_GOOD);
	return r < 0 ? r : check_notes(d, odb);
}
