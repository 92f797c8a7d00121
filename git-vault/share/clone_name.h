#ifndef CLONE_NAME_H
#define CLONE_NAME_H
/*
 * The directory that `git vault clone URL` makes, by the rule of git clone: the
 * last part of the address without .git or .bundle.
 *
 *	r = gv_clone_name(&dir, "git@host:team/infra.git");	"infra"
 */

struct gv_buf;

/* Append it. A pure function. 0; GV_EUSAGE if the address has no such part;
 * GV_ENOMEM. */
int gv_clone_name(struct gv_buf *out, const char *url);

#endif
