#ifndef GV_GOOD_DEPLOYED_H
#define GV_GOOD_DEPLOYED_H
/*
 * Finds the snapshot of the files that were deployed from a commit. It compares
 * files: a snapshot that was taken on a commit may hold changes that were never
 * committed.
 *
 *	r = gv_good_deployed(&rec, &stray, repo, &code, "prod");
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "record/record_id.h"

struct gv_oid;
struct gv_record;
struct gv_repo;

/* A snapshot in which a file differs from the commit that it was taken on. */
struct gv_good_stray {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_buf path; /* the first, quoted as git does; "": there is no
			       such snapshot */
};

/* Find the newest snapshot taken on a commit that can hold what was deployed.
 * Snapshots of some files only, and safety snapshots, never do. With `env`
 * (NULL: any), a snapshot that is only of other environments is taken only if
 * there is no other. A snapshot whose tracked files differ from the commit is
 * taken only if no snapshot has the same files.
 *
 * `stray` must be empty; it becomes the snapshot with differences that was
 * taken, or else the newest one that was passed over. 1 with *rec, which the
 * caller releases; 0 if there is no snapshot; GV_ENOMEM, or a failure to read.
 */
int gv_good_deployed(struct gv_record *rec, struct gv_good_stray *stray,
    struct gv_repo *repo, const struct gv_oid *code, const char *env);

/* Check that an environment is whole in a snapshot (whole/whole.h), before it
 * is marked without being named. 0; GV_EREFUSED with the reasons and the
 * command that marks it all the same; as gv_whole_load(). */
int gv_good_check_whole(
    struct gv_repo *repo, const struct gv_record *rec, const char *env);

/* Whether a snapshot has the files of a commit: those that the commit tracks
 * and `takes` (NULL: all) selects. 1; 0, and `stray` is the first file that
 * differs, unquoted, or "" if that is not known; or a failure. */
int gv_good_is_as_committed(struct gv_buf *stray, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_oid *commit,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx);

/* Set *code to the commit whose files a snapshot holds. That is not the commit
 * that it was taken on if a rollback was in force then: the files are those of
 * a record of the environment. *code is unchanged if no record has these files.
 * 0; GV_ENOMEM, or a failure to read. */
int gv_good_code_of(struct gv_oid *code, struct gv_repo *repo,
    const struct gv_record *rec, const char *env);

#endif
