#ifndef GV_AUDIT_FIND_H
#define GV_AUDIT_FIND_H
/*
 * Events of all chains that are here, chosen by what they say.
 *
 *	struct gv_audit_find_opts o = { .actor = "alice", .limit = -1 };
 *	r = gv_audit_find(&found, repo, &o);
 *	… found.events[0].host, found.events[0].entry.what …
 *	gv_audit_found_release(&found);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/audit_signers.h"
#include "base/buf.h"

struct gv_audit_find_opts {
	const char *since, *until; /* as gv_record_time(); NULL: any time */
	const char *actor;         /* in the name, the user or the pipeline */
	const char *scope;         /* among the scopes: an environment */
	const char *object; /* beginning of the id of a value or snapshot */
	const char *host;   /* whose chain it is */
	const char *kind;   /* what happened */
	int64_t limit;      /* at most this many, the newest; -1: all */
};

struct gv_audit_event_at {
	const char *host;
	struct gv_audit_entry entry;
	const struct gv_audit_signer *signer; /* NULL: nobody that is known */
	bool is_elsewhere; /* it is signed, and of another vault, or of none
			      that it names: `signer` is NULL then */
};

struct gv_audit_found {
	struct gv_audit_event_at *events; /* the newest first */
	size_t n, cap;
	uint64_t unsure; /* not taken by `object`, which do not list all their
			    ids */
	struct gv_buf damaged; /* sentences, a line each: what could not be
				  read */
	struct gv_audit_signers signers; /* whom the keyring knows */
	char *hosts;                     /* private: what names point into */
};

/* Find them, each checked with its signature. 0, also where chains are damaged;
 * GV_ENOTFOUND where there is no chain of that host; GV_EREFUSED for an
 * invalid time; GV_ECANCELED; GV_ENOMEM; GV_ERROR. */
int gv_audit_find(struct gv_audit_found *out, struct gv_repo *repo,
    const struct gv_audit_find_opts *opts);

/* The one event that a text names: the beginning of its commit's id, at least
 * four digits, or HOST:NUMBER. 0; GV_ENOTFOUND; GV_EREFUSED where it could be
 * several; as above. */
int gv_audit_find_one(
    struct gv_audit_found *out, struct gv_repo *repo, const char *text);

/* Free; NULL-safe, zeroed ok. */
void gv_audit_found_release(struct gv_audit_found *found);

#endif
