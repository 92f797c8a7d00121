#ifndef GV_RECORD_H
#define GV_RECORD_H
/*
 * The record of a snapshot: what its commit's trailers say, and where its parts
 * are. The files themselves are in the trees.
 *
 *	gv_record_is_of(&rec, "prod");
 *	gv_record_release(&rec);
 *
 * record_load.h reads one from the repository, or all; record_walk.h reads one
 * after the other; record_resolve.h finds the one that a user names;
 * record_parse.h reads and writes the commit's text.
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

#include "record/record_id.h"
#include "repo/oid.h"

/* The trigger of a snapshot of files that are about to be replaced. */
#define GV_RECORD_SAFETY "safety"

#define GV_RECORD_WITHHOLDS 4 /* the format of one that withholds values */

struct gv_buf;

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
	/* the same: which files are not stored, as a revision has them, such as
	 * "12 svn 5"; gv_record_omitted() */
	char *omits;
	char *text;  /* what the nine above point into; NULL: each is its own */
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

/* What a snapshot leaves to another version control system. */
struct gv_record_omits {
	uint64_t files;
	const char *tool;  /* "svn" or "hg" */
	char revision[41]; /* digits, of "hg" hexadecimal */
};

/* Read its `omits`. False where it has none; where it is not of that form, also
 * with 0 files and no tool. */
bool
gv_record_omitted(struct gv_record_omits *out, const struct gv_record *rec);

/* Append that for a person: "12 files, as in revision 5 of Subversion". */
void gv_record_say_omits(struct gv_buf *out, const struct gv_record *rec);

/* Whether it has the tag of `len` bytes. */
bool
gv_record_has_tag(const struct gv_record *rec, const char *tag, size_t len);

/* Free what it holds; NULL-safe, zeroed struct ok. */
void gv_record_release(struct gv_record *rec);

/* Free; NULL-safe, zeroed struct ok. */
void gv_records_release(struct gv_records *recs);

#endif
