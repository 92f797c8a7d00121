#ifndef GV_REVEAL_H
#define GV_REVEAL_H
/*
 * One path on the two sides of a difference, as it is stored or with its
 * secrets, in locked memory. A side is a snapshot, a commit, or the working
 * tree. Nothing here compares or prints.
 *
 *	r = gv_reveal_open(&reveal, repo, &from, &to);
 *	if (gv_reveal_has(reveal, change))
 *		r = gv_reveal_read(&text, reveal, GV_REVEAL_FROM, change,
 *		    GV_REVEAL_CLEAR);
 *	gv_reveal_text_release(&text);
 *	gv_reveal_close(reveal);
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/secret.h"
#include "view/revealed.h"

struct gv_buf;
struct gv_diff;
struct gv_diff_change;
struct gv_record;
struct gv_repo;
struct gv_reveal;
struct gv_safe;

/* More of a file is not read: its lines would be compared in memory. */
#define GV_REVEAL_MAX ((size_t)8 * 1024 * 1024)

struct gv_reveal_side {
	const struct gv_record *rec; /* the snapshot; NULL: none */
	/* of the working tree: what a snapshot of it would encrypt, as in
	 * meta/secrets; NULL: not the working tree */
	const struct gv_buf *list;
};

enum gv_reveal_which { GV_REVEAL_FROM, GV_REVEAL_TO };

enum gv_reveal_how {
	GV_REVEAL_STORED, /* with placeholders */
	GV_REVEAL_CLEAR,  /* with the secrets that the safe opens */
};

struct gv_reveal_text {
	struct gv_secret bytes;
	struct gv_revealed_stood
	    *stood; /* where secrets are in them. Unknown, and
		    none, for the working tree in clear */
	const struct gv_revealed_file *file; /* what they are; NULL: none */
	size_t n;
	struct gv_revealed_left left; /* what could not be opened */
	bool is_missing;              /* this side has no such file */
	bool is_whole; /* all of it is encrypted, as one secret */
	bool is_large; /* over GV_REVEAL_MAX; no bytes are given */
};

/* Be ready to read both sides, whose objects are in `repo`. The records must
 * outlive it. 0; as gv_revealed_load(). */
int gv_reveal_open(struct gv_reveal **out, struct gv_repo *repo,
    const struct gv_reveal_side *from, const struct gv_reveal_side *to);

/* Open secrets by this safe from now on, which must outlive it. */
void gv_reveal_use(struct gv_reveal *r, struct gv_safe *safe);

/* NULL-safe; wipes. */
void gv_reveal_close(struct gv_reveal *r);

/* Whether a side has an encrypted secret in the path of a change; NULL-safe. */
bool gv_reveal_has(const struct gv_reveal *r, const struct gv_diff_change *c);

/* Report to the audit chain of `repo` that the secrets of these changes are
 * opened for `reason` (or NULL). To be called before any is given out. As
 * gv_unseal_tell(). */
int gv_reveal_tell(struct gv_reveal *r, struct gv_repo *repo,
    const struct gv_diff *diff, const char *reason);

/* Read one side of a change. 0, also where secrets stay placeholders (see
 * `left`); as gv_revealed_stream(). Release *out in any case. */
int gv_reveal_read(struct gv_reveal_text *out, struct gv_reveal *r,
    enum gv_reveal_which which, const struct gv_diff_change *c,
    enum gv_reveal_how how);

/* Free and wipe; zeroed ok. */
void gv_reveal_text_release(struct gv_reveal_text *t);

#endif
