#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "replica/replica_purge.h"
#include "replica/replica_refs.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

/*
 * What a purge took out of snapshots may be in the user's branches, in the
 * history that snapshots are taken on, or in automatic saves: then the new
 * packs have it again, and it stays owed. What only the vault leads to,
 * although all of its snapshots were rewritten, is in it for another reason,
 * such as the same content at another path.
 */

struct marks {
	const struct gv_replica_purge *p;
	bool *by_user, *by_vault;
};

static bool
is_purged(const char *name)
{
	return strncmp(name, GV_REFS_VAULT, strlen(GV_REFS_VAULT)) == 0 &&
	    strncmp(name, GV_REFS_AUTO, strlen(GV_REFS_AUTO)) != 0;
}

static int
add_revisions(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_replica_manifest *refs, bool of_vault)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < refs->n_refs; i++) {
		const char *name = refs->refs[i].name;
		const bool is_snapshot = gv_replica_refs_is_snapshot(name);

		if ((is_purged(name) != of_vault && !is_snapshot) ||
		    !gv_odb_has(odb, &refs->refs[i].id))
			continue;
		gv_oid_format(hex, &refs->refs[i].id);
		gv_buf_addf(
		    out, "%s%s\n", hex, is_snapshot && !of_vault ? "^@" : "");
	}
	return gv_buf_check(out);
}

static void
mark_all(const struct gv_replica_owed *owed, bool *marks, const char *text)
{
	struct gv_oid oid;
	size_t low, high, at;
	int order;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (gv_oid_parse(&oid, text) < 0)
			continue;
		for (low = 0, high = owed->n; low < high;) {
			at = low + (high - low) / 2;
			order = memcmp(owed->oids[at].id, oid.id, GV_OID_RAW);
			if (order == 0) {
				marks[at] = true;
				break;
			}
			if (order < 0)
				low = at + 1;
			else
				high = at;
		}
	}
}

static int
mark(bool *marks, struct gv_replica_purge *p,
    const struct gv_replica_manifest *refs, bool of_vault)
{
	static const char *const argv[] = { "git", "rev-list", "--objects",
		"--no-object-names", "--stdin", NULL };
	struct gv_buf revisions = GV_BUF_INIT;
	struct gv_proc proc = GV_PROC_INIT;
	struct gv_odb *odb;
	int r = gv_repo_odb(p->rep->repo, &odb);

	if (r < 0 || (r = gv_odb_refresh(odb)) < 0 ||
	    (r = add_revisions(&revisions, odb, refs, of_vault)) < 0 ||
	    revisions.len == 0)
		goto out;
	r = gv_proc_run(&proc,
	    &(struct gv_proc_opts){
		.argv = argv, .in = revisions.p, .in_len = revisions.len });
	if (r == 0 && proc.status)
		r = gv_err(GV_ERROR,
		    "git cannot list what the refs lead to: %s; to find "
		    "missing objects: git vault verify --all",
		    gv_proc_why(&proc));
	if (r == 0)
		mark_all(&p->owed, marks, proc.out.p);
out:
	gv_proc_release(&proc);
	gv_buf_release(&revisions);
	return r;
}

static int
sort_out(struct gv_replica_purge *p, const bool *by_user, const bool *by_vault)
{
	size_t i;

	free(p->gone);
	free(p->kept);
	p->n_gone = p->n_kept = 0;
	p->gone = calloc(p->owed.n + 1, sizeof(*p->gone));
	p->kept = calloc(p->owed.n + 1, sizeof(*p->kept));
	if (p->gone == NULL || p->kept == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->owed.n; i++)
		if (by_user[i])
			continue;
		else if (by_vault[i] && p->is_held_back)
			continue;
		else if (by_vault[i])
			p->kept[p->n_kept++] = p->owed.oids[i];
		else
			p->gone[p->n_gone++] = p->owed.oids[i];
	return 0;
}

int
gv_replica_purge_reach(
    struct gv_replica_purge *p, const struct gv_replica_manifest *refs)
{
	bool *by_user = calloc(p->owed.n + 1, sizeof(*by_user));
	bool *by_vault = calloc(p->owed.n + 1, sizeof(*by_vault));
	int r = by_user && by_vault ? 0 : gv_err_nomem();

	if (r == 0 && (r = mark(by_user, p, refs, false)) == 0 &&
	    (r = mark(by_vault, p, refs, true)) == 0)
		r = sort_out(p, by_user, by_vault);
	free(by_user);
	free(by_vault);
	return r;
}
