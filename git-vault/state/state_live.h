#ifndef STATE_LIVE_H
#define STATE_LIVE_H
/*
 * What is really there, as a command of the team reports it: `git vault state
 * verify --live COMMAND`.
 *
 *	r = gv_state_live(&tool, &n, v, command, tell, &look);
 */

#include <stdint.h>

#include "state/track_verify.h"

struct gv_track_version;

/* Run the command by sh, read its report, and tell each difference; *tool is
 * the name of the tool whose report it was. 0; tell's negative value;
 * GV_EREFUSED where the command failed, or its report is not whole;
 * GV_ECANCELED; GV_ENOMEM. */
int gv_state_live(const char **tool, uint64_t *n,
    const struct gv_track_version *v, const char *command,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx);

#endif
