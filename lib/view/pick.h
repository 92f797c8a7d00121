#ifndef GV_PICK_H
#define GV_PICK_H
/*
 * Whether a change of a file is one that is sought: one that changes how often
 * a string occurs, or one whose changed lines match a regular expression. Pure;
 * no byte of the texts is copied, so they can be secrets.
 *
 *	r = gv_pick_init(&pick, NULL, "db_[a-z]+");
 *	r = gv_pick_judge(&found, &pick, old, old_len, new, new_len);
 *	gv_pick_release(&pick);
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_pick_found {
	GV_PICK_NO,
	GV_PICK_MORE, /* it occurs more often now; a line that matches came */
	GV_PICK_LESS, /* less often; such a line went */
	GV_PICK_BOTH, /* such lines came and went */
};

struct gv_pick {
	const char *string; /* borrowed; NULL: a regular expression */
	size_t len;
	void *regex; /* private: compiled */
};

/* One of both is given: a string, or a regular expression of RE2, which takes
 * the extended ones of POSIX without [. .] and [= =]. 0; GV_EUSAGE for an empty
 * string or a bad expression; GV_ENOMEM. */
int gv_pick_init(struct gv_pick *p, const char *string, const char *regex);

/* Compare two texts; a missing one is empty. By a regular expression what has a
 * NUL in its first bytes is no text, and never found. 0 with *out; GV_ENOMEM.
 */
int gv_pick_judge(enum gv_pick_found *out, const struct gv_pick *p,
    const char *old, size_t old_len, const char *new, size_t new_len);

/* Free; zeroed ok. */
void gv_pick_release(struct gv_pick *p);

#endif
