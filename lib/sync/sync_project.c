#include <string.h>

#include "base/err.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"
#include "sys/proc.h"
#include "vault/ancestry.h"

/*
 * A wrong address leads to the vault of another project, and a sync would make
 * one of both, on both sides. That the keyrings are two says little: a clone
 * that was set up before it met the others has one of its own. That the
 * histories are two says little either, as a branch may be an orphan. Both
 * together show it, as far as they can be seen: parents of snapshots are
 * commits of the project, so whose they are is here with them.
 */

/* What begins the history of a side: a line each. The first of the tips are
 * snapshots, which begin nothing where they were taken before the first commit.
 */
struct roots {
	struct gv_proc p;
	struct gv_buf tips;
	size_t len; /* of those that are snapshots */
};

static bool
are_two_keyrings(
    const struct gv_sync *s, const struct gv_sync_ref **out, int *r)
{
	const struct gv_sync_ref *ref = NULL;
	struct gv_oid base;
	size_t i;

	for (i = 0; i < s->refs.n && ref == NULL; i++)
		if (strcmp(s->refs.refs[i].name, GV_REF_KEYRING) == 0)
			ref = &s->refs.refs[i];
	if (ref == NULL || gv_oid_is_zero(&ref->ours) ||
	    gv_oid_is_zero(&ref->theirs) ||
	    gv_oid_equal(&ref->ours, &ref->theirs))
		return false;
	*out = ref;
	*r = gv_ancestry_base(&base, &ref->ours, &ref->theirs);
	return *r == 0 && gv_oid_is_zero(&base);
}

static int
add_tip(struct roots *to, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	if (gv_oid_is_zero(oid))
		return 0;
	gv_oid_format(hex, oid);
	gv_buf_addf(&to->tips, "%s\n", hex);
	return gv_buf_check(&to->tips);
}

static int
add_tips(const struct gv_sync *s, struct roots *ours, struct roots *theirs)
{
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(s->repo, &odb);

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];

		if (ref->kind->merge != gv_sync_snapshot)
			continue;
		r = add_tip(ours, &ref->ours);
		if (r == 0 && gv_odb_has(odb, &ref->theirs))
			r = add_tip(theirs, &ref->theirs);
	}
	ours->len = ours->tips.len;
	theirs->len = theirs->tips.len;
	return r == 0 ? add_tip(ours, &s->repo->head) : r;
}

/* Of the branches that the remote has now, what is here: of one that begins by
 * itself nobody may have taken a snapshot. */
static int
add_heads(struct roots *to, const struct gv_sync *s)
{
	const char *argv[] = { "git", "ls-remote", "--heads", "--", s->remote,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line, *nl;
	struct gv_oid oid;
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(s->repo, &odb)) < 0)
		goto out;
	r = gv_sync_git(s, &p, &(struct gv_proc_opts){ .argv = argv });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR, "cannot ask the remote '%s': %s",
		    s->remote, gv_proc_why(&p));
		goto out;
	}
	for (line = p.out.p; r == 0 && (nl = strchr(line, '\n')); line = nl + 1)
		if (gv_oid_parse(&oid, line) == 0 && gv_odb_has(odb, &oid))
			r = add_tip(to, &oid);
out:
	gv_proc_release(&p);
	return r;
}

static int
find_roots(struct roots *to, const char *more)
{
	const char *argv[] = { "git", "rev-list", "--max-parents=0", "--stdin",
		more, NULL };
	int r;

	gv_proc_release(&to->p);
	to->p = (struct gv_proc)GV_PROC_INIT;
	if (to->tips.len == 0)
		return 0;
	r = gv_proc_run(&to->p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = to->tips.p, .in_len = to->tips.len });
	/* where something is missing nothing is to be said of it */
	if (r == 0 && to->p.status)
		gv_buf_reset(&to->p.out);
	return r;
}

/* Add lines to a set; the text must outlive it. */
static int
add_lines(struct gv_map *set, char *text, size_t len)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i + GV_OID_HEX < len; i += GV_OID_HEX + 1)
		r = gv_map_put(set, text + i, GV_OID_HEX, text + i);
	return r;
}

/* One of the lines that is in no such set, or, where it is to be, in one. */
static const char *
find_line(const struct gv_buf *text, const struct gv_map *set, bool is_in)
{
	size_t i;

	for (i = 0; i + GV_OID_HEX < text->len; i += GV_OID_HEX + 1)
		if ((gv_map_get(set, text->p + i, GV_OID_HEX) != NULL) == is_in)
			return text->p + i;
	return NULL;
}

/* Where theirs begins, as the text of `theirs` has it, if nothing that either
 * begins with is of both; else, or where one of them cannot be seen, NULL. */
static int
compare(const char **out, struct roots *ours, struct roots *theirs)
{
	struct gv_map begins = GV_MAP_INIT, snapshots = GV_MAP_INIT;
	int r = find_roots(theirs, NULL);

	if (r == 0 && theirs->p.out.len)
		r = find_roots(ours, "--branches");
	if (r == 0 &&
	    (r = add_lines(&begins, ours->p.out.p, ours->p.out.len)) == 0 &&
	    (r = add_lines(&snapshots, ours->tips.p, ours->len)) == 0)
		r = add_lines(&snapshots, theirs->tips.p, theirs->len);
	*out = NULL;
	if (r == 0 && find_line(&ours->p.out, &snapshots, false) &&
	    !find_line(&theirs->p.out, &begins, true))
		*out = find_line(&theirs->p.out, &snapshots, false);
	gv_map_release(&begins);
	gv_map_release(&snapshots);
	return r;
}

static int
say_foreign(
    const struct gv_sync *s, const struct gv_sync_ref *ref, const char *root)
{
	struct gv_keyring_kept kept = { .print = "" };
	int r = gv_keyring_look(&kept, s->repo, &ref->theirs);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	r = gv_err(GV_EREFUSED,
	    "the remote '%s' has the vault of another project: its keyring, "
	    "%s, differs from this clone's, and its snapshots have no commit "
	    "in common with any branch here; check the address: git remote "
	    "get-url %s; if it is the same project, make a branch of that "
	    "history: git branch project-%.7s %.12s",
	    s->remote, r < 0 ? "which cannot be read" : kept.print, s->remote,
	    root, root);
	gv_keyring_kept_release(&kept);
	return r;
}

int
gv_sync_check_project(const struct gv_sync *s)
{
	struct roots ours = { GV_PROC_INIT, GV_BUF_INIT, 0 };
	struct roots theirs = { GV_PROC_INIT, GV_BUF_INIT, 0 };
	const struct gv_sync_ref *keyring;
	const char *root = NULL;
	int r = 0;

	/* the histories of a shallow clone begin anywhere */
	if (s->repo->shallow || !are_two_keyrings(s, &keyring, &r))
		return r;
	if ((r = add_tips(s, &ours, &theirs)) < 0 ||
	    (r = compare(&root, &ours, &theirs)) < 0)
		goto out;
	if (root && (r = add_heads(&theirs, s)) < 0)
		goto out;
	if (root && (r = compare(&root, &ours, &theirs)) < 0)
		goto out;
	if (root)
		r = say_foreign(s, keyring, root);
out:
	gv_proc_release(&ours.p);
	gv_proc_release(&theirs.p);
	gv_buf_release(&ours.tips);
	gv_buf_release(&theirs.tips);
	return r;
}
