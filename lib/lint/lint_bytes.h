#ifndef GV_LINT_BYTES_H
#define GV_LINT_BYTES_H
/*
 * A report as bytes, to be shown again without a graph. Remedies are not among
 * them: a patch is made from the files.
 *
 *	struct gv_lint_writing w = { &report, key, now };
 *	gv_cache_save_by(repo, name, gv_lint_bytes_next, &w);
 *	r = gv_lint_bytes_read(&report, bytes.p, bytes.len, key, n_files, now);
 *	gv_lint_release(&report);
 */

#include <stdint.h>

#include "lint/lint.h"

#define GV_LINT_KEY 32 /* bytes that say what a report follows from */

/* A report of `now` on its way to bytes, of which there may be a hundred
 * megabytes: they are made piece by piece. */
struct gv_lint_writing {
	const struct gv_lint_report *report;
	const unsigned char *key; /* GV_LINT_KEY bytes */
	int64_t now;
	/* private */
	enum {
		GV_LINT_WRITING_NOTHING,
		GV_LINT_WRITING_ROWS,
		GV_LINT_WRITING_PLACES,
		GV_LINT_WRITING_TEXTS,
		GV_LINT_WRITING_END,
	} list;
	size_t at;
	uint32_t text;
};

/* Append the next bytes of a gv_lint_writing; none where there are no more, and
 * what gv_cache_seal() puts behind all of them is missing. 0 or GV_ENOMEM. */
int gv_lint_bytes_next(void *writing, struct gv_buf *out);

/* Read it; what it says borrows the bytes, which begin at an address that is a
 * multiple of 8. `n_files` are in the graph that its places name. 0;
 * GV_ECORRUPT without a message where the bytes are of another key, are
 * damaged, or what they say has come to be something else by `now`; GV_ENOMEM.
 * To be released after 0. */
int gv_lint_bytes_read(struct gv_lint_report *out, const void *p, size_t len,
    const unsigned char key[GV_LINT_KEY], uint32_t n_files, int64_t now);

#endif
