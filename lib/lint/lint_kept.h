#ifndef GV_LINT_KEPT_H
#define GV_LINT_KEPT_H
/*
 * The report of the last check of the working tree, kept in .git/vault/check:
 * it counts only where neither the files nor what the team says of them has
 * changed since. Reports of all rules alone are kept.
 *
 *	gv_lint_kept_key(&kept, &loaded.kept, &loaded.graph, &opts);
 *	r = gv_lint_kept_load(&report, &kept, repo, n_files);	1: it is there
 *	gv_lint_kept_save(&kept, repo, &report);
 *	gv_lint_kept_release(&kept);
 */

#include <stdbool.h>

#include "lint/lint_bytes.h"
#include "sys/file.h"

struct gv_depgraph_kept;
struct gv_repo;

struct gv_lint_kept {
	unsigned char key[GV_LINT_KEY];
	bool has_key;
	int64_t now;
	struct gv_file_map map; /* what a report that was loaded borrows */
};

/* Findings from which on a report is worth a file. */
#define GV_LINT_KEPT_LEAST 2000

/* Find the key of a check by these options of a graph whose files are known.
 * There is none where a rule reads files itself. */
void gv_lint_kept_key(struct gv_lint_kept *kept,
    const struct gv_depgraph_kept *graph, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts);

/* Take the report that was kept: 1; 0 where there is none; GV_ENOMEM. *kept has
 * to outlive it. */
int gv_lint_kept_load(struct gv_lint_report *out, struct gv_lint_kept *kept,
    const struct gv_repo *repo, uint32_t n_files);

/* Keep one, if that is worth it, and if nothing in it comes from a file of
 * which nothing is to be kept. No failure tells. */
void gv_lint_kept_save(const struct gv_lint_kept *kept,
    const struct gv_repo *repo, const struct gv_lint_report *report);

/* Zeroed ok. */
void gv_lint_kept_release(struct gv_lint_kept *kept);

#endif
