#ifndef GV_RECORD_RESOLVE_H
#define GV_RECORD_RESOLVE_H
/*
 * Finds the snapshot, or the commit of the project, that an expression of the
 * user names.
 *
 *	r = gv_record_resolve(&rec, repo, "latest~2");
 *	gv_record_release(&rec);
 */

#include "record/record.h"

struct gv_oid;
struct gv_repo;

/* Find the snapshot that an expression names:
 *
 * an id, a unique prefix of it (at least four characters), or its last eight
 * digits; latest and its variants (latest.h; if needed a line says who took
 * it); tag:NAME, the newest with that tag; good:ENV or good:ENV~N, that of a
 * known-good record (good.h); at:TIME, the newest that is not after it, as
 * gv_record_time() reads it; a commit-ish of the project: the newest taken on
 * that commit, else on one that it was rewritten from, or the snapshot whose
 * own commit it is.
 *
 * A deleted snapshot is not found. GV_ENOTFOUND says what was sought, and which
 * snapshot is nearest; GV_EREFUSED if the expression fits several, or git
 * cannot read TIME; GV_ECORRUPT if the snapshot is damaged: an older one is
 * never returned in its place. */
int gv_record_resolve(
    struct gv_record *out, struct gv_repo *repo, const char *expression);

/* The same for who only looks at its files: also one that was deleted, by its
 * own commit, as long as that is there. Nothing keeps it. */
int gv_record_resolve_to_read(
    struct gv_record *out, struct gv_repo *repo, const char *expression);

/* The same for several expressions at once: the records in the order given,
 * each once. The first failure ends it. */
int gv_records_resolve(struct gv_records *out, struct gv_repo *repo,
    const char *const *expressions, size_t n);

/* The id that an expression names, of a snapshot that may be damaged: it must
 * be its id, what is short for it, or its ref's whole name behind
 * refs/vault/snapshots/. 0 with *id (the caller frees) and *commit set,
 * GV_ENOTFOUND, GV_EREFUSED. */
int gv_record_resolve_ref(char **id, struct gv_oid *commit,
    struct gv_repo *repo, const char *expression);

/* As gv_record_resolve_to_read(), where a commit may stand beside a snapshot: 0
 * with *out set, or 1 with *commit set where the text is a commit-ish of the
 * project and not a snapshot's own commit. */
int gv_record_resolve_or_commit(struct gv_record *out, struct gv_oid *commit,
    struct gv_repo *repo, const char *expression);

/* The commit of the project that a text names to git: 1, or 0 where it names
 * none; a failure. */
int gv_record_commit(struct gv_oid *out, const char *text);

#endif
