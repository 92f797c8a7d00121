#ifndef GV_FAULTY_H
#define GV_FAULTY_H
/*
 * What the last verification found damaged: snapshots, states and other refs
 * of the vault, until a verification or a repair finds them intact. A file in
 * the repository's own vault folder, shared by its working trees; if it is
 * lost, the next verification writes it again.
 *
 *	gv_faulty_load(&faulty, repo);
 *	if (faulty.n) …
 *	gv_faulty_release(&faulty);
 */

#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

struct gv_faulty_entry {
	struct gv_oid commit; /* that the ref named, or a version of a state */
	char *ref;
};

struct gv_faulty {
	struct gv_faulty_entry *entries; /* by ref, once sorted */
	size_t n, cap;
};

/* Read the text of the file. 0; GV_ECORRUPT without a message where it is not
 * what gv_faulty_format() writes, down to the last byte; GV_ENOMEM. *out is
 * empty then. */
int gv_faulty_parse(struct gv_faulty *out, const char *text, size_t len);

/* Sort the entries, each once, and append the text. */
void gv_faulty_format(struct gv_buf *out, struct gv_faulty *faulty);

/* Read the file; none, or a damaged one, is as one without entries. 0 or
 * GV_ENOMEM. */
int gv_faulty_load(struct gv_faulty *out, const struct gv_repo *repo);

/* Replace the file, or remove it where there are no entries. No failure
 * tells. */
void gv_faulty_save(struct gv_faulty *faulty, const struct gv_repo *repo);

/* Add a ref, which is copied. 0 or GV_ENOMEM. */
int gv_faulty_add(
    struct gv_faulty *faulty, const char *ref, const struct gv_oid *commit);

/* Take a ref away, if that commit of it is meant (NULL: any). */
void gv_faulty_drop(
    struct gv_faulty *faulty, const char *ref, const struct gv_oid *commit);

/* Leave out what no ref names any more: deleted snapshots, also those that
 * another commit has taken the place of. 0 or a failure. */
int gv_faulty_drop_gone(struct gv_faulty *faulty, struct gv_repo *repo);

/* Free; NULL-safe, zeroed struct ok. */
void gv_faulty_release(struct gv_faulty *faulty);

#endif
