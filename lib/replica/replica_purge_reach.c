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
 * history that snapshots are taken on, in automatic saves, or in a snapshot as
 * a known-good record names it: then the new packs have it again, and it stays
 * owed. What only the vault leads to, although all of its snapshots were
 * rewritten, is in it for another reason, such as the same content at another
 * path.
 */

enum whose { USERS, RECORDS, VAULTS, WHOSE };

static bool
is_below(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The line of a ref for git rev-list, a format; NULL: none. Snapshots are not
 * the user's, but what they are taken on is. */
static const char *
line_for(enum whose whose, const char *name)
{
	static const char *const snapshots[WHOSE] = { "%s^@\n", "^%s\n",
		"%s\n" };
	enum whose is = VAULTS;

	if (gv_replica_refs_is_snapshot(name))
		return snapshots[whose];
	if (is_below(name, GV_REFS_GOOD))
		is = RECORDS;
	else if (!is_below(name, GV_REFS_VAULT) || is_below(name, GV_REFS_AUTO))
		is = USERS;
	return is == whose ? "%s\n" : NULL;
}

static int
add_revisions(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_replica_manifest *refs, enum whose whose)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < refs->n_refs; i++) {
		const char *line = line_for(whose, refs->refs[i].name);

		if (line == NULL || !gv_odb_has(odb, &refs->refs[i].id))
			continue;
		gv_oid_format(hex, &refs->refs[i].id);
		gv_buf_addf(out, line, hex);
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
    const struct gv_replica_manifest *refs, enum whose whose)
{
	static const char *const argv[] = { "git", "rev-list", "--objects",
		"--no-object-names", "--stdin", NULL };
	struct gv_buf revisions = GV_BUF_INIT;
	struct gv_proc proc = GV_PROC_INIT;
	struct gv_odb *odb;
	int r = gv_repo_odb(p->rep->repo, &odb);

	if (r < 0 || (r = gv_odb_refresh(odb)) < 0 ||
	    (r = add_revisions(&revisions, odb, refs, whose)) < 0 ||
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
sort_out(struct gv_replica_purge *p, bool *const *by)
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
		if (by[USERS][i] || by[RECORDS][i] ||
		    (by[VAULTS][i] && p->is_held_back))
			continue;
		else if (by[VAULTS][i])
			p->kept[p->n_kept++] = p->owed.oids[i];
		else
			p->gone[p->n_gone++] = p->owed.oids[i];
	return 0;
}

int
gv_replica_purge_reach(
    struct gv_replica_purge *p, const struct gv_replica_manifest *refs)
{
	bool *by[WHOSE] = { NULL };
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < WHOSE; i++)
		if ((by[i] = calloc(p->owed.n + 1, sizeof(*by[i]))) == NULL)
			r = gv_err_nomem();
		else
			r = mark(by[i], p, refs, i);
	if (r == 0)
		r = sort_out(p, by);
	for (i = 0; i < WHOSE; i++)
		free(by[i]);
	return r;
}
