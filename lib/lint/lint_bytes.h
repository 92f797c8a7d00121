#ifndef GV_LINT_BYTES_H
#define GV_LINT_BYTES_H
/*
 * A report as bytes, to be shown again without a graph. Remedies are not among
 * them: a patch is made from the files.
 *
 *	r = gv_lint_bytes_make(&bytes, &report, key, now);
 *	r = gv_lint_bytes_read(&report, bytes.p, bytes.len, key, n_files, now);
 *	gv_lint_release(&report);
 */

#include <stdint.h>

#include "lint/lint.h"

#define GV_LINT_KEY 32 /* bytes that say what a report follows from */

/* Append the bytes of a report that was made at `now`. 0 or GV_ENOMEM. */
int gv_lint_bytes_make(struct gv_buf *out, const struct gv_lint_report *report,
    const unsigned char key[GV_LINT_KEY], int64_t now);

/* Read it; what it says borrows the bytes, which begin at an address that is a
 * multiple of 8. `n_files` are in the graph that its places name. 0;
 * GV_ECORRUPT without a message where the bytes are of another key, are
 * damaged, or what they say has come to be something else by `now`; GV_ENOMEM.
 * To be released after 0. */
int gv_lint_bytes_read(struct gv_lint_report *out, const void *p, size_t len,
    const unsigned char key[GV_LINT_KEY], uint32_t n_files, int64_t now);

#endif
