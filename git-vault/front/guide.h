#ifndef GUIDE_H
#define GUIDE_H
/*
 * The manual pages that are of no command: `git vault help NAME` opens
 * git-vault-NAME in its section.
 *
 *	guide = gv_guide_find("recovery");
 *	r = gv_guide_open(guide->section, "git-vault-recovery");
 */

struct gv_buf;

struct gv_guide {
	const char *name;    /* NULL: the last */
	const char *section; /* of the manual */
	const char *summary; /* lower case, no full stop */
};

extern const struct gv_guide gv_guides[];

/* The guide of that name, or NULL. */
const struct gv_guide *gv_guide_find(const char *name);

/* Append the file of a page beside this program, in ../share/man. 0;
 * GV_ENOTFOUND without a message where it is not there; GV_ENOMEM. */
int gv_guide_file(struct gv_buf *out, const char *section, const char *page);

/* Become the program that shows a page: man, which looks beside this program
 * first, or else mandoc. Returns only on failure: GV_ENOTFOUND where there is
 * neither. */
int gv_guide_open(const char *section, const char *page);

#endif
