#ifndef GV_RECORD_RESOLVE_H
#define GV_RECORD_RESOLVE_H
/*
 * Finds the snapshot, or the commit of the project, that an expression of the
 * user names.
 *
 *	struct gv_record_query query = { .text = "latest~2" };
 *
 *	r = gv_record_resolve(&rec, repo, &query);
 *	gv_record_release(&rec);
 */

#include <stdbool.h>

#include "record/record.h"

struct gv_oid;
struct gv_record_refs;
struct gv_repo;

/* What is sought, and what may be found. Zero but for `text`: the snapshot. */
struct gv_record_query {
	const char *text;
	/* the refs to look in, where the caller has them; NULL: read now */
	const struct gv_record_refs *refs;
	/* a deleted snapshot too, by its own commit, as long as that is there:
	 * for callers that only read files, since nothing keeps it */
	bool deleted;
	/* at:TIME: one that this clone took, where there is such, though others
	 * took newer ones: a date is what whoever pushed it wrote */
	bool own_first;
	/* NULL: a commit stands for its snapshot. Else set, with the result 1,
	 * where the text is a commit-ish of the project */
	struct gv_oid *commit;
};

/* Find the snapshot that an expression names:
 *
 * an id, a unique prefix of it (at least four characters), or its last eight
 * digits; latest and its variants (latest.h; if needed a line says who took
 * it); tag:NAME, the newest with that tag; good:ENV or good:ENV~N, that of a
 * known-good record (good.h); at:TIME, the newest that is not after it, as
 * gv_record_time() reads it; auto:TIME, the same of the automatic saves of this
 * working tree and the snapshots that it took; the id of a save, or its last
 * eight digits (record_save.h); a commit-ish of the project: the newest taken
 * on that commit, else on one that it was rewritten from, or the snapshot whose
 * own commit it is.
 *
 * 0 with *out set, the caller releases; 1 with *query->commit set. GV_ENOTFOUND
 * says what was sought, and which snapshot is nearest; GV_EREFUSED if the
 * expression fits several, or git cannot read TIME; GV_ECORRUPT if the snapshot
 * is damaged: an older one is never returned in its place. */
int gv_record_resolve(struct gv_record *out, struct gv_repo *repo,
    const struct gv_record_query *query);

/* Find the snapshots of several expressions: the records in the order given,
 * each once. The first failure ends it. */
int gv_records_resolve(struct gv_records *out, struct gv_repo *repo,
    const char *const *expressions, size_t n);

/* The id that an expression names, of a snapshot that may be damaged: it must
 * be its id, what is short for it, or its ref's whole name behind
 * refs/vault/snapshots/. 0 with *id (the caller frees) and *commit set,
 * GV_ENOTFOUND, GV_EREFUSED. */
int gv_record_resolve_ref(char **id, struct gv_oid *commit,
    struct gv_repo *repo, const char *expression);

/* The commit of the project that a text names to git: 1, or 0 where it names
 * none; a failure. */
int gv_record_commit(struct gv_oid *out, const char *text);

#endif
