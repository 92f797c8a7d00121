#ifndef GV_OVERVIEW_H
#define GV_OVERVIEW_H
/*
 * What a person wants to know of a repository's vault at a glance: the last
 * snapshot and what changed since, who can decrypt, what remotes have, states
 * and locks, known-good records, the last verification, and what to do next.
 * Nobody is asked, nothing is changed, and nothing is remembered.
 *
 *	r = gv_overview_get(&over, repo, now);
 *	… over.status.n, over.doctor.n_remotes, over.advice.next …
 *	gv_overview_release(&over);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor/doctor.h"
#include "overview/advice.h"
#include "record/record.h"
#include "snapshot/status.h"

struct gv_repo;

/* A locked state. */
struct gv_overview_lock {
	char *state;           /* "prod/network" */
	char *who, *operation; /* "" where the record does not say */
	int64_t time;          /* since when; 0: unknown */
};

struct gv_overview {
	struct gv_doctor_report doctor; /* the brief look */
	struct gv_record last; /* the last snapshot of this tree, or in a bare
				  repository of all; id "": none */
	bool is_damaged;       /* … or it cannot be read */
	/* how files differ from it; false without a working tree, without a
	 * snapshot, or if the policy cannot be read */
	bool has_status;
	struct gv_status status;
	size_t added, changed, metadata, gone, unreadable;
	bool is_loss; /* the commit that the snapshot was taken on lacks some
			 of what is gone */
	char *why;    /* why files could not be compared; NULL */
	size_t states;
	struct gv_overview_lock *locks; /* by state */
	size_t n_locks, cap_locks;
	char *sync; /* the command that sends what is unsent; NULL: no remote */
	struct gv_advice advice;
};

/* Look. 0; GV_ENOMEM, GV_ECANCELED, or GV_ERROR where the repository cannot be
 * read. The caller releases *out in any case. */
int gv_overview_get(struct gv_overview *out, struct gv_repo *repo, int64_t now);

/* Free; zeroed struct ok. */
void gv_overview_release(struct gv_overview *over);

#endif
