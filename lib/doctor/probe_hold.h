#ifndef GV_PROBE_HOLD_H
#define GV_PROBE_HOLD_H
/*
 * Who of this clone is at work with a ref of a probe: a file of its name, held
 * by the kernel's lock while the probe lives. So two doctors in one clone let
 * each other be, and a ref that a killed one left is recognized.
 *
 *	r = gv_probe_hold_open(&hold, repo, "1764000000-5c7b8a6e");
 *	if (!gv_probe_hold_is_held(repo, name)) …
 *	gv_probe_hold_close(&hold);
 */

#include <stdbool.h>

#include "base/buf.h"

struct gv_repo;

struct gv_probe_hold {
	int fd; /* -1: none */
	struct gv_buf path;
};

#define GV_PROBE_HOLD_INIT                                                     \
	{                                                                      \
		.fd = -1, .path = GV_BUF_INIT                                  \
	}

/* Hold a name, before the remote has its ref, and sweep the files that killed
 * ones left. 0 or a failure; the caller closes *out in any case. */
int gv_probe_hold_open(
    struct gv_probe_hold *out, const struct gv_repo *repo, const char *name);

/* Whether a probe of this clone that is alive holds the name. */
bool gv_probe_hold_is_held(const struct gv_repo *repo, const char *name);

/* Let go, once the remote has its ref no more. NULL-safe, of
 * GV_PROBE_HOLD_INIT ok. */
void gv_probe_hold_close(struct gv_probe_hold *hold);

#endif
