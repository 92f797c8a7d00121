#ifndef GV_HGIGNORE_H
#define GV_HGIGNORE_H
/*
 * Mercurial's ignore rules (hgignore(5)): globs and regular expressions, with
 * files that include others. A pure function of the texts; `read` gives those
 * that are included.
 *
 *	struct gv_hgignore h = { .read = read_below, .ctx = dir };
 *
 *	r = gv_hgignore_add(&h, text, len, ".hgignore", "");
 *	if (r == 0 && (r = gv_hgignore_compile(&h)) == 0)
 *		is = gv_hgignore_match(&h, "a/b.pyc", 7);
 *	gv_hgignore_release(&h);
 *
 * A match may be asked for by many threads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct gv_hgignore_rule;
struct gv_ignore_why;

struct gv_hgignore {
	/* Append the text of an included file, by its path from the top of the
	 * working copy or an absolute one. 0; GV_ENOTFOUND; GV_EREFUSED where
	 * it is there and cannot be read, so that not all rules are known;
	 * GV_ENOMEM. */
	int (*read)(void *ctx, struct gv_buf *out, const char *path);
	void *ctx;
	struct gv_hgignore_rule *rules;
	size_t n, cap, n_files;
	uint64_t sum;    /* of all texts */
	bool is_strange; /* some rule is not understood or read */
};

/* Add the rules of a file; `below` is the folder that they hold in, with a '/'
 * at its end, or "". 0 or GV_ENOMEM. */
int gv_hgignore_add(struct gv_hgignore *h, const char *text, size_t len,
    const char *source, const char *below);

/* Once all are added. 0 or GV_ENOMEM. */
int gv_hgignore_compile(struct gv_hgignore *h);

/* Whether a rule matches the path, or a folder above it; `why` (or NULL) is set
 * then, borrowed from `h`. */
bool gv_hgignore_match(const struct gv_hgignore *h, const char *path,
    size_t len, struct gv_ignore_why *why);

/* Append the regular expression of a glob: a pure function. */
void gv_hgignore_glob(struct gv_buf *out, const char *glob, size_t len);

void gv_hgignore_release(struct gv_hgignore *h);

#endif
