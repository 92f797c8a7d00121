#ifndef GV_NESTED_H
#define GV_NESTED_H
/*
 * Repositories inside the working tree, submodules and others, as vaults of
 * their own. git-vault is started in them, without the variables of the
 * environment that name the outer repository. The outer snapshot has a link to
 * theirs (record/record.h).
 *
 *	struct gv_nested in = { .path = path };
 *	r = gv_nested_snapshot(&in, repo, &opts);
 *	… in.id, in.commit, in.said …
 *	gv_nested_release(&in);
 */

#include <stdbool.h>
#include <stddef.h>

#include "record/record_nested.h"
#include "repo/oid.h"

struct gv_record;
struct gv_records;
struct gv_repo;

/* What was done in one of them. */
struct gv_nested {
	char *path;                    /* from the top of the working tree */
	char id[GV_RECORD_ID_LEN + 1]; /* of its snapshot; "" for none */
	struct gv_oid commit;
	int status; /* the exit status of our program there; 128 where it
		       could not even be run */
	char *said; /* what it said: sentences, a line each; NULL: nothing */
};

/* Free what it holds; NULL-safe, zeroed struct ok. */
void gv_nested_release(struct gv_nested *in);

/* Whether there is a repository of its own at the path, by its .git alone. */
bool gv_nested_is_there(const struct gv_repo *repo, const char *path);

/* The same, with the commit that its HEAD points at, zero before the first. */
bool gv_nested_head(
    struct gv_oid *commit, const struct gv_repo *repo, const char *path);

struct gv_nested_snapshot {
	const char *message, *trigger; /* as of a snapshot; may be NULL */
	bool no_scan;
};

/* Take a snapshot of it, of the repositories inside it first, and pin it for
 * the link. `in->path` is set by the caller. 0, also where that failed (then
 * the id is "" and `said` says why); GV_ECANCELED; GV_ENOMEM. Thread safe. */
int gv_nested_snapshot(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_snapshot *opts);

struct gv_nested_restore {
	const char *to; /* where the whole tree was restored; NULL: in place */
	const char *overwrite; /* as of the command, or NULL */
	bool delete, index, dry_run, no_owner, skip_damaged, sync, no_secrets;
	bool cross_scope, as_stored;
	const char *const *identities; /* files, as of the command */
	size_t n_identities;
};

/* Restore the linked snapshot `in->id` of the repository at `in->path`, with
 * what is linked there in turn: to the same path below `to`, or in place.
 * As above. */
int gv_nested_restore(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_restore *opts);

/* Let go of what only the snapshots of these commits linked, now that they
 * are deleted: it is unpinned where the link had pinned it. What fails stays
 * pinned, and is no matter. */
void
gv_nested_unlink(struct gv_repo *repo, const struct gv_oid *commits, size_t n);

/* Look whether the snapshots that these records link are there;
 * missing(ctx, rec, link, reason) hears of those that are not, each once, with
 * the first record that links it. 0, or a failure here. */
int gv_nested_check(struct gv_repo *repo, const struct gv_records *recs,
    void (*missing)(void *ctx, const struct gv_record *rec,
	const struct gv_record_nested *link, const char *reason),
    void *ctx);

#endif
