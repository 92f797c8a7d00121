#ifndef GV_HEALTH_H
#define GV_HEALTH_H
/*
 * Whether what is kept here would be there when it is needed: how old the
 * newest snapshot is, when any was last verified, which are on which remote,
 * what each environment can be rolled back to, and what the audit has not been
 * told. What is set up badly is for doctor.h. Nobody is asked and nothing is
 * changed: remotes are as the last fetch, sync or push has seen them.
 *
 *	r = gv_health_look(&health, repo, &opts);
 *	for (i = 0; i < health.n; i++)	health.findings[i].text
 *	gv_health_release(&health);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/good.h"
#include "record/record_refs.h"
#include "view/whereabouts.h"

struct gv_repo;

struct gv_health_opts {
	int64_t now;             /* seconds since 1970 */
	int64_t max_age;         /* of the newest snapshot, in seconds */
	int64_t verified_within; /* the same of the last verification */
};

struct gv_health_finding {
	const char *kind; /* a stable name: "snapshot_old"; static */
	char *text;       /* the sentence */
	char *command;    /* that mends it; NULL where there is none */
};

/* One that fetches our refs. */
struct gv_health_remote {
	struct gv_whereabouts_remote *where;
	size_t n; /* snapshots of ours that are there */
	/* the newest of these: its place in refs, and when it was received, by
	 * a receipt of it; 0: there is none */
	size_t newest;
	int64_t received;
	enum gv_receipt_trust trust;
};

/* One that has known-good records. */
struct gv_health_env {
	const char *name;
	bool has_good;        /* there is one to go back to: */
	struct gv_good good;  /* the newest that counts */
	struct gv_record rec; /* its snapshot; zeroed: it is of none */
};

struct gv_health {
	struct gv_health_finding *findings;
	size_t n, cap;
	struct gv_record_refs refs; /* the snapshots, the oldest first */
	size_t unsent; /* place of the oldest behind which none is on a remote,
			  or their number: each newest one is on some */
	size_t n_verified; /* snapshots, at some time */
	int64_t verified;  /* when one last was; 0: never */
	struct gv_health_remote *remotes;
	size_t n_remotes;
	struct gv_health_env *envs; /* by name */
	size_t n_envs, cap_envs;
	uint64_t waiting; /* events that the audit was not told of yet */
	/* private */
	struct gv_whereabouts where;
	struct gv_goods goods;
};

/* Look. 0, whatever is found; GV_ENOMEM, GV_ECANCELED, or GV_ERROR where the
 * repository cannot be read. The caller releases *out in any case. */
int gv_health_look(struct gv_health *out, struct gv_repo *repo,
    const struct gv_health_opts *opts);

/* The id of the snapshot at this place of the refs, borrowed; and when it was
 * taken, as that says, in seconds since 1970. */
const char *gv_health_id(const struct gv_health *health, size_t i);
int64_t gv_health_time(const struct gv_health *health, size_t i);

/* Whether the remote has that snapshot. */
bool gv_health_has(const struct gv_health *health,
    const struct gv_health_remote *remote, size_t i);

/* Free; zeroed struct ok. */
void gv_health_release(struct gv_health *health);

#endif
