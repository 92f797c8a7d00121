#ifndef GV_BASELINE_H
#define GV_BASELINE_H
/*
 * A file of findings that were there when a team began to scan: one fingerprint
 * a line, so that two branches merge as lines do, and nothing in it moves when
 * lines of files do.
 *
 *	r = gv_baseline_parse(&b, "scan.baseline", data, len);
 *	entry = gv_baseline_find(&b, &finding.fingerprint);
 *	gv_baseline_release(&b);
 */

#include <stdbool.h>
#include <stddef.h>

#include "detect/finding.h"

/* Its first line. */
#define GV_BASELINE_HEAD "# git-vault baseline 1"

struct gv_buf;
struct gv_sweep;

struct gv_baseline_entry {
	struct gv_idkey_digest digest;
	unsigned line;
	bool used; /* for who asks; not part of the file */
};

struct gv_baseline {
	struct gv_baseline_entry *entries; /* by digest */
	size_t n, cap;
	char key[GV_IDKEY_NAME + 1]; /* that all are of; "" for none */
};

/* Read one; `name` is for messages. 0; GV_EREFUSED with "NAME:LINE: " and what
 * is wrong; GV_ENOMEM. *out is to be released on success only. */
int gv_baseline_parse(
    struct gv_baseline *out, const char *name, const char *data, size_t len);

/* The entry of a finding, or NULL. */
struct gv_baseline_entry *gv_baseline_find(
    const struct gv_baseline *b, const struct gv_idkey_digest *digest);

/* Append one that holds those findings which nothing else allows and which are
 * of this grade or above, in their order. 0 or GV_ENOMEM. */
int gv_baseline_format(struct gv_buf *out, const struct gv_sweep *sweep,
    enum gv_finding_grade least);

/* Free; NULL-safe. */
void gv_baseline_release(struct gv_baseline *b);

#endif
