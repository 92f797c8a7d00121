#ifndef GV_AUTHOR_H
#define GV_AUTHOR_H
/*
 * The author of a vault's commits: the user's identity as Git has it, or one
 * made here where none is set, since a backup must not fail for want of a name.
 *
 *	gv_buf_addf(&text, "tree %s\n", hex);
 *	r = gv_author_add(&text, repo, now);
 *	gv_buf_addstr(&text, "subject\n");
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_repo;

/* Whether a commit, a tag or an event can be of that time: 0, or GV_ERROR.
 * Git reads none from before 1970, and beyond the year 9999 no id has it. */
int gv_author_check_time(int64_t now);

/* Append a commit's lines of author and committer, and the empty line behind
 * them. 0, GV_ERROR as above, or GV_ENOMEM. */
int gv_author_add(struct gv_buf *out, const struct gv_repo *repo, int64_t now);

/* Append who it is: "Name <mail>". */
void gv_author_add_name(struct gv_buf *out, const struct gv_repo *repo);

/* How many bytes of "Name <mail>" are the name; 0 for NULL. */
size_t gv_author_name_len(const char *author);

#endif
