#ifndef GV_TEAM_INTERNAL_H
#define GV_TEAM_INTERNAL_H
/*
 * Shared by the files of team: team.c reads the policy, team_last.c has the one
 * that could be read last. Include it nowhere else.
 */

#include <stdbool.h>

struct gv_policy;
struct gv_repo;

/* Whether gv_team_go_on() was called. */
bool gv_team_goes_on(const struct gv_repo *repo);

/* Store the present text, which could be read. A failure loses no more than
 * that. */
void gv_team_remember(struct gv_repo *repo);

/* Load the policy that was stored last, or an empty one, with a notice. 1;
 * GV_ENOMEM. */
int
gv_team_load_last(struct gv_policy *out, struct gv_repo *repo, const char *why);

#endif
