#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/err.h"
#include "record/record_resolve.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* Report a ref whose file is damaged. For refs of other things than snapshots,
 * the whole name is reported. */
static void
tell_broken(struct gv_verify_run *run, const char *ref)
{
	const size_t n = strlen(GV_REFS_SNAPSHOTS);
	const bool is_snapshot = strncmp(ref, GV_REFS_SNAPSHOTS, n) == 0;
	const struct gv_verify_fault fault = { .snapshot =
						   is_snapshot ? ref + n : ref,
		.path = "",
		.reason =
		    "the file of its ref is damaged; for the command that "
		    "mends it: git vault doctor" };

	run->result->faults++;
	run->result->damaged += is_snapshot;
	if (run->opts->fault)
		run->opts->fault(run->opts->fault_ctx, &fault);
}

/* Find refs whose files are damaged. Git's list leaves them out. */
static int
find_broken(struct gv_verify_run *run, const char *prefix)
{
	struct gv_buf names = GV_BUF_INIT;
	char *line, *end;
	int r = gv_ref_broken(&names, run->repo, prefix);

	for (line = names.p; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		tell_broken(run, line);
	}
	gv_buf_release(&names);
	return r;
}

static int
note(struct gv_verify_run *run, const char *id, const struct gv_oid *commit,
    bool in_trash)
{
	struct gv_verify_snapshot *s = gv_verify_add(run);

	if (s == NULL)
		return GV_ENOMEM;
	s->commit = *commit;
	s->in_trash = in_trash;
	s->id = strdup(id);
	return s->id ? 0 : gv_err_nomem();
}

/* Those of a chain, the oldest first. Where a link is damaged, those behind it
 * cannot be found. */
static int
note_chain(struct gv_verify_run *run, const struct gv_ref *ref)
{
	struct gv_autosaves chain = { .n = 0 };
	int r = gv_autosave_load(&chain, run->repo, &ref->oid);
	size_t i;

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		const struct gv_verify_fault fault = { .snapshot = ref->name,
			.path = "",
			.oid = ref->oid,
			.reason = gv_err_message() };

		run->result->faults++;
		if (run->opts->fault)
			run->opts->fault(run->opts->fault_ctx, &fault);
		r = 0;
	}
	for (i = chain.n; r == 0 && i-- > 0;) {
		r = note(run, chain.saves[i].id, &chain.saves[i].commit, false);
		if (r == 0)
			run->snapshots[run->n_snapshots - 1].is_save = true;
	}
	gv_autosave_release(&chain);
	return r;
}

/* The automatic saves of all working trees. */
static int
find_saves(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_AUTO);

	for (i = 0; r == 0 && i < refs.n; i++)
		r = note_chain(run, &refs.refs[i]);
	gv_refs_release(&refs);
	return r;
}

/* ---- all ---------------------------------------------------------------- */

/* Snapshots in the trash, which undelete may have to bring back. One that
 * exists again is among the others; verify_ledger.c reports a list that cannot
 * be read. */
static int
find_trash(struct gv_verify_run *run)
{
	struct gv_trash trash = { .n = 0 };
	size_t i;
	int r = gv_trash_load(&trash, run->repo, NULL);

	/* the oldest first */
	for (i = trash.n; r == 0 && i-- > 0;)
		if (!trash.items[i].is_live)
			r = note(run, trash.items[i].id, &trash.items[i].commit,
			    true);
	gv_trash_release(&trash);
	return r;
}

/* Take snapshots from their refs, so that damaged ones are not left out. */
int
gv_verify_find_all(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS);

	/* the oldest first, so that each is similar to the one before */
	for (i = 0; r == 0 && i < refs.n; i++)
		r = note(run, refs.refs[i].name + strlen(GV_REFS_SNAPSHOTS),
		    &refs.refs[i].oid, false);
	gv_refs_release(&refs);
	if (r < 0 || (r = find_saves(run)) < 0 || (r = find_trash(run)) < 0 ||
	    (r = find_broken(run, "refs/vault/")) < 0 ||
	    (r = find_broken(run, GV_REFS_TRASH)) < 0)
		return r;
	return gv_verify_states_find(run);
}

/* ---- named snapshots ---------------------------------------------------- */

/* Add a snapshot once, even if two of the words name it. */
static int
note_named(struct gv_verify_run *run, const char *id,
    const struct gv_oid *commit, bool in_trash)
{
	size_t i;

	for (i = 0; i < run->n_snapshots; i++)
		if (strcmp(run->snapshots[i].id, id) == 0)
			return 0;
	return note(run, id, commit, in_trash);
}

/* Find a snapshot by its ref, even if its record cannot be read. */
static int
find_ref(struct gv_verify_run *run, const char *id)
{
	struct gv_refs refs = { 0 };
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r = GV_ENOTFOUND;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	if (gv_buf_check(&name) < 0 ||
	    gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS) < 0)
		goto out;
	ref = gv_refs_find(&refs, name.p);
	if (ref)
		r = note_named(run, id, &ref->oid, false);
out:
	gv_refs_release(&refs);
	gv_buf_release(&name);
	return r;
}

/* Find a deleted snapshot in the trash, since it may be brought back: 1 if the
 * name is of one, 0, or a failure. */
static int
find_deleted(struct gv_verify_run *run, const char *name)
{
	const struct gv_trash_item *item;
	struct gv_trash trash = { .n = 0 };
	int r = gv_trash_load(&trash, run->repo, NULL);

	if (r == 0 && (r = gv_trash_find(&item, &trash, name)) == 0 &&
	    !item->is_live)
		r = note_named(run, item->id, &item->commit, true);
	r = r == 0 ? 1 : r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	gv_trash_release(&trash);
	return r;
}

static int
find_one(struct gv_verify_run *run, const char *name)
{
	struct gv_record rec = { 0 };
	char *why;
	int r, found;

	if (find_ref(run, name) == 0)
		return 0;
	if ((r = gv_record_resolve(&rec, run->repo,
		 &(struct gv_record_query){ .text = name })) == 0)
		r = note_named(run, rec.id, &rec.commit, false);
	gv_record_release(&rec);
	if (r != GV_ENOTFOUND)
		return r;
	why = gv_err_save();
	found = find_deleted(run, name);
	if (found == 0)
		gv_err_restore(why);
	else
		free(why);
	return found == 0 ? r : found < 0 ? found : 0;
}

int
gv_verify_find_named(struct gv_verify_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->opts->n_snapshots; i++)
		r = find_one(run, run->opts->snapshots[i]);
	return r;
}
