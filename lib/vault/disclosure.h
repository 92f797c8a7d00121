#ifndef GV_DISCLOSURE_H
#define GV_DISCLOSURE_H
/*
 * Keeps secrets out of what people write into records: reasons, messages,
 * addresses. These are kept as they stand, for all who read the repository, and
 * go out with it, from where nobody takes them back.
 *
 *	r = gv_disclosure_check(repo, "--reason", text);
 */

struct gv_repo;

/* Hold a text against the rules of the scanner, and the team's own where its
 * policy can be read; `what` says to the user which one it is. 0; GV_EREFUSED
 * where it likely has a secret, with the rule and the place in the message, and
 * never the text; GV_ENOMEM, GV_ERROR. `repo` may be NULL. */
int
gv_disclosure_check(struct gv_repo *repo, const char *what, const char *text);

#endif
