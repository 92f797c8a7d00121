#ifndef GV_NESTED_INTERNAL_H
#define GV_NESTED_INTERNAL_H
/*
 * What the files about inner repositories share: nested.c runs programs in
 * them and takes snapshots, nested_restore.c restores, nested_link.c looks
 * after links and their pins. Include it nowhere else.
 */

#include "snapshot/nested.h"
#include "sys/proc.h"

/* Why a snapshot that is linked is pinned; by this it is known again. */
#define GV_NESTED_PIN "linked by a snapshot of the repository around it"

/* A program in the repository at `path`, in an environment of its own; an
 * absolute one is that of a submodule's git directory, for what needs no
 * working tree. `in` is what it reads, or NULL. GV_ENOTFOUND where no
 * repository is there, or the way to it leads over a link; else as
 * gv_proc_run(). */
int gv_nested_run(struct gv_proc *p, const struct gv_repo *repo,
    const char *path, const char *const *argv, const struct gv_buf *in);

/* Keep what a started program printed and how it ended. 0 or GV_ENOMEM. */
int gv_nested_note(struct gv_nested *in, const struct gv_proc *p);

/* The same of this thread's message, of a program that could not be run. */
int gv_nested_fail(struct gv_nested *in);

/* Find the commit of its snapshot: 1 where that is pinned, 0 where not, or a
 * failure where it is not there. */
int gv_nested_look_up(struct gv_nested *in, const struct gv_repo *repo);

/* Ask git for objects by name, a line each in `names`: as `git cat-file
 * --batch-check` answers. 0 with what it said in p->out. */
int gv_nested_ask(struct gv_proc *p, const struct gv_repo *repo,
    const char *path, bool whole, const struct gv_buf *names);

#endif
