#ifndef GV_CLASSES_H
#define GV_CLASSES_H
/*
 * The classes of files as a policy has them (snapshots.classes): of which class
 * a path is and why, how soon watch saves a change of it, and how long its
 * automatic saves stay. They are made from a text, which saves leave in
 * .git/vault/classes for watch, that opens no repository itself. No fetch
 * writes that file.
 *
 *	r = gv_classes_text(&text, &policy.snapshots, false);
 *	r = gv_classes_read(&classes, text.p, text.len);
 *	class = gv_classes_of(&classes, "docs/a.md", 9, &why);
 *	gv_classes_release(&classes);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "infra/class.h"

struct gv_ignore_level;
struct gv_policy_snapshots;
struct gv_repo;

#define GV_CLASSES_KEEP 4 /* all, and the last of each hour, day, week */

/* What one policy says of paths. */
struct gv_classes_side {
	struct gv_ignore_level *paths[GV_CLASSES]; /* NULL: no patterns */
	/* names, each with a NUL behind it */
	struct gv_buf languages[GV_CLASSES];
};

struct gv_classes {
	/* the policy that counts, and another one that it is held against */
	struct gv_classes_side sides[2];
	size_t n;
	int64_t every[GV_CLASSES];                 /* seconds */
	int64_t keep[GV_CLASSES][GV_CLASSES_KEEP]; /* seconds */
};

/* Why a file has its class. */
struct gv_classes_why {
	const char *what; /* of the rules that hold without a policy; static */
	const char *pattern;  /* of the policy; borrowed; NULL: none */
	const char *language; /* the same */
};

/* Append the text of what a policy says, whose patterns may match both cases;
 * nothing where that is nothing. 0 or GV_ENOMEM. */
int gv_classes_text(
    struct gv_buf *out, const struct gv_policy_snapshots *policy, bool icase);

/* Make them from a text; an empty one is that of no policy. 0; GV_ECORRUPT,
 * with *out as without a policy; GV_ENOMEM. To be released in any case. */
int gv_classes_read(struct gv_classes *out, const char *text, size_t len);

/* The same of the policy of a repository. 0; failures as of gv_team_load().
 * (classes_file.c) */
int gv_classes_load(struct gv_classes *out, struct gv_repo *repo);

/* The class of a file of a path from the top: a pattern decides before a
 * language, and that before what holds without a policy; the higher class
 * before the lower one. `why` may be NULL. */
enum gv_class gv_classes_of(const struct gv_classes *classes, const char *path,
    size_t len, struct gv_classes_why *why);

/* Leave the text for watch, if it is another one; nothing for an empty text
 * where there is no file. 0 or GV_ERROR, GV_ENOMEM. (classes_file.c) */
int gv_classes_leave(const struct gv_repo *repo, const struct gv_buf *text);

/* Read what saves left in a git directory; without it, or where it cannot be
 * read, as without a policy. 0 or GV_ENOMEM. To be released in any case.
 * (classes_file.c) */
int gv_classes_find(struct gv_classes *out, const char *git_dir);

void gv_classes_release(struct gv_classes *classes);

#endif
