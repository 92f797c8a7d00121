#include <string.h>

#include "base/err.h"
#include "replica/replica_internal.h"
#include "replica/replica_refs.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* What belongs to this clone alone, or to a moment. */
static const char *const apart[] = { "refs/remotes/", GV_REFS_REMOTES,
	GV_REFS_TRASH, GV_REFS_LOCKS, GV_REFS_PROBES, GV_REFS_SERVERS,
	"refs/bisect/", "refs/worktree/", "refs/rewritten/",
	"refs/vault-bundle/", "refs/prefetch/" };

bool
gv_replica_refs_travels(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (strncmp(name, apart[i], strlen(apart[i])) == 0)
			return false;
	return strncmp(name, "refs/", 5) == 0;
}

bool
gv_replica_refs_is_snapshot(const char *name)
{
	return strncmp(name, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0;
}

int
gv_replica_refs_load(
    struct gv_replica_manifest *out, const struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, "");

	for (i = 0; r == 0 && i < refs.n; i++)
		if (gv_replica_refs_travels(refs.refs[i].name))
			r = gv_replica_manifest_add_ref(
			    out, refs.refs[i].name, &refs.refs[i].oid);
	gv_refs_release(&refs);
	if (r == 0)
		r = gv_replica_manifest_set(out, &out->head, repo->head_ref);
	gv_replica_manifest_sort(out);
	return r;
}

uint64_t
gv_replica_refs_new_snapshots(const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < after->n_refs; i++)
		n += gv_replica_refs_is_snapshot(after->refs[i].name) &&
		    gv_replica_manifest_ref(before, after->refs[i].name) ==
			NULL;
	return n;
}
