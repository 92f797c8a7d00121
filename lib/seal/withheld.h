#ifndef GV_WITHHELD_H
#define GV_WITHHELD_H
/*
 * What a snapshot withholds: the file meta/secrets, which says where in tree/
 * placeholders stand, what for, and which object has the value sealed. One line
 * a placeholder, sorted, so that it is looked up in as it was read. See
 * git-vault-format(5) for the grammar. What placeholders are is for redact.h,
 * how values are sealed for seal.h.
 *
 *	r = gv_withheld_add(&list, &entry);	in any order
 *	r = gv_withheld_write(&text, &list);
 *	…
 *	r = gv_withheld_open(&it, text, len);
 *	while ((r = gv_withheld_next(&it, &entry)) > 0) …
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "repo/oid.h"
#include "seal/redact.h"

#define GV_WITHHELD_SCOPE_MAX 64 /* characters */

/* What a placeholder stands for. The letter is the line's first. */
enum gv_withheld_kind {
	GV_WITHHELD_SPAN = 's', /* some bytes of the file */
	GV_WITHHELD_FILE = 'f', /* all of them: it was kept out of Git */
	/* all of them, as a version of a state: `object` is its commit, and
	 * nothing is sealed here */
	GV_WITHHELD_STATE = 't',
};

struct gv_withheld_entry {
	enum gv_withheld_kind kind;
	struct gv_redact_span place; /* in the redacted file */
	const char *scope;
	struct gv_oid object; /* a blob, or a tree of chunks; see seal.h */
	const char *path;     /* as in tree/ */
	size_t path_len;
};

/* ---- writing ---- */

struct gv_withheld {
	struct gv_withheld_entry *entries;
	size_t n, cap;
	struct gv_arena arena;
};

#define GV_WITHHELD_INIT                                                       \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add an entry, which is copied with all that it refers to. 0; GV_EUSAGE for
 * one that cannot be written, and the list is as it was; GV_ENOMEM. */
int
gv_withheld_add(struct gv_withheld *list, const struct gv_withheld_entry *e);

/* Append the file; the list is sorted by it. The same entries give the same
 * bytes in whatever order they came. 0; GV_EUSAGE where two of a file lie over
 * each other, or beside one that stands for all of it; GV_ENOMEM. `out` is as
 * it was after a failure. */
int gv_withheld_write(struct gv_buf *out, struct gv_withheld *list);

/* NULL-safe, zeroed ok. */
void gv_withheld_release(struct gv_withheld *list);

/* ---- reading ---- */

struct gv_withheld_iter {
	const char *first, *p, *end;
	unsigned line;
	bool begun;             /* `before` is the entry before this one */
	struct gv_buf path;     /* what the entry's fields point into */
	struct gv_buf words;    /* scope and rule, a NUL behind each */
	struct gv_buf again;    /* the line as we would write it */
	struct gv_buf previous; /* path of the entry before */
	uint64_t previous_end;  /* and where it ended */
	bool previous_is_all;
};

/* Begin to read the file; the bytes stay the caller's. There is one way to
 * write a list, and nothing else is read. 0, or GV_ECORRUPT, where a newer
 * format is named as such; to be released in any case. */
int gv_withheld_open(struct gv_withheld_iter *it, const char *data, size_t len);

/* The next entry: 1 with *e set, borrowed until the next call; 0 at the end;
 * GV_ECORRUPT with the line's number, GV_ENOMEM. */
int gv_withheld_next(struct gv_withheld_iter *it, struct gv_withheld_entry *e);

/* Go to the first entry of a path, in as many steps as the number of lines has
 * bits: entries follow by gv_withheld_next(), and those of other paths behind
 * them. 0; GV_ENOTFOUND without a message; GV_ECORRUPT, GV_ENOMEM. The lines
 * passed over are not checked, and no line has a number from then on. */
int gv_withheld_find(struct gv_withheld_iter *it, const char *path, size_t len);

/* NULL-safe, zeroed ok. */
void gv_withheld_close(struct gv_withheld_iter *it);

#endif
