#ifndef GV_GOOD_DEPLOYED_H
#define GV_GOOD_DEPLOYED_H
/*
 * Which snapshot has the files that were deployed from a commit. It goes by the
 * files, since a snapshot on a commit may be of what somebody tried there.
 *
 *	r = gv_good_deployed(&rec, &stray, repo, &code, "prod");
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "record/record.h"

struct gv_oid;
struct gv_repo;

/* A snapshot that has a file otherwise than the commit it was taken on. */
struct gv_good_stray {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_buf path; /* the first, quoted as git does; "": there is no
			       such snapshot */
};

/* The newest snapshot that was taken on a commit and can be what was deployed:
 * of all files, and not of what was about to be replaced. Where the environment
 * is told (NULL: it is not), one of others alone is taken only if there is no
 * other; and one whose tracked files are not the commit's only if there is none
 * of which they are. `stray`, which is empty before, becomes that one, or the
 * newest that was passed over for it. 1 with *rec, which the caller releases; 0
 * where there is none; GV_ENOMEM, or the reading's failure. */
int gv_good_deployed(struct gv_record *rec, struct gv_good_stray *stray,
    struct gv_repo *repo, const struct gv_oid *code, const char *env);

/* Whether a snapshot has the files of a commit, as far as the commit tracks
 * them and `takes` (NULL: all) wants them: 1; 0 with the first that differs in
 * `stray`, unquoted, or "" where that cannot be known; a failure. */
int gv_good_is_as_committed(struct gv_buf *stray, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_oid *commit,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx);

/* Set the commit whose files a snapshot has, that was taken of what stood when
 * something else was gone back to: while a rollback was in force those are not
 * of the commit that it was taken on, but of a record's of the environment. As
 * it was where they are of none of these. 0; GV_ENOMEM, or the reading's
 * failure. */
int gv_good_code_of(struct gv_oid *code, struct gv_repo *repo,
    const struct gv_record *rec, const char *env);

#endif
