#ifndef GV_RECORD_H
#define GV_RECORD_H
/*
 * The record of a snapshot: its commit, read and written. A record knows what
 * the commit's trailers say and where its parts are; the files themselves are
 * in the trees.
 *
 *	r = gv_record_load(&rec, repo, &commit);
 *	r = gv_records_load(&all, repo, &damaged);
 *
 * record_resolve.h finds the one that a user names, record_walk.h reads one
 * after the other.
 *
 * "Newest" goes by the second in the id; within one second a snapshot is
 * newer than the one that it names as its previous, or else by its id. What is
 * deleted (see tombstone.h) is not there, also where another clone brought its
 * ref back; pins and later tags (see mark.h) are part of a record that is
 * loaded.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_repo;

/* The trigger of a snapshot of files that are about to be replaced. */
#define GV_RECORD_SAFETY "safety"

#define GV_RECORD_WITHHOLDS 4 /* the format of one that withholds values */

struct gv_record {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	struct gv_oid root;  /* the commit's tree: tree/, index/, meta/ */
	struct gv_oid tree;  /* tree/: the files */
	struct gv_oid index; /* index/: zero where there is none */
	struct gv_oid meta;  /* meta/ */
	struct gv_oid base;  /* the HEAD commit it was taken on; zero: none */
	int64_t time;        /* seconds since 1970, the commit's */
	char *author;        /* "Name <mail>" */
	char *subject;       /* first line of the message */
	char *body;          /* the message without subject and trailers */
	char *host, *trigger, *branch, *previous; /* trailers, or NULL */
	char *only; /* the same: which files alone were taken */
	char *text; /* what the eight above point into; NULL: each is its own */
	char **tags; /* of the trailers, then those that were added later */
	size_t n_tags, n_own_tags;
	char **environments;
	size_t n_environments;
	/* what of its states was not settled (whole/whole.h), as its trailers
	 * say; empty where it is recalled */
	char **unsettled;
	size_t n_unsettled;
	/* snapshots of the repositories inside the working tree that belong
	 * to it: gv_record_read_nested() */
	char **nested;
	size_t n_nested;
	uint64_t files, bytes, secrets;
	uint64_t unread; /* paths that could not be read, so it lacks them */
	bool unmarked;   /* a mark of it cannot be read: it may have tags */
	/* what follows is not known, for all pins and tags are lost; set by who
	 * shows it (gv_mark_look()) */
	bool markless;
	bool pinned;      /* never deleted until it is unpinned */
	int64_t pin_time; /* when, where pinned */
	char *pin_reason; /* why, or NULL */
	unsigned format;  /* 3 where values are withheld, else 2 where files are
			     in  chunks, else 1; 0 to write 1 */
	bool is_apart;    /* to be written: `base` is no parent of it */
	bool recalled;    /* out of the cache: nobody read the commit now */
};

struct gv_records {
	struct gv_record *records; /* newest first */
	size_t n;
};

/* Whether it was taken on this machine. */
bool gv_record_is_here(const struct gv_record *rec);

/* Whether it says that it is of the environment. */
bool gv_record_is_of(const struct gv_record *rec, const char *env);

/* Whether it has the tag of `len` bytes. */
bool
gv_record_has_tag(const struct gv_record *rec, const char *tag, size_t len);

/* Whether somebody gave it a message: it has another one than
 * gv_record_set_default_message() would give it. */
bool gv_record_has_message(const struct gv_record *rec);

/* Read a commit object's bytes: all but `commit`, `tree`, `index` and `meta`,
 * which are left zero. 0; GV_ECORRUPT where it is no commit, none of ours, or
 * of a newer format (which is said); GV_ENOMEM. */
int gv_record_parse(struct gv_record *out, const void *data, size_t len);

/* Whether a commit object's bytes are those of a snapshot of a newer format. */
bool gv_record_is_newer(const void *data, size_t len);

/* Read a snapshot's commit. GV_ECORRUPT where it is none of ours or of a
 * newer format (which is said), GV_ENOTFOUND where the commit itself is not
 * there. tree, index and meta are set too. */
int gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit);

/* Free what it holds; NULL-safe, zeroed struct ok. */
void gv_record_release(struct gv_record *rec);

/* Read every snapshot of the repository. A damaged one is left out and its
 * sentence appended, one a line, to `damaged` (may be NULL); so is that of
 * damaged marks or tombstones, which then count as none. */
int gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

/* The same for who only looks: what a commit said when it was last read may
 * come out of the cache (record_cache.h), and then nobody has looked whether
 * its bytes are still undamaged. Never for what decides on data. */
int gv_records_recall(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

/* Free; NULL-safe, zeroed struct ok. */
void gv_records_release(struct gv_records *recs);

/* Append the commit message of a record: subject, body, trailers. A value
 * that would not fit on a line is C-quoted. A zero `base` is said too, since
 * a snapshot has other parents than its base. */
void gv_record_message(struct gv_buf *out, const struct gv_record *rec);

/* Set subject and body from a text as a person types it: the first line that
 * is not empty, and what follows. 0 or GV_ENOMEM with `rec` as it was. */
int gv_record_set_message(struct gv_record *rec, const char *text);

/* The same where nobody wrote a message: the subject names the branch (NULL:
 * none is checked out). */
int gv_record_set_default_message(struct gv_record *rec, const char *branch);

#endif
