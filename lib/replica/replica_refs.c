#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/utf8.h"
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

/* The first ref whose name does not come before `text`. */
static size_t
find_from(const struct gv_replica_manifest *m, const char *text)
{
	size_t low = 0, high = m->n_refs, at;

	while (low < high) {
		at = low + (high - low) / 2;
		if (strcmp(m->refs[at].name, text) < 0)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

bool
gv_replica_refs_in_the_way(
    const struct gv_replica_manifest *m, const char *name)
{
	struct gv_buf part = GV_BUF_INIT;
	size_t len = strlen(name), at;
	bool is = false;

	gv_buf_addf(&part, "%s/", name);
	at = find_from(m, part.p);
	is = at < m->n_refs && strncmp(m->refs[at].name, part.p, len + 1) == 0;
	while (!is && len-- > 0) {
		if (name[len] != '/')
			continue;
		gv_buf_truncate(&part, len);
		is = gv_replica_manifest_ref(m, part.p) != NULL;
	}
	gv_buf_release(&part);
	return is;
}

static bool
is_utf8(const char *name)
{
	return gv_utf8_is_valid(name, strlen(name));
}

static int
leave(struct gv_buf *left, const char *name)
{
	if (left == NULL)
		return 0;
	gv_path_quote(left, name, strlen(name));
	gv_buf_addstr(left,
	    " is not in the copy, since its name is not UTF-8: give it "
	    "another one\n");
	return gv_buf_check(left);
}

int
gv_replica_refs_load(struct gv_replica_manifest *out, struct gv_buf *left,
    const struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, "");

	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *name = refs.refs[i].name;

		if (!gv_replica_refs_travels(name))
			continue;
		r = is_utf8(name)
		    ? gv_replica_manifest_add_ref(out, name, &refs.refs[i].oid)
		    : leave(left, name);
	}
	gv_refs_release(&refs);
	if (r == 0 && repo->head_ref && is_utf8(repo->head_ref))
		r = gv_replica_manifest_set(out, &out->head, repo->head_ref);
	gv_replica_manifest_sort(out);
	return r;
}

uint64_t
gv_replica_refs_news(const struct gv_replica_manifest *diff)
{
	static const char runs[] = GV_REFS_REPORTS "run/";
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < diff->n_refs; i++)
		n += strncmp(diff->refs[i].name, runs, sizeof(runs) - 1) != 0;
	return n;
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
