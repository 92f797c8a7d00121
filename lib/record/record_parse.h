#ifndef GV_RECORD_PARSE_H
#define GV_RECORD_PARSE_H
/*
 * The text of a snapshot's commit, read and written, and the message in it that
 * a person gave.
 *
 *	r = gv_record_parse(&rec, data, len);
 *	gv_record_message(&out, &rec);
 */

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

struct gv_buf;

/* Read a commit object's bytes: all but `commit`, `tree`, `index` and `meta`,
 * which are left zero. 0; GV_ECORRUPT where it is no commit, not a vault's, or
 * of a newer format (which is said); GV_ENOMEM. */
int gv_record_parse(struct gv_record *out, const void *data, size_t len);

/* Whether a commit object's bytes are those of a snapshot of a newer format. */
bool gv_record_is_newer(const void *data, size_t len);

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

/* Whether somebody gave it a message: it has another one than
 * gv_record_set_default_message() would give it. */
bool gv_record_has_message(const struct gv_record *rec);

#endif
