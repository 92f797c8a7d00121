#ifndef GV_LINT_PATCH_H
#define GV_LINT_PATCH_H
/*
 * A patch that removes findings with a certain remedy, for git apply: a name is
 * replaced in its line, and nothing else changes. No line with a secret is ever
 * in it.
 *
 *	r = gv_lint_patch(&patch, &report, &graph, &opts);
 *	… patch.text, patch.done, patch.left
 *	gv_lint_patch_release(&patch);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "lint/lint.h"

struct gv_ruleset;

/* One name that it replaces, in the file as it is now. */
struct gv_lint_change {
	const struct gv_lint_finding *finding; /* of the report */
	const struct gv_lint_fix *fix;         /* likewise */
	struct gv_lint_place place;
	uint32_t from, to; /* columns in characters, from 1; `to` is behind */
};

struct gv_lint_patch {
	struct gv_buf text;
	size_t done; /* places that it changes */
	size_t left; /* findings that a person has to look at */
	/* those of findings that are gone with it, in the report's order */
	struct gv_lint_change *changes;
	size_t n_changes;
};

struct gv_lint_patch_opts {
	/* appends the bytes of a file: 0, or a failure: then it is left */
	int (*read)(
	    void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file);
	void *read_ctx;
	/* whether a finding is asked for */
	bool (*wants)(const void *ctx, const struct gv_lint_finding *finding);
	const void *wants_ctx;
	struct gv_ruleset *rules; /* what a secret is; borrowed */
};

/* Make one. 0; GV_ENOMEM; what the scanner says. To be released in any case. */
int
gv_lint_patch(struct gv_lint_patch *out, const struct gv_lint_report *report,
    const struct gv_depgraph *graph, const struct gv_lint_patch_opts *opts);

/* Zeroed ok. */
void gv_lint_patch_release(struct gv_lint_patch *patch);

#endif
