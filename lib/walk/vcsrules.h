#ifndef GV_VCSRULES_H
#define GV_VCSRULES_H
/*
 * What another version control system than Git tracks and ignores in a working
 * tree. A file that it ignores was kept out of version control, so a snapshot
 * treats it as one that Git ignores: it is stored encrypted, or left out as a
 * build product.
 *
 *	if (gv_vcsrules_judge(opts.vcs, path, len, false, &why) ==
 *	    GV_VCSRULES_IGNORED) ...
 *
 * foreign/working_copy_rules.h reads the rules.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_ignore_why;

struct gv_vcsrules {
	const char *tool; /* "svn" or "hg" */
	uint64_t sum;     /* of all that decides */
	bool is_blind;    /* nobody knows what the tool tracks */
	bool is_strict;   /* a rule is not understood: it may be of any file */
	/* whether the tool tracks a file, or anything in a directory */
	bool (*tracks)(const void *ctx, const char *path, size_t len);
	/* whether a rule matches; `why` is set only if the rule is known */
	bool (*ignores)(const void *ctx, const char *path, size_t len,
	    bool is_dir, struct gv_ignore_why *why);
	const void *ctx;
};

enum gv_vcsrules_verdict {
	GV_VCSRULES_NONE, /* tracked, or neither tracked nor ignored */
	GV_VCSRULES_IGNORED,
	/* it may be ignored, and it may be tracked: it is stored in any case,
	 * and encrypted */
	GV_VCSRULES_UNSURE,
};

/* Judge a path from the top of the working tree; NULL has no rules. */
enum gv_vcsrules_verdict gv_vcsrules_judge(const struct gv_vcsrules *rules,
    const char *path, size_t len, bool is_dir, struct gv_ignore_why *why);

/* Whether the tool is known to track the path. */
bool gv_vcsrules_tracks(
    const struct gv_vcsrules *rules, const char *path, size_t len);

#endif
