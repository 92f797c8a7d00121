#ifndef GV_REVEALED_H
#define GV_REVEALED_H
/*
 * The files of a snapshot as they were, with what it withholds put back: the
 * one way from placeholders to clear bytes, for all who read. Where values
 * stood says the snapshot's own list (withheld.h), what they are the safe
 * (safe.h); a value that is not to be had leaves its placeholder, and the
 * reader says so.
 *
 *	r = gv_revealed_load(&given, odb, &rec, GV_REVEALED_TREE);
 *	file = gv_revealed_find(given, path, len);
 *	r = gv_revealed_reader_new(&reader, odb, safe);	a thread
 *	r = gv_revealed_stream(&left, reader, &what, fn, ctx);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "seal/redact.h"

struct gv_buf;
struct gv_crossing;
struct gv_revealed;
struct gv_revealed_reader;
struct gv_odb;
struct gv_record;
struct gv_safe;
struct gv_withheld_entry;

/* Which of a snapshot's two trees of files. */
enum gv_revealed_tree {
	GV_REVEALED_TREE,
	GV_REVEALED_INDEX, /* what was staged */
	GV_REVEALED_META,  /* meta/ itself: no files, but what its parts hold */
};

/* The list of each in meta/. */
#define GV_REVEALED_LIST       "secrets"
#define GV_REVEALED_INDEX_LIST "index-secrets"
#define GV_REVEALED_META_LIST  "meta-secrets"

/* A secret that must not come back where the snapshot has it: it would be read
 * by more people (crossing.h). */
struct gv_revealed_bar {
	bool is_barred;
	const char *scope;  /* of the path; NULL: stored in clear */
	const char *reader; /* as crossing.h says */
};

/* What is withheld of one file, in the order of its bytes; as lasting as the
 * list. */
struct gv_revealed_file {
	const struct gv_withheld_entry *entries;
	const struct gv_redact_span *places; /* of the same */
	/* of the same: which stay although a key opens them, and why; NULL:
	 * none does. Those of others are zero */
	const struct gv_revealed_bar *bars;
	size_t n;
};

/* Read the list of what a snapshot withholds, all of it, once; it may be asked
 * from any thread then. 0, with *out NULL where nothing is withheld;
 * GV_ECORRUPT where the list is damaged, does not say as many places as the
 * snapshot, or is not there though it should; GV_ENOTFOUND; GV_ENOMEM. */
int gv_revealed_load(struct gv_revealed **out, struct gv_odb *odb,
    const struct gv_record *rec, enum gv_revealed_tree tree);

/* The same of a list that is in memory, as meta/secrets has it. 0, with *out
 * NULL for an empty one; GV_ECORRUPT; GV_ENOMEM. */
int gv_revealed_parse(struct gv_revealed **out, const struct gv_buf *list);

/* Have those places stay of which `crossing` says that they cross, which must
 * outlive the list. `given` may be NULL. 0 or GV_ENOMEM. */
int gv_revealed_bar_crossing(
    struct gv_revealed *given, struct gv_crossing *crossing);

/* NULL-safe. */
void gv_revealed_free(struct gv_revealed *given);

/* What is withheld of this path; NULL for nothing. `given` may be NULL. */
const struct gv_revealed_file *
gv_revealed_find(const struct gv_revealed *given, const char *path, size_t len);

/* All files of the list, in its order; NULL at the end. `given` may be NULL. */
const struct gv_revealed_file *
gv_revealed_at(const struct gv_revealed *given, size_t i);

/* How many places there are in all. `given` may be NULL. */
size_t gv_revealed_count(const struct gv_revealed *given);

/* One thread's. With `safe` NULL nothing is opened. 0 or GV_ENOMEM. */
int gv_revealed_reader_new(
    struct gv_revealed_reader **out, struct gv_odb *odb, struct gv_safe *safe);

/* NULL-safe; wipes. */
void gv_revealed_reader_free(struct gv_revealed_reader *r);

/* Places of a file that kept their placeholders. */
struct gv_revealed_left {
	size_t sealed;  /* no key opens them, or none was asked for */
	size_t damaged; /* their values are not there, or not themselves */
	size_t crossed; /* barred: they would be read by more people … */
	const struct gv_revealed_bar *bar; /* … and why the first of these; the
					   list's */
	const char *scope; /* of the first of them; the list's */
	char reason[200];  /* why the first damaged one is; "" */
};

/* What stands in the bytes that are given where a placeholder is stored. */
struct gv_revealed_stood {
	uint64_t at, len;
	bool is_left; /* the placeholder itself */
};

/* A file as the snapshot's tree has it. */
struct gv_revealed_what {
	const struct gv_revealed_file *file;
	struct gv_oid oid;
	bool is_chunked; /* the blob is a pointer to chunks */
	/* the caller's, of file->n, which are set as the bytes are given; NULL:
	 * nobody asks */
	struct gv_revealed_stood *stood;
};

/* Give the bytes of a file to fn in pieces, with its values. 0, and *left says
 * what of it was not to be had; GV_ECORRUPT where the places do not fit the
 * bytes, or the stored bytes are damaged, GV_ENOTFOUND where they are not here;
 * what fn returned; GV_ENOMEM, GV_ERROR. A failure with left->damaged set is
 * one of a value that had been given in part: with a reader that opens nothing
 * the same file can be had with its placeholder. */
int gv_revealed_stream(struct gv_revealed_left *left,
    struct gv_revealed_reader *r, const struct gv_revealed_what *what,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* Whether all of its values can be had: the same, and the bytes go nowhere. */
int gv_revealed_try(struct gv_revealed_left *left, struct gv_revealed_reader *r,
    const struct gv_revealed_what *what);

#endif
