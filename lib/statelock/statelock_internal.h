#ifndef GV_STATELOCK_INTERNAL_H
#define GV_STATELOCK_INTERNAL_H
/*
 * What the files of state locks share; nobody else includes it.
 *
 * While something is done with a lock, its folder
 * $GIT_COMMON_DIR/vault/locks/<env>/<stack> is locked in this repository. The
 * file `remotes` in it is written before a push: the id of each record that we
 * have tried to put on a remote of late. A record that only
 * the remote has was left by a kill: its id was never printed, or it was to go.
 * A record that only the ref here has was released there.
 */

#include "statelock/statelock.h"

#define GV_STATELOCK_NAME 65 /* of a name, with the NUL */

struct gv_refs;

/* A record that was pushed, or was going to be. */
struct gv_statelock_note {
	struct gv_oid oid;
	int64_t time;
	char *remote;
};

/* One lock while something is done with it. */
struct gv_statelock_work {
	struct gv_repo *repo;
	const struct gv_statelock_at *at;
	const char *remote; /* or NULL */
	struct gv_buf ref, dir;
	int fd;
	struct gv_oid here, there; /* zero: none */
	struct gv_oid gone;        /* what was left and is mended */
	struct gv_statelock_note *notes;
	size_t n, cap;
};

/* Check names, lock the folder, read where the ref stands. To be closed
 * whatever comes. 0; GV_EUSAGE, GV_EREFUSED, GV_ELOCKED, GV_ERROR, GV_ENOMEM.
 * (statelock_work.c) */
int gv_statelock_work_open(struct gv_statelock_work *w, struct gv_repo *repo,
    const struct gv_statelock_at *at);
void gv_statelock_work_close(struct gv_statelock_work *w);

/* Move the ref here from where it stands to `to`, or away (NULL). 0; GV_ELOCKED
 * where another one was quicker; GV_ERROR. */
int
gv_statelock_work_move(struct gv_statelock_work *w, const struct gv_oid *to);

/* Note, durably, that this record is going to be pushed to the remote. 0 or
 * GV_ERROR, GV_ENOMEM. */
int
gv_statelock_work_note(struct gv_statelock_work *w, const struct gv_oid *oid);

/* The remote that a record was noted for (`remote` NULL: any), or NULL. */
const char *gv_statelock_work_noted(const struct gv_statelock_work *w,
    const struct gv_oid *oid, const char *remote);

/* Ask the remote for w->there, and put right what was left by a kill. 0 or a
 * failure. */
int gv_statelock_work_mend(struct gv_statelock_work *w);

/* Write a record's bytes as a loose object, durably. (statelock_blob.c) */
int gv_statelock_blob_write(struct gv_oid *out, const struct gv_repo *repo,
    const void *text, size_t len);

/* Read a blob into text, record and damage of a lock. 0 also where it is
 * damaged or missing; GV_ENOMEM, GV_ERROR. */
int gv_statelock_blob_read(struct gv_statelock *out, struct gv_repo *repo,
    const char *env, const char *stack, const struct gv_oid *oid);

/* Whether the object is there, also if it has come just now. */
bool gv_statelock_blob_is_there(struct gv_repo *repo, const struct gv_oid *oid);

/* The refs of locks that a remote has. `ref` is the name of one, or ends with
 * '*'. 0, GV_EREFUSED, GV_ERROR. (statelock_remote.c) */
int gv_statelock_remote_ask(struct gv_refs *out, const struct gv_repo *repo,
    const char *remote, const char *ref);

/* Move a ref there from `was` to `to`; zero: it is not there. 0; GV_EEXISTS
 * where it does not stand at `was`; GV_EREFUSED where the remote said no;
 * GV_ERROR where it could not be asked, or it cannot be told what it did. */
int gv_statelock_remote_push(const struct gv_statelock_work *w,
    const struct gv_oid *to, const struct gv_oid *was);

/* Bring the objects of these refs (NULL behind the last), and no ref. 0 or a
 * failure. */
int gv_statelock_remote_fetch(
    const struct gv_repo *repo, const char *remote, const char *const *refs);

#endif
