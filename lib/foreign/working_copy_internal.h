#ifndef GV_WORKING_COPY_INTERNAL_H
#define GV_WORKING_COPY_INTERNAL_H
/*
 * Shared by the files of working_copy: working_copy.c says when to ask,
 * working_copy_tool.c runs a tool, working_copy_svn.c and working_copy_hg.c
 * have what it is asked, working_copy_folder.c takes its files,
 * working_copy_base.c which files a revision has, working_copy_prove.c whether
 * the server has it, which working_copy_ask.c asks. Include it nowhere else.
 */

#include "base/buf.h"
#include "repo/foreign.h"
#include "foreign/working_copy.h"
#include "foreign/working_copy_proof.h"
#include "walk/base.h"

struct gv_proc;

/* Add a file; the text is taken. 0 or GV_ENOMEM. */
int gv_working_copy_add(
    struct gv_working_copy *wc, const char *name, struct gv_buf *text);

/* Run a tool in the working copy, `in` (NULL: nothing) being its input. 0,
 * whatever its exit status; GV_ENOTFOUND where there is none, or only one that
 * the working copy brought along; GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_working_copy_run(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const struct gv_buf *in);

/* Run a tool that asks a server, at most 20 seconds: outside of the working
 * copy, and with the user's own settings, which may name a certificate or a
 * key; nobody is asked. As above. */
int gv_working_copy_reach(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const struct gv_buf *in);

/* Whether the server has the revision of which files are to be left out: by
 * what it said last (working_copy_proof.h) or, with `may_ask`, says now.
 * `stamp` is that of the database. 0: it has; GV_EREFUSED, with a message, that
 * it did not give it, or has an unusual address; GV_ECANCELED; GV_ENOMEM.
 * (working_copy_prove.c) */
int gv_working_copy_prove(const struct gv_base *base, struct gv_repo *repo,
    const struct gv_oid *stamp, bool may_ask);

/* A server; all but the address are of svn alone. */
struct gv_working_copy_peer {
	struct gv_buf address, identity;
	struct gv_buf commit, date; /* the last that the folder changed in */
};

/* Ask the server for a revision: *says is GV_WORKING_COPY_ASK where it does not
 * answer. 0; GV_ECANCELED; GV_ENOMEM. */
int
gv_working_copy_ask(enum gv_working_copy_says *says, const struct gv_base *base,
    const struct gv_working_copy_peer *s, const struct gv_repo *repo);

/* Read the first entry of `svn info --xml` into buffers that are empty. 0;
 * GV_ECORRUPT; GV_ENOMEM. */
int gv_working_copy_read_info(
    struct gv_working_copy_peer *out, const char *text, size_t len);

void gv_working_copy_peer_release(struct gv_working_copy_peer *s);

/* Ask for all that counts. 0; GV_ECORRUPT or GV_ERROR, with a message, where
 * the tool failed; else as gv_working_copy_run(). */
int
gv_working_copy_ask_svn(struct gv_working_copy *wc, const struct gv_repo *repo);
int
gv_working_copy_ask_hg(struct gv_working_copy *wc, const struct gv_repo *repo);

/* Ask which files are as a revision of the server: base->tool, revision and
 * files, of svn indexed and with their SHA-1. As above. */
int gv_working_copy_base_svn(struct gv_base *base, const struct gv_repo *repo);
int gv_working_copy_base_hg(struct gv_base *base, const struct gv_repo *repo);

/* Append the paths that hg tracks, each with a NUL. As above. */
int gv_working_copy_tracked_hg(struct gv_buf *out, const struct gv_repo *repo);

/* Read the output of `svn status -v --xml`: which files are as the revision
 * that most of them have. A pure function. 0; GV_ECORRUPT; GV_ENOMEM. */
int
gv_working_copy_read_svn(struct gv_base *base, const char *text, size_t len);

/* Read the output of `svn info -R --xml`: the SHA-1 of what these files, which
 * are indexed, hold at that revision. A pure function. As above. */
int
gv_working_copy_read_sums(struct gv_base *base, const char *text, size_t len);

/* Write and read the cached list; `at` is the stamp of the database then. Pure
 * functions. 0; GV_ECORRUPT without a message; GV_ENOMEM. */
void gv_working_copy_base_format(
    struct gv_buf *out, const struct gv_base *base, const struct gv_oid *at);
int gv_working_copy_base_parse(
    struct gv_base *out, struct gv_oid *at, const char *text, size_t len);

/* Add the files that only the tool's folder has, none through a link. What is
 * beyond a bound is noted in the repository. 0 or GV_ENOMEM. */
int gv_working_copy_add_files(struct gv_working_copy *wc, struct gv_repo *repo,
    enum gv_foreign_kind kind);

/* Append the text of one of them; GV_ENOTFOUND where there is none that can be
 * read. */
int gv_working_copy_read(
    struct gv_buf *out, const struct gv_repo *repo, const char *name);

/* A digest of the stat data of all that moves when the tool would say something
 * new. *is_settled (or NULL): all of it is older than `now`, ns since 1970. 0
 * or GV_ENOMEM. */
int gv_working_copy_stamp(struct gv_oid *out, bool *is_settled,
    const struct gv_repo *repo, enum gv_foreign_kind kind, int64_t now);

#endif
