#ifndef GV_REF_INTERNAL_H
#define GV_REF_INTERNAL_H
/*
 * Shared by the parts of repo/ref: what git leaves undone when it has moved
 * refs. It flushes a ref's file before it gives it its name, but not the
 * directory: for seconds after its success a power failure takes the ref away.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "repo/ref.h"

struct gv_ref_git;
struct gv_repo;

/* List the refs of `names` (NULL behind the last), which come before the
 * prefix, and those below a vault prefix ("refs/vault/…/") from the files
 * that git keeps them in. 1, or 0 where something there is not of the plainest
 * form: then git is to be asked. GV_ENOMEM. (ref_read.c) */
int gv_ref_read(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *names, const char *prefix);

/* A step of a transaction: its lines are "VERB NAME [new] [old]". */
struct gv_ref_step {
	struct gv_buf name;
	struct gv_oid from, to; /* zero: no such ref */
};

/* Read the line of a step, which the next newline ends, into one whose name is
 * a buffer. 0; GV_ERROR for a line of none, and without memory.
 * (ref_settle.c) */
int gv_ref_step_parse(struct gv_ref_step *step, const char *line);

/* Remove a lock that gv_ref_file_commit() left because it was killed. 1; 0 for
 * one that is held, or is git's: of that nobody can know. (ref_file.c) */
int gv_ref_file_unlock_dead(int dirfd, const char *name);

/* Carry a transaction out as git would, by its files: one that moves one vault
 * ref, or makes it beside another, and compares more, in a repository where git
 * would do nothing else. 1; 0 where git is to be asked, and nothing has
 * changed: for anything else, and wherever something is in the way, since git
 * says what. The file that was made for it is used, where there is one.
 * (ref_file.c) */
struct gv_ref_file;
int gv_ref_file_commit(const struct gv_ref_tx *tx, const struct gv_repo *repo,
    struct gv_ref_file *file);

/* gv_ref_commit() with that file, or NULL. (ref.c) */
int gv_ref_commit_with(
    struct gv_ref_tx *tx, const struct gv_repo *repo, struct gv_ref_file *file);

/* Before refs move by the lines of a transaction: append the directories that
 * must be flushed afterwards, for gv_ref_sync(). 0, GV_ERROR, GV_ENOMEM.
 * (ref_sync.c) */
int gv_ref_sync_plan(struct gv_buf *dirs, const struct gv_repo *repo,
    const struct gv_buf *lines);

/* Afterwards: flush them. 0 or GV_ERROR. (ref_sync.c) */
int gv_ref_sync(const struct gv_repo *repo, const struct gv_buf *dirs);

/* The git that takes transactions on its standard input. (ref_git.c) */
extern const char *const gv_ref_git_argv[];

/* A git that goes on, one transaction after the other: a process costs more
 * than all that it does. It is started when it is needed, and ends after some
 * seconds, and whenever it says no. Not by several threads at once. */

/* 0, also where this git cannot go on: then repo->ref_git is NULL. GV_ENOMEM.
 */
int gv_ref_git_open(struct gv_repo *repo);

/* End it where its time has come. Without one nothing is done. */
void gv_ref_git_rest(struct gv_repo *repo);
void gv_ref_git_close(struct gv_repo *repo);

/* Whether it waits for another transaction. NULL: no. */
bool gv_ref_git_is_running(const struct gv_ref_git *git);

/* Carry a transaction out. 0; 1 where it has said no or was killed, with its
 * words, if any, appended to `err`; GV_ERROR; GV_ENOMEM. Of what is not 0,
 * gv_ref_settle() knows more. */
int gv_ref_git_commit(
    struct gv_ref_git *git, struct gv_buf *err, const struct gv_buf *lines);

/* As gv_ref_read() without single names, where there are folders below the
 * prefix, which is one of git-vault's, or names with other letters.
 * (ref_beside.c) */
int gv_ref_read_below(
    struct gv_refs *out, const struct gv_repo *repo, const char *prefix);

#endif
