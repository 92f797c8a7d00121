#ifndef GV_RECORD_H
#define GV_RECORD_H
/*
 * The record of a snapshot: its commit, read and written. A record knows what
 * the commit's trailers say and where its parts are; the files themselves are
 * in the trees.
 *
 *	r = gv_record_resolve(&rec, repo, "latest~2");
 *	r = gv_records_load(&all, repo);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/oid.h"

struct gv_repo;

#define GV_RECORD_ID_LEN 25 /* YYYYMMDDTHHMMSSZ-xxxxxxxx */

struct gv_record {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	struct gv_oid root;  /* the commit's tree: tree/, index/, meta/ */
	struct gv_oid tree;  /* tree/: the files; see gv_record_open_parts() */
	struct gv_oid index; /* index/: zero where there is none */
	struct gv_oid meta;  /* meta/ */
	struct gv_oid base;  /* the HEAD commit it was taken on; zero: none */
	int64_t time;        /* seconds since 1970, the commit's */
	char *author;        /* "Name <mail>" */
	char *subject;       /* first line of the message */
	char *body;          /* the message without subject and trailers */
	char *host, *trigger, *branch, *previous; /* trailers, or NULL */
	char **tags;
	size_t n_tags;
	char **environments;
	size_t n_environments;
	uint64_t files, bytes, secrets;
};

struct gv_records {
	struct gv_record *records; /* newest first */
	size_t n;
};

/* Read a snapshot's commit. GV_ECORRUPT where it is none of ours or of a
 * newer format (which is said). tree, index and meta are set too. */
int gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit);
void gv_record_release(struct gv_record *rec);

/* Read every snapshot of the repository. A damaged one is left out and its
 * sentence appended, one a line, to `damaged` (may be NULL). */
int gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);
void gv_records_release(struct gv_records *recs);

/* Find the snapshot that an expression names: an id or unique prefix of it,
 * latest, latest~N, tag:NAME (the newest that has it), at:TIME (the newest
 * not after it, in any of git's date formats), or a commit-ish of the project
 * (the newest taken on that commit). GV_ENOTFOUND says what was sought and
 * which snapshot is nearest; GV_EREFUSED where a prefix names several. */
int gv_record_resolve(
    struct gv_record *out, struct gv_repo *repo, const char *expression);

/* Append the commit message of a record: subject, body, trailers. */
void gv_record_message(struct gv_buf *out, const struct gv_record *rec);

#endif
